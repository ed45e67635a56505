"""Breaks in SQL: each disagreement once, and the two queries that find them by absence."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, exists, func, or_, select

from pokea.daraja.values import Money, Receipt
from pokea.domain.attempt import AttemptState
from pokea.domain.ids import (
    AccountId,
    AttemptId,
    BreakId,
    ReceiptId,
    ShortcodeId,
    StatementId,
)
from pokea.domain.ledger import LedgerAccount
from pokea.domain.receipt import ReceiptState
from pokea.domain.reconciliation import Break, BreakKind, BreakState, Cause, Scope
from pokea.domain.statement import Period, Side
from pokea.flows.ports import BreakFilter, Unshown
from pokea.store.bulk import among, insert_many, update_many
from pokea.store.columns import as_day
from pokea.store.tables import attempts, breaks, receipts, statement_lines
from pokea.store.tables.collecting import PAID_WITHOUT_RECEIPT
from pokea.store.tables.reconciling import OPEN

_IN_THE_BOOKS: Final = [
    ReceiptState.RECEIVED.value,
    ReceiptState.MATCHED.value,
    ReceiptState.UNMATCHED.value,
]


class SqlBreaks:
    """Rows of breaks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[Break]) -> None:
        """Insert breaks; one that was opened before fails them all."""
        insert_many(self._connection, breaks, [_whole_row(one) for one in new])

    def save(self, changed: Sequence[Break]) -> None:
        """Write changed breaks; StaleWrite when another transaction was quicker."""
        rows = [_changing_row(one, version=one.version + 1) for one in changed]
        update_many(self._connection, breaks, rows)

    def lock(self, break_id: BreakId) -> Break | None:
        """One break, locked until the transaction ends."""
        found = self._breaks(select(breaks).where(breaks.c.id == break_id).with_for_update())
        return found[0] if found else None

    def page(self, wanted: BreakFilter) -> list[Break]:
        """One page, oldest first, and one row more when there is a next page."""
        statement = select(breaks)
        for column, value in (
            (breaks.c.statement_id, wanted.statement_id),
            (breaks.c.shortcode_id, wanted.shortcode_id),
            (breaks.c.kind, None if wanted.kind is None else wanted.kind.value),
            (breaks.c.day, None if wanted.day is None else wanted.day.isoformat()),
        ):
            if value is not None:
                statement = statement.where(column == value)
        if wanted.open_only:
            statement = statement.where(OPEN)
        if wanted.starting_after is not None:
            statement = statement.where(breaks.c.id > wanted.starting_after)
        return self._breaks(statement.order_by(breaks.c.id).limit(wanted.limit + 1))

    def of_subjects(self, scope: Scope, kind: BreakKind, subjects: Collection[str]) -> set[str]:
        """About which of these a break of this kind was ever opened."""
        statement = (
            select(breaks.c.subject)
            .where(among(breaks.c.subject, subjects, self._connection.dialect))
            .where(breaks.c.kind == kind.value)
            .where(*_of(scope))
        )
        return set(self._connection.execute(statement).scalars())

    def open_of(self, statement_id: StatementId) -> int:
        """How many breaks that a statement brought up somebody still has to look at."""
        statement = (
            select(func.count())
            .select_from(breaks)
            .where(breaks.c.statement_id == statement_id)
            .where(breaks.c.state == BreakState.OPEN.value)
        )
        return self._connection.execute(statement).scalar_one()

    def newest_receipt(self, scope: Scope) -> ReceiptId | None:
        """The newest receipt of the merchant: ids are in the order of arrival."""
        statement = (
            select(func.max(receipts.c.id))
            .where(receipts.c.account_id == scope.collector.account_id)
            .where(receipts.c.livemode == scope.collector.livemode)
        )
        return self._connection.execute(statement).scalar()

    def unshown(
        self, scope: Scope, periods: Sequence[Period], after: ReceiptId | None
    ) -> list[Unshown]:
        """Money in the books, within periods that are covered, that no line shows."""
        if not periods:
            return []
        return [*self._receipts(scope, periods, after), *self._attempts(scope, periods)]

    def _receipts(
        self, scope: Scope, periods: Sequence[Period], after: ReceiptId | None
    ) -> list[Unshown]:
        shown = (
            exists()
            .where(statement_lines.c.receipt == receipts.c.receipt)
            .where(statement_lines.c.shortcode_id == scope.shortcode_id)
            .where(statement_lines.c.ledger_account == scope.account.value)
        )
        settled = or_(
            attempts.c.state == AttemptState.SUCCEEDED.value,
            attempts.c.proven_cents.is_not(None),
        )
        statement = (
            select(receipts.c.id, receipts.c.receipt, receipts.c.amount_cents)
            .add_columns(receipts.c.paid_at)
            .select_from(receipts.outerjoin(attempts, attempts.c.id == receipts.c.attempt_id))
            .where(receipts.c.account_id == scope.collector.account_id)
            .where(receipts.c.livemode == scope.collector.livemode)
            # Not by the index of shortcodes: that would read all receipts that ever were.
            .where(receipts.c.shortcode.concat("") == scope.collector.shortcode.digits)
            .where(_within(receipts.c.paid_at, periods))
            .where(
                or_(
                    receipts.c.state.in_(_IN_THE_BOOKS),
                    and_(receipts.c.state == ReceiptState.CLAIMED.value, settled),
                )
            )
            .where(~shown)
        )
        if after is not None:
            statement = statement.where(receipts.c.id > after)
        return [
            Unshown(
                subject=ReceiptId(row.id),
                receipt=Receipt(row.receipt),
                amount=Money.cents(row.amount_cents),
                at=row.paid_at,
            )
            for row in self._connection.execute(statement)
        ]

    def _attempts(self, scope: Scope, periods: Sequence[Period]) -> list[Unshown]:
        statement = (
            select(attempts.c.id, attempts.c.amount_cents, attempts.c.dispatched_at)
            .where(PAID_WITHOUT_RECEIPT)
            .where(attempts.c.shortcode == scope.collector.shortcode.digits)
            .where(attempts.c.livemode == scope.collector.livemode)
            .where(_within(attempts.c.dispatched_at, periods))
        )
        return [
            Unshown(
                subject=AttemptId(row.id),
                receipt=None,
                amount=Money.cents(row.amount_cents),
                at=row.dispatched_at,
            )
            for row in self._connection.execute(statement)
        ]

    def gone(self, scope: Scope) -> list[Break]:
        """Open breaks whose cause is no more: the line came, the receipt found its attempt."""
        shown = (
            exists()
            .where(statement_lines.c.receipt == breaks.c.receipt)
            .where(statement_lines.c.shortcode_id == scope.shortcode_id)
            .where(statement_lines.c.ledger_account == scope.account.value)
        )
        known = (
            exists()
            .where(attempts.c.id == breaks.c.subject)
            .where(attempts.c.receipt.is_not(None))
        )
        waits = (
            exists()
            .where(receipts.c.receipt == breaks.c.receipt)
            .where(receipts.c.state == ReceiptState.PARKED.value)
        )
        undone = exists().where(receipts.c.reversal == breaks.c.receipt)
        statement = (
            select(breaks)
            .where(OPEN)
            .where(*_of(scope))
            .where(
                or_(
                    and_(breaks.c.cause == Cause.REVERSAL.value, undone),
                    and_(breaks.c.cause == Cause.NOT_SHOWN.value, shown),
                    and_(breaks.c.cause == Cause.NO_RECEIPT.value, known),
                    and_(breaks.c.cause == Cause.SEVERAL_PROMPTS.value, ~waits),
                )
            )
            .order_by(breaks.c.id)
            .with_for_update()
        )
        return self._breaks(statement)

    def _breaks(self, statement: Select[Any]) -> list[Break]:
        return [_break(row) for row in self._connection.execute(statement)]


def _of(scope: Scope) -> tuple[Any, ...]:
    return (
        breaks.c.shortcode_id == scope.shortcode_id,
        breaks.c.ledger_account == scope.account.value,
    )


def _within(column: Any, periods: Sequence[Period]) -> Any:
    return or_(*(and_(column >= one.start, column < one.end) for one in periods))


def _whole_row(one: Break) -> dict[str, object]:
    return _changing_row(one, version=one.version) | {
        "account_id": one.account_id,
        "livemode": one.livemode,
        "shortcode_id": one.shortcode_id,
        "ledger_account": one.account.value,
        "statement_id": one.statement_id,
        "kind": one.kind.value,
        "cause": one.cause.value,
        "subject": one.subject,
        "receipt": None if one.receipt is None else one.receipt.code,
        "side": one.side.value,
        "ours_cents": one.ours.in_cents,
        "theirs_cents": one.theirs.in_cents,
        "at": one.at,
        "day": one.day.isoformat(),
        "opened_at": one.opened_at,
    }


def _changing_row(one: Break, *, version: int) -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.state.value,
        "version": version,
        "resolved_at": one.resolved_at,
        "resolved_by": one.resolved_by,
        "note": one.note,
        "adjusted": one.adjusted,
    }


def _break(row: Row[Any]) -> Break:
    return Break(
        id=BreakId(row.id),
        account_id=AccountId(row.account_id),
        livemode=row.livemode,
        shortcode_id=ShortcodeId(row.shortcode_id),
        account=LedgerAccount(row.ledger_account),
        statement_id=StatementId(row.statement_id),
        kind=BreakKind(row.kind),
        cause=Cause(row.cause),
        subject=row.subject,
        receipt=None if row.receipt is None else Receipt(row.receipt),
        side=Side(row.side),
        ours=Money.cents(row.ours_cents),
        theirs=Money.cents(row.theirs_cents),
        at=row.at,
        day=as_day(row.day),
        opened_at=row.opened_at,
        state=BreakState(row.state),
        version=row.version,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
        note=row.note,
        adjusted=row.adjusted,
    )
