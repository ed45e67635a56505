"""M-PESA's balances as programs read them; the same on the command line and in events."""

from datetime import datetime

from pokea.domain.balance import BalanceReading, Figure
from pokea.domain.event import rfc3339


def represent_balance(reading: BalanceReading) -> dict[str, object]:
    """One answer. Amounts may be negative; ``difference`` is the books minus M-PESA."""
    compared = reading.compared_at is not None
    return {
        "id": reading.id,
        "object": "mpesa_balance",
        "livemode": reading.livemode,
        "shortcode": reading.shortcode.digits,
        "accounts": [_represent(figure) for figure in reading.figures],
        "difference": signed(reading.difference_cents) if compared else None,
        "differs_since": _instant(reading.differs_since),
        "as_of": _instant(reading.as_of),
        "compared_at": _instant(reading.compared_at),
    }


def signed(cents: int) -> str:
    """Shillings with two decimals, and a minus where they are less than nothing."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"


def _represent(figure: Figure) -> dict[str, object]:
    ledger = figure.ledger_cents
    return {
        "name": figure.name,
        "currency": figure.currency,
        "current": signed(figure.current_cents),
        "available": signed(figure.available_cents),
        "reserved": signed(figure.reserved_cents),
        "uncleared": signed(figure.uncleared_cents),
        "ledger": None if ledger is None else signed(ledger),
        "difference": None if ledger is None else signed(figure.difference_cents),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
