"""What arrived money means for its payment; where that is booked is a posting rule's affair."""

from dataclasses import dataclass, field
from enum import StrEnum

from pokea.daraja.values import Money


class Collected(StrEnum):
    """Whose arrived money is."""

    IN_TIME = "in_time"  # the payment's, also when late after expiry
    AFTER_CANCEL = "after_cancel"  # nobody was waiting for it any more
    A_SECOND_TIME = "a_second_time"  # the payment was already paid
    IN_DISPUTE = "in_dispute"  # another amount than was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """``amount`` is whose ``owner`` says; ``overpaid`` is what the payer gave too much."""

    owner: Collected
    amount: Money
    overpaid: Money = field(default_factory=Money.zero)
