"""How an operation becomes bytes: compact JSON, in the order in which the fields are given."""

import json
from collections.abc import Mapping, Sequence

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Money
from pokea.daraja.wire import WireRequest

# Without it Daraja sees an empty body and blames a field (O: FAQ of three products).
_JSON = (("content-type", "application/json"),)
# Per transaction, portal 2025-12. Older figures (70,000; 150,000) still circulate.
LARGEST = Money.shillings(250_000)

_ENCODER = json.JSONEncoder(separators=(",", ":"))

Wire = Mapping[str, object]


def post(
    path: str,
    members: Wire | Sequence[Wire],
    *,
    moves_money: bool,
    headers: tuple[tuple[str, str], ...] = (),
) -> WireRequest:
    """Make the request; members that are None are left out."""
    if isinstance(members, Mapping):
        members = {name: value for name, value in members.items() if value is not None}
    return WireRequest(
        method="POST",
        path=path,
        body=_ENCODER.encode(members).encode("ascii"),
        moves_money=moves_money,
        headers=_JSON + headers,
    )


def check_amount(amount: Money, *, smallest: int = 1, largest: Money = LARGEST) -> None:
    """Refuse what Daraja refuses: cents, and amounts outside the product's limits."""
    shillings = amount.whole_shillings()
    if shillings < smallest:
        raise InvalidValue("amount", f"must be at least {smallest} shillings")
    if amount > largest:
        raise InvalidValue("amount", f"must be at most {largest} shillings")
