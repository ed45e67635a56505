"""The log of validations in SQL; the bytes are sealed, for they tell who pays."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete

from pokea.domain.validation import Validation
from pokea.store.bulk import insert_many
from pokea.store.sealing import Sealer
from pokea.store.tables import validations

_BODY: Final = "validations.body"


class SqlValidations:
    """Rows of questions and answers."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def add(self, new: Sequence[Validation]) -> None:
        """Insert what was asked and answered."""
        insert_many(self._connection, validations, [self._row(one) for one in new])

    def forget_before(self, at: datetime) -> int:
        """Delete what is older; returns how much that was."""
        deleted = self._connection.execute(
            delete(validations).where(validations.c.created_at < at)
        )
        return deleted.rowcount

    def _row(self, one: Validation) -> dict[str, object]:
        refused_for = one.ruling.refused_for
        return {
            "id": one.id,
            "shortcode_id": one.shortcode_id,
            "account_id": one.account_id,
            "body_sealed": self._sealer.seal(one.body, field=_BODY, row=one.id),
            "refused_for": None if refused_for is None else refused_for.value,
            "decided_by": one.ruling.by.value,
            "because": one.ruling.because,
            "elapsed_ms": one.elapsed_ms,
            "created_at": one.at,
        }
