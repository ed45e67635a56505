"""Lines of a statement are compared with the books, a piece of the file at a time.

A customer's payment is told to :func:`~pokea.flows.take_receipts.take_receipts` like any other
news of money, as a witness that is enough alone: it verifies what we have, settles what waited
for it, and brings back what we missed. Everything else enters the books as what it is, or in
suspense. Source: STATE_MACHINES sections 0.1, 4, 9 and 11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from pokea.daraja.values import Money, Receipt
from pokea.domain.corroboration import Witness
from pokea.domain.ids import BreakId, StatementId
from pokea.domain.ledger import JournalEntry
from pokea.domain.receipt import MoneyHeard, ReceiptState
from pokea.domain.reconciliation import (
    MACHINE,
    Break,
    BreakKind,
    Cause,
    Scope,
    Verdict,
    business_day,
    resolve,
)
from pokea.domain.statement import LineKind, Side, StatementLine
from pokea.domain.statement_books import line_entry
from pokea.domain.statement_rows import payer_of, reversed_receipt
from pokea.flows.deps import Deps
from pokea.flows.ports import JudgedLine, Standing, Tx
from pokea.flows.take_receipts import Taken, take_receipts

_EXPECTED = frozenset({LineKind.CHARGE, LineKind.SETTLEMENT, LineKind.BANK})
"""Movements that only a statement tells of, and that explain themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What lines are compared for, and when."""

    statement_id: StatementId
    scope: Scope
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """How a line compares. Without a cause there is nothing to look at."""

    verdict: Verdict
    cause: Cause | None = None
    ours: Money = Money.zero()


def compare_lines(
    tx: Tx, deps: Deps, comparison: Comparison, lines: Sequence[StatementLine]
) -> None:
    """Compare lines, keep them, and book what only they know of."""
    scope = comparison.scope
    known = tx.statements.known(scope, {line.receipt for line in lines})
    new = [line for line in lines if line.identity not in known]
    if not new:
        return
    closed = tx.days.closed(scope.shortcode_id, {business_day(line.at) for line in new})
    sheet = _Sheet(tx, deps, comparison, frozenset(closed))
    undoing = [line for line in new if scope.collects and reversed_receipt(line) is not None]
    for line in undoing:
        # First of all, for a file may begin with its newest line: what was given back is
        # known before the money is taken in.
        sheet.write(line, _judge_other(line), books_it=True)
    sheet.keep()
    done = {line.number for line in undoing}
    new = [line for line in new if line.number not in done]
    ours = tx.receipts.standing({line.receipt for line in new}) if scope.collects else {}
    paid = [line for line in new if scope.collects and _is_payment(line, ours)]
    calm = {line.number: ours[line.receipt] for line in paid if _is_calm(line, ours, scope)}
    tx.receipts.verify([one.id for one in calm.values() if not one.verified], comparison.at)
    news = [line for line in paid if line.number not in calm]
    judged = _judge_payments(tx, deps, comparison, news, ours)
    judged |= dict.fromkeys(calm, _Judged(verdict=Verdict.AGREED))
    for line in new:
        of_payment = judged.get(line.number)
        if of_payment is None:
            sheet.write(line, _judge_other(line), books_it=True)
        else:
            sheet.write(line, of_payment, books_it=False)
    sheet.keep()


def _is_payment(line: StatementLine, ours: Mapping[Receipt, Standing]) -> bool:
    """Whether a customer paid it, by the portal's words or by what we know of the receipt."""
    return line.side is Side.IN and (line.kind is LineKind.COLLECTION or line.receipt in ours)


def _is_calm(line: StatementLine, ours: Mapping[Receipt, Standing], scope: Scope) -> bool:
    """Whether the line is no news: the same money, and nothing waits for a witness of it.

    That is nearly every line of a good day, so it must cost next to nothing.
    """
    one = ours.get(line.receipt)
    if one is None or one.amount != line.amount:
        return False
    if one.shortcode not in {scope.collector.shortcode, scope.collector.till}:
        return False
    owned = {ReceiptState.MATCHED, ReceiptState.UNMATCHED, ReceiptState.REVERSED}
    return one.settled or (one.verified and one.state in owned)


# ── customers' payments ──────────────────────────────────────────────────────────────────


def _judge_payments(
    tx: Tx,
    deps: Deps,
    comparison: Comparison,
    paid: Sequence[StatementLine],
    before: Mapping[Receipt, Standing],
) -> dict[int, _Judged]:
    """Tell of payments, and say of each line what that made of it."""
    if not paid:
        return {}
    collector = comparison.scope.collector
    told = [_heard(line, comparison.scope) for line in paid]
    outcomes = take_receipts(tx, deps, collector, told, comparison.at)
    unsettled = {
        line.receipt
        for line, taken in zip(paid, outcomes, strict=True)
        if taken in {Taken.NEW, Taken.DIFFERS} or _is_parked(before.get(line.receipt))
    }
    after = tx.receipts.standing(unsettled)
    return {
        line.number: _judge_payment(taken, after.get(line.receipt), comparison.scope)
        for line, taken in zip(paid, outcomes, strict=True)
    }


def _heard(line: StatementLine, scope: Scope) -> MoneyHeard:
    payer, name = payer_of(line)
    return MoneyHeard(
        receipt=line.receipt,
        shortcode=scope.collector.shortcode,
        amount=line.amount,
        paid_at=line.at,
        witness=Witness.STATEMENT_ROW,
        account=line.typed,
        payer=payer,
        payer_name=name,
    )


def _judge_payment(taken: Taken, now: Standing | None, scope: Scope) -> _Judged:
    if taken is Taken.DIFFERS and now is not None:
        if now.shortcode not in {scope.collector.shortcode, scope.collector.till}:
            return _Judged(verdict=Verdict.AMOUNT_DIFFERS, cause=Cause.OTHER_SHORTCODE)
        return _Judged(verdict=Verdict.AMOUNT_DIFFERS, cause=Cause.AMOUNT, ours=now.amount)
    if _is_parked(now):
        return _Judged(verdict=Verdict.MISSING_HERE, cause=Cause.SEVERAL_PROMPTS)
    if taken is Taken.NEW:
        return _Judged(verdict=Verdict.MISSING_HERE, cause=Cause.RECOVERED)
    return _Judged(verdict=Verdict.AGREED)


def _is_parked(one: Standing | None) -> bool:
    return one is not None and one.state is ReceiptState.PARKED


# ── everything else ──────────────────────────────────────────────────────────────────────


def _judge_other(line: StatementLine) -> _Judged:
    if line.kind in _EXPECTED:
        return _Judged(verdict=Verdict.AGREED)
    if line.kind is LineKind.REVERSAL:
        cause = Cause.REVERSAL
    else:
        cause = Cause.UNKNOWN_CREDIT if line.side is Side.IN else Cause.UNKNOWN_DEBIT
    return _Judged(verdict=Verdict.MISSING_HERE, cause=cause)


@dataclass(slots=True)
class _Sheet:
    """What a piece of a file leads to, until it is written down."""

    tx: Tx
    deps: Deps
    comparison: Comparison
    closed: frozenset[date]
    lines: list[JudgedLine] = field(default_factory=list[JudgedLine])
    breaks: list[Break] = field(default_factory=list[Break])
    entries: list[JournalEntry] = field(default_factory=list[JournalEntry])

    def write(self, line: StatementLine, judged: _Judged, *, books_it: bool) -> None:
        """One line with its verdict: the day in which it counts, its entry and its break."""
        day = business_day(line.at)
        if day in self.closed and (books_it or judged.cause is not None):
            # A closed day stays as it was: the line counts today, and somebody is told.
            day, judged = business_day(self.comparison.at), _late(judged)
        line_id = self.deps.ids.new("statement_line")
        self.lines.append(
            JudgedLine(
                id=line_id,
                line=line,
                day=day,
                verdict=judged.verdict,
                reverses=reversed_receipt(line) if self.comparison.scope.collects else None,
            )
        )
        if books_it:
            self.entries.append(line_entry(self.comparison.scope, line, self.comparison.at))
        if judged.cause is not None:
            self.breaks.append(self._break(line_id, line, judged, judged.cause, day))

    def keep(self) -> None:
        """Write everything down."""
        comparison = self.comparison
        self.tx.statements.add_lines(comparison.statement_id, comparison.scope, self.lines)
        self.tx.journals.add(self.entries)
        self.tx.breaks.add(self.breaks)
        self.lines, self.entries, self.breaks = [], [], []

    def _break(
        self, line_id: str, line: StatementLine, judged: _Judged, cause: Cause, day: date
    ) -> Break:
        scope, at = self.comparison.scope, self.comparison.at
        found = Break(
            id=BreakId(self.deps.ids.new("break")),
            account_id=scope.collector.account_id,
            livemode=scope.collector.livemode,
            shortcode_id=scope.shortcode_id,
            account=scope.account,
            statement_id=self.comparison.statement_id,
            kind=BreakKind(judged.verdict.value),
            cause=cause,
            subject=line_id,
            receipt=line.receipt,
            side=line.side,
            ours=judged.ours,
            theirs=line.amount,
            at=line.at,
            day=day,
            opened_at=at,
        )
        if cause is Cause.RECOVERED:
            # The money has a receipt by now, and a queue of its own if it has no owner.
            return resolve(found, by=MACHINE, note="recovered", at=at)
        return found


def _late(judged: _Judged) -> _Judged:
    if judged.verdict is Verdict.AMOUNT_DIFFERS:
        return judged
    return _Judged(verdict=Verdict.MISSING_HERE, cause=Cause.DAY_CLOSED)
