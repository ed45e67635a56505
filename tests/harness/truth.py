"""What a gateway's database says, read from outside while the gateway runs or is dead."""

from typing import Any, Self

from sqlalchemy import Column, Engine, Executable, func, select

from harness.databases import sqlalchemy_url
from harness.installation import Installation
from pokea.domain.attempt import Attempt
from pokea.store.database import open_engine
from pokea.store.tables import events, inbox, journals, payments, provider_calls


class Truth:
    """Questions to the tables."""

    def __init__(self, installation: Installation) -> None:
        self._url = sqlalchemy_url(installation.database_url)
        self.engine: Engine = open_engine(self._url)

    def rows(self, statement: Executable) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]

    def column(self, column: Column[Any]) -> list[Any]:
        """All values of a column, in the order of its table's keys."""
        keys = column.table.primary_key.columns
        return [row[0] for row in self.rows(select(column).order_by(*keys))]

    def effects(self, attempt: Attempt) -> tuple[int, int]:
        """How many journal entries and how many successes an attempt has made."""
        booked = self.rows(
            select(func.count()).select_from(journals).where(journals.c.source_id == attempt.id)
        )
        told = self.rows(
            select(func.count())
            .select_from(events)
            .where(events.c.object_id == attempt.payment_id)
            .where(events.c.type == "payment.succeeded")
        )
        return booked[0][0], told[0][0]

    def all_effects(self) -> tuple[dict[str, int], dict[str, int]]:
        """Journal entries by attempt, and successes by payment."""
        booked = self.rows(
            select(journals.c.source_id, func.count()).group_by(journals.c.source_id)
        )
        told = self.rows(
            select(events.c.object_id, func.count())
            .where(events.c.type == "payment.succeeded")
            .group_by(events.c.object_id)
        )
        return _counted(booked), _counted(told)

    def became(self, attempt: Attempt) -> list[str]:
        """What became of a prompt's callbacks, in order."""
        states = select(inbox.c.state).where(inbox.c.subject == attempt.id)
        return [state for (state,) in self.rows(states.order_by(inbox.c.id))]

    def asked(self, attempt: Attempt) -> int:
        """How often Safaricom was asked about a prompt."""
        questions = (
            select(func.count())
            .select_from(provider_calls)
            .where(provider_calls.c.attempt_id == attempt.id)
            .where(provider_calls.c.kind == "query")
        )
        found: int = self.rows(questions)[0][0]
        return found

    def payment_state(self, attempt: Attempt) -> str:
        """How an attempt's payment stands."""
        found = self.rows(select(payments.c.state).where(payments.c.id == attempt.payment_id))
        state: str = found[0][0]
        return state

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()


def _counted(rows: list[tuple[Any, ...]]) -> dict[str, int]:
    return {row[0]: row[1] for row in rows}
