"""Questions in SQL: one row each, whatever the number of tries."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from pokea.daraja.values import Receipt, Shortcode
from pokea.domain.ids import AccountId, AttemptId, InquiryId
from pokea.domain.inquiry import Conversation, Inquiry, InquiryKind, InquiryState
from pokea.store.bulk import among, insert_many, update_many
from pokea.store.tables import inquiries

_BETWEEN: Final = "\t"


class SqlInquiries:
    """Rows of questions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, inquiry: Inquiry) -> None:
        """Insert a question; a second one that is open about the same breaks an index."""
        row = _changing_row(inquiry, version=inquiry.version) | {
            "kind": inquiry.kind.value,
            "account_id": inquiry.account_id,
            "livemode": inquiry.livemode,
            "shortcode": inquiry.shortcode.digits,
            "about": _about(inquiry.about),
            "attempt_id": inquiry.attempt_id,
            "created_at": inquiry.created_at,
        }
        insert_many(self._connection, inquiries, [row])

    def get(self, inquiry_id: InquiryId) -> Inquiry | None:
        """One question."""
        row = self._connection.execute(
            select(inquiries).where(inquiries.c.id == inquiry_id)
        ).one_or_none()
        return None if row is None else _inquiry(row)

    def lock(self, ids: Collection[InquiryId]) -> dict[InquiryId, Inquiry]:
        """Questions by id, locked in id order until the transaction ends."""
        statement = (
            select(inquiries)
            .where(among(inquiries.c.id, ids, self._connection.dialect))
            .order_by(inquiries.c.id)
            .with_for_update()
        )
        return {InquiryId(row.id): _inquiry(row) for row in self._connection.execute(statement)}

    def save(self, changed: Sequence[Inquiry]) -> None:
        """Write changed questions; StaleWrite when another transaction was quicker."""
        rows = [_changing_row(one, version=one.version + 1) for one in changed]
        update_many(self._connection, inquiries, rows)

    def latest(
        self, kind: InquiryKind, shortcode: Shortcode, about: Receipt | None, *, livemode: bool
    ) -> Inquiry | None:
        """The last question about a receipt, or the last one for balances."""
        statement = (
            select(inquiries)
            .where(inquiries.c.about == _about(about))
            .where(inquiries.c.shortcode == shortcode.digits)
            .where(inquiries.c.kind == kind.value, inquiries.c.livemode == livemode)
            .order_by(inquiries.c.created_at.desc(), inquiries.c.id.desc())
            .limit(1)
        )
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else _inquiry(row)

    def last_outcomes(
        self, shortcode: Shortcode, initiator: bytes, *, livemode: bool, limit: int
    ) -> list[str]:
        """What this initiator was last answered, newest first."""
        statement = (
            select(inquiries.c.outcome)
            .where(inquiries.c.answered_at.is_not(None))
            .where(inquiries.c.shortcode == shortcode.digits)
            .where(inquiries.c.initiator == initiator, inquiries.c.livemode == livemode)
            .order_by(inquiries.c.answered_at.desc(), inquiries.c.id.desc())
            .limit(limit)
        )
        return [outcome or "" for outcome in self._connection.execute(statement).scalars()]

    def of_attempt(self, attempt_id: AttemptId) -> list[Inquiry]:
        """All questions about an attempt's receipt, oldest first."""
        statement = (
            select(inquiries)
            .where(inquiries.c.attempt_id == attempt_id)
            .order_by(inquiries.c.id)
        )
        return [_inquiry(row) for row in self._connection.execute(statement)]


def _about(receipt: Receipt | None) -> str:
    return "" if receipt is None else receipt.code


def _changing_row(inquiry: Inquiry, *, version: int) -> dict[str, object]:
    return {
        "id": inquiry.id,
        "state": inquiry.state.value,
        "version": version,
        "tries": inquiry.tries,
        "conversations": "\n".join(
            f"{one.conversation_id}{_BETWEEN}{one.originator_conversation_id}"
            for one in inquiry.conversations
        ),
        "initiator": inquiry.initiator,
        "outcome": inquiry.outcome,
        "asked_at": inquiry.asked_at,
        "answered_at": inquiry.answered_at,
        "due_at": inquiry.due_at,
    }


def _inquiry(row: Row[Any]) -> Inquiry:
    return Inquiry(
        id=InquiryId(row.id),
        kind=InquiryKind(row.kind),
        account_id=AccountId(row.account_id),
        livemode=row.livemode,
        shortcode=Shortcode(row.shortcode),
        created_at=row.created_at,
        about=Receipt(row.about) if row.about else None,
        attempt_id=None if row.attempt_id is None else AttemptId(row.attempt_id),
        state=InquiryState(row.state),
        version=row.version,
        tries=row.tries,
        conversations=tuple(_conversation(line) for line in row.conversations.splitlines()),
        initiator=row.initiator,
        outcome=row.outcome,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
        due_at=row.due_at,
    )


def _conversation(line: str) -> Conversation:
    first, _, second = line.partition(_BETWEEN)
    return Conversation(first, second)
