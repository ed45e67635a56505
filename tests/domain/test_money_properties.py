"""Whatever money comes, by whatever way, in any order: each receipt counts exactly once."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from hypothesis import event, given
from hypothesis import strategies as st

from domain.story import attempt_event
from domain.world import Refused, World
from pokea.daraja.values import Money, Receipt
from pokea.domain.attempt import AttemptState
from pokea.domain.corroboration import Policy, Rules
from pokea.domain.decision import Conflicting
from pokea.domain.event import EventType
from pokea.domain.ledger import LedgerAccount
from pokea.domain.payment import Canceled, PaymentState, TimeRanOut
from pokea.domain.payment_money import PAID_AFTER_CANCEL

PROMPTS: Final = ("NLJ7RT61SV", "NLJ7RT61SW", "NLJ7RT61SX")
"""The receipts of the prompts, one for each."""

HANDS: Final = ("UAH1Z2HAND", "UAH2Z2HAND", "UAH3Z2HAND")

WITNESSES: Final = ("c2b_confirmation", "status_result", "pull_row", "statement_row")
QUERIES: Final = ("query paid", "query nothing", "query unreachable")
PAID: Final = ("callback paid", *(f"heard {witness}" for witness in WITNESSES))
BY_HAND: Final = tuple(
    f"by {who} {amount} {receipt}"
    for who, amount in (("hand", 1000), ("hand", 1300), ("hand", 400), ("person", 400))
    for receipt in HANDS
)
FALSE: Final = (
    "callback failed wrong_pin",
    "query failed wrong_pin",
    "callback disagrees amount",
)
DECISIONS: Final = ("accept", "take 400", "push again", "cancel", "expire")
PROVEN: Final = ("proven 900", "proven 1000")

SUSPENSE: Final = (
    LedgerAccount.SUSPENSE_UNMATCHED,
    LedgerAccount.SUSPENSE_OVERPAID,
    LedgerAccount.SUSPENSE_DUPLICATE,
    LedgerAccount.SUSPENSE_CONTESTED,
)

pauses = st.sampled_from([0, 1, 20, 61, 121, 900])
policies = st.sampled_from(list(Policy))


@dataclass(frozen=True)
class Step:
    """Something that happens to one of the prompts, or to the payment, after a pause."""

    pause_s: int
    which: int
    words: str


def steps(*words: str) -> st.SearchStrategy[list[Step]]:
    return st.lists(st.builds(Step, pauses, st.integers(0, 2), st.sampled_from(words)))


def opened(policy: Policy) -> World:
    world = World(rules=Rules(policy=policy))
    world.open(Money.shillings(1000))
    return world


def play(world: World, step: Step) -> None:
    """One step; what cannot be done is refused, as the flows refuse it."""
    world.now += timedelta(seconds=step.pause_s)
    verb, *rest = step.words.split()
    match verb:
        case "by":
            receipt = Receipt(rest[2])
            if receipt not in world.by_hand:
                amount = Money.shillings(int(rest[1]))
                world.pays_by_hand(amount, receipt, person=rest[0] == "person")
        case "take":
            world.takes_back(Money.shillings(int(rest[0])))
        case "accept":
            world.accepts()
        case "push":
            _push(world)
        case "cancel":
            world.tell_payment(Canceled(), None)
        case "expire":
            world.tell_payment(TimeRanOut(in_doubt=world.in_doubt()), None)
        case _:
            _hear(world, step.which, verb, rest)


def _push(world: World) -> None:
    if len(world.attempts) == len(PROMPTS):
        return
    try:
        world.start_attempt()
    except Refused:
        return
    world.hear(-1, attempt_event(world, -1, "accepted", []))


def _hear(world: World, which: int, verb: str, rest: list[str]) -> None:
    """News of a prompt; money that its attempt does not take stands for itself."""
    if which >= len(world.attempts):
        return
    attempt, receipt = world.attempts[which], Receipt(PROMPTS[which])
    known = world.by_hand.get(receipt)
    if verb in {"heard", "proven"} and known is not None and known.attempt_id != attempt.id:
        return
    named = [receipt.code] if " ".join([verb, *rest]) in {*PAID, *PROVEN} else []
    decision = world.hear(which, attempt_event(world, which, verb, [*rest, *named]))
    if verb == "heard" and known is None and isinstance(decision, Conflicting):
        world.pays_by_hand(attempt.amount, receipt, person=False)


def arrived(world: World) -> int:
    """The cents of all money that counts as here, each receipt once."""
    moneys: dict[object, int] = {
        receipt: record.amount.in_cents for receipt, record in world.by_hand.items()
    }
    for attempt in world.attempts:
        if attempt.state is AttemptState.SUCCEEDED:
            moneys[attempt.receipt or attempt.id] = attempt.amount.in_cents
        elif attempt.proven is not None and attempt.claim is not None:
            moneys[attempt.claim.receipt] = attempt.proven.in_cents
    return sum(moneys.values())


def told(world: World) -> Counter[EventType]:
    return Counter(kind for kind, _ in world.events)


ANYTHING: Final = (*PAID, *QUERIES, *BY_HAND, *FALSE, *DECISIONS, *PROVEN)


@given(policies, steps(*ANYTHING))
def test_the_books_hold_all_that_arrived_and_each_receipt_once(
    policy: Policy, story: list[Step]
) -> None:
    world = opened(policy)
    _push(world)

    for step in story:
        play(world, step)

    balances = world.balances()
    assert sum(balances.values()) == 0
    assert balances[LedgerAccount.MPESA_UTILITY] == arrived(world)
    event(f"{world.the_payment.state}")


@given(policies, steps(*ANYTHING))
def test_what_the_payment_says_it_received_is_what_the_books_say_it_was_paid(
    policy: Policy, story: list[Step]
) -> None:
    world = opened(policy)
    _push(world)

    for step in story:
        play(world, step)

    payment, balances = world.the_payment, world.balances()
    waits = payment.status_reason == PAID_AFTER_CANCEL
    account = LedgerAccount.SUSPENSE_UNMATCHED if waits else LedgerAccount.CUSTOMER_RECEIVABLE
    received = payment.amount_received.in_cents
    assert -balances[account] == received or (waits and -balances[account] > received)
    assert all(balances[one] <= 0 for one in SUSPENSE)


@given(policies, steps(*ANYTHING))
def test_success_is_told_once_and_more_than_was_asked_is_received_by_decision_only(
    policy: Policy, story: list[Step]
) -> None:
    world = opened(policy)
    _push(world)

    for step in story:
        play(world, step)

    payment = world.the_payment
    decided = {PAID_AFTER_CANCEL, "accepted"}
    paid = payment.state is PaymentState.SUCCEEDED
    assert told(world)[EventType.PAYMENT_SUCCEEDED] == int(paid)
    assert payment.amount_received <= payment.amount or payment.status_reason in decided
    assert (
        not paid
        or payment.amount_received == payment.amount
        or (payment.status_reason == "accepted")
    )


true_news = st.builds(
    lambda *kinds: [words for kind in kinds for words in kind],
    st.lists(st.sampled_from(PAID), min_size=1, max_size=6),
    st.lists(st.sampled_from(QUERIES), max_size=6),
    st.lists(st.sampled_from(BY_HAND), max_size=3, unique_by=lambda words: words.split()[-1]),
)


@given(
    policies,
    true_news,
    st.lists(pauses, min_size=15, max_size=15),
    st.randoms(use_true_random=False),
)
def test_the_same_true_news_in_any_order_and_number_end_in_the_same_books(
    policy: Policy, news: list[str], waits: list[int], random: Random
) -> None:
    ends: list[object] = []
    for _ in range(3):
        world = opened(policy)
        _push(world)
        for pause_s, words in zip(waits, news, strict=False):
            play(world, Step(pause_s, 0, words))
        play(world, Step(1, 0, "heard statement_row"))
        ends.append(_end(world))
        random.shuffle(news)

    assert all(end == ends[0] for end in ends)


def _end(world: World) -> object:
    balances = world.balances()
    return (
        world.the_payment.state,
        world.the_payment.amount_received,
        balances[LedgerAccount.MPESA_UTILITY],
        balances[LedgerAccount.CUSTOMER_RECEIVABLE],
        sum(balances[account] for account in SUSPENSE),
    )
