"""A receipt: money that M-PESA says has arrived, one for each of its transaction codes.

Whatever channel brings it, the receipt is the identity, so late, repeated and out-of-order news
need no special case. An attempt's own money moves with its attempt (``claimed``); any other is
in the books as soon as it is believed, and becomes a payment's or a customer's by matching.
Source: STATE_MACHINES section 4.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pokea.daraja.values import Money, Payer, Receipt, Shortcode
from pokea.domain.corroboration import Witness
from pokea.domain.ids import AccountId, AttemptId, CustomerId, PaymentId, ReceiptId, ShortcodeId


class ReceiptState(StrEnum):
    """Where a receipt stands; the words are the API's."""

    CLAIMED = "claimed"  # an attempt's own: booked when that settles
    PARKED = "parked"  # may be one of several prompts'; not in the books yet
    RECEIVED = "received"  # in the books; waits for verification before it counts
    MATCHED = "matched"  # it has an owner
    UNMATCHED = "unmatched"  # in suspense; a person says whose it is
    REVERSED = "reversed"  # M-PESA gave it back; it was in the books, and is no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """A shortcode of ours: where money arrives, and whose it then is."""

    id: ShortcodeId
    account_id: AccountId
    livemode: bool
    shortcode: Shortcode
    till: Shortcode | None
    urls_registered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyHeard:
    """What a believed source says of one receipt. ``account`` is what the payer typed."""

    receipt: Receipt
    shortcode: Shortcode
    amount: Money
    paid_at: datetime
    witness: Witness
    account: str = ""
    payer: Payer | None = None
    payer_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a receipt's money and whose it is. ``matched_by`` is a rule, or a person."""

    amount: Money
    matched_by: str
    matched_at: datetime
    payment_id: PaymentId | None = None
    customer_id: CustomerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRecord:
    """One receipt. ``sequence`` counts its events from 1, ``due_at`` is for the engine.

    ``reversal`` is the receipt of the transaction that gave it back.
    """

    id: ReceiptId
    account_id: AccountId
    livemode: bool
    receipt: Receipt
    shortcode: Shortcode
    amount: Money
    heard_from: Witness
    paid_at: datetime
    received_at: datetime
    state: ReceiptState
    version: int = 1
    sequence: int = 0
    account: str = ""
    payer: Payer | None = None
    payer_name: str = ""
    attempt_id: AttemptId | None = None
    verified_at: datetime | None = None
    recovered: bool = False
    reversal: Receipt | None = None
    reason: str | None = None
    checks_done: int = 0
    due_at: datetime | None = None
    parts: tuple[Part, ...] = ()

    @property
    def told(self) -> MoneyHeard:
        """What was first heard of it."""
        return MoneyHeard(
            receipt=self.receipt,
            shortcode=self.shortcode,
            amount=self.amount,
            paid_at=self.paid_at,
            witness=self.heard_from,
            account=self.account,
            payer=self.payer,
            payer_name=self.payer_name,
        )
