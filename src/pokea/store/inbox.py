"""The inbox in SQL: raw callbacks, sealed, counted when they repeat.

The unique constraint on (subject, kind, hash of the bytes, whether the address is listed) says
what a repeat is. Look-ups are made while the subjects are locked, so the constraint is met only
by callbacks without a subject, from two processes at once; then the whole work runs again and
finds the row.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from pokea.domain.ids import AttemptId, InboxId
from pokea.domain.inbox import PROMPT, HeardCallback, InboxState, ReceivedCallback, Verdict
from pokea.flows.ports import InboxKey
from pokea.store.bulk import among, insert_many
from pokea.store.sealing import Sealer
from pokea.store.tables import inbox

_BODY: Final = "inbox.body"
_KEY: Final = inbox.c.kind, inbox.c.subject, inbox.c.body_sha256, inbox.c.ip_listed


QUARANTINED_MAX: Final = 100
"""A stranger who posts a thousand claims is not told from one who posts a hundred."""


class SqlInbox:
    """Rows of callbacks."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def known(self, subjects: Collection[str]) -> set[InboxKey]:
        """What has already come for these subjects."""
        statement = select(*_KEY).where(
            among(inbox.c.subject, subjects, self._connection.dialect)
        )
        return self._keys(statement)

    def known_bodies(self, kind: str, subject: str, hashes: Collection[bytes]) -> set[InboxKey]:
        """Which of these bodies have come already, for a subject that has very many."""
        statement = select(*_KEY).where(
            inbox.c.subject == subject, inbox.c.kind == kind, inbox.c.body_sha256.in_(hashes)
        )
        return self._keys(statement)

    def _keys(self, statement: Select[Any, Any, Any, Any]) -> set[InboxKey]:
        return {
            (row.kind, row.subject, row.body_sha256, row.ip_listed)
            for row in self._connection.execute(statement)
        }

    def add(
        self, judged: Sequence[tuple[ReceivedCallback, Verdict, int]], at: datetime
    ) -> None:
        """Insert callbacks with what became of them and how often they came."""
        rows = [self._row(callback, verdict, seen, at) for callback, verdict, seen in judged]
        insert_many(self._connection, inbox, rows)

    def count_repeats(self, repeats: Mapping[InboxKey, int]) -> None:
        """Count more copies of rows that are there."""
        if not repeats:
            return
        statement = (
            update(inbox)
            .where(
                inbox.c.kind == bindparam("of_kind"),
                inbox.c.subject == bindparam("of_subject"),
                inbox.c.body_sha256 == bindparam("of_sha256"),
                inbox.c.ip_listed == bindparam("of_listed"),
            )
            .values(seen=inbox.c.seen + bindparam("more"))
        )
        self._connection.execute(
            statement,
            [
                {
                    "of_kind": kind,
                    "of_subject": subject,
                    "of_sha256": sha256,
                    "of_listed": listed,
                    "more": more,
                }
                for (kind, subject, sha256, listed), more in sorted(repeats.items())
            ],
        )

    def quarantined(self, subjects: Collection[AttemptId]) -> list[ReceivedCallback]:
        """What came for some attempts from addresses that are not listed."""
        statement = (
            select(inbox)
            .where(among(inbox.c.subject, subjects, self._connection.dialect))
            .where(inbox.c.kind == PROMPT, inbox.c.ip_listed.is_(False))
            .where(inbox.c.state == InboxState.QUARANTINED.value)
            .limit(QUARANTINED_MAX)
        )
        return [self._callback(row) for row in self._connection.execute(statement)]

    def of_subjects(self, subjects: Collection[str], limit: int) -> list[HeardCallback]:
        """The first callbacks of some subjects, with what became of them."""
        statement = (
            select(inbox)
            .where(among(inbox.c.subject, subjects, self._connection.dialect))
            .order_by(inbox.c.received_at, inbox.c.id)
            .limit(limit)
        )
        return [
            HeardCallback(
                callback=self._callback(row),
                state=InboxState(row.state),
                reason=row.reason,
                seen=row.seen,
            )
            for row in self._connection.execute(statement)
        ]

    def judge(self, verdict: Verdict, at: datetime) -> None:
        """Write what became of a row that had to wait."""
        self._connection.execute(
            update(inbox)
            .where(inbox.c.id == verdict.id)
            .values(state=verdict.state.value, reason=verdict.reason, judged_at=at, due_at=None)
        )

    def lock(self, inbox_id: InboxId) -> ReceivedCallback | None:
        """A row that still waits to be applied, locked; None when it does not."""
        waiting = (InboxState.RECEIVED.value, InboxState.ORPHANED.value)
        statement = (
            select(inbox)
            .where(inbox.c.id == inbox_id, inbox.c.state.in_(waiting))
            .where(inbox.c.due_at.is_not(None))
            .with_for_update()
        )
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else self._callback(row)

    def try_again(self, inbox_id: InboxId, *, state: InboxState, at: datetime | None) -> None:
        """One more try that did not end it; without ``at`` nobody tries again."""
        self._connection.execute(
            update(inbox)
            .where(inbox.c.id == inbox_id)
            .values(tries=inbox.c.tries + 1, state=state.value, due_at=at)
        )

    def _row(
        self, callback: ReceivedCallback, verdict: Verdict, seen: int, at: datetime
    ) -> dict[str, object]:
        return {
            "id": callback.id,
            "kind": callback.kind,
            "subject": callback.subject,
            "body_sha256": callback.body_sha256,
            "body_sealed": self._sealer.seal(callback.body, field=_BODY, row=callback.id),
            "source_ip": callback.source_ip,
            "ip_listed": callback.ip_listed,
            "state": verdict.state.value,
            "reason": verdict.reason,
            "seen": seen,
            "tries": callback.tries,
            "received_at": callback.received_at,
            "judged_at": None if verdict.due_at else at,
            "due_at": verdict.due_at,
        }

    def _callback(self, row: Row[Any]) -> ReceivedCallback:
        return ReceivedCallback(
            id=InboxId(row.id),
            kind=row.kind,
            subject=row.subject,
            body=self._sealer.open(row.body_sealed, field=_BODY, row=row.id),
            body_sha256=row.body_sha256,
            source_ip=row.source_ip,
            ip_listed=row.ip_listed,
            received_at=row.received_at,
            tries=row.tries,
        )
