from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.statements import PAID, PORTAL, layout_of, rows_of
from harness.examples import ACCOUNT, NOW
from pokea.domain.ids import ShortcodeId, StatementId
from pokea.domain.ledger import LedgerAccount
from pokea.domain.statement import Period
from pokea.domain.statement_chain import Balances
from pokea.domain.statement_import import Reading, StatementImport, Tally

LATER = datetime(2026, 11, 24, 6, tzinfo=UTC)
HEADING = PORTAL.splitlines()[5] + "\n"


def reading(text: str, *, until: datetime = LATER) -> Reading:
    made = Reading(layout=layout_of(text), until=until)
    made.take(rows_of(text))
    return made


def test_a_line_that_is_repeated_comes_out_once() -> None:
    text = f"{PORTAL}{PAID}\n{PAID}\n"
    made = Reading(layout=layout_of(text), until=LATER)

    lines = made.take(rows_of(text))

    assert len(lines) == 1
    assert made.tally(known=0) == Tally(lines=1, repeated=1)
    assert made.balances == Balances(opening=100_000, closing=115_000, whole=True)


def test_everything_is_counted_as_something() -> None:
    text = f"{PORTAL}{PAID}\nUKN7,,,,,5,,,,,\n{PAID.replace('Completed', 'Failed')}\n"

    made = reading(text)

    assert made.tally() == Tally(lines=1, faulty=1, without_money=1)
    assert [fault.number for fault in made.faults] == [8]
    assert (made.paid_in, made.withdrawn) == (15_000, 0)


def test_a_head_says_which_period_and_lines_do_where_it_does_not() -> None:
    told = reading(f"{PORTAL}{PAID}\n").period
    spanned = reading(f"{HEADING}{PAID}\n").period

    assert told == Period(
        start=datetime(2026, 11, 22, 21, tzinfo=UTC), end=datetime(2026, 11, 23, 21, tzinfo=UTC)
    )
    at = datetime(2026, 11, 23, 11, 5, 9, tzinfo=UTC)
    assert spanned == Period(start=at, end=at + timedelta(seconds=1))


def test_a_period_ends_no_later_than_now() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)

    period = reading(f"{PORTAL}{PAID}\n", until=noon).period

    assert period is not None
    assert period.end == noon


def test_a_statement_of_nothing_has_no_period_of_its_own() -> None:
    assert reading(HEADING).period is None
    assert reading(PORTAL).period is not None


def test_a_line_outside_its_period_is_a_fault() -> None:
    month_first = PAID.replace("23-11-2026", "11-05-2026")

    made = reading(f"{PORTAL}{month_first}\n")

    assert made.tally() == Tally(faulty=1)


def test_a_line_of_the_day_after_tomorrow_is_a_fault() -> None:
    made = reading(f"{HEADING}{PAID}\n", until=datetime(2026, 11, 21, tzinfo=UTC))

    assert made.tally() == Tally(faulty=1)


def test_only_a_file_without_faults_and_gaps_covers_its_period() -> None:
    period = Period(start=NOW, end=NOW + timedelta(days=1))
    one = StatementImport(
        id=StatementId("rec_1"),
        account_id=ACCOUNT,
        livemode=False,
        shortcode_id=ShortcodeId("sc_1"),
        account=LedgerAccount.MPESA_UTILITY,
        file_name="statement.csv",
        file_sha256=bytes(32),
        imported_by="Achieng",
        created_at=NOW,
        period=period,
    )

    assert one.covers == period
    assert replace(one, balances=Balances(whole=True)).covers == period
    assert replace(one, balances=Balances(whole=False)).covers is None
    assert replace(one, tally=Tally(faulty=1)).covers is None
