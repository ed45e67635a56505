"""JSON read strictly and without binary fractions, in one pass on the hot path.

Refused: bytes that are not UTF-8, NaN and Infinity, a key twice in one object (which of the two
is true?), nesting deeper than 16, NUL characters and lone surrogates (no database takes them).
"""

import json
from decimal import Decimal
from typing import cast

# Daraja nests five deep; sixteen leaves room, and keeps every later walk off the stack's limit.
_DEPTH_MAX = 16
# The largest body of Safaricom's is a page of pull transactions, some tens of kilobytes.
SIZE_MAX = 1024 * 1024

Json = dict[str, object] | list[object] | str | int | Decimal | bool | None


class NotJson(ValueError):
    """The bytes are not JSON that we accept; the message says why."""


def read_json(body: bytes) -> Json:
    """Parse a body, or raise `NotJson`; nothing else is ever raised, for any bytes."""
    if len(body) > SIZE_MAX:
        raise NotJson("larger than 1 MiB")
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except NotJson:
        raise
    except UnicodeDecodeError:
        raise NotJson("not UTF-8") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except (ValueError, ArithmeticError):
        # ValueError also covers integers of more than 4,300 digits, ArithmeticError decimals
        # with an exponent beyond any number.
        raise NotJson("not JSON") from None
    # So few brackets cannot nest too deeply, and only an escape can smuggle in NUL.
    if body.count(b"{") + body.count(b"[") > _DEPTH_MAX or b"\\u" in body:
        _inspect(value, _DEPTH_MAX)
    return value


def read_object(body: bytes) -> dict[str, object]:
    """Parse a body that must be a JSON object, or raise `NotJson`."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise NotJson("not a JSON object")
    return value


def as_object(value: object) -> dict[str, object] | None:
    """Return the value if it is a JSON object; its keys are text by construction."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """Return the value if it is a JSON array."""
    return cast("list[object]", value) if isinstance(value, list) else None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotJson("a key stands twice in one object")
    return members


def _refuse_constant(name: str) -> object:
    raise NotJson(f"{name} is not JSON")


def _inspect(value: object, depth_left: int) -> None:
    if isinstance(value, str):
        _inspect_text(value)
        return
    members = as_object(value)
    items = as_list(value) if members is None else list(members.values())
    if items is None:
        return
    if depth_left == 0:
        raise NotJson("nested too deeply")
    for key in members or ():
        _inspect_text(key)
    for item in items:
        _inspect(item, depth_left - 1)


def _inspect_text(text: str) -> None:
    if "\0" in text:
        raise NotJson("holds a NUL character")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise NotJson("holds half a surrogate pair")


_DECODER = json.JSONDecoder(
    parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique
)
