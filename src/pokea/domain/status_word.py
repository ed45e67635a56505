"""What a status result means: money that arrived, none, or nothing yet.

Code 0 only says that the question worked. Money has arrived where the transaction is completed,
is the one we asked about, and was credited to us; a payout's receipt is completed as well.
Source: SPEC 10.8.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pokea.daraja.results import CREDENTIAL_CODES, Kind, organisation_result
from pokea.daraja.values import Money, Payer, Receipt
from pokea.domain.inquiry import NOT_FOUND, Inquiry

COMPLETED: Final = "completed"
ENDED: Final = frozenset({"cancelled", "declined", "expired"})
"""Final, and no money moved."""

_SUCCEEDED: Final = "0"
_UNKNOWN_RECEIPT: Final = "2032"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTold:
    """A status result in our words; anything may be missing."""

    code: str
    status: str
    receipt: Receipt | None
    amount: Money | None
    paid_at: datetime | None
    credited: str
    payer: Payer | None
    payer_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """The money is there."""

    receipt: Receipt
    amount: Money
    paid_at: datetime
    payer: Payer | None
    payer_name: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Ended:
    """An answer that no further question changes; no money that we know as ours arrived.

    ``denies``: nobody's money moved. What was credited to a number that we do not know may be a
    payout of ours, a stranger's receipt, or a till that Safaricom names otherwise: no witness,
    and no denial either.
    """

    outcome: str
    denies: bool


@dataclass(frozen=True, slots=True)
class Open:
    """Nothing yet, or an answer that may change."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Safaricom will not answer this initiator, or not this question."""

    code: str


@dataclass(frozen=True, slots=True)
class Strange:
    """It speaks of something else than we asked."""

    field: str


StatusWord = Arrived | Ended | Open | Refused | Strange


def read_status(inquiry: Inquiry, told: StatusTold, ours: frozenset[str]) -> StatusWord:
    """Weigh a believed result; ``ours`` are the numbers that money is credited to."""
    if told.code == _UNKNOWN_RECEIPT:
        return Open(NOT_FOUND)
    if told.code != _SUCCEEDED:
        return code_word(told.code)
    if told.receipt not in {None, inquiry.about}:
        return Strange("receipt")
    status = told.status.lower()
    if status in ENDED:
        return Ended(status, denies=True)
    if status != COMPLETED or told.receipt is None:
        return Open(status or "nothing")
    if told.amount is None or told.paid_at is None:
        return Strange("incomplete")
    if told.credited not in ours:
        return Ended(f"{COMPLETED} for {told.credited or 'somebody else'}", denies=False)
    return Arrived(
        receipt=told.receipt,
        amount=told.amount,
        paid_at=told.paid_at,
        payer=told.payer,
        payer_name=told.payer_name,
        outcome=f"{COMPLETED} {told.amount}",
    )


def code_word(code: str) -> Open | Refused:
    """What a result code other than 0 means for a question."""
    if code not in CREDENTIAL_CODES and organisation_result(code).kind is not Kind.FAILED:
        return Open(code)  # busy, or not on any list: neither yes nor no
    return Refused(code)
