from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.statements import PAID, PORTAL, the_line
from harness.examples import ACCOUNT, NOW, SHORTCODE, TILL
from pokea.daraja.values import Money, Receipt
from pokea.domain.errors import Bug
from pokea.domain.ids import BreakId, ShortcodeId, StatementId
from pokea.domain.ledger import JournalKind, LedgerAccount
from pokea.domain.receipt import Collector
from pokea.domain.reconciliation import (
    Break,
    BreakKind,
    BreakState,
    Cause,
    Scope,
    business_day,
    collecting_account,
    explain,
    resolve,
)
from pokea.domain.statement import LineKind, Side
from pokea.domain.statement_books import adjustment, line_entry

PAYBILL = Collector(
    id=ShortcodeId("sc_1"), account_id=ACCOUNT, livemode=False, shortcode=SHORTCODE, till=None
)
UTILITY = Scope(collector=PAYBILL, account=LedgerAccount.MPESA_UTILITY)
LINE = the_line(f"{PORTAL}{PAID}\n")


def a_break(
    kind: BreakKind = BreakKind.AMOUNT_DIFFERS, *, ours: int = 100, theirs: int = 110
) -> Break:
    return Break(
        id=BreakId("brk_1"),
        account_id=ACCOUNT,
        livemode=False,
        shortcode_id=PAYBILL.id,
        account=LedgerAccount.MPESA_UTILITY,
        statement_id=StatementId("rec_1"),
        kind=kind,
        cause=Cause.AMOUNT,
        subject="stl_1",
        receipt=Receipt("UKN7RT61SV"),
        side=Side.IN,
        ours=Money.shillings(ours),
        theirs=Money.shillings(theirs),
        at=NOW,
        day=business_day(NOW),
        opened_at=NOW,
    )


def posted(kind: LineKind, side: Side, scope: Scope = UTILITY) -> tuple[str, int, int]:
    entry = line_entry(scope, replace(LINE, kind=kind, side=side), NOW)
    (posting,) = entry.postings
    assert posting.amount == LINE.amount
    return entry.kind, posting.debit.value, posting.credit.value


# ── whose money ──────────────────────────────────────────────────────────────────────────


def test_the_business_day_begins_at_midnight_in_nairobi() -> None:
    assert business_day(datetime(2026, 11, 23, 20, 59, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert business_day(datetime(2026, 11, 23, 21, 0, tzinfo=UTC)) == date(2026, 11, 24)


def test_a_paybill_collects_in_utility_and_a_till_in_merchant() -> None:
    assert UTILITY.collects
    assert collecting_account(replace(PAYBILL, till=TILL)) is LedgerAccount.MPESA_MERCHANT
    assert not Scope(collector=PAYBILL, account=LedgerAccount.MPESA_CHARGES_PAID).collects


# ── what a line alone brings into the books ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "side", "entry"),
    [
        (LineKind.OTHER, Side.IN, (JournalKind.STATEMENT, 1010, 2100)),  # J20
        (LineKind.OTHER, Side.OUT, (JournalKind.STATEMENT, 1900, 1010)),
        (LineKind.PAYOUT, Side.OUT, (JournalKind.STATEMENT, 1900, 1010)),
        (LineKind.REVERSAL, Side.OUT, (JournalKind.STATEMENT, 1900, 1010)),
        (LineKind.REVERSAL, Side.IN, (JournalKind.STATEMENT, 1010, 2100)),
        (LineKind.CHARGE, Side.OUT, (JournalKind.FEE, 5010, 1010)),  # J7
        (LineKind.SETTLEMENT, Side.OUT, (JournalKind.SETTLE, 1050, 1010)),  # J17, one side
        (LineKind.SETTLEMENT, Side.IN, (JournalKind.SETTLE, 1010, 1050)),
        (LineKind.BANK, Side.OUT, (JournalKind.BANK, 1060, 1010)),  # J18
    ],
)
def test_each_kind_of_line_has_its_entry(
    kind: LineKind, side: Side, entry: tuple[str, int, int]
) -> None:
    assert posted(kind, side) == entry


def test_a_charge_of_the_charges_account_is_taken_from_there() -> None:
    charges = Scope(collector=PAYBILL, account=LedgerAccount.MPESA_CHARGES_PAID)

    assert posted(LineKind.CHARGE, Side.OUT, charges) == (JournalKind.FEE, 5010, 1040)


def test_two_sides_of_a_transfer_meet_between_the_accounts() -> None:
    working = Scope(collector=PAYBILL, account=LedgerAccount.MPESA_WORKING)

    _, to, _ = posted(LineKind.SETTLEMENT, Side.OUT)
    _, _, out_of = posted(LineKind.SETTLEMENT, Side.IN, working)

    assert to == out_of == LedgerAccount.MPESA_SETTLEMENT.value


def test_lines_of_one_receipt_have_entries_of_their_own() -> None:
    payout = replace(LINE, kind=LineKind.PAYOUT, side=Side.OUT)
    charge = replace(payout, kind=LineKind.CHARGE, amount=Money.shillings(9))

    sources = {line_entry(UTILITY, line, NOW).source_id for line in (payout, charge)}

    assert len(sources) == 2
    assert all(len(source) <= 40 for source in sources)


# ── breaks ───────────────────────────────────────────────────────────────────────────────


def test_every_cause_has_an_owner_a_reason_and_an_action() -> None:
    for cause in Cause:
        told = explain(replace(a_break(), cause=cause))

        assert told.owner in {"finance", "operations"}
        assert told.reason.endswith(".")
        assert told.action.endswith(".")


def test_a_resolved_break_keeps_who_and_why() -> None:
    done = resolve(a_break(), by="Achieng", note="bank slip 77", at=NOW, adjusted=True)

    assert (done.state, done.resolved_by, done.note) == (
        BreakState.RESOLVED,
        "Achieng",
        "bank slip 77",
    )
    with pytest.raises(Bug):
        resolve(done, by="Otieno", note="again", at=NOW)


@pytest.mark.parametrize(
    ("ours", "theirs", "posting"),
    [
        (100, 110, (1010, 2100, 10)),
        (110, 100, (1900, 1010, 10)),
        (100, 0, (1900, 1010, 100)),
    ],
)
def test_the_books_follow_the_statement_by_the_difference(
    ours: int, theirs: int, posting: tuple[int, int, int]
) -> None:
    entry = adjustment(UTILITY, a_break(ours=ours, theirs=theirs), NOW + timedelta(hours=1))

    assert entry is not None
    (only,) = entry.postings
    assert (entry.kind, entry.source_id) == (JournalKind.STATEMENT, "brk_1")
    assert (only.debit.value, only.credit.value, only.amount) == (
        *posting[:2],
        Money.shillings(posting[2]),
    )


def test_equal_figures_need_no_entry() -> None:
    assert adjustment(UTILITY, a_break(ours=5, theirs=5), NOW) is None


def test_what_was_missing_here_is_in_the_books_already() -> None:
    with pytest.raises(Bug):
        adjustment(UTILITY, a_break(BreakKind.MISSING_HERE), NOW)
