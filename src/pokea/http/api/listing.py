"""Query filters of lists: an unknown one is an error, for a typo must not show everything."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from fastapi import Request

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Msisdn, Shortcode
from pokea.domain.account_key import account_key
from pokea.domain.ids import BreakId, CustomerId, PaymentId, ReceiptId, StatementId
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
_PAYMENT_ID: Final = re.compile(r"pay_[0-9A-HJKMNP-TV-Z]{26}")
_STATEMENT_ID: Final = re.compile(r"rec_[0-9A-HJKMNP-TV-Z]{26}")
_BREAK_ID: Final = re.compile(r"brk_[0-9A-HJKMNP-TV-Z]{26}")
_RECEIPT_ID: Final = re.compile(r"rct_[0-9A-HJKMNP-TV-Z]{26}")
_JOURNAL_ID: Final = re.compile(r"jrn_[0-9A-HJKMNP-TV-Z]{26}")
_CUSTOMER_ID: Final = re.compile(r"cus_[0-9A-HJKMNP-TV-Z]{26}")


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


def payment_id(text: str) -> PaymentId:
    """An id as somebody wrote it.

    Raises:
        ValueError: no payment was ever called that, so the database need not be asked.
    """
    if _PAYMENT_ID.fullmatch(text) is None:
        raise ValueError(text)
    return PaymentId(text)


def customer_id(text: str) -> CustomerId:
    """An id as somebody wrote it.

    Raises:
        ValueError: no customer was ever called that, so the database need not be asked.
    """
    if _CUSTOMER_ID.fullmatch(text) is None:
        raise ValueError(text)
    return CustomerId(text)


def receipt_id(text: str) -> ReceiptId:
    """An id as somebody wrote it.

    Raises:
        ValueError: no receipt was ever called that, so the database need not be asked.
    """
    if _RECEIPT_ID.fullmatch(text) is None:
        raise ValueError(text)
    return ReceiptId(text)


def statement_id(text: str) -> StatementId:
    """An id as somebody wrote it.

    Raises:
        ValueError: no import was ever called that, so the database need not be asked.
    """
    if _STATEMENT_ID.fullmatch(text) is None:
        raise ValueError(text)
    return StatementId(text)


def break_id(text: str) -> BreakId:
    """An id as somebody wrote it.

    Raises:
        ValueError: no break was ever called that, so the database need not be asked.
    """
    if _BREAK_ID.fullmatch(text) is None:
        raise ValueError(text)
    return BreakId(text)


def journal_id(text: str) -> str:
    """An id as somebody wrote it.

    Raises:
        ValueError: no journal was ever called that, so the database need not be asked.
    """
    if _JOURNAL_ID.fullmatch(text) is None:
        raise ValueError(text)
    return text


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
