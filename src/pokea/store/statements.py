"""Statements in SQL: imports, and the lines that they brought.

The unique identity of a line is the guarantee that overlapping exports count once;
:meth:`SqlStatements.known` only lets the ordinary case be answered without breaking it. Names,
phones and what payers typed are sealed.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, exists, func, or_, select

from pokea.daraja.values import Money, Receipt
from pokea.domain.ids import AccountId, ReceiptId, ShortcodeId, StatementId
from pokea.domain.ledger import LedgerAccount
from pokea.domain.receipt import ReceiptState
from pokea.domain.reconciliation import BreakKind, Scope, Verdict
from pokea.domain.statement import Faulty, LineIdentity, LineKind, Period, Side
from pokea.domain.statement_chain import Balances
from pokea.domain.statement_import import Found, ImportState, StatementImport, Tally
from pokea.flows.ports import JudgedLine, Reversal, StatementFilter
from pokea.store.bulk import among, insert_many, update_many
from pokea.store.sealing import Sealer
from pokea.store.tables import (
    breaks,
    receipts,
    statement_faults,
    statement_lines,
    statements,
)

_WORDS: Final = "statement_lines.words"
_REASON: Final = "statement_faults.reason"


class SqlStatements:
    """Rows of statements and their lines."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    # ── imports ──────────────────────────────────────────────────────────────────────────

    def add(self, new: StatementImport) -> None:
        """Insert an import; the same file of the same merchant fails."""
        row = _changing_row(new, version=new.version) | {
            "account_id": new.account_id,
            "livemode": new.livemode,
            "shortcode_id": new.shortcode_id,
            "ledger_account": new.account.value,
            "file_name": new.file_name,
            "file_sha256": new.file_sha256,
            "imported_by": new.imported_by,
            "created_at": new.created_at,
        }
        insert_many(self._connection, statements, [row])

    def save(self, changed: StatementImport) -> None:
        """Write a changed import; StaleWrite when another transaction was quicker."""
        row = _changing_row(changed, version=changed.version + 1)
        update_many(self._connection, statements, [row])

    def get(self, statement_id: StatementId) -> StatementImport | None:
        """One import."""
        return self._one(select(statements).where(statements.c.id == statement_id))

    def with_file(
        self, sha256: bytes, account_id: AccountId, *, livemode: bool
    ) -> StatementImport | None:
        """The import of these very bytes."""
        return self._one(
            select(statements)
            .where(statements.c.file_sha256 == sha256)
            .where(statements.c.account_id == account_id)
            .where(statements.c.livemode == livemode)
        )

    def page(self, wanted: StatementFilter) -> list[StatementImport]:
        """One page, newest first, and one row more when there is a next page."""
        statement = (
            select(statements)
            .where(statements.c.account_id == wanted.account_id)
            .where(statements.c.livemode == wanted.livemode)
        )
        if wanted.starting_after is not None:
            statement = statement.where(statements.c.id < wanted.starting_after)
        statement = statement.order_by(statements.c.id.desc()).limit(wanted.limit + 1)
        return [_import(row) for row in self._connection.execute(statement)]

    def _one(self, statement: Select[Any]) -> StatementImport | None:
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else _import(row)

    # ── lines ────────────────────────────────────────────────────────────────────────────

    def known(self, scope: Scope, receipts: Collection[Receipt]) -> set[LineIdentity]:
        """Which lines of these receipts have come before, with any file."""
        lines = statement_lines.c
        codes = [receipt.code for receipt in receipts]
        statement = (
            select(lines.receipt, lines.kind, lines.side, lines.amount_cents)
            .where(among(lines.receipt, codes, self._connection.dialect))
            .where(lines.shortcode_id == scope.shortcode_id)
            .where(lines.ledger_account == scope.account.value)
        )
        return {
            (row.receipt, LineKind(row.kind), Side(row.side), row.amount_cents)
            for row in self._connection.execute(statement)
        }

    def add_lines(
        self, statement_id: StatementId, scope: Scope, judged: Sequence[JudgedLine]
    ) -> None:
        """Insert lines; one that is there already fails them all."""
        rows = [self._line_row(statement_id, scope, one) for one in judged]
        insert_many(self._connection, statement_lines, rows)

    def _line_row(
        self, statement_id: StatementId, scope: Scope, one: JudgedLine
    ) -> dict[str, object]:
        line = one.line
        words = [line.details, line.party, line.typed, line.linked]
        return {
            "id": one.id,
            "statement_id": statement_id,
            "shortcode_id": scope.shortcode_id,
            "ledger_account": scope.account.value,
            "receipt": line.receipt.code,
            "kind": line.kind.value,
            "side": line.side.value,
            "amount_cents": line.amount.in_cents,
            "balance_cents": line.balance,
            "at": line.at,
            "day": one.day.isoformat(),
            "verdict": one.verdict.value,
            "reverses": None if one.reverses is None else one.reverses.code,
            "words_sealed": self._sealer.seal(
                json.dumps(words).encode(), field=_WORDS, row=one.id
            ),
        }

    def reversals(
        self, scope: Scope, wanted: Collection[Receipt] | None = None
    ) -> list[Reversal]:
        """Lines that gave back a receipt of the exact amount which still counts.

        Of ``wanted`` receipts, whether there are such or not yet; else of all that are here.
        """
        lines = statement_lines.c
        statement = (
            select(lines.id, lines.receipt, lines.reverses, lines.amount_cents)
            .where(lines.reverses.is_not(None))
            .where(lines.shortcode_id == scope.shortcode_id)
            .where(lines.ledger_account == scope.account.value)
            .order_by(lines.id)
        )
        if wanted is None:
            counts = receipts.c.state.not_in([ReceiptState.REVERSED.value])
            same = receipts.c.amount_cents == lines.amount_cents
            statement = statement.where(
                exists().where(receipts.c.receipt == lines.reverses).where(counts, same)
            )
        else:
            codes = [receipt.code for receipt in wanted]
            statement = statement.where(among(lines.reverses, codes, self._connection.dialect))
        return [
            Reversal(
                receipt=Receipt(row.reverses),
                by=Receipt(row.receipt),
                amount=Money.cents(row.amount_cents),
            )
            for row in self._connection.execute(statement)
        ]

    def add_faults(self, statement_id: StatementId, faults: Sequence[Faulty]) -> None:
        """Insert the rows that could not be read."""
        rows = [
            {
                "statement_id": statement_id,
                "line": fault.number,
                "reason_sealed": self._sealer.seal(
                    fault.reason.encode(), field=_REASON, row=f"{statement_id}:{fault.number}"
                ),
            }
            for fault in faults
        ]
        insert_many(self._connection, statement_faults, rows)

    def faults(self, statement_id: StatementId, limit: int) -> list[Faulty]:
        """The first rows of a file that could not be read."""
        statement = (
            select(statement_faults)
            .where(statement_faults.c.statement_id == statement_id)
            .order_by(statement_faults.c.line)
            .limit(limit)
        )
        return [
            Faulty(
                number=row.line,
                reason=self._sealer.open(
                    row.reason_sealed, field=_REASON, row=f"{statement_id}:{row.line}"
                ).decode(),
            )
            for row in self._connection.execute(statement)
        ]

    # ── what they say together ───────────────────────────────────────────────────────────

    def found(self, statement_id: StatementId) -> Found:
        """How an import's own lines ended, counted."""
        counted = self._connection.execute(
            select(statement_lines.c.verdict, func.count())
            .where(statement_lines.c.statement_id == statement_id)
            .group_by(statement_lines.c.verdict)
        )
        verdicts = dict(counted.all())
        missing_there = self._connection.execute(
            select(func.count())
            .where(breaks.c.statement_id == statement_id)
            .where(breaks.c.kind == BreakKind.MISSING_THERE.value)
        ).scalar_one()
        return Found(
            agreed=verdicts.get(Verdict.AGREED.value, 0),
            missing_here=verdicts.get(Verdict.MISSING_HERE.value, 0),
            missing_there=missing_there,
            amount_differs=verdicts.get(Verdict.AMOUNT_DIFFERS.value, 0),
        )

    def covered(self, scope: Scope) -> list[Period]:
        """The periods of which statements show everything."""
        statement = (
            select(statements.c.period_from, statements.c.period_to)
            .where(*_of(scope))
            .where(statements.c.state == ImportState.COMPLETED.value)
            .where(statements.c.period_from.is_not(None))
            .where(or_(statements.c.whole.is_(None), statements.c.whole))
            .where(statements.c.faulty == 0)
            .order_by(statements.c.period_from)
        )
        return [
            Period(start=start, end=end) for start, end in self._connection.execute(statement)
        ]

    def latest(self, scope: Scope) -> StatementImport | None:
        """The newest import that was completed."""
        return self._one(
            select(statements)
            .where(*_of(scope))
            .where(statements.c.state == ImportState.COMPLETED.value)
            .order_by(statements.c.id.desc())
            .limit(1)
        )

    def looked_at_before(self, scope: Scope, before: datetime) -> ReceiptId | None:
        """A receipt that was here before a moment: what happened after it is newer still."""
        statement = (
            select(func.max(statements.c.seen_up_to))
            .where(*_of(scope))
            .where(statements.c.completed_at < before)
        )
        return self._connection.execute(statement).scalar()


def _of(scope: Scope) -> tuple[Any, ...]:
    return (
        statements.c.shortcode_id == scope.shortcode_id,
        statements.c.ledger_account == scope.account.value,
    )


def _changing_row(one: StatementImport, *, version: int) -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.state.value,
        "version": version,
        "period_from": None if one.period is None else one.period.start,
        "period_to": None if one.period is None else one.period.end,
        "whole": one.balances.whole,
        "opening_cents": one.balances.opening,
        "closing_cents": one.balances.closing,
        "paid_in_cents": one.paid_in.in_cents,
        "withdrawn_cents": one.withdrawn.in_cents,
        "lines": one.tally.lines,
        "known": one.tally.known,
        "repeated": one.tally.repeated,
        "without_money": one.tally.without_money,
        "faulty": one.tally.faulty,
        "agreed": one.found.agreed,
        "missing_here": one.found.missing_here,
        "missing_there": one.found.missing_there,
        "amount_differs": one.found.amount_differs,
        "seen_up_to": one.seen_up_to,
        "completed_at": one.completed_at,
    }


def _import(row: Row[Any]) -> StatementImport:
    period = None
    if row.period_from is not None:
        period = Period(start=row.period_from, end=row.period_to)
    return StatementImport(
        id=StatementId(row.id),
        account_id=AccountId(row.account_id),
        livemode=row.livemode,
        shortcode_id=ShortcodeId(row.shortcode_id),
        account=LedgerAccount(row.ledger_account),
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        imported_by=row.imported_by,
        created_at=row.created_at,
        state=ImportState(row.state),
        version=row.version,
        period=period,
        balances=Balances(
            opening=row.opening_cents, closing=row.closing_cents, whole=row.whole
        ),
        paid_in=Money.cents(row.paid_in_cents),
        withdrawn=Money.cents(row.withdrawn_cents),
        tally=Tally(
            lines=row.lines,
            known=row.known,
            repeated=row.repeated,
            without_money=row.without_money,
            faulty=row.faulty,
        ),
        found=Found(
            agreed=row.agreed,
            missing_here=row.missing_here,
            missing_there=row.missing_there,
            amount_differs=row.amount_differs,
        ),
        seen_up_to=None if row.seen_up_to is None else ReceiptId(row.seen_up_to),
        completed_at=row.completed_at,
    )
