"""A business day in SQL: what the books and the statements say of it, and whether it is closed.

Both sides count by the day of the statement's line. A receipt's entry is found through its
line, whenever it was booked, as is what a line alone brought; any other entry counts on its own
date; money in the books that the statement lacks is in the breaks of the day.
"""

import json
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Select, String, case, cast, func, or_, select, text

from pokea.daraja.values import Money, Shortcode
from pokea.domain.day_close import AccountDay, ClosedDay, InDoubt, Unmatched
from pokea.domain.ids import AccountId, AttemptId, ShortcodeId
from pokea.domain.ledger import JournalKind, LedgerAccount
from pokea.domain.reconciliation import MACHINE, BreakKind, Scope
from pokea.domain.statement import LineKind, Side
from pokea.domain.statement_books import LINE_KINDS
from pokea.domain.statement_chain import Chain
from pokea.domain.statement_import import day_period
from pokea.store.bulk import among, insert_many
from pokea.store.columns import as_day
from pokea.store.receipts import PROVIDER
from pokea.store.tables import (
    attempts,
    breaks,
    closed_days,
    journals,
    postings,
    receipts,
    statement_lines,
)
from pokea.store.tables.books import NOT_OF_RECEIPTS
from pokea.store.tables.collecting import UNMATCHED
from pokea.store.tables.reconciling import OPEN
from pokea.store.tables.schema import IN_FLIGHT

_Sums = tuple[int, int]
"""Cents in, cents out."""

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))


class SqlDays:
    """What a day looks like."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ── closing ──────────────────────────────────────────────────────────────────────────

    def closed(
        self, shortcode_id: ShortcodeId, days: Collection[date]
    ) -> Mapping[date, ClosedDay]:
        """Which of these days are closed."""
        named = [day.isoformat() for day in days]
        statement = (
            select(closed_days)
            .where(closed_days.c.shortcode_id == shortcode_id)
            .where(among(closed_days.c.day, named, self._connection.dialect))
        )
        found = [
            ClosedDay(
                day=as_day(row.day),
                closed_at=row.closed_at,
                closed_by=row.closed_by,
                accounts=tuple(_account_day(one) for one in json.loads(row.figures)),
            )
            for row in self._connection.execute(statement)
        ]
        return {one.day: one for one in found}

    def close(self, shortcode_id: ShortcodeId, closed: ClosedDay) -> None:
        """Close a day; one that is closed already fails."""
        row = {
            "shortcode_id": shortcode_id,
            "day": closed.day.isoformat(),
            "closed_at": closed.closed_at,
            "closed_by": closed.closed_by,
            "figures": _ENCODER.encode([_figures(one) for one in closed.accounts]),
        }
        insert_many(self._connection, closed_days, [row])

    # ── figures ──────────────────────────────────────────────────────────────────────────

    def figures(self, scope: Scope, day: date) -> AccountDay:
        """One account's day; whether it is covered is not a matter of these rows."""
        chain, paid_in, withdrawn, count = Chain(), 0, 0, 0
        lines = statement_lines.c
        rows = self._connection.execute(
            select(lines.at, lines.side, lines.amount_cents, lines.balance_cents).where(
                *_lines_of(scope, day)
            )
        )
        for at, side, cents, balance in rows:
            is_in = side == Side.IN.value
            chain.move(at, cents if is_in else -cents, balance)
            paid_in, withdrawn = paid_in + cents * is_in, withdrawn + cents * (not is_in)
            count += 1
        balances = chain.balances()
        sums = [
            self._of_receipts(scope, day, JournalKind.C2B),
            self._of_receipts(scope, day, JournalKind.COLLECT),
            self._of_lines(scope, day),
            self._of_adjustments(scope, day),
            self._of_others(scope, day),
            (self._unshown(scope, day), 0),
        ]
        return AccountDay(
            account=scope.account,
            ledger_in=Money.cents(sum(came for came, _ in sums)),
            ledger_out=Money.cents(sum(left for _, left in sums)),
            lines=count,
            paid_in=Money.cents(paid_in),
            withdrawn=Money.cents(withdrawn),
            opening=balances.opening,
            closing=balances.closing,
            whole=balances.whole,
        )

    def _of_receipts(self, scope: Scope, day: date, kind: JournalKind) -> _Sums:
        """What the receipts of the day's lines were booked with.

        Only the lines say which journals: any other condition on these is an invitation to
        begin with all journals of the merchant.
        """
        shown = (
            select(statement_lines.c.receipt)
            .where(*_lines_of(scope, day))
            .where(statement_lines.c.side == Side.IN.value)
            .distinct()
            .subquery()
        )
        source = receipts.c.id if kind is JournalKind.C2B else receipts.c.attempt_id
        joined = (
            shown.join(receipts, receipts.c.receipt == shown.c.receipt)
            .join(journals, journals.c.source_id == source)
            .join(postings, postings.c.journal_id == journals.c.id)
        )
        return self._sums(
            _moved(scope)
            .select_from(joined)
            .where(receipts.c.provider == PROVIDER)
            .where(journals.c.kind == kind.value)
            .where(journals.c.shortcode == scope.books.shortcode.digits)
        )

    def _of_lines(self, scope: Scope, day: date) -> _Sums:
        """What the day's lines brought into the books by themselves."""
        lines = statement_lines.c
        source = lines.receipt.concat(f":{scope.account.value}:").concat(lines.side)
        source = source.concat(":").concat(cast(lines.amount_cents, String))
        joined = statement_lines.join(journals, journals.c.source_id == source).join(
            postings, postings.c.journal_id == journals.c.id
        )
        statement = (
            _moved(scope)
            .select_from(joined)
            .where(*_lines_of(scope, day))
            .where(journals.c.kind.in_([kind.value for kind in LINE_KINDS]))
            .where(journals.c.shortcode == scope.books.shortcode.digits)
        )
        if scope.collects:  # those are receipts', and there may be many
            payment = LineKind.COLLECTION.value
            statement = statement.where(or_(lines.kind != payment, lines.side != Side.IN.value))
        return self._sums(statement)

    def _of_adjustments(self, scope: Scope, day: date) -> _Sums:
        """By what the books followed the statement of that day."""
        joined = breaks.join(journals, journals.c.source_id == breaks.c.id).join(
            postings, postings.c.journal_id == journals.c.id
        )
        return self._sums(
            _moved(scope)
            .select_from(joined)
            .where(breaks.c.shortcode_id == scope.shortcode_id)
            .where(breaks.c.ledger_account == scope.account.value)
            .where(breaks.c.day == day.isoformat())
            .where(journals.c.kind == JournalKind.STATEMENT.value)
        )

    def _of_others(self, scope: Scope, day: date) -> _Sums:
        """What else was booked on that day: neither receipts' nor lines' nor adjustments'.

        An opening moves nothing.
        """
        books, period = scope.books, day_period(day)
        joined = journals.join(postings, postings.c.journal_id == journals.c.id)
        return self._sums(
            _moved(scope)
            .select_from(joined)
            .where(NOT_OF_RECEIPTS)
            .where(journals.c.at >= period.start, journals.c.at < period.end)
            .where(journals.c.kind != JournalKind.OPENING.value)
            .where(journals.c.source_id.not_like("%:%:%"))
            .where(journals.c.source_id.not_like("brk%"))
            .where(journals.c.shortcode == books.shortcode.digits)
            .where(journals.c.account_id == books.account_id)
            .where(journals.c.livemode == books.livemode)
        )

    def _sums(self, statement: Select[Any, Any]) -> _Sums:
        posted = statement.where(postings.c.pending.is_(False))
        came, left = self._connection.execute(posted).one()
        return int(came or 0), int(left or 0)

    def _unshown(self, scope: Scope, day: date) -> int:
        statement = (
            select(func.sum(breaks.c.ours_cents))
            .where(breaks.c.shortcode_id == scope.shortcode_id)
            .where(breaks.c.ledger_account == scope.account.value)
            .where(breaks.c.day == day.isoformat())
            .where(breaks.c.kind == BreakKind.MISSING_THERE.value)
            .where(func.coalesce(breaks.c.resolved_by, "") != MACHINE)
        )
        return int(self._connection.execute(statement).scalar() or 0)

    # ── what else there is to know ───────────────────────────────────────────────────────

    def in_doubt(self, shortcode: Shortcode, day: date, *, livemode: bool) -> list[InDoubt]:
        """The day's attempts that nobody knows the end of."""
        period = day_period(day)
        statement = (
            select(attempts.c.id, attempts.c.state, attempts.c.amount_cents)
            .add_columns(attempts.c.created_at)
            .where(text(IN_FLIGHT))
            .where(attempts.c.shortcode == shortcode.digits)
            .where(attempts.c.livemode == livemode)
            .where(attempts.c.created_at >= period.start, attempts.c.created_at < period.end)
            .order_by(attempts.c.id)
        )
        return [
            InDoubt(
                attempt_id=AttemptId(row.id),
                state=row.state,
                amount=Money.cents(row.amount_cents),
                since=row.created_at,
            )
            for row in self._connection.execute(statement)
        ]

    def unmatched(
        self, shortcode: Shortcode, account_id: AccountId, *, livemode: bool
    ) -> Unmatched:
        """Received money that nobody owns yet, of whatever day."""
        count, cents = self._connection.execute(
            select(func.count(), func.sum(receipts.c.amount_cents))
            .where(receipts.c.account_id == account_id, receipts.c.livemode == livemode)
            .where(UNMATCHED)
            .where(receipts.c.shortcode == shortcode.digits)
        ).one()
        return Unmatched(receipts=count, amount=Money.cents(int(cents or 0)))

    def open_breaks(self, shortcode_id: ShortcodeId, day: date) -> int:
        """How many of the day's breaks somebody still has to look at."""
        statement = (
            select(func.count())
            .select_from(breaks)
            .where(OPEN)
            .where(breaks.c.shortcode_id == shortcode_id)
            .where(breaks.c.day == day.isoformat())
        )
        return self._connection.execute(statement).scalar_one()


def _lines_of(scope: Scope, day: date) -> tuple[Any, ...]:
    return (
        statement_lines.c.shortcode_id == scope.shortcode_id,
        statement_lines.c.ledger_account == scope.account.value,
        statement_lines.c.day == day.isoformat(),
    )


def _moved(scope: Scope) -> Select[Any, Any]:
    number = scope.account.value
    return select(
        func.sum(case((postings.c.debit == number, postings.c.amount_cents), else_=0)),
        func.sum(case((postings.c.credit == number, postings.c.amount_cents), else_=0)),
    )


def _figures(one: AccountDay) -> dict[str, object]:
    return {
        "account": one.account.value,
        "ledger_in": one.ledger_in.in_cents,
        "ledger_out": one.ledger_out.in_cents,
        "lines": one.lines,
        "paid_in": one.paid_in.in_cents,
        "withdrawn": one.withdrawn.in_cents,
        "opening": one.opening,
        "closing": one.closing,
        "whole": one.whole,
        "covered": one.covered,
    }


def _account_day(kept: Mapping[str, Any]) -> AccountDay:
    return AccountDay(
        account=LedgerAccount(kept["account"]),
        ledger_in=Money.cents(kept["ledger_in"]),
        ledger_out=Money.cents(kept["ledger_out"]),
        lines=kept["lines"],
        paid_in=Money.cents(kept["paid_in"]),
        withdrawn=Money.cents(kept["withdrawn"]),
        opening=kept["opening"],
        closing=kept["closing"],
        whole=kept["whole"],
        covered=kept["covered"],
    )
