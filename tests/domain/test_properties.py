"""Whatever happens, in whatever order: what is always true of a payment and its attempts."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from domain.story import attempt_event, failure
from domain.world import START, Refused, World, new_attempt
from pokea.daraja.values import Money, Receipt
from pokea.domain.attempt import (
    Attempt,
    AttemptEvent,
    AttemptState,
    PaidClaim,
    PushAccepted,
    QueryFailed,
    QueryPaid,
    QueryTaughtNothing,
    QueryWord,
)
from pokea.domain.attempt_machine import decide
from pokea.domain.corroboration import Corroboration, Policy, Rules
from pokea.domain.decision import Applied, Conflicting, Repeated
from pokea.domain.errors import Bug
from pokea.domain.event import EventType
from pokea.domain.ledger import LedgerAccount
from pokea.domain.payment import Canceled, PaymentState, TimeRanOut

IMPOSSIBLE: Final = {
    (AttemptState.CREATED, PushAccepted),
    (AttemptState.CREATED, QueryPaid),
    (AttemptState.CREATED, QueryFailed),
    (AttemptState.DISPATCHING, QueryPaid),
    (AttemptState.DISPATCHING, QueryFailed),
}
"""Orders that only our own bug can make: an answer to what was never asked."""

AMOUNT: Final = Money.shillings(1000)
ASSETS: Final = (LedgerAccount.MPESA_UTILITY, LedgerAccount.MPESA_MERCHANT)
RECEIPTS: Final = ("NLJ7RT61SV", "NLJ7RT61SW", "NLJ7RT61SX")
FAILURES: Final = ("callback failed wrong_pin", "callback failed customer_cancelled")

NOISE: Final = (
    *("dispatched", "accepted", "refused too_soon", "deferred", "unanswered", "doubt"),
    *("query paid", "query failed wrong_pin", "query nothing", "query unreachable"),
    *FAILURES,
)
BELIEVED_PAID: Final = "callback paid"
DISAGREEMENTS: Final = ("callback disagrees amount", "accepted ws_other")
DISPUTES: Final = {"amount", "checkout_request_id"}
ORDERS: Final = ("push again", "cancel", "expire")

seconds = st.sampled_from([0, 1, 5, 20, 35, 60, 95, 300, 900, 3600])
policies = st.sampled_from(list(Policy))
Step = tuple[int, int, str]


def steps(*words: str, least: int = 0) -> st.SearchStrategy[list[Step]]:
    """Lists of (pause in seconds, which attempt, what happens)."""
    one = st.tuples(seconds, st.integers(0, 2), st.sampled_from(words))
    return st.lists(one, min_size=least, max_size=25)


def opened(policy: Policy, amount: Money = AMOUNT) -> World:
    """A payment with one prompt on the wire."""
    world = World(rules=Rules(policy=policy))
    world.open(amount)
    world.start_attempt()
    return world


def play(world: World, step: Step) -> None:
    """One step; orders that cannot be carried out are refused, as the flows refuse them."""
    pause, which, words = step
    world.now += timedelta(seconds=pause)
    match words:
        case "push again":
            if len(world.attempts) < len(RECEIPTS):
                _unless_refused(world)
        case "cancel" | "expire":
            world.tell_payment(
                Canceled() if words == "cancel" else TimeRanOut(in_doubt=False), None
            )
        case _:
            _hear(world, which % len(world.attempts), words)


def _unless_refused(world: World) -> None:
    try:
        world.start_attempt()
    except Refused:
        return


def _hear(world: World, which: int, words: str) -> None:
    if words == BELIEVED_PAID:
        words = f"{words} {RECEIPTS[which]}"
    event = attempt_event(world, which, *_split(words))
    before = world.attempts[which]
    try:
        world.hear(which, event)
    except Bug:
        assert (before.state, type(event)) in IMPOSSIBLE
        return
    if isinstance(event, QueryPaid | QueryFailed | QueryTaughtNothing):
        due_at = world.attempts[which].due_at
        assert due_at == before.due_at or due_at is None or due_at > world.now


def _split(words: str) -> tuple[str, list[str]]:
    verb, *rest = words.split()
    return verb, rest


def settled(world: World) -> tuple[object, ...]:
    """What a payment and its attempts ended as, without the way there."""
    return (
        tuple((attempt.state, attempt.receipt) for attempt in world.attempts),
        world.the_payment.state,
        world.the_payment.receipt,
        world.balances(),
    )


@given(policies, steps(*NOISE, BELIEVED_PAID, *DISAGREEMENTS, *ORDERS))
def test_a_payment_succeeds_at_most_once_and_counts_its_events_without_a_gap(
    policy: Policy, story: list[Step]
) -> None:
    world = opened(policy)

    for step in story:
        play(world, step)

    kinds = [kind for kind, _ in world.events]
    assert kinds.count(EventType.PAYMENT_SUCCEEDED) <= 1
    assert [sequence for _, sequence in world.events] == list(range(1, len(kinds) + 1))
    assert not {EventType.PAYMENT_CANCELED, EventType.PAYMENT_SUCCEEDED} <= set(kinds)


@given(policies, steps(*NOISE, BELIEVED_PAID, *DISAGREEMENTS, *ORDERS))
def test_what_is_booked_is_what_succeeded_each_attempt_once(
    policy: Policy, story: list[Step]
) -> None:
    world = opened(policy)

    for step in story:
        play(world, step)

    succeeded = {one.id for one in world.attempts if one.state is AttemptState.SUCCEEDED}
    balances = world.balances()
    assert set(world.journals) == succeeded
    assert sum(balances.values()) == 0
    assert sum(balances[one] for one in ASSETS) == AMOUNT.in_cents * len(succeeded)


@given(policies, steps(*NOISE, BELIEVED_PAID, *DISAGREEMENTS, *ORDERS))
def test_a_payment_is_paid_exactly_when_its_amount_was_received(
    policy: Policy, story: list[Step]
) -> None:
    world = opened(policy)

    for step in story:
        play(world, step)

    payment = world.the_payment
    paid = payment.state is PaymentState.SUCCEEDED
    receivable = -world.balances()[LedgerAccount.CUSTOMER_RECEIVABLE]
    assert payment.amount_received in {Money.zero(), AMOUNT}
    assert receivable == (AMOUNT.in_cents if paid else 0)


@given(policies, steps(*NOISE, *ORDERS), steps(*NOISE, *DISAGREEMENTS, *ORDERS))
def test_a_believed_callback_and_a_query_that_agree_always_end_booked(
    policy: Policy, before: list[Step], between: list[Step]
) -> None:
    world = opened(policy)
    for step in before:
        play(world, step)

    play(world, (1, 0, BELIEVED_PAID))
    for step in between:
        play(world, step)
    play(world, (1, 0, BELIEVED_PAID))
    play(world, (1, 0, "query paid"))

    first = world.attempts[0]
    under_review = first.state is AttemptState.CONTESTED and first.contest in DISPUTES
    assert first.id in world.journals or (under_review and first.claim is not None)


@given(
    policies,
    st.lists(st.sampled_from([BELIEVED_PAID, *FAILURES]), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_same_believed_callbacks_in_any_order_and_number_end_the_same(
    policy: Policy, callbacks: list[str], random: Random
) -> None:
    once = sorted(set(callbacks))
    shuffled = list(callbacks)
    random.shuffle(shuffled)

    ends: list[tuple[object, ...]] = []
    for order in (once, once[::-1], callbacks, shuffled):
        world = opened(policy)
        for words in order:
            play(world, (1, 0, words))
        if BELIEVED_PAID in order:
            play(world, (1, 0, "query paid"))
        ends.append(settled(world))

    assert all(end == ends[0] for end in ends)
    paid = AttemptState.SUCCEEDED if BELIEVED_PAID in callbacks else AttemptState.FAILED
    assert world.attempts[0].state is paid


@given(policies, steps("query nothing", "query unreachable", "doubt", "unanswered", least=1))
def test_waiting_and_asking_without_an_answer_never_fails_an_attempt(
    policy: Policy, story: list[Step]
) -> None:
    world = opened(policy)

    for step in story:
        play(world, step)

    assert world.attempts[0].state in {
        AttemptState.DISPATCHING,
        AttemptState.UNKNOWN,
        AttemptState.EXPIRED,
    }


claims = st.none() | st.builds(
    PaidClaim,
    receipt=st.sampled_from([Receipt(code) for code in RECEIPTS]),
    amount=st.just(AMOUNT),
    paid_at=st.just(START),
    heard_at=st.just(START),
)
attempts = st.builds(
    replace,
    st.sampled_from([1000, 20_000, 50_000]).map(lambda one: new_attempt(Money.shillings(one))),
    state=st.sampled_from(list(AttemptState)),
    claim=claims,
    checkout_request_id=st.sampled_from([None, "ws_1", "ws_2"]),
    query_word=st.none() | st.builds(QueryWord, paid=st.booleans(), at=st.just(START)),
    deaf_since=st.sampled_from([None, START]),
    due_at=st.sampled_from([None, START, START + timedelta(hours=1)]),
    corroboration=st.sampled_from(list(Corroboration)),
    failure=st.sampled_from([None, failure("wrong_pin")]),
    contest=st.sampled_from([None, "query", "amount"]),
)


@st.composite
def events(draw: st.DrawFn) -> AttemptEvent:
    """Any event at all, soon or late."""
    world = opened(Policy.STRICT)
    world.now += timedelta(seconds=draw(seconds))
    paid = f"{BELIEVED_PAID} {RECEIPTS[0]}"
    return attempt_event(
        world, 0, *_split(draw(st.sampled_from([*NOISE, *DISAGREEMENTS, paid])))
    )


@given(attempts, events(), policies)
def test_every_event_has_an_answer_in_every_state(
    attempt: Attempt, event: AttemptEvent, policy: Policy
) -> None:
    try:
        decision = decide(attempt, event, Rules(policy=policy))
    except Bug:
        decision = None

    impossible = (attempt.state, type(event)) in IMPOSSIBLE
    assert (decision is None) is impossible
    assert impossible or isinstance(decision, Applied | Repeated | Conflicting)


@given(attempts, events(), policies)
def test_what_is_settled_stays_settled(
    attempt: Attempt, event: AttemptEvent, policy: Policy
) -> None:
    paid = replace(attempt, state=AttemptState.SUCCEEDED)

    decision = decide(paid, event, Rules(policy=policy))

    if isinstance(decision, Applied):
        assert decision.now.state is AttemptState.SUCCEEDED
        assert decision.now.amount == paid.amount
