"""Bill Manager: invoices that Safaricom sends by SMS, paid into a pay bill.

Success is `rescode` "200" inside HTTP 200; "409" is the family of conflicts. The opt-in answers
an `app_key` that every later request carries as a header.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from pokea.daraja.classification import answered, response_code
from pokea.daraja.credentials import Secret
from pokea.daraja.errors import InvalidValue, Refused
from pokea.daraja.operations.acks import check_text
from pokea.daraja.operations.encoding import Wire, post
from pokea.daraja.reading import Problems, short_text
from pokea.daraja.values import CallbackUrl, Money, Msisdn, Receipt, Shortcode
from pokea.daraja.wire import WireReply, WireRequest

_BASE = "/v1/billmanager-invoice/"
_INVOICES_MAX = 1000


class AppKey(Secret):
    """What the opt-in answers; it names the biller in later requests."""

    __slots__ = ()
    name = "app_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillAck:
    """Bill Manager did as asked."""

    message: str
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillOptedIn:
    """The biller is known under this key."""

    app_key: AppKey
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Biller:
    """Who sends the invoices, as opt-in and its change describe it."""

    shortcode: Shortcode
    email: str
    contact: Msisdn
    sends_reminders: bool
    logo: str
    callback_url: CallbackUrl

    def __post_init__(self) -> None:
        """Refuse an empty or endless address."""
        check_text("email", self.email, 200)

    def members(self) -> Wire:
        """Return the wire's members; the contact is written 07..."""
        return {
            "shortcode": self.shortcode.digits,
            "email": self.email,
            "officialContact": _local(self.contact),
            "sendReminders": "1" if self.sends_reminders else "0",
            "logo": self.logo,
            "callbackurl": self.callback_url.url,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BillOptIn:
    """Become a biller."""

    biller: Biller

    def encode(self) -> WireRequest:
        """Write the request."""
        return post(f"{_BASE}optin", self.biller.members(), moves_money=False)

    def decode(self, reply: WireReply) -> BillOptedIn:
        """Read the app key; "Biller already registered" is `Refused` with code 409."""
        members = _succeeded(reply)
        return BillOptedIn(app_key=AppKey(str(members.get("app_key"))), reply=reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillChangeOptIn:
    """Change what a biller is known by."""

    app_key: AppKey
    biller: Biller

    def encode(self) -> WireRequest:
        """Write the request."""
        return _post("change-optin-details", self.biller.members(), self.app_key)

    def decode(self, reply: WireReply) -> BillAck:
        """Read the answer, or raise `Refused`."""
        return _ack(reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceItem:
    """One line of an invoice."""

    name: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice; `external_reference` is ours and must be new."""

    external_reference: str
    billed_name: str
    billed_phone: Msisdn
    billed_period: str
    name: str
    due: date
    account_reference: str
    amount: Money
    items: tuple[InvoiceItem, ...] = ()

    def __post_init__(self) -> None:
        """Refuse empty texts and items that do not add up."""
        for field_name in ("external_reference", "billed_name", "name", "account_reference"):
            check_text(field_name, str(getattr(self, field_name)), 100)
        total = sum(item.amount.in_cents for item in self.items)
        if self.items and total != self.amount.in_cents:
            raise InvalidValue("items", "must add up to the amount")

    def members(self) -> Wire:
        """Return the wire's members; amounts are text."""
        return {
            "externalReference": self.external_reference,
            "billedFullName": self.billed_name,
            "billedPhoneNumber": _local(self.billed_phone),
            "billedPeriod": self.billed_period,
            "invoiceName": self.name,
            "dueDate": f"{self.due:%Y-%m-%d}",
            "accountReference": self.account_reference,
            "amount": str(self.amount.whole_shillings()),
            "invoiceItems": [
                {"itemName": item.name, "amount": str(item.amount.whole_shillings())}
                for item in self.items
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BillInvoice:
    """Send one invoice."""

    app_key: AppKey
    invoice: Invoice

    def encode(self) -> WireRequest:
        """Write the request."""
        return _post("single-invoicing", self.invoice.members(), self.app_key)

    def decode(self, reply: WireReply) -> BillAck:
        """Read the answer, or raise `Refused`."""
        return _ack(reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillInvoices:
    """Send up to a thousand invoices."""

    app_key: AppKey
    invoices: tuple[Invoice, ...]

    def __post_init__(self) -> None:
        """Refuse none and too many."""
        _check_count("invoices", len(self.invoices))

    def encode(self) -> WireRequest:
        """Write the request: a JSON array (the portal's sample wraps it in braces)."""
        members = [invoice.members() for invoice in self.invoices]
        return _post("bulk-invoicing", members, self.app_key)

    def decode(self, reply: WireReply) -> BillAck:
        """Read the answer, or raise `Refused`."""
        return _ack(reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillCancel:
    """Cancel invoices by our references; a paid one is `Refused` with code 409."""

    app_key: AppKey
    external_references: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse none and too many."""
        _check_count("external_references", len(self.external_references))

    def encode(self) -> WireRequest:
        """Write the request; one reference and several have paths of their own."""
        members = [{"externalReference": text} for text in self.external_references]
        if len(members) == 1:
            return _post("cancel-single-invoice", members[0], self.app_key)
        return _post("cancel-bulk-invoices", members, self.app_key)

    def decode(self, reply: WireReply) -> BillAck:
        """Read the answer, or raise `Refused`."""
        return _ack(reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillReconcile:
    """Tell Bill Manager that a payment has settled an invoice; the payer gets a receipt."""

    app_key: AppKey
    paid_on: date
    amount: Money
    account_reference: str
    receipt: Receipt
    phone: Msisdn
    full_name: str
    invoice_name: str
    external_reference: str

    def encode(self) -> WireRequest:
        """Write the request."""
        members = {
            "paymentDate": f"{self.paid_on:%Y-%m-%d}",
            "paidAmount": str(self.amount.whole_shillings()),
            "accountReference": self.account_reference,
            "transactionId": self.receipt.code,
            "phoneNumber": _local(self.phone),
            "fullName": self.full_name,
            "invoiceName": self.invoice_name,
            "externalReference": self.external_reference,
        }
        return _post("reconciliation", members, self.app_key)

    def decode(self, reply: WireReply) -> BillAck:
        """Read the answer, or raise `Refused`."""
        return _ack(reply)


def _post(path: str, members: Wire | Sequence[Wire], app_key: AppKey) -> WireRequest:
    headers = (("app_key", app_key.reveal()),)
    return post(_BASE + path, members, moves_money=False, headers=headers)


def _ack(reply: WireReply) -> BillAck:
    members = _succeeded(reply)
    message = short_text(members, "Status_Message", Problems())
    return BillAck(message=message or str(members.get("resmsg", "")), reply=reply)


def _succeeded(reply: WireReply) -> dict[str, object]:
    members = answered(reply, moves_money=False)
    code = response_code(members, "rescode", reply, moves_money=False)
    if code != "200":
        message = short_text(members, "Status_Message", Problems())
        raise Refused(message or str(members.get("resmsg")), code=code, reply=reply)
    return members


def _check_count(field_name: str, count: int) -> None:
    if not 0 < count <= _INVOICES_MAX:
        raise InvalidValue(field_name, f"must be 1 to {_INVOICES_MAX}")


def _local(phone: Msisdn) -> str:
    return "0" + phone.digits.removeprefix("254")
