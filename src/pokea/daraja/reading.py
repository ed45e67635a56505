"""How fields of any callback are read: strictly where money depends on it, else with a note.

A result code decides about money, so a doubtful one makes the callback malformed. Any other odd
field becomes None with a problem beside it, because a callback is delivered once and a person
must still be able to find it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from pokea.daraja.errors import InvalidValue, MalformedCallback
from pokea.daraja.strict_json import as_list, as_object
from pokea.daraja.values import Money, Payer, Receipt, Shortcode, parse_eat, parse_payer

# "SFC_IC0003", "E3008", "R000002", "TP40153", "500.001.1001": what codes look like.
_CODE = re.compile(r"[A-Za-z0-9_.]{1,20}", re.ASCII)
_V = TypeVar("_V")
_R = TypeVar("_R")
_ZEROS = re.compile(r"[0.]+", re.ASCII)
_TEXT_MAX = 1000
_FIGURE_MAX = 25
# Ids are stored under unique indexes; the longest ever seen has 50 characters.
_ID_MAX = 100


@dataclass(frozen=True, slots=True)
class Envelope:
    """A callback's bytes and what they parse to."""

    raw: bytes
    members: dict[str, object]


def result_code(value: object) -> str:
    """Return a result code as text; zero only for the number 0 or exactly "0".

    Numbers in captures, text in some portal samples, letters in a few codes. A cast to a binary
    fraction once turned "E3008" into 0, which is "paid".
    """
    if type(value) is int:
        if not 0 <= value < 10**20:
            raise MalformedCallback("ResultCode is no code")
        return str(value)
    if type(value) is not str or _CODE.fullmatch(value) is None:
        raise MalformedCallback("ResultCode is missing, or no code")
    if value != "0" and _ZEROS.fullmatch(value):
        raise MalformedCallback(f"ResultCode {value!r} is neither 0 nor another code")
    return value


class Problems:
    """Collects what is odd in one callback; each reader returns None for an odd value."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: list[str] = []

    def found(self) -> tuple[str, ...]:
        """Return all that was noted, in the order of reading."""
        return tuple(self._found)

    def note(self, name: str, what: str) -> None:
        """Note one problem with the field of that name."""
        self._found.append(f"{name}: {what}")

    def amount(self, value: object, name: str) -> Money | None:
        """Read an amount above zero, of number or text (`1.00`, `1`, "2697.0")."""
        money = self.balance(value, name)
        if money is not None and not money:
            self.note(name, "is zero")
            return None
        return money

    def balance(self, value: object, name: str) -> Money | None:
        """Read an amount that may be zero."""
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            return self._missing(value, name)
        return self._read(Money.parse, value, name)

    def signed_cents(self, value: object, name: str) -> int | None:
        """Read an amount that may be negative, as cents."""
        cents = signed_cents(value)
        if cents is None:
            self.note(name, "is no amount")
        return cents

    def shortcode(self, value: object, name: str) -> Shortcode | None:
        """Read a shortcode, of text or number."""
        if type(value) is int and 0 < value < 10**10:
            value = str(value)
        if not isinstance(value, str):
            return self._missing(value, name)
        return self._read(Shortcode, value, name)

    def receipt(self, value: object, name: str) -> Receipt | None:
        """Read a receipt."""
        if not isinstance(value, str):
            return self._missing(value, name)
        return self._read(Receipt, value, name)

    def time(self, value: object, name: str) -> datetime | None:
        """Read an East African time, of number or text."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            return self._missing(value, name)
        return self._read(parse_eat, value, name)

    def payer(self, value: object, name: str) -> Payer | None:
        """Read a phone number: plain, masked or hashed."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            return self._missing(value, name)
        return self._read(parse_payer, value, name)

    def _missing(self, value: object, name: str) -> None:
        self.note(name, "is missing" if value is None else "has another type")

    def _read(self, read: Callable[[_V], _R], value: _V, name: str) -> _R | None:
        try:
            return read(value)
        except InvalidValue as error:
            self.note(name, error.reason)
            return None


def signed_cents(value: object) -> int | None:
    """Return the cents of an amount that may be negative, or None where it is no amount."""
    text = str(value) if isinstance(value, int | Decimal) else value
    if isinstance(value, bool) or not isinstance(text, str) or len(text) > _FIGURE_MAX:
        return None
    try:
        cents = Money.parse(text.removeprefix("-")).in_cents
    except InvalidValue:
        return None
    return -cents if text.startswith("-") else cents


def identifier(members: dict[str, object], name: str, problems: Problems) -> str:
    """Read an id: never shortened, because two ids must not become one."""
    value = short_text(members, name, problems)
    if len(value) > _ID_MAX:
        problems.note(name, f"is longer than {_ID_MAX} characters")
        return ""
    return value


def short_text(members: dict[str, object], name: str, problems: Problems) -> str:
    """Read a text; a missing one is "" with a note, a number its digits."""
    value = members.get(name)
    if type(value) is int and abs(value) < 10**30:
        value = str(value)
    if type(value) is not str or "\0" in value:
        problems.note(name, "is missing" if value is None else "has another type")
        return ""
    if len(value) > _TEXT_MAX:
        problems.note(name, f"is longer than {_TEXT_MAX} characters")
    return value[:_TEXT_MAX]


def items_by_name(value: object, key: str, problems: Problems) -> dict[str, object]:
    """Flatten `[{Name, Value?}]`, or a single such object, into a mapping.

    An item without a value counts as absent. Of two values under one name neither is believed.
    """
    single = as_object(value)
    listed = [value] if single is not None else as_list(value) or []
    items: dict[str, object] = {}
    for entry in listed:
        item = as_object(entry)
        name = item.get(key) if item is not None else None
        if item is None or type(name) is not str:
            problems.note("items", "one has no name")
        elif name in items and items[name] != item.get("Value"):
            problems.note(name, "stands twice, with two values")
            items[name] = None
        else:
            items[name] = item.get("Value")
    return items
