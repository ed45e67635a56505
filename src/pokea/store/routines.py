"""Routines in SQL: one row for each duty of each shortcode."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from pokea.daraja.values import Shortcode
from pokea.domain.ids import RoutineId
from pokea.domain.routine import Routine, RoutineKind
from pokea.store.bulk import insert_many, update_many
from pokea.store.tables import routines


class SqlRoutines:
    """Rows of duties."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[Routine]) -> None:
        """Insert duties; a second row for the same one breaks a unique constraint."""
        rows = [
            _changing_row(one, version=one.version)
            | {"kind": one.kind.value, "shortcode": _digits(one.shortcode)}
            for one in new
        ]
        insert_many(self._connection, routines, rows)

    def lock(self, routine_id: RoutineId) -> Routine | None:
        """One duty, locked until the transaction ends."""
        statement = select(routines).where(routines.c.id == routine_id).with_for_update()
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else _routine(row)

    def all(self) -> list[Routine]:
        """Every duty that this installation ever had, in a stable order."""
        statement = select(routines).order_by(routines.c.kind, routines.c.shortcode)
        known = {kind.value for kind in RoutineKind}  # a newer version's are not ours to read
        return [
            _routine(row) for row in self._connection.execute(statement) if row.kind in known
        ]

    def save(self, changed: Sequence[Routine]) -> None:
        """Write changed duties; StaleWrite when another process was quicker."""
        rows = [_changing_row(one, version=one.version + 1) for one in changed]
        update_many(self._connection, routines, rows)


def _digits(shortcode: Shortcode | None) -> str:
    return "" if shortcode is None else shortcode.digits


def _changing_row(routine: Routine, *, version: int) -> dict[str, object]:
    return {
        "id": routine.id,
        "version": version,
        "state": json.dumps(dict(routine.state)),
        "started_at": routine.started_at,
        "last_ok_at": routine.last_ok_at,
        "failures": routine.failures,
        "last_error": routine.last_error,
        "due_at": routine.due_at,
    }


def _routine(row: Row[Any]) -> Routine:
    return Routine(
        id=RoutineId(row.id),
        kind=RoutineKind(row.kind),
        shortcode=Shortcode(row.shortcode) if row.shortcode else None,
        version=row.version,
        state=json.loads(row.state),
        started_at=row.started_at,
        last_ok_at=row.last_ok_at,
        failures=row.failures,
        last_error=row.last_error,
        due_at=row.due_at,
    )
