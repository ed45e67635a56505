"""Pictures of the state machines, made by running them.

Every state that events can lead to is visited, breadth first, and in each of them every event
is tried, sooner and later. What ``decide`` answers is what is drawn.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from domain.story import attempt_event, failure
from domain.world import START, World, new_attempt, new_payment
from pokea.daraja.values import Money, Receipt
from pokea.domain import attempt_machine, payment_machine
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.corroboration import Policy, Rules
from pokea.domain.decision import Applied, Conflicting
from pokea.domain.errors import Bug
from pokea.domain.ids import AttemptId
from pokea.domain.payment import (
    Accepted,
    AmountSettled,
    AttemptContested,
    AttemptFailed,
    AttemptPaid,
    AttemptStarted,
    Canceled,
    GivenBack,
    Payment,
    PaymentEvent,
    PaymentState,
    ReceiptLearned,
    ReceiptMatched,
    ReceiptUnmatched,
    TimeRanOut,
)

OTHER_ID: Final = "accepted under another id"
ATTEMPT_EVENTS: Final = {
    "sent": "dispatched",
    "accepted": "accepted",
    OTHER_ID: "accepted ws_other",
    "refused": "refused too_soon",
    "did not arrive": "deferred",
    "no answer": "unanswered",
    "callback paid": "callback paid NLJ7RT61SV",
    "callback not paid": "callback failed wrong_pin",
    "callback of another amount or payer": "callback disagrees amount",
    "receipt of C2B or status": "heard c2b_confirmation NLJ7RT61SV",
    "receipt of Pull or statement": "heard pull_row NLJ7RT61SV",
    "amount proven": "proven 900 NLJ7RT61SV",
    "query paid": "query paid",
    "query not paid": "query failed wrong_pin",
    "query without news": "query nothing",
    "query unanswered": "query unreachable",
    "untrusted news": "doubt",
}
"""The words of the picture, and of the story that they stand for."""

PAUSES: Final = (timedelta(seconds=1), timedelta(seconds=61), timedelta(minutes=16))
AMOUNTS: Final = (Money.shillings(1_000), Money.shillings(50_000))

_ATTEMPT: Final = AttemptId("att_1")
_RECEIPT: Final = Receipt("NLJ7RT61SV")
_PART: Final = Money.shillings(400)

PAYMENT_EVENTS: Final[Sequence[tuple[str, PaymentEvent]]] = (
    ("attempt started", AttemptStarted(attempt_id=_ATTEMPT)),
    ("attempt failed", AttemptFailed(attempt_id=_ATTEMPT, failure=failure("too_soon"))),
    ("attempt paid", AttemptPaid(attempt_id=_ATTEMPT, amount=AMOUNTS[0], receipt=_RECEIPT)),
    ("attempt paid", AttemptPaid(attempt_id=_ATTEMPT, amount=AMOUNTS[0], receipt=None)),
    ("receipt learned", ReceiptLearned(attempt_id=_ATTEMPT, receipt=_RECEIPT)),
    ("attempt contested", AttemptContested(about="amount")),
    ("paid by hand", ReceiptMatched(receipt=_RECEIPT, amount=AMOUNTS[0])),
    ("paid in part", ReceiptMatched(receipt=_RECEIPT, amount=_PART, by_person=True)),
    ("part taken back", ReceiptUnmatched(amount=_PART)),
    ("reversed by M-PESA", GivenBack(receipt=_RECEIPT, counted=_PART)),
    ("amount proven", AmountSettled(attempt_id=_ATTEMPT, amount=_PART, receipt=_RECEIPT)),
    ("accepted", Accepted(proven=_PART)),
    ("time ran out", TimeRanOut(in_doubt=False)),
    ("canceled", Canceled()),
)

Edges = dict[tuple[str, str], list[str]]
Subject = TypeVar("Subject")
Tried = tuple[str, Subject | str]


def attempt_edges(policy: Policy) -> Edges:
    """Every change of an attempt's state under a policy, with what can cause it."""
    starts = [new_attempt(amount) for amount in AMOUNTS]
    return _edges(_explore(starts, lambda one: _try_attempt(one, policy), _attempt_key))


def attempt_answers(policy: Policy) -> dict[str, dict[str, set[str]]]:
    """For each event and state: what can become of it, loops and refusals too."""
    starts = [new_attempt(amount) for amount in AMOUNTS]
    states = [state.value for state in AttemptState]
    answers = {event: {state: set[str]() for state in states} for event in ATTEMPT_EVENTS}
    for before, event, after in _explore(
        starts, lambda one: _try_attempt(one, policy), _attempt_key
    ):
        same = isinstance(after, Attempt) and after.state is before.state
        answers[event][before.state.value].add("" if same else _named(after))
    return answers


def payment_edges() -> Edges:
    """Every change of a payment's state, with what can cause it."""
    return _edges(_explore([new_payment(AMOUNTS[0])], _try_payment, _payment_key))


def mermaid(edges: Edges, states: Iterable[str], *, first: str) -> str:
    """A state diagram in Mermaid's language, in the order of the states."""
    order = {state: place for place, state in enumerate(states)}
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    for (before, after), causes in sorted(
        edges.items(), key=lambda edge: (order[edge[0][0]], order[edge[0][1]])
    ):
        lines.append(f"    {before} --> {after} : {', '.join(causes)}")
    return "\n".join(lines)


# ── visiting ─────────────────────────────────────────────────────────────────────────────


def _explore(
    starts: Iterable[Subject],
    tries: Callable[[Subject], Iterator[Tried[Subject]]],
    key: Callable[[Subject], object],
) -> Iterator[tuple[Subject, str, Subject | str]]:
    waiting = deque(starts)
    seen = {key(one) for one in waiting}
    while waiting:
        before = waiting.popleft()
        for event, after in tries(before):
            yield before, event, after
            if not isinstance(after, str) and key(after) not in seen:
                seen.add(key(after))
                waiting.append(after)


def _try_attempt(attempt: Attempt, policy: Policy) -> Iterator[Tried[Attempt]]:
    for pause in PAUSES:
        world = World(rules=Rules(policy=policy), now=_now(attempt) + pause)
        world.payment, world.attempts = new_payment(attempt.amount), [attempt]
        for name, words in ATTEMPT_EVENTS.items():
            if name == OTHER_ID and attempt.checkout_request_id is None:
                continue  # there is no id yet that it could differ from
            verb, *rest = words.split()
            event = attempt_event(world, 0, verb, rest)
            try:
                decision = attempt_machine.decide(attempt, event, world.rules)
            except Bug:
                yield name, "bug"
                continue
            match decision:
                case Applied(now=now):
                    # Nothing here looks at the version, so it carries the picture's clock.
                    yield name, replace(now, version=_seconds(world.now))
                case Conflicting():
                    yield name, "contradiction"
                case _:
                    yield name, "repeated"


def _try_payment(payment: Payment) -> Iterator[Tried[Payment]]:
    for name, event in PAYMENT_EVENTS:
        decision = payment_machine.decide(payment, event)
        yield name, decision.now.payment if isinstance(decision, Applied) else "repeated"


def _seconds(at: datetime) -> int:
    return int((at - START).total_seconds()) + 1


def _now(attempt: Attempt) -> datetime:
    return START + timedelta(seconds=attempt.version - 1)


def _attempt_key(attempt: Attempt) -> object:
    age = _now(attempt) - (attempt.dispatched_at or attempt.created_at)
    word = attempt.query_word
    return (
        attempt.state,
        attempt.amount,
        None if attempt.claim is None else attempt.witnesses,
        attempt.proven is None,
        None if word is None else (word.paid, _now(attempt) - word.at > PAUSES[1]),
        attempt.deaf_since is None,
        attempt.corroboration,
        attempt.contest,
        attempt.checkout_request_id,
        attempt.accepted_at is None,
        attempt.failure,
        (age > timedelta(seconds=90), age > timedelta(minutes=15)),
    )


def _payment_key(payment: Payment) -> object:
    return replace(payment, sequence=0, metadata=())


def _named(after: Attempt | str) -> str:
    return after if isinstance(after, str) else after.state.value


def _edges(tried: Iterable[tuple[Attempt | Payment, str, Attempt | Payment | str]]) -> Edges:
    edges: Edges = {}
    for before, event, after in tried:
        if isinstance(after, str) or after.state == before.state:
            continue
        causes = edges.setdefault((before.state.value, after.state.value), [])
        if event not in causes:
            causes.append(event)
    order = [*ATTEMPT_EVENTS, *(name for name, _ in PAYMENT_EVENTS)]
    return {edge: sorted(causes, key=order.index) for edge, causes in edges.items()}


PAYMENT_STATES: Final = [state.value for state in PaymentState]
ATTEMPT_STATES: Final = [state.value for state in AttemptState]
