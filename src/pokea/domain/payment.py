"""A payment: what the merchant asked to be paid, and what its attempts made of it.

Only ``succeeded`` releases goods, and it is reached at most once. Money that comes late, twice
or after a cancellation is booked and shown; it is never dropped and never guessed.
Source: STATE_MACHINES section 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pokea.daraja.values import AccountReference, Money, Receipt, Shortcode
from pokea.domain.attempt import Failure
from pokea.domain.booking import Booking
from pokea.domain.decision import Applied, Conflicting, Repeated
from pokea.domain.event import EventType
from pokea.domain.ids import AccountId, AttemptId, CustomerId, PaymentId


class PaymentState(StrEnum):
    """Where a payment stands; the words are the API's."""

    OPEN = "open"  # nobody is being asked; another attempt may be made
    PROCESSING = "processing"  # an attempt is in flight
    PARTIALLY_PAID = "partially_paid"  # by hand, and not enough yet; the rest may be prompted
    SUCCEEDED = "succeeded"  # paid; the only state that releases goods
    REQUIRES_REVIEW = "requires_review"  # a person decides
    EXPIRED = "expired"  # the merchant's time is over; late money still pays it
    CANCELED = "canceled"  # by the merchant


class ReceiptStatus(StrEnum):
    """Whether M-PESA's receipt of a paid payment is known."""

    NONE = "none"
    PENDING = "pending"  # settled by query alone, which names no receipt
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What a merchant asked for. ``sequence`` counts its events from 1."""

    id: PaymentId
    account_id: AccountId
    livemode: bool
    shortcode: Shortcode
    amount: Money
    account_reference: AccountReference
    created_at: datetime
    expires_at: datetime
    state: PaymentState = PaymentState.OPEN
    version: int = 1
    sequence: int = 0
    amount_received: Money = field(default_factory=Money.zero)
    amount_refunded: Money = field(default_factory=Money.zero)
    late: bool = False
    allow_partial: bool = False
    customer_id: CustomerId | None = None
    reference: str | None = None
    description: str | None = None
    return_url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    latest_attempt_id: AttemptId | None = None
    status_reason: str | None = None
    receipt: Receipt | None = None
    receipt_status: ReceiptStatus = ReceiptStatus.NONE
    due_at: datetime | None = None

    @property
    def owed(self) -> Money:
        """What is still to be paid; nothing when more has come than was asked for."""
        if self.amount_received >= self.amount:
            return Money.zero()
        return self.amount - self.amount_received

    @property
    def kept(self) -> Money:
        """What of the money that came for it is still here."""
        return self.amount_received - self.amount_refunded


# ── events ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted:
    """A customer is about to be prompted."""

    attempt_id: AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """The attempt ended without money."""

    attempt_id: AttemptId
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptPaid:
    """Enough witnesses agree that the attempt's money arrived."""

    attempt_id: AttemptId
    amount: Money
    receipt: Receipt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptMatched:
    """Money that was paid by hand is this payment's. A person may also give it a part."""

    receipt: Receipt
    amount: Money
    by_person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptUnmatched:
    """A person takes money back that was matched to a payment that is not paid yet."""

    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """M-PESA reversed money that had come for this payment.

    ``counted`` is what of it stands in ``amount_received``: nothing of a second payment, of
    what was too much, or of what is contested.
    """

    receipt: Receipt
    counted: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountSettled:
    """What really arrived for a contested attempt is known: it is booked apart."""

    attempt_id: AttemptId
    amount: Money
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The merchant takes the money of a payment under review for the whole debt.

    ``proven`` is what arrived for contested attempts; without it, what came after a
    cancellation.
    """

    proven: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLearned:
    """The receipt of money that was already counted."""

    attempt_id: AttemptId
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptContested:
    """Witnesses disagree; ``about`` says in what."""

    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised:
    """Somebody contradicts what we hold; nothing changes, and the merchant is told."""

    event: EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRanOut:
    """The merchant's ``expires_at`` has passed; money may be on its way while ``in_doubt``."""

    in_doubt: bool


@dataclass(frozen=True, slots=True)
class Canceled:
    """The merchant gave up while nothing was in flight."""


PaymentEvent = (
    AttemptStarted
    | AttemptFailed
    | AttemptPaid
    | ReceiptLearned
    | ReceiptMatched
    | ReceiptUnmatched
    | GivenBack
    | AmountSettled
    | Accepted
    | AttemptContested
    | AlarmRaised
    | TimeRanOut
    | Canceled
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentChange:
    """A payment after an event: what to tell the merchant, and where the money is booked."""

    payment: Payment
    event: EventType | None
    booked: Booking | None = None


PaymentDecision = Applied[PaymentChange] | Repeated | Conflicting
"""``Conflicting`` for money by hand that the payment does not owe, and what it lacks."""
