"""Money is named: by a confirmation, by a row of Pull or of a statement, by a status result.

All of them come through here, in groups, so the same receipt counts once whatever brings it. A
prompt's own money is told to its attempt; any other enters the books and finds its owner.
Source: STATE_MACHINES sections 0.1 and 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from pokea.daraja.values import Receipt
from pokea.domain.attempt import (
    AmountProven,
    Attempt,
    AttemptEvent,
    AttemptState,
)
from pokea.domain.attempt_machine import decide
from pokea.domain.corroboration import Witness
from pokea.domain.decision import Applied
from pokea.domain.ids import AttemptId, ReceiptId
from pokea.domain.receipt import Collector, MoneyHeard, ReceiptRecord, ReceiptState
from pokea.domain.receipt_machine import (
    claimed,
    conflicted,
    heard,
    parked,
    verified,
)
from pokea.domain.reconciliation import Scope, collecting_account
from pokea.domain.twins import looks_like, receipt_heard, the_owner, who_may_own
from pokea.flows.deps import Deps
from pokea.flows.desk import Desk
from pokea.flows.give_back import pass_through
from pokea.flows.match_receipts import match_receipts, place
from pokea.flows.ports import Reversal, Tx, Work, WorkKind
from pokea.flows.prove_quarantined import prove_quarantined
from pokea.flows.record import Change, record_attempts


class Taken(StrEnum):
    """What became of one piece of news."""

    NEW = "new"  # money that we did not know
    CONFIRMED = "confirmed"  # a prompt that waited for this word
    VERIFIED = "verified"  # known, and now named by Safaricom when asked
    REPEATED = "repeated"
    DIFFERS = "differs"  # known, with another amount or shortcode: nothing changed


def take_receipts(
    tx: Tx, deps: Deps, collector: Collector, told: Sequence[MoneyHeard], at: datetime
) -> list[Taken]:
    """Take in believed news of money; one outcome for each, in order."""
    taking = _Taking(tx, deps, collector, at)
    taking.look_up(told)
    outcomes = [taking.take(one) for one in told]
    taking.write()
    return outcomes


@dataclass(slots=True)
class _Taking:
    """Some money while it is taken in: what is held, and what becomes of it."""

    tx: Tx
    deps: Deps
    collector: Collector
    at: datetime
    rows: dict[Receipt, ReceiptRecord] = field(default_factory=dict[Receipt, ReceiptRecord])
    before: dict[AttemptId, Attempt] = field(default_factory=dict[AttemptId, Attempt])
    now: dict[AttemptId, Attempt] = field(default_factory=dict[AttemptId, Attempt])
    new: dict[Receipt, ReceiptRecord] = field(default_factory=dict[Receipt, ReceiptRecord])
    saved: dict[Receipt, ReceiptRecord] = field(default_factory=dict[Receipt, ReceiptRecord])
    freed: set[Receipt] = field(default_factory=set[Receipt])
    undone: dict[Receipt, Reversal] = field(default_factory=dict[Receipt, Reversal])
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = Desk(self.tx, self.deps, self.at)

    def look_up(self, told: Sequence[MoneyHeard]) -> None:
        """Lock what the news may touch: attempts before receipts, as everywhere."""
        named = {one.receipt for one in told}
        known = self.tx.receipts.standing(named)
        parked = [code for code, one in known.items() if one.state is ReceiptState.PARKED]
        waiting = self.tx.receipts.find(parked) if parked else {}
        unplaced = [one for one in told if one.receipt not in known or one.receipt in waiting]
        unplaced += [row.told for row in waiting.values()]
        likely = self.tx.attempts.like(unplaced)
        disputed = self.tx.attempts.disputed(named)
        owners = {row.attempt_id for row in known.values() if row.attempt_id is not None}
        wanted = owners | {attempt.id for attempt in (*likely, *disputed)}
        self.before = self.tx.attempts.lock(wanted) if wanted else {}
        self.now = dict(self.before)
        self.rows = self.tx.receipts.lock(named) if named else {}
        scope = Scope(collector=self.collector, account=collecting_account(self.collector))
        undone = self.tx.statements.reversals(scope, named) if named else []
        self.undone = {one.receipt: one for one in reversed(undone)}

    def take(self, money: MoneyHeard) -> Taken:
        """Decide one piece of news."""
        row = self.new.get(money.receipt) or self.rows.get(money.receipt)
        if row is None:
            return self._first(money)
        ours = {self.collector.shortcode, self.collector.till}
        if money.amount != row.amount or row.shortcode not in ours:
            change = conflicted(row)
            if row.state is not ReceiptState.CLAIMED and money.receipt not in self.new:
                self._keep(change.record)
                self.desk.tell_receipt(change)
            return Taken.DIFFERS
        return self._again(row, money)

    def _first(self, money: MoneyHeard) -> Taken:
        row = heard(ReceiptId(self.deps.ids.new("receipt")), self.collector, money, self.at)
        disputed = self._disputed(money)
        if disputed is not None:
            proven = AmountProven(
                at=self.at,
                amount=money.amount,
                receipt=money.receipt,
                witness=money.witness,
            )
            if self._tell(disputed, proven):
                self.new[money.receipt] = claimed(row, disputed.id)
                return Taken.CONFIRMED
        likely = who_may_own(money, self.now.values(), self.deps.rules.policy)
        owner = the_owner(likely)
        if owner is not None and self._tell(owner, receipt_heard(money, self.at)):
            self.new[money.receipt] = claimed(row, owner.id)
            return Taken.CONFIRMED
        if len(likely) > 1:
            row = parked(row, "several_attempts", self.at)
        self.new[money.receipt] = row
        return Taken.NEW

    def _disputed(self, money: MoneyHeard) -> Attempt | None:
        """The attempt whose callback named this receipt with another amount than ours."""
        for attempt in self.now.values():
            contested = attempt.state is AttemptState.CONTESTED and attempt.proven is None
            if contested and attempt.told_receipt == money.receipt:
                asked = money.witness is not Witness.C2B_CONFIRMATION
                return attempt if asked or attempt.told == str(money.amount) else None
        return None

    def _again(self, row: ReceiptRecord, money: MoneyHeard) -> Taken:
        outcome = Taken.REPEATED
        owner = None if row.attempt_id is None else self.now.get(row.attempt_id)
        if owner is not None and self._tell(owner, receipt_heard(money, self.at)):
            outcome = Taken.CONFIRMED
        asked = money.witness.is_authoritative or money.witness is Witness.STATUS_RESULT
        if asked and row.state is ReceiptState.PARKED:
            row, outcome = self._unpark(row, money)
        if asked and row.verified_at is None:
            change = verified(row, self.at)
            self._keep(change.record)
            self.desk.tell_receipt(change)
            outcome = Taken.VERIFIED if outcome is Taken.REPEATED else outcome
        return outcome

    def _unpark(self, row: ReceiptRecord, money: MoneyHeard) -> tuple[ReceiptRecord, Taken]:
        """Safaricom says more than was told first, or fewer prompts are left by now."""
        possible = who_may_own(row.told, self.now.values(), self.deps.rules.policy)
        says_more = money.payer is not None or bool(money.account)
        likely = [one for one in possible if not says_more or looks_like(one, money)]
        owner = the_owner(likely)
        if owner is not None and self._tell(owner, receipt_heard(money, self.at)):
            row = claimed(row, owner.id)
            self._keep(row)
            return row, Taken.CONFIRMED
        if not possible and row.due_at is None:
            # Each of those prompts has another receipt by now.
            self.freed.add(row.receipt)
            self._keep(row)
        return row, Taken.REPEATED

    def _tell(self, attempt: Attempt, event: AttemptEvent) -> bool:
        decision = decide(attempt, event, self.deps.rules)
        if not isinstance(decision, Applied):
            return False
        self.now[attempt.id] = decision.now
        return True

    def _keep(self, record: ReceiptRecord) -> None:
        if record.receipt in self.new:
            self.new[record.receipt] = record
        else:
            self.rows[record.receipt] = self.saved[record.receipt] = record

    def _is_ready(self, row: ReceiptRecord) -> bool:
        """It was verified just now, or no prompt can have brought it any more: it counts."""
        if row.state is ReceiptState.PARKED:
            return row.receipt in self.freed
        return row.state is ReceiptState.RECEIVED and row.verified_at is not None

    def _is_undone(self, row: ReceiptRecord) -> bool:
        """Whether M-PESA gave it back before it paid anything, so that it never will."""
        reversal = self.undone.get(row.receipt)
        if reversal is None or reversal.amount != row.amount:
            return False
        if row.attempt_id is None:
            free = row.receipt in self.freed or (row.receipt in self.new and _is_free(row))
            return free or row.state in {ReceiptState.RECEIVED, ReceiptState.UNMATCHED}
        before, now = self.before[row.attempt_id], self.now[row.attempt_id]
        booked = before.state is AttemptState.SUCCEEDED or now.proven is not None
        return row.state is ReceiptState.CLAIMED and not booked

    def write(self) -> None:
        """Write it all down; what is nobody's yet finds its owner."""
        for row in [*self.rows.values(), *self.new.values()]:
            if self._is_undone(row):
                gone = pass_through(self.tx, self.desk, row, self.undone[row.receipt])
                self._keep(replace(gone, attempt_id=row.attempt_id))
        free = [row for row in self.new.values() if _is_free(row)]
        held = [row for row in self.new.values() if not _is_free(row)]
        self.tx.receipts.add([*held, *place(self.tx, self.deps, self.desk, free)])
        for row in held:
            if row.due_at is not None:
                self.tx.hand_over(Work(kind=WorkKind.RECEIPT, ids=(row.id,), due_at=row.due_at))
        ready = [row for row in self.saved.values() if self._is_ready(row)]
        match_receipts(self.tx, self.deps, self.desk, ready)
        self.tx.receipts.save([row for row in self.saved.values() if not self._is_ready(row)])
        self.desk.write()
        changes = [
            Change(before=self.before[name], after=after) for name, after in self.now.items()
        ]
        record_attempts(self.tx, self.deps, changes, self.at)
        prove_quarantined(
            self.tx,
            [one.after for one in changes if one.before.receipt is None],
        )


def _is_free(row: ReceiptRecord) -> bool:
    """Neither an attempt's nor waiting for one of several to say so."""
    return row.state is ReceiptState.PARKED and row.due_at is None
