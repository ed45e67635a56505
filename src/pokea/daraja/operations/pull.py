"""Pull Transactions: read what was paid to a shortcode in the last 48 hours."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from pokea.daraja.classification import ambiguous, answered, response_code
from pokea.daraja.errors import InvalidValue, Refused
from pokea.daraja.operations.encoding import post
from pokea.daraja.reading import Problems, short_text
from pokea.daraja.strict_json import as_list, as_object
from pokea.daraja.values import EAT, CallbackUrl, Money, Msisdn, Receipt, Shortcode
from pokea.daraja.wire import WireReply, WireRequest

_DONE = "1000"
# Register: already registered. Query: no rows.
_NOTHING_NEW = "1001"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRegistered:
    """The shortcode may be pulled."""

    already_registered: bool
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRegister:
    """Register a shortcode; the nominated number is Safaricom's contact."""

    shortcode: Shortcode
    nominated_phone: Msisdn
    callback_url: CallbackUrl

    def encode(self) -> WireRequest:
        """Write the request."""
        return post(
            "/pulltransactions/v1/register",
            {
                "ShortCode": self.shortcode.digits,
                "RequestType": "Pull",
                "NominatedNumber": self.nominated_phone.digits,
                "CallBackURL": self.callback_url.url,
            },
            moves_money=False,
        )

    def decode(self, reply: WireReply) -> PullRegistered:
        """Read the answer; its keys have spaces on the wire and none in the sample of 2025."""
        members = {
            name.replace(" ", ""): value
            for name, value in answered(reply, moves_money=False).items()
        }
        code = response_code(members, "ResponseStatus", reply, moves_money=False)
        if code not in (_DONE, _NOTHING_NEW):
            raise Refused(str(members.get("ResponseDescription")), code=code, reply=reply)
        return PullRegistered(already_registered=code == _NOTHING_NEW, reply=reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledTransaction:
    """One row. `transaction_id` is the receipt as written; `phone` may be cut short."""

    transaction_id: str
    receipt: Receipt | None
    amount: Money | None
    happened_at: datetime | None
    phone: str = field(repr=False)
    sender: str
    kind: str
    bill_reference: str
    organisation: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledPage:
    """Up to a hundred rows; ask again with a larger offset until none come."""

    transactions: tuple[PulledTransaction, ...]
    reply: WireReply = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PullQuery:
    """Ask for the transactions between two instants, from an offset on."""

    shortcode: Shortcode
    starts: datetime
    ends: datetime
    offset: int = 0

    def __post_init__(self) -> None:
        """Refuse naive times and a negative offset."""
        if self.starts.tzinfo is None or self.ends.tzinfo is None:
            raise InvalidValue("starts", "and ends must be aware datetimes")
        if self.ends < self.starts:
            raise InvalidValue("ends", "must not be before the start")
        if self.offset < 0:
            raise InvalidValue("offset", "must not be negative")

    def encode(self) -> WireRequest:
        """Write the request: POST, though the portal's text says GET (K, every SDK)."""
        return post(
            "/pulltransactions/v1/query",
            {
                "ShortCode": self.shortcode.digits,
                "StartDate": f"{self.starts.astimezone(EAT):%Y-%m-%d %H:%M:%S}",
                "EndDate": f"{self.ends.astimezone(EAT):%Y-%m-%d %H:%M:%S}",
                "OffSetValue": str(self.offset),
            },
            moves_money=False,
        )

    def decode(self, reply: WireReply) -> PulledPage:
        """Read the rows, which come as a list of lists."""
        members = answered(reply, moves_money=False)
        code = response_code(members, "ResponseCode", reply, moves_money=False)
        if code == _NOTHING_NEW:
            return PulledPage(transactions=(), reply=reply)
        if code != _DONE:
            raise Refused(str(members.get("ResponseMessage")), code=code, reply=reply)
        pages = as_list(members.get("Response"))
        if pages is None:
            raise ambiguous("the answer has no Response", reply, moves_money=False)
        rows = (as_object(row) for page in pages for row in as_list(page) or [page])
        return PulledPage(
            transactions=tuple(_row(row) for row in rows if row is not None), reply=reply
        )


def _row(row: dict[str, object]) -> PulledTransaction:
    problems = Problems()
    transaction_id = short_text(row, "transactionId", problems)
    return PulledTransaction(
        transaction_id=transaction_id,
        receipt=problems.receipt(transaction_id, "transactionId"),
        amount=problems.amount(row.get("amount"), "amount"),
        happened_at=_instant(row.get("trxDate"), problems),
        phone=short_text(row, "msisdn", problems),
        sender=short_text(row, "sender", problems),
        kind=short_text(row, "transactiontype", problems),
        bill_reference=short_text(row, "billreference", problems),
        organisation=short_text(row, "organizationname", problems),
        problems=problems.found(),
    )


def _instant(value: object, problems: Problems) -> datetime | None:
    """Read ISO 8601: `...Z` in the samples of 2020, `+03:00` in captures of 2025."""
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        problems.note("trxDate", "is no time")
        return None
    return (instant if instant.tzinfo else instant.replace(tzinfo=EAT)).astimezone(UTC)
