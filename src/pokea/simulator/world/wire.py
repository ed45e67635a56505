"""JSON as Safaricom writes and reads it: exact decimals, and amounts printed as ``1.00``."""

import json
from decimal import Decimal
from typing import cast

Json = None | bool | int | str | Decimal | list["Json"] | dict[str, "Json"]
Body = dict[str, Json]


class NotJson(ValueError):
    """These bytes are not a JSON text that we accept."""


def _refuse(constant: str) -> None:
    raise NotJson(constant)


def loads(raw: bytes) -> Json:
    """Parse strictly: UTF-8, no NaN, no lone surrogates, no depth that breaks the parser."""
    try:
        value = cast("Json", json.loads(raw, parse_float=Decimal, parse_constant=_refuse))
        if b"\\u" in raw:
            json.dumps(value, default=str, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error
    return value


def dumps(value: Json) -> str:
    """Write JSON; a Decimal keeps its digits, so ``Decimal("1.00")`` is written ``1.00``."""
    match value:
        case str():
            return json.dumps(value)
        case True:
            return "true"
        case False:
            return "false"
        case None:
            return "null"
        case int() | Decimal():
            return str(value)
        case list():
            return "[" + ",".join([dumps(item) for item in value]) + "]"
        case dict():
            members = [f"{json.dumps(key)}:{dumps(item)}" for key, item in value.items()]
            return "{" + ",".join(members) + "}"


def shillings(cents: int) -> Decimal:
    """Cents as the two-decimal number of a callback."""
    return Decimal(cents).scaleb(-2)


def shillings_text(cents: int) -> str:
    """Cents as ``10.00``."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def grouped(cents: int) -> str:
    """Cents as an SMS prints them: ``1,250.00``."""
    return f"{cents // 100:,}.{cents % 100:02d}"
