"""Balances and charges, which Daraja writes as text inside JSON.

Balances: `Working Account|KES|3.00|3.00|0.00|0.00` joined by `&`: name, currency, current,
available, reserved, uncleared. In every capture with money current = available + reserved; the
portal's own table disagrees about the last two, so spend by `available_cents` only.
Charges: `Business Pay Bill Charge|KES|77.00` joined by `&`.
"""

import re
from dataclasses import dataclass

from pokea.daraja.reading import Problems, signed_cents

_BALANCE_FIELDS = 6
_CHARGE_FIELDS = 3
# `{Amount={CurrencyCode=KES, MinimumAmount=618683, BasicAmount=6186.83}}`: not JSON; the order
# of its keys varies, and 2017 has a stray space.
_BASIC = re.compile(r"BasicAmount\s*=\s*(-?[0-9]{1,17}(?:\.[0-9]{1,2})?)\s*[,}]", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBalance:
    """One account of a shortcode, in cents; any of them may be negative."""

    name: str
    currency: str
    current_cents: int
    available_cents: int
    reserved_cents: int
    uncleared_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What Safaricom took for a transaction."""

    name: str
    currency: str
    cents: int


def read_balances(text: str, name: str, problems: Problems) -> tuple[AccountBalance, ...]:
    """Read a list of balances; an entry that is none is noted and left out."""
    balances: list[AccountBalance] = []
    for entry in filter(None, text.split("&")):
        fields = [field.strip() for field in entry.split("|")]
        figures = [signed_cents(field) for field in fields[2:]]
        if len(fields) != _BALANCE_FIELDS or None in figures:
            problems.note(name, "holds an entry that is no balance")
            continue
        current, available, reserved, uncleared = (figure or 0 for figure in figures)
        balances.append(
            AccountBalance(
                name=fields[0],
                currency=fields[1],
                current_cents=current,
                available_cents=available,
                reserved_cents=reserved,
                uncleared_cents=uncleared,
            )
        )
    return tuple(balances)


def read_charges(text: str, name: str, problems: Problems) -> tuple[Charge, ...]:
    """Read a list of charges; an entry that is none is noted and left out."""
    charges: list[Charge] = []
    for entry in filter(None, text.split("&")):
        fields = [field.strip() for field in entry.split("|")]
        cents = signed_cents(fields[-1])
        if len(fields) != _CHARGE_FIELDS or cents is None:
            problems.note(name, "holds an entry that is no charge")
            continue
        charges.append(Charge(name=fields[0], currency=fields[1], cents=cents))
    return tuple(charges)


def basic_amount(text: str) -> int | None:
    """Return the cents of `{Amount={... BasicAmount=6186.83}}`, if that is what it is."""
    basic = _BASIC.search(text)
    return signed_cents(basic[1]) if basic else None
