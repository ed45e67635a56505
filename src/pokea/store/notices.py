"""Notices in SQL. Whom they reach is sealed; equality is all that is asked of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from pokea.domain.ids import NoticeId
from pokea.domain.notice import Audience, Notice, NoticePlan, NoticeState, Target
from pokea.store.bulk import insert_many, update_many
from pokea.store.sealing import Sealer
from pokea.store.tables import notices

_TARGET: Final = "notices.target"


class SqlNotices:
    """Rows of notices, and the plan that they follow."""

    def __init__(self, connection: Connection, sealer: Sealer, plan: NoticePlan) -> None:
        self._connection = connection
        self._sealer = sealer
        self.plan = plan

    def add(self, new: Sequence[Notice]) -> None:
        """Insert notices; telling somebody of the same thing again breaks a constraint."""
        insert_many(self._connection, notices, [self._whole_row(notice) for notice in new])

    def get(self, notice_id: NoticeId) -> Notice | None:
        """One notice."""
        row = self._connection.execute(
            select(notices).where(notices.c.id == notice_id)
        ).one_or_none()
        return None if row is None else self._notice(row)

    def save(self, changed: Notice) -> None:
        """Write a changed notice; StaleWrite when another transaction was quicker."""
        row = _changing_row(changed, version=changed.version + 1)
        update_many(self._connection, notices, [row])

    def last_begun(self, kind: str, target: Target) -> datetime | None:
        """When an alert of a kind to an operator was last sent, or tried."""
        statement = select(func.max(notices.c.began_at)).where(self._alike(kind, target))
        return self._connection.execute(statement).scalar_one()

    def fold_into(self, notice: Notice, at: datetime) -> int:
        """Count the other waiting alerts of its kind and reader in this one; how many."""
        statement = (
            update(notices)
            .where(self._alike(notice.kind, notice.target))
            .where(notices.c.state == NoticeState.SCHEDULED.value, notices.c.id != notice.id)
            .values(
                state=NoticeState.FOLDED.value,
                folded_into=notice.id,
                version=notices.c.version + 1,
                ended_at=at,
                due_at=None,
            )
        )
        return self._connection.execute(statement).rowcount

    def page(self, *, state: NoticeState | None, limit: int) -> list[Notice]:
        """The newest notices."""
        statement = select(notices).order_by(notices.c.id.desc()).limit(limit)
        if state is not None:
            statement = statement.where(notices.c.state == state.value)
        return [self._notice(row) for row in self._connection.execute(statement)]

    def _alike(self, kind: str, target: Target) -> ColumnElement[bool]:
        return and_(
            notices.c.target_index == self._sealer.text_index(target.text),
            notices.c.kind == kind,
            notices.c.audience == Audience.OPERATORS.value,
        )

    def _whole_row(self, notice: Notice) -> dict[str, object]:
        target = notice.target.text
        return _changing_row(notice, version=notice.version) | {
            "about_id": notice.about_id,
            "kind": notice.kind,
            "audience": notice.audience.value,
            "target_sealed": self._sealer.seal(target.encode(), field=_TARGET, row=notice.id),
            "target_index": self._sealer.text_index(target),
            "language": notice.language,
            "created_at": notice.created_at,
        }

    def _notice(self, row: Row[Any]) -> Notice:
        target = self._sealer.open(row.target_sealed, field=_TARGET, row=row.id)
        return Notice(
            id=NoticeId(row.id),
            about_id=row.about_id,
            kind=row.kind,
            audience=Audience(row.audience),
            target=Target.of_text(target.decode()),
            language=row.language,
            created_at=row.created_at,
            due_at=row.due_at,
            state=NoticeState(row.state),
            version=row.version,
            tries=row.tries,
            more=row.more,
            folded_into=None if row.folded_into is None else NoticeId(row.folded_into),
            last_error=row.last_error,
            began_at=row.began_at,
            ended_at=row.ended_at,
        )


def _changing_row(notice: Notice, *, version: int) -> dict[str, object]:
    return {
        "id": notice.id,
        "state": notice.state.value,
        "version": version,
        "tries": notice.tries,
        "more": notice.more,
        "folded_into": notice.folded_into,
        "last_error": notice.last_error,
        "began_at": notice.began_at,
        "ended_at": notice.ended_at,
        "due_at": notice.due_at,
    }
