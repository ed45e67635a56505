from datetime import UTC, datetime

import pytest

from domain.statements import (
    PAID,
    PORTAL,
    layout_of,
    read,
    refusal_of,
    the_fault,
    the_line,
)
from pokea.daraja.values import MaskedMsisdn, Money, Receipt, Shortcode
from pokea.domain.statement import (
    Faulty,
    LineKind,
    NoMoney,
    Period,
    Side,
    StatementAccount,
    StatementLine,
)
from pokea.domain.statement_rows import kind_of, payer_of

SHORT = "Receipt No.,Completion Time,Paid In,Withdrawn\n"


def paid_in(amount: str) -> StatementLine:
    return the_line(f'{SHORT}UKN7RT61SV,23-11-2026 14:05:09,"{amount}",\n')


def at(moment: str) -> datetime:
    return the_line(f"{SHORT}UKN7RT61SV,{moment},150.00,\n").at


# ── above the heading ────────────────────────────────────────────────────────────────────


def test_the_lines_above_the_heading_say_whose_statement_it_is() -> None:
    head = layout_of(PORTAL).head

    assert head.shortcode == Shortcode("174379")
    assert head.account is StatementAccount.UTILITY
    assert head.period == Period(
        start=datetime(2026, 11, 22, 21, tzinfo=UTC), end=datetime(2026, 11, 23, 21, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "above",
    [
        "Short Code: 174379",
        "Organization Name,Duka,Short Code,174379",
        "ORGANIZATION SHORT CODE :,174379 - Duka la Wanjiku",
        "Till Number,174379",
        "Paybill,Paybill 174379",
    ],
)
def test_a_shortcode_is_found_in_any_of_its_spellings(above: str) -> None:
    assert layout_of(f"{above}\n{SHORT}").head.shortcode == Shortcode("174379")


@pytest.mark.parametrize(
    "above",
    [
        "Time Period,01-11-2026 to 30-11-2026",
        "Period: 01/11/2026 00:00:00 - 30/11/2026 23:59:59",
        "From,2026-11-01\nTo,2026-11-30",
        "Start Date,01-11-2026 00:00:00,End Date,30-11-2026 23:59:59",
        "Statement Period,2026-11-01 00:00 to 2026-11-30 23:59",
    ],
)
def test_a_period_without_times_is_of_whole_days(above: str) -> None:
    period = layout_of(f"{above}\n{SHORT}").head.period

    assert period is not None
    assert period.start == datetime(2026, 10, 31, 21, tzinfo=UTC)
    assert period.end == datetime(2026, 11, 30, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "above",
    ["", "Time Period,yesterday", "Time Period,30-11-2026 to 01-11-2026", "From,31-02-2026"],
)
def test_a_period_that_cannot_be_read_is_none(above: str) -> None:
    assert layout_of(f"{above}\n{SHORT}").head.period is None


@pytest.mark.parametrize(
    ("above", "account"),
    [
        ("Account,Merchant Account", StatementAccount.MERCHANT),
        ("Account,Organization MMF Account", StatementAccount.WORKING),
        ("Account Type: Charges Paid Account", StatementAccount.CHARGES),
        ("Account Holder,Wanjiku", None),
    ],
)
def test_the_account_is_told_apart_by_its_name(
    above: str, account: StatementAccount | None
) -> None:
    assert layout_of(f"{above}\n{SHORT}").head.account is account


# ── the heading ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "heading",
    [
        "Withdrawn,Paid In,Completion Time,Receipt No.",
        "RECEIPT NO,completion time,Withdrawn (KES),Paid In (KES)",
        "#,Initiation Time,Receipt,Completion Time,Paid in,withdrawn,Linked Transaction ID",
        "Receipt No.,Date,Debit,Credit",
        "Receipt No.,Date,Completion Time,Withdrawn,Paid In",
    ],
)
def test_columns_stand_in_any_order_under_any_of_their_names(heading: str) -> None:
    cells = heading.split(",")
    values = {
        "receipt": "UKN7RT61SV",
        "paid": "150.00",
        "credit": "150.00",
        "completion": "23-11-2026 14:05:09",
        "date": "23-11-2026 14:05:09",
    }
    row = ",".join(
        next((value for key, value in values.items() if cell.casefold().startswith(key)), "")
        for cell in cells
    )

    line = the_line(f"{heading}\n{row}\n")

    assert (line.receipt, line.amount, line.side) == (
        Receipt("UKN7RT61SV"),
        Money.shillings(150),
        Side.IN,
    )


def test_the_portals_own_heading_counts_before_one_like_it() -> None:
    line = the_line(
        "Receipt No.,Date,Completion Time,Paid In,Withdrawn\n"
        "UKN7RT61SV,01-01-2020 00:00:00,23-11-2026 14:05:09,150,\n"
    )

    assert line.at.year == 2026


def test_a_heading_that_lacks_a_column_says_which() -> None:
    assert refusal_of("Receipt No.,Completion Time,Paid In\n") == (
        'The heading has no column "Withdrawn".'
    )


def test_a_file_without_a_heading_is_no_statement() -> None:
    assert refusal_of("phone,amount\n0712345678,100\n").endswith(
        "no statement of an organisation."
    )


def test_a_heading_is_not_looked_for_in_the_whole_file() -> None:
    assert refusal_of("note\n" * 100 + SHORT).startswith("No row among the first 100")


# ── amounts and times ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("1500", 150_000),
        ("1,500.00", 150_000),
        ("1,234,567.5", 123_456_750),
        ("KES 1,500.00", 150_000),
        ("Ksh1500", 150_000),
        ("+12.30", 1_230),
        ("1 500.00", 150_000),
    ],
)
def test_amounts_are_read_as_people_write_them(amount: str, cents: int) -> None:
    assert paid_in(amount).amount == Money.cents(cents)


@pytest.mark.parametrize("amount", ["1.500,00", "1,50", "12.345", "1e3", "1,5000", "ten"])
def test_an_amount_in_another_writing_is_never_guessed(amount: str) -> None:
    (row,) = read(f'{SHORT}UKN7RT61SV,23-11-2026 14:05:09,"{amount}",\n')

    assert isinstance(row, Faulty)
    assert amount in row.reason


@pytest.mark.parametrize("amount", ["-500.00", "500.00", "(500.00)", "\N{MINUS SIGN}500.00"])
def test_money_that_left_is_written_with_or_without_its_sign(amount: str) -> None:
    line = the_line(f"{SHORT}UKN7RT61SV,23-11-2026 14:05:09,0.00,{amount}\n")

    assert (line.side, line.amount) == (Side.OUT, Money.shillings(500))


@pytest.mark.parametrize(
    "moment",
    [
        "23-11-2026 14:05:09",
        "23/11/2026 14:05:09",
        "23.11.2026 14:05:09",
        "2026-11-23 14:05:09",
        "2026-11-23T14:05:09.000",
        "2026/11/23  14:05:09",
    ],
)
def test_times_are_nairobis_in_any_order_of_the_date(moment: str) -> None:
    assert at(moment) == datetime(2026, 11, 23, 11, 5, 9, tzinfo=UTC)


def test_a_time_without_seconds_begins_its_minute() -> None:
    assert at("23-11-2026 14:05") == datetime(2026, 11, 23, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment",
    ["11/23/2026 14:05:09", "23-11-2026", "31-02-2026 10:00:00", "23-11-26 10:00:00", "soon"],
)
def test_a_time_that_is_not_clear_makes_the_row_faulty(moment: str) -> None:
    (row,) = read(f"{SHORT}UKN7RT61SV,{moment},150.00,\n")

    assert isinstance(row, Faulty)


# ── rows ─────────────────────────────────────────────────────────────────────────────────


def test_a_line_of_the_portal_is_read_whole() -> None:
    line = the_line(f"{PORTAL}{PAID}\n")

    assert line == StatementLine(
        number=7,
        receipt=Receipt("UKN7RT61SV"),
        at=datetime(2026, 11, 23, 11, 5, 9, tzinfo=UTC),
        kind=LineKind.COLLECTION,
        side=Side.IN,
        amount=Money.shillings(150),
        balance=115_000,
        details="Pay Bill Online 2547*****678 - WANJIKU Acc. INV-1",
        party="2547*****678 - WANJIKU",
        typed="INV-1",
        linked="",
    )


def test_a_payer_is_a_masked_phone_and_a_name() -> None:
    assert payer_of(the_line(f"{PORTAL}{PAID}\n")) == (
        MaskedMsisdn(head="2547", tail="678"),
        "WANJIKU",
    )


def test_what_the_payer_typed_is_found_in_the_details_too() -> None:
    line = the_line(
        "Receipt No.,Completion Time,Details,Paid In,Withdrawn\n"
        "UKN7RT61SV,23-11-2026 14:05:09,Pay Bill from 2547*****678 - JANE Acc. House 7,150,\n"
    )

    assert line.typed == "House 7"


def test_a_transaction_and_its_charge_are_two_lines_of_one_receipt() -> None:
    first, second = read(
        f"{PORTAL}UKN7RT61SV,23-11-2026 14:05:09,,Completed,-500.00,,500.00,TRUE,"
        "Business Payment to Customer via API,2547*****678 - JANE,\n"
        "UKN7RT61SV,23-11-2026 14:05:09,,Completed,-9.00,,491.00,TRUE,"
        "Business Payment Charge,,\n"
    )

    assert isinstance(first, StatementLine)
    assert isinstance(second, StatementLine)
    assert (first.kind, second.kind) == (LineKind.PAYOUT, LineKind.CHARGE)
    assert first.identity != second.identity


def test_the_same_line_of_another_export_is_the_same_line() -> None:
    (again,) = read(
        "Receipt No.,Completion Time,Paid In,Withdrawn,Details,Balance\n"
        'UKN7RT61SV,2026-11-23 14:05,"150.00",,PAY BILL ONLINE,\n'
    )

    assert isinstance(again, StatementLine)
    assert again.identity == the_line(f"{PORTAL}{PAID}\n").identity


@pytest.mark.parametrize(
    "row",
    [
        ",,,,,,,,,,",
        "",
        ",,,,,,,,Total,,",
        "Total,,,,-20.00,150.00,,,,,",
        "UKN7RT61SV,23-11-2026 14:05:09,Pay Bill,Failed,,150.00,1150.00,TRUE,Pay Bill,,",
        "UKN7RT61SV,23-11-2026 14:05:09,Pay Bill,Cancelled,,,1150.00,TRUE,Pay Bill,,",
        "UKN7RT61SV,23-11-2026 14:05:09,Charge,Completed,0.00,0.00,1150.00,TRUE,Charge,,",
        PORTAL.splitlines()[5],
    ],
)
def test_rows_that_moved_nothing_are_no_lines_and_no_faults(row: str) -> None:
    found = read(f"{PORTAL}{row}\n")

    assert all(isinstance(one, NoMoney) for one in found)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (PAID.replace("UKN7RT61SV", "UKN7"), '"UKN7"'),
        (PAID.replace("UKN7RT61SV", ""), "receipt"),
        (PAID.replace(",,150.00", ",-150.00,150.00"), "at once"),
        (PAID.replace("150.00,1150", "-150.00,1150"), "negative"),
        (PAID.replace("Completed", "Probably"), '"Probably"'),
        (PAID.replace("1150.00", "about 1150"), '"about 1150"'),
        ("UKN7RT61SV", "time"),
    ],
)
def test_a_row_that_cannot_be_read_is_faulty_with_its_number(row: str, word: str) -> None:
    fault = the_fault(row)

    assert fault.number == 7
    assert word in fault.reason


@pytest.mark.parametrize(
    ("side", "words", "kind"),
    [
        (Side.IN, "Pay Bill Online", LineKind.COLLECTION),
        (Side.IN, "Customer Merchant Payment", LineKind.COLLECTION),
        (Side.IN, "Standing Order", LineKind.COLLECTION),
        (Side.OUT, "Pay Bill Charge", LineKind.CHARGE),
        (Side.OUT, "Business Payment to Customer via API", LineKind.PAYOUT),
        (Side.OUT, "Salary Payment", LineKind.PAYOUT),
        (Side.OUT, "Transaction Reversal", LineKind.REVERSAL),
        (Side.IN, "Reversal of Business Payment", LineKind.REVERSAL),
        (Side.OUT, "Merchant Account to Organization Settlement", LineKind.SETTLEMENT),
        (Side.IN, "Organization Settlement", LineKind.SETTLEMENT),
        (Side.OUT, "Organization Transfer to Bank", LineKind.BANK),
        (Side.IN, "A word of 2027", LineKind.OTHER),
        (Side.OUT, "", LineKind.OTHER),
    ],
)
def test_what_moved_the_money_is_told_by_its_words(
    side: Side, words: str, kind: LineKind
) -> None:
    assert kind_of(side, reason=words, details="") is kind


def test_what_a_payer_typed_does_not_say_what_moved_the_money() -> None:
    details = "Pay Bill from 2547*****678 - JANE Acc. reversal charge"

    assert kind_of(Side.IN, reason="", details=details) is LineKind.COLLECTION
