"""Column types that both databases agree on."""

from datetime import UTC, date, datetime
from functools import lru_cache

from sqlalchemy import DateTime, Dialect, LargeBinary, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override


@lru_cache(maxsize=256)
def sortable(at: datetime) -> str:
    """Fixed width and always UTC, so that text sorts as time does.

    The rows of a group share most of their times.
    """
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant: ``timestamptz`` on PostgreSQL, sortable UTC text on SQLite."""

    impl = DateTime
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        if value is None or dialect.name != "sqlite":
            return value
        return sortable(value)

    @override
    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(str(value))


Sealed = LargeBinary
"""Bytes under AES-256-GCM; see :mod:`pokea.store.sealing`."""

Blind = LargeBinary(16)
"""A keyed index of a value that is stored sealed."""

Name = String(40)
"""An id: a prefix and a ULID."""

Words = Text


def as_day(text: str) -> date:
    """A business day, which is stored as its ISO text."""
    return date.fromisoformat(text)
