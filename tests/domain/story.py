"""Stories: a payment's life as one line of text, played and checked step by step.

::

    push 1000 -> awaiting_customer
    | 20s callback paid NLJ7RT61SV -> confirming
    | 1s query paid -> succeeded, payment succeeded, utility +1000

A step is ``[time later] [first|second] words [-> what must be true now]``. Events go to the
newest attempt unless ``first`` or ``second`` says otherwise. What a step books must be said: a
step whose expectations name no account must have moved no money.

=====================  =====================================================================
open 1000              a merchant asks for 1,000 shillings; nobody is prompted
push 1000, push again  a prompt is dispatched and accepted; the first opens the payment too
dispatch …             the same, without an answer yet
accepted [ID]          Safaricom takes the push; its CheckoutRequestID is ``ws_1``, ``ws_2`` …
refused CODE           it refuses in clear words
deferred               nothing reached it, or it asked us to slow down
unanswered             no answer that we understand
callback paid RECEIPT  a believed callback
callback failed CODE   likewise
callback disagrees X   one that names another amount or payer
heard WITNESS RECEIPT  another believed source names the receipt and the exact amount
proven 900 RECEIPT     Safaricom says what really arrived for a contested attempt
by hand 400 RECEIPT    money by hand is matched to the payment
by person 400 RECEIPT  the same, by a person's decision
take back 400          a person takes a part back
reversed RECEIPT       M-PESA gives a receipt's money back
accept                 the merchant takes what came, for the whole debt
doubt                  something untrusted arrived
query paid|failed      Safaricom's answer to our question
query nothing          it answered, and we know no more
query unreachable      it could not be asked
expire, cancel         the payment's time is over; the merchant gives up
=====================  =====================================================================
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from domain.world import TILL, Refused, World
from pokea.daraja.values import Money, Receipt
from pokea.domain.attempt import (
    AmountProven,
    Attempt,
    AttemptEvent,
    AttemptState,
    CallbackDisagreed,
    CallbackFailed,
    CallbackPaid,
    Dispatched,
    DoubtRaised,
    Failure,
    PaidClaim,
    PushAccepted,
    PushDeferred,
    PushRefused,
    PushUnanswered,
    QueryFailed,
    QueryPaid,
    QueryTaughtNothing,
    ReceiptHeard,
    is_claimed_by_hand,
)
from pokea.domain.corroboration import Policy, Rules, Witness
from pokea.domain.decision import Applied, Conflicting, Repeated
from pokea.domain.ledger import LedgerAccount
from pokea.domain.payment import Canceled, TimeRanOut

ACCOUNTS: Final = {
    "utility": LedgerAccount.MPESA_UTILITY,
    "merchant": LedgerAccount.MPESA_MERCHANT,
    "receivable": LedgerAccount.CUSTOMER_RECEIVABLE,
    "unmatched": LedgerAccount.SUSPENSE_UNMATCHED,
    "duplicate": LedgerAccount.SUSPENSE_DUPLICATE,
    "overpaid": LedgerAccount.SUSPENSE_OVERPAID,
    "disputed": LedgerAccount.SUSPENSE_CONTESTED,
    "left": LedgerAccount.SUSPENSE_DEBITS,
}
PROVIDER_CODES: Final = {
    "customer_cancelled": "1032",
    "customer_timeout": "1037",
    "customer_unreachable": "1037",
    "subscriber_busy": "1001",
    "too_soon": "17",
    "wrong_pin": "2001",
}
"""The results of stories, as Safaricom numbers them."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TIME: Final = re.compile(r"(\d+)([smhd])")
_WHICH: Final = {"first": 0, "second": 1}
_STATES: Final = {state.value for state in AttemptState}


def tell(story: str, *, rules: Rules | None = None, till: bool = False) -> World:
    """Play a story; fail at the first step that did not end as it says."""
    world = World(rules=rules or Rules(), till=TILL if till else None)
    for step in " ".join(story.split()).split(" | "):
        happens, _, expected = step.partition(" -> ")
        _Step(world, happens.split(), [word.strip() for word in expected.split(",") if word])
    return world


def fast(story: str) -> World:
    """Play a story under the policy ``fast``."""
    return tell(story, rules=Rules(policy=Policy.FAST))


@dataclass(frozen=True, slots=True)
class _Before:
    attempts: tuple[Attempt, ...]
    balances: Counter[LedgerAccount]
    told: int


class _Step:
    """Plays one step and checks its end."""

    def __init__(self, world: World, words: list[str], expected: list[str]) -> None:
        self.world = world
        self.words = list(words)
        self.text = " ".join(words)
        self.decision: Applied[Any] | Repeated | Conflicting | str = "applied"
        while self.words and (time := _TIME.fullmatch(self.words[0])):
            world.now += timedelta(seconds=int(time[1]) * _UNITS[time[2]])
            del self.words[0]
        named = self.words[0] if self.words else ""
        self.which = _WHICH.get(named, -1)
        if self.which >= 0:
            del self.words[0]
        self.before = _Before(tuple(world.attempts), world.balances(), len(world.events))
        self._happen(self.words[0], self.words[1:])
        if expected:
            self._check_all(expected)

    # ── what happens ─────────────────────────────────────────────────────────────────────

    def _happen(self, verb: str, rest: Sequence[str]) -> None:
        match verb:
            case "open":
                self.world.open(Money.shillings(int(rest[0])))
            case "push" | "dispatch":
                self._push(verb, rest)
            case "by":
                self.decision = self.world.pays_by_hand(
                    Money.shillings(int(rest[1])), Receipt(rest[2]), person=rest[0] == "person"
                )
            case "reversed":
                self.decision = self.world.gives_back(Receipt(rest[0]))
            case "take" | "accept":
                self._by_person(verb, rest)
            case "cancel" | "expire":
                event = (
                    Canceled()
                    if verb == "cancel"
                    else TimeRanOut(in_doubt=self.world.in_doubt())
                )
                decision = self.world.tell_payment(event, None)
                self.decision = "repeated" if isinstance(decision, Repeated) else "applied"
            case _:
                self._hear(attempt_event(self.world, self.which, verb, rest))

    def _push(self, verb: str, rest: Sequence[str]) -> None:
        if rest and rest[0] != "again":
            self.world.open(Money.shillings(int(rest[0])))
        try:
            self.world.start_attempt()
        except Refused:
            self.decision = "refused"
            return
        if verb == "push":
            self._hear(attempt_event(self.world, self.which, "accepted", []))

    def _by_person(self, verb: str, rest: Sequence[str]) -> None:
        if verb == "take":
            self.decision = self.world.takes_back(Money.shillings(int(rest[1])))
        else:
            self.decision = self.world.accepts()

    def _hear(self, event: AttemptEvent) -> None:
        self.decision = self.world.hear(self.which, event)

    # ── what must be true then ───────────────────────────────────────────────────────────

    def _check_all(self, expected: Sequence[str]) -> None:
        moved = self.world.balances()
        moved.subtract(self.before.balances)
        said = {words.split()[0] for words in expected}
        if said.isdisjoint(ACCOUNTS):
            assert not any(moved.values()), f"{self.text!r} moved money and the story is silent"
        for words in expected:
            actual = self._actual(words.split(), moved)
            assert actual == words, f"{self.text!r}: expected {words!r}, got {actual!r}"

    def _actual(self, words: Sequence[str], moved: Counter[LedgerAccount]) -> str:
        """What is true, in the words of the expectation."""
        first, told = words[0], self.world.events[self.before.told :]
        if first in _STATES:
            return self.attempt.state.value
        if first in ACCOUNTS:
            return f"{first} {moved[ACCOUNTS[first]] // 100:+d}"
        if first == "payment":
            return f"payment {self.world.the_payment.state.value}"
        if first == "tells":
            return f"tells {' '.join(kind.value for kind, _ in told) or 'nothing'}"
        return self._decided() if first in _DECISIONS else _FACTS[first](self)

    def _decided(self) -> str:
        match self.decision:
            case Repeated():
                return "repeated"
            case Conflicting(field=field):
                return f"conflicting {field}"
            case Applied():
                return "applied"
            case word:
                return word

    @property
    def attempt(self) -> Attempt:
        """The attempt that the step is about."""
        return self.world.attempts[self.which]

    def asks(self) -> str:
        """When Safaricom is asked next, counted from this step."""
        due_at = self.attempt.due_at
        if due_at is None:
            return "asks no more"
        seconds = (due_at - self.world.now).total_seconds()
        return "asks now" if seconds <= 0 else f"asks in {seconds:.0f}s"

    def unchanged(self) -> str:
        """Whether the step changed no attempt at all."""
        same = self.before.attempts == tuple(self.world.attempts)
        return "unchanged" if same else "changed"


_DECISIONS: Final = {"repeated", "conflicting", "applied", "refused"}

_FACTS: Final[dict[str, Callable[[_Step], str]]] = {
    "asks": _Step.asks,
    "unchanged": _Step.unchanged,
    "receipt": lambda step: f"receipt {step.world.the_payment.receipt}",
    "receipt_status": lambda step: f"receipt_status {step.world.the_payment.receipt_status}",
    "refunded": lambda step: f"refunded {step.world.the_payment.amount_refunded}",
    "received": lambda step: f"received {step.world.the_payment.amount_received}",
    "late": lambda step: "late" if step.world.the_payment.late else "in time",
    "in": lambda step: "late" if step.world.the_payment.late else "in time",
    "reason": lambda step: f"reason {step.world.the_payment.status_reason}",
    "corroboration": lambda step: f"corroboration {step.attempt.corroboration}",
    "contest": lambda step: f"contest {step.attempt.contest}",
    "witnesses": lambda step: f"witnesses {' '.join(step.attempt.witnesses)}",
    "by": lambda step: "by hand" if is_claimed_by_hand(step.attempt) else "by prompt",
    "unclaimed": lambda step: "unclaimed" if step.attempt.claim is None else "claimed",
}


def attempt_event(world: World, which: int, verb: str, rest: Sequence[str]) -> AttemptEvent:
    """The event that some words mean, now."""
    number = len(world.attempts) if which < 0 else which + 1
    checkout = world.attempts[which].checkout_request_id or f"ws_{number}"
    now = world.now
    match [verb, *rest]:
        case ["dispatched"]:
            return Dispatched(at=now)
        case ["accepted", *named]:
            return PushAccepted(
                at=now,
                checkout_request_id=named[0] if named else checkout,
                merchant_request_id=f"mr_{number}",
            )
        case ["refused", code]:
            return PushRefused(at=now, failure=failure(code))
        case ["deferred"]:
            return PushDeferred(at=now, retry_at=now + timedelta(seconds=10))
        case ["unanswered"]:
            return PushUnanswered(at=now)
        case ["callback", "paid", receipt]:
            return paid_callback(world, checkout, receipt)
        case ["callback", "failed", code]:
            return CallbackFailed(
                at=now,
                checkout_request_id=checkout,
                merchant_request_id=f"mr_{number}",
                failure=failure(code),
            )
        case ["callback", "disagrees", about]:
            return CallbackDisagreed(at=now, about=about)
        case ["heard", witness, receipt]:
            claim = paid_callback(world, checkout, receipt).claim
            return ReceiptHeard(at=now, claim=replace(claim, witness=Witness(witness)))
        case ["proven", amount, receipt]:
            return AmountProven(
                at=now,
                amount=Money.shillings(int(amount)),
                receipt=Receipt(receipt),
                witness=Witness.STATUS_RESULT,
            )
        case ["doubt"]:
            return DoubtRaised(at=now)
        case ["query", "paid"]:
            return QueryPaid(at=now)
        case ["query", "failed", *code]:
            return QueryFailed(at=now, failure=failure(code[0] if code else "wrong_pin"))
        case ["query", ("nothing" | "unreachable") as answer]:
            return QueryTaughtNothing(at=now, reachable=answer == "nothing")
        case words:
            raise ValueError(f"the story's language has no {' '.join(words)!r}")


def paid_callback(world: World, checkout: str, receipt: str) -> CallbackPaid:
    """A believed callback of the amount that was asked for."""
    asked = [one.amount for one in world.attempts if one.checkout_request_id == checkout]
    amount = asked[0] if asked else world.the_payment.owed
    return CallbackPaid(
        at=world.now,
        checkout_request_id=checkout,
        merchant_request_id="mr_1",
        claim=PaidClaim(
            receipt=Receipt(receipt),
            amount=amount,
            paid_at=world.now,
            heard_at=world.now,
        ),
    )


def failure(code: str) -> Failure:
    """A failure with our code, and Safaricom's."""
    theirs = PROVIDER_CODES[code]
    return Failure(code=code, provider_code=theirs, provider_message="as Safaricom says it")
