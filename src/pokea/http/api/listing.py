"""Query filters of lists: an unknown one is an error, for a typo must not show everything."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from fastapi import Request

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Msisdn, Shortcode
from pokea.domain.account_key import account_key
from pokea.domain.ids import (
    PREFIXES,
    BreakId,
    CustomerId,
    PaymentId,
    ReceiptId,
    StatementId,
)
from pokea.domain.ledger import JournalKind
from pokea.domain.payment import PaymentState
from pokea.domain.receipt import ReceiptState
from pokea.domain.reconciliation import BreakKind
from pokea.flows.open_payment import Merchant
from pokea.flows.ports import (
    BreakFilter,
    CustomerFilter,
    JournalFilter,
    PaymentFilter,
    ReceiptFilter,
    StatementFilter,
)
from pokea.http.errors import Problem

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100
_TEXT_MAX: Final = 255
_ULID: Final = r"_[0-9A-HJKMNP-TV-Z]{26}"

Named = TypeVar("Named", bound=str)
Row = TypeVar("Row")


def payment_filter(request: Request, asking: Merchant) -> PaymentFilter:
    """Which payments a list's query asks for.

    Raises:
        Problem: 422 for an unknown filter or a value that cannot be read.
    """
    found = _read(request, _PAYMENT_READERS)
    return PaymentFilter(account_id=asking.account_id, livemode=asking.livemode, **found)


def customer_filter(request: Request, asking: Merchant) -> CustomerFilter:
    """Which customers a list's query asks for.

    Raises:
        Problem: 422 for an unknown filter or a value that cannot be read.
    """
    found = _read(request, _CUSTOMER_READERS)
    return CustomerFilter(account_id=asking.account_id, livemode=asking.livemode, **found)


def statement_filter(request: Request, asking: Merchant) -> StatementFilter:
    """Which imports a list's query asks for.

    Raises:
        Problem: 422 for an unknown filter or a value that cannot be read.
    """
    found = _read(request, _STATEMENT_READERS)
    return StatementFilter(account_id=asking.account_id, livemode=asking.livemode, **found)


def break_filter(request: Request, statement: StatementId) -> BreakFilter:
    """Which items of an import a list's query asks for.

    Raises:
        Problem: 422 for an unknown filter or a value that cannot be read.
    """
    found = _read(request, _BREAK_READERS)
    open_only = found.pop("status", False)
    return BreakFilter(statement_id=statement, open_only=open_only, **found)


def receipt_filter(request: Request, asking: Merchant) -> ReceiptFilter:
    """Which money by hand a list's query asks for.

    Raises:
        Problem: 422 for an unknown filter or a value that cannot be read.
    """
    found = _read(request, _RECEIPT_READERS)
    return ReceiptFilter(account_id=asking.account_id, livemode=asking.livemode, **found)


def journal_filter(request: Request, asking: Merchant) -> JournalFilter:
    """Which journals a list's query asks for.

    Raises:
        Problem: 422 for an unknown filter or a value that cannot be read.
    """
    found = _read(request, _JOURNAL_READERS)
    return JournalFilter(account_id=asking.account_id, livemode=asking.livemode, **found)


def moment_filter(request: Request) -> dict[str, Any]:
    """At which moment, and for which shortcode, a query asks for balances.

    Raises:
        Problem: 422 for an unknown filter or a value that cannot be read.
    """
    found = _read(request, _MOMENT_READERS)
    return {"at": found.get("at"), "shortcode": found.get("shortcode")}


def _read(request: Request, readers: Mapping[str, Callable[[str], object]]) -> dict[str, Any]:
    found: dict[str, Any] = {"limit": LIMIT_DEFAULT}
    seen: set[str] = set()
    for name, text in request.query_params.multi_items():
        reader = readers.get(name)
        if reader is None:
            raise Problem(
                "unknown_parameter", f"There is no filter {name[:40]}.", param=name[:40]
            )
        if name in seen:
            raise Problem("invalid_field", f"{name} stands twice.", param=name)
        try:
            found[_FIELDS.get(name, name)] = reader(text)
        except (ValueError, InvalidValue):
            raise Problem("invalid_field", f"{name} cannot be read.", param=name) from None
        seen.add(name)
    return found


def page_as_json(
    url: str,
    found: Sequence[Row],
    show: Callable[[Row], Mapping[str, object]],
    *,
    limit: int,
    backwards: bool = False,
) -> dict[str, Any]:
    """One page; ``found`` has one row more when another page follows.

    Rows that were looked for ``backwards``, with ``ending_before``, come in the other order.
    """
    data = [show(one) for one in found[:limit]]
    if backwards:
        data.reverse()
    more = len(found) > limit
    return {
        "object": "list",
        "data": data,
        "has_more": more,
        "next_cursor": data[-1]["id"] if data and more else None,
        "url": url,
    }


def _ids_of(thing: str, name: Callable[[str], Named]) -> Callable[[str], Named]:
    """Reads ids of one kind as somebody wrote them.

    What was never an id of ours is a ValueError, so the database need not be asked.
    """
    written = re.compile(PREFIXES[thing] + _ULID)

    def read(text: str) -> Named:
        if written.fullmatch(text) is None:
            raise ValueError(text)
        return name(text)

    return read


payment_id: Final = _ids_of("payment", PaymentId)
customer_id: Final = _ids_of("customer", CustomerId)
receipt_id: Final = _ids_of("receipt", ReceiptId)
statement_id: Final = _ids_of("statement", StatementId)
break_id: Final = _ids_of("break", BreakId)
journal_id: Final = _ids_of("journal", str)


def _limit(text: str) -> int:
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0  # noqa: PLR2004 - digits of 100
    if not 1 <= limit <= LIMIT_MAX:
        raise ValueError(text)
    return limit


def _text(text: str) -> str:
    if not text or len(text) > _TEXT_MAX or "\x00" in text:
        raise ValueError(text)
    return text


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # within a day of the calendar's two ends
        raise ValueError(text) from None


def _number(text: str) -> str:
    if not account_key(_text(text)):
        raise ValueError(text)
    return text


def _open(text: str) -> bool:
    if text not in {"open", "all"}:
        raise ValueError(text)
    return text == "open"


def _digits(text: str) -> str:
    return Shortcode(text).digits


def _kind(text: str) -> str:
    return JournalKind(text).value


def _status(text: str) -> str:
    return PaymentState(text).value


def _receipt_status(text: str) -> str:
    return ReceiptState(text).value


_RECEIPT_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "limit": _limit,
    "starting_after": receipt_id,
    "status": _receipt_status,
    "receipt": _text,
    "phone": Msisdn.parse,
}

_PAYMENT_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "limit": _limit,
    "starting_after": payment_id,
    "ending_before": payment_id,
    "status": _status,
    "reference": _text,
    "receipt": _text,
    "phone": Msisdn.parse,
    "customer": customer_id,
    "idempotency_key": _text,
    "created[gte]": _instant,
    "created[lt]": _instant,
}
_CUSTOMER_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "limit": _limit,
    "starting_after": customer_id,
    "ending_before": customer_id,
    "number": _number,
    "phone": Msisdn.parse,
}
_STATEMENT_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "limit": _limit,
    "starting_after": statement_id,
}
_BREAK_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "limit": _limit,
    "starting_after": break_id,
    "state": BreakKind,
    "status": _open,
    "day": date.fromisoformat,
}
_JOURNAL_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "limit": _limit,
    "starting_after": journal_id,
    "ending_before": journal_id,
    "kind": _kind,
    "shortcode": _digits,
    "created[gte]": _instant,
    "created[lt]": _instant,
}
_MOMENT_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "at": _instant,
    "shortcode": Shortcode,
}
_FIELDS: Final = {
    "created[gte]": "created_gte",
    "created[lt]": "created_lt",
    "customer": "customer_id",
    "state": "kind",
}
