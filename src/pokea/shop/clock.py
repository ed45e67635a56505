"""The shop's only clock. Tests pass another."""

from datetime import UTC, datetime


def now() -> datetime:
    """Tell the time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place; everything else is handed a clock
