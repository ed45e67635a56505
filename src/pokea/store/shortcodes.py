"""Our shortcodes in SQL: where money arrives, and whose it then is."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from pokea.daraja.values import Shortcode
from pokea.domain.ids import AccountId, ShortcodeId
from pokea.domain.receipt import Collector
from pokea.store.bulk import insert_many
from pokea.store.tables import shortcodes


class SqlShortcodes:
    """Rows of shortcodes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, shortcode_id: ShortcodeId) -> Collector | None:
        """One shortcode."""
        return self._one(shortcodes.c.id == shortcode_id)

    def of(self, shortcode: Shortcode, *, livemode: bool) -> Collector | None:
        """The shortcode with these digits."""
        return self._one(
            shortcodes.c.digits == shortcode.digits, shortcodes.c.livemode == livemode
        )

    def add(self, collector: Collector, at: datetime) -> None:
        """Insert a shortcode; one that is there already fails."""
        row = {
            "id": collector.id,
            "account_id": collector.account_id,
            "livemode": collector.livemode,
            "digits": collector.shortcode.digits,
            "till": None if collector.till is None else collector.till.digits,
            "created_at": at,
            "urls_registered_at": collector.urls_registered_at,
        }
        insert_many(self._connection, shortcodes, [row])

    def change_till(self, shortcode_id: ShortcodeId, till: Shortcode | None) -> None:
        """The till that belongs to a store number has changed in the settings."""
        self._update(shortcode_id, till=None if till is None else till.digits)

    def registered(self, shortcode_id: ShortcodeId, at: datetime) -> None:
        """Safaricom knows our addresses for it."""
        self._update(shortcode_id, urls_registered_at=at)

    def _update(self, shortcode_id: ShortcodeId, **values: object) -> None:
        self._connection.execute(
            update(shortcodes).where(shortcodes.c.id == shortcode_id).values(**values)
        )

    def _one(self, *conditions: Any) -> Collector | None:
        row = self._connection.execute(select(shortcodes).where(*conditions)).one_or_none()
        return None if row is None else _collector(row)


def _collector(row: Row[Any]) -> Collector:
    return Collector(
        id=ShortcodeId(row.id),
        account_id=AccountId(row.account_id),
        livemode=row.livemode,
        shortcode=Shortcode(row.digits),
        till=None if row.till is None else Shortcode(row.till),
        urls_registered_at=row.urls_registered_at,
    )
