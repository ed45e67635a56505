"""An attempt: one request to Safaricom for a payment.

What it can become is decided in :mod:`~pokea.domain.attempt_machine`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never

from pokea.daraja.values import AccountReference, Money, Msisdn, Receipt, Shortcode
from pokea.domain.corroboration import Corroboration, Witness
from pokea.domain.ids import AccountId, AttemptId, PaymentId


class AttemptState(StrEnum):
    """Where an attempt stands; the words are the API's."""

    CREATED = "created"  # not sent yet, or Safaricom asked us to slow down
    DISPATCHING = "dispatching"  # a request may be on the wire
    AWAITING_CUSTOMER = "awaiting_customer"  # accepted: the prompt is on its way
    UNKNOWN = "unknown"  # sent, and we did not understand or hear the answer
    CONFIRMING = "confirming"  # one witness says paid; asking for the second
    CONTESTED = "contested"  # witnesses disagree: a person looks at it
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"  # we stopped waiting; still payable for ever


IN_FLIGHT: Final = (
    AttemptState.CREATED,
    AttemptState.DISPATCHING,
    AttemptState.AWAITING_CUSTOMER,
    AttemptState.UNKNOWN,
    AttemptState.CONFIRMING,
)
"""States that forbid another attempt for the same payment (a partial unique index)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why no money moved: our stable code, and Safaricom's beside it."""

    code: str
    provider_code: str
    provider_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidClaim:
    """What a believed source says: this receipt, this amount, at this time."""

    receipt: Receipt
    amount: Money
    paid_at: datetime
    heard_at: datetime
    witness: Witness = Witness.STK_CALLBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryWord:
    """STK Query's first clear word; the second, a minute later, may count (class C twice)."""

    paid: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request to Safaricom. ``due_at`` is when the engine must look at it next.

    Of a contested attempt, ``told`` is the figure that disagrees with ours, ``told_receipt``
    the receipt it came with, and ``proven`` what Safaricom later said had really arrived.
    """

    id: AttemptId
    payment_id: PaymentId
    account_id: AccountId
    livemode: bool
    shortcode: Shortcode
    till: Shortcode | None
    amount: Money
    phone: Msisdn
    phone_token: str
    account_reference: AccountReference
    created_at: datetime
    state: AttemptState = AttemptState.CREATED
    version: int = 1
    dispatched_at: datetime | None = None
    accepted_at: datetime | None = None
    checkout_request_id: str | None = None
    merchant_request_id: str | None = None
    claim: PaidClaim | None = None
    witnesses: tuple[Witness, ...] = ()
    query_word: QueryWord | None = None
    deaf_since: datetime | None = None
    checks_done: int = 0
    checked_at: datetime | None = None
    corroboration: Corroboration = Corroboration.NONE
    failure: Failure | None = None
    contest: str | None = None
    told: str | None = None
    told_receipt: Receipt | None = None
    proven: Money | None = None
    receipt: Receipt | None = None
    due_at: datetime | None = None


def is_claimed_by_hand(attempt: Attempt) -> bool:
    """Whether the claim is a payment by hand that looks like this prompt's.

    Such money has arrived, whatever the prompt's own end; only whose it is may change.
    """
    match attempt.state:
        case AttemptState.CONFIRMING | AttemptState.FAILED | AttemptState.EXPIRED:
            claimed = attempt.claim is not None
            return claimed and Witness.STK_CALLBACK not in attempt.witnesses
        case (
            AttemptState.CREATED
            | AttemptState.DISPATCHING
            | AttemptState.AWAITING_CUSTOMER
            | AttemptState.UNKNOWN
            | AttemptState.CONTESTED
            | AttemptState.SUCCEEDED
        ):
            return False
        case _:
            assert_never(attempt.state)


def may_have_paid(attempt: Attempt) -> bool:
    """Whether any witness says paid: then nobody may be asked to pay again meanwhile."""
    return attempt.claim is not None or (
        attempt.query_word is not None and attempt.query_word.paid
    )


# ── events: what we did, heard, or failed to hear ────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """We are about to call Safaricom; committed before a byte is sent."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAccepted:
    """Safaricom took the request. Not a payment."""

    at: datetime
    checkout_request_id: str
    merchant_request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRefused:
    """Safaricom refused the request in words of the closed table: nothing was prompted."""

    at: datetime
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDeferred:
    """Nothing reached Safaricom, or it asked us to slow down: the same attempt goes again.

    ``steady`` when a gate of ours spares Safaricom: then waiting longer spares nobody.
    """

    at: datetime
    retry_at: datetime
    steady: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PushUnanswered:
    """A request may have arrived and we have no answer that we understand."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackPaid:
    """A believed callback (class B) says paid; its amount and payer already agree."""

    at: datetime
    checkout_request_id: str
    merchant_request_id: str
    claim: PaidClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFailed:
    """A believed callback (class B) says that no money moved."""

    at: datetime
    checkout_request_id: str
    merchant_request_id: str
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDisagreed:
    """A callback on the right path names another amount or payer: a person decides."""

    at: datetime
    about: str
    told: str | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptHeard:
    """Another source than the callback names the receipt of the attempt's exact amount."""

    at: datetime
    claim: PaidClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountProven:
    """Safaricom, asked by us, says what really arrived for an attempt that is contested."""

    at: datetime
    amount: Money
    receipt: Receipt
    witness: Witness


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtRaised:
    """Something untrusted (class X) arrived: believe nothing of it, ask Safaricom at once."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPaid:
    """STK Query says paid (class C): no receipt, no amount, and sometimes too early."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFailed:
    """STK Query says that no money moved (class C), in a code of the closed list."""

    at: datetime
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTaughtNothing:
    """We asked, or could not ask, and know no more. ``reachable``: somebody answered."""

    at: datetime
    reachable: bool


AttemptEvent = (
    Dispatched
    | PushAccepted
    | PushRefused
    | PushDeferred
    | PushUnanswered
    | CallbackPaid
    | CallbackFailed
    | CallbackDisagreed
    | ReceiptHeard
    | AmountProven
    | DoubtRaised
    | QueryPaid
    | QueryFailed
    | QueryTaughtNothing
)
