"""Daraja's clock is East Africa Time, written without a zone; ours is aware UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone

from pokea.daraja.errors import InvalidValue

# Kenya has had no other offset since 1961, so no time zone data is needed.
EAT = timezone(timedelta(hours=3), "EAT")

_COMPACT = 14  # YYYYMMDDHHMMSS
# Results of B2C alone write DD.MM.YYYY HH:MM:SS.
_DOTTED = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)", re.ASCII)


def eat_timestamp(instant: datetime) -> str:
    """Write an aware instant as Daraja's 14 digits, Nairobi time."""
    if instant.tzinfo is None:
        raise InvalidValue("timestamp", "must be an aware datetime")
    local = instant.astimezone(EAT)
    # Not strftime: it writes years before 1000 in fewer digits on some systems.
    return (
        f"{local.year:04d}{local.month:02d}{local.day:02d}"
        f"{local.hour:02d}{local.minute:02d}{local.second:02d}"
    )


def parse_eat(value: str | int) -> datetime:
    """Read Daraja's 14 digits (text or number), or B2C's DD.MM.YYYY HH:MM:SS, as aware UTC."""
    text = _compact(value)
    if len(text) != _COMPACT or not (text.isascii() and text.isdigit()):
        raise InvalidValue("time", "must be 14 digits: YYYYMMDDHHMMSS")
    try:
        return datetime(
            int(text[:4]),
            int(text[4:6]),
            int(text[6:8]),
            int(text[8:10]),
            int(text[10:12]),
            int(text[12:]),
            tzinfo=EAT,
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidValue("time", "is no date in the calendar") from None


def _compact(value: str | int) -> str:
    """Return either spelling as 14 digits, and anything else as something else."""
    if isinstance(value, int):
        return str(value) if 0 < value < 10**_COMPACT else ""
    if type(value) is not str:
        return ""
    if dotted := _DOTTED.fullmatch(value):
        day, month, year, *clock = dotted.groups()
        return year + month + day + "".join(clock)
    return value
