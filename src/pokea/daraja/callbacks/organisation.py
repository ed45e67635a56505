"""What a `Result` says for each product: payout, business payment, status, balance, reversal.

The receiver knows which product it asked for, so each has its own kind of callback.
"""

from dataclasses import dataclass
from datetime import datetime

from pokea.daraja.callbacks.accounts import (
    AccountBalance,
    Charge,
    basic_amount,
    read_balances,
    read_charges,
)
from pokea.daraja.callbacks.result import Result, decode_result
from pokea.daraja.reading import Envelope, Problems, short_text
from pokea.daraja.values import Money, Payer, Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutResult:
    """B2C and B2Pochi. Balances are cents and may be negative (charges paid)."""

    result: Result
    receipt: Receipt | None
    amount: Money | None
    recipient: Payer | None
    recipient_name: str
    recipient_is_registered: bool | None
    completed_at: datetime | None
    utility_available_cents: int | None
    working_available_cents: int | None
    charges_paid_available_cents: int | None
    problems: tuple[str, ...]


def decode_payout(envelope: Envelope) -> PayoutResult:
    """Read the result of a payout; a failure has no parameters."""
    result = decode_result(envelope)
    read = _Parameters(result)
    recipient, name = read.party("ReceiverPartyPublicName")
    return PayoutResult(
        result=result,
        receipt=read.receipt("TransactionReceipt") or result.receipt,
        amount=read.amount("TransactionAmount"),
        recipient=recipient,
        recipient_name=name,
        recipient_is_registered={"Y": True, "N": False}.get(
            read.text("B2CRecipientIsRegisteredCustomer")
        ),
        completed_at=read.time("TransactionCompletedDateTime"),
        utility_available_cents=read.cents("B2CUtilityAccountAvailableFunds"),
        working_available_cents=read.cents("B2CWorkingAccountAvailableFunds"),
        charges_paid_available_cents=read.cents("B2CChargesPaidAccountAvailableFunds"),
        problems=read.problems(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessResult:
    """B2B pay bill, buy goods, top-up, tax and transfers."""

    result: Result
    receipt: Receipt | None
    amount: Money | None
    receiver_name: str
    account: str
    currency: str
    completed_at: datetime | None
    charges: tuple[Charge, ...]
    debit_balances: tuple[AccountBalance, ...]
    initiator_balance_cents: int | None
    problems: tuple[str, ...]


def decode_business(envelope: Envelope) -> BusinessResult:
    """Read the result of a business payment; its parameters have changed over the years."""
    result = decode_result(envelope)
    read = _Parameters(result)
    return BusinessResult(
        result=result,
        receipt=result.receipt,
        amount=read.amount("Amount"),
        receiver_name=read.text("ReceiverPartyPublicName", "CreditPartyPublicName"),
        account=short_text(dict(result.references), "BillReferenceNumber", Problems()),
        currency=read.text("Currency"),
        completed_at=read.time("TransCompletedTime", "BOCompletedTime"),
        charges=read.charges("DebitPartyCharges"),
        debit_balances=read.balances("DebitPartyAffectedAccountBalance"),
        initiator_balance_cents=basic_amount(
            read.text("InitiatorAccountCurrentBalance", "DebitAccountCurrentBalance")
        ),
        problems=read.problems(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusResult:
    """What became of a transaction. Money has moved only where `is_completed`."""

    result: Result
    receipt: Receipt | None
    status: str
    amount: Money | None
    debit_party: str
    credit_party: str
    original_originator_conversation_id: str
    original_conversation_id: str
    reason_type: str
    initiated_at: datetime | None
    finalised_at: datetime | None
    charges: tuple[Charge, ...]
    problems: tuple[str, ...]

    @property
    def is_completed(self) -> bool:
        """Whether the transaction went through; `result.succeeded` only says "found"."""
        return self.result.succeeded and self.status == "Completed"

    @property
    def is_refused(self) -> bool:
        """Whether it ended without moving money (O: Cancelled, Declined, Expired are final)."""
        return self.result.succeeded and self.status in ("Cancelled", "Declined", "Expired")


def decode_status(envelope: Envelope) -> StatusResult:
    """Read the result of a status query; names had spaces in 2017."""
    result = decode_result(envelope)
    read = _Parameters(result)
    return StatusResult(
        result=result,
        receipt=read.receipt("ReceiptNo"),
        status=read.text("TransactionStatus"),
        amount=read.amount("Amount"),
        debit_party=read.text("DebitPartyName"),
        credit_party=read.text("CreditPartyName"),
        original_originator_conversation_id=read.text(
            "OriginatorConversationID", "Originator Conversation ID"
        ),
        original_conversation_id=read.text("ConversationID", "Conversation ID"),
        reason_type=read.text("ReasonType"),
        initiated_at=read.time("InitiatedTime"),
        finalised_at=read.time("FinalisedTime", "FinalizedTime"),
        charges=read.charges("DebitPartyCharges") + read.charges("CreditPartyCharges"),
        problems=read.problems(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceResult:
    """The accounts of a shortcode. Spend by `available_cents`."""

    result: Result
    accounts: tuple[AccountBalance, ...]
    completed_at: datetime | None
    error: str
    problems: tuple[str, ...]


def decode_balance(envelope: Envelope) -> BalanceResult:
    """Read the result of a balance query; a failure carries `ErrorMsg`."""
    result = decode_result(envelope)
    read = _Parameters(result)
    return BalanceResult(
        result=result,
        accounts=read.balances("AccountBalance"),
        completed_at=read.time("BOCompletedTime"),
        error=read.text("ErrorMsg"),
        problems=read.problems(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalResult:
    """An undone collection; `receipt` is its own, `original_receipt` the payment's."""

    result: Result
    receipt: Receipt | None
    original_receipt: Receipt | None
    amount: Money | None
    charge_cents: int | None
    debit_party: str
    credit_party: str
    completed_at: datetime | None
    debit_balances: tuple[AccountBalance, ...]
    problems: tuple[str, ...]

    @property
    def was_already_done(self) -> bool:
        """Whether Safaricom refused because an earlier reversal went through (R000001)."""
        return self.result.code == "R000001"


def decode_reversal(envelope: Envelope) -> ReversalResult:
    """Read the result of a reversal; in 2017 it had no parameters."""
    result = decode_result(envelope)
    read = _Parameters(result)
    return ReversalResult(
        result=result,
        receipt=result.receipt,
        original_receipt=read.receipt("OriginalTransactionID"),
        amount=read.amount("Amount"),
        charge_cents=read.cents("Charge"),
        debit_party=read.text("DebitPartyPublicName"),
        credit_party=read.text("CreditPartyPublicName"),
        completed_at=read.time("TransCompletedTime"),
        debit_balances=read.balances("DebitAccountBalance"),
        problems=read.problems(),
    )


class _Parameters:
    """Reads parameters under their names of the years; an absent one is None or ""."""

    def __init__(self, result: Result) -> None:
        self._values = result.parameters
        self._problems = Problems()
        self._noted = result.problems

    def problems(self) -> tuple[str, ...]:
        return self._noted + self._problems.found()

    def _first(self, *names: str) -> tuple[object, str]:
        found = ((self._values[name], name) for name in names if name in self._values)
        return next(found, (None, names[0]))

    def text(self, *names: str) -> str:
        value, name = self._first(*names)
        return "" if value is None else short_text({name: value}, name, self._problems).strip()

    def amount(self, *names: str) -> Money | None:
        value, name = self._first(*names)
        return None if value is None else self._problems.amount(value, name)

    def cents(self, *names: str) -> int | None:
        value, name = self._first(*names)
        return None if value is None else self._problems.signed_cents(value, name)

    def receipt(self, *names: str) -> Receipt | None:
        value, name = self._first(*names)
        return None if value is None else self._problems.receipt(value, name)

    def time(self, *names: str) -> datetime | None:
        value, name = self._first(*names)
        return None if value is None else self._problems.time(value, name)

    def party(self, *names: str) -> tuple[Payer | None, str]:
        """Split "254700000002 - JOHN DOE"; production writes the number as 07... (2024)."""
        text = self.text(*names)
        number, dash, name = text.partition(" - ")
        if not dash:
            return None, text
        return self._problems.payer(number.strip(), names[0]), name.strip()

    def charges(self, name: str) -> tuple[Charge, ...]:
        return read_charges(self.text(name), name, self._problems)

    def balances(self, name: str) -> tuple[AccountBalance, ...]:
        return read_balances(self.text(name), name, self._problems)
