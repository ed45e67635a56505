"""Values refuse what Daraja would refuse, with the field's name, before anything is sent."""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import (
    EAT,
    AccountReference,
    CallbackUrl,
    HashedMsisdn,
    MaskedMsisdn,
    Money,
    Msisdn,
    Receipt,
    Remarks,
    Shortcode,
    TransactionDescription,
    eat_timestamp,
    parse_eat,
    parse_payer,
)


@pytest.mark.parametrize(
    ("value", "cents"),
    [
        ("10.50", 1050),
        ("10.5", 1050),
        ("1", 100),
        ("0.01", 1),
        (250_000, 25_000_000),
        (Decimal("1.00"), 100),
        (Decimal("2697.0"), 269_700),
    ],
)
def test_money_is_read_from_text_and_exact_numbers(
    value: str | int | Decimal, cents: int
) -> None:
    assert Money.parse(value).in_cents == cents


@pytest.mark.parametrize(
    "value",
    [
        *("-1", "+1", "1.005", "1e3", "NaN", "Infinity", "", " 1", "1 ", "1,000", ".5", "5."),
        *("\u0661", "1_000", "0x10", "9" * 18, -1, 10**30),
        *(Decimal("NaN"), Decimal("1E+2"), Decimal(-1), Decimal("0.001"), Decimal("1E-99")),
    ],
    ids=repr,
)
def test_money_refuses_anything_that_is_not_plainly_an_amount(
    value: str | int | Decimal,
) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money.parse(value)

    assert caught.value.field == "amount"


@pytest.mark.parametrize("value", [1.0, 1.15, True, None, [], b"1"], ids=repr)
def test_money_refuses_binary_fractions_and_other_types(value: object) -> None:
    with pytest.raises(InvalidValue):
        Money.parse(value)  # pyright: ignore[reportArgumentType] - what untyped callers do
    if type(value) is not int:
        with pytest.raises(InvalidValue):
            Money(value)  # pyright: ignore[reportArgumentType]


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_money_adds_subtracts_and_orders_like_whole_cents(one: int, other: int) -> None:
    assert (Money.cents(one) + Money.cents(other)) - Money.cents(other) == Money.cents(one)
    assert (Money.cents(one) < Money.cents(other)) == (one < other)
    assert Money.parse(str(Money.cents(one))) == Money.cents(one)


def test_money_never_goes_below_zero() -> None:
    with pytest.raises(InvalidValue):
        _ = Money.shillings(1) - Money.shillings(2)


def test_cents_are_refused_where_whole_shillings_are_needed() -> None:
    assert Money.parse("1500.00").whole_shillings() == 1500
    with pytest.raises(InvalidValue, match=r"10\.50 has cents"):
        Money.parse("10.50").whole_shillings()


@pytest.mark.parametrize(
    "text",
    [
        *("0712345678", "0712 345 678", "+254712345678", "254712345678", "254 712 345 678"),
        *("+254 712-345-678", "712345678", "+254 (0)712 345678", " 0712345678 "),
    ],
    ids=repr,
)
def test_a_phone_number_is_read_in_every_usual_spelling(text: str) -> None:
    assert Msisdn.parse(text).digits == "254712345678"


def test_both_mobile_ranges_are_known() -> None:
    assert Msisdn.parse("0110 555 010").digits == "254110555010"


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "0712", "0712 345 678 9", "0202222222", "+447911123456", "07123abc78"),
        *("0712FLOWER", "\u0660\u0667\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668"),
        *("254212345678", "0712345678\n", "0712345678;ext=1", "l712345678", "O712345678"),
        *("2547 ***** 126", "+254+712345678", "0712345678" * 10),
    ],
    ids=repr,
)
def test_what_is_no_kenyan_mobile_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Msisdn.parse(text)

    assert caught.value.field == "phone"


def test_a_phone_number_is_never_shown_in_full_by_accident() -> None:
    phone = Msisdn.parse("0712345678")

    assert phone.masked == "2547*****678"
    assert "12345" not in f"{phone!r} {phone} {phone.masked}"


@pytest.mark.parametrize(
    ("mask", "owner", "stranger"),
    [
        ("2547 ***** 126", "254712345126", "254712345127"),
        ("254708***430", "254708111430", "254709111430"),
        ("25470****149", "254708374149", "254718374149"),
        ("254******867", "254110000867", "254110000868"),
    ],
)
def test_a_mask_agrees_with_its_owner_only(mask: str, owner: str, stranger: str) -> None:
    payer = parse_payer(mask)

    assert isinstance(payer, MaskedMsisdn)
    assert payer.agrees_with(Msisdn(owner))
    assert not payer.agrees_with(Msisdn(stranger))


@pytest.mark.parametrize(
    "mask", ["************", "2*", "*1", "254**a**126", "2547*****126*1"], ids=repr
)
def test_a_mask_that_says_too_little_is_refused(mask: str) -> None:
    with pytest.raises(InvalidValue):
        MaskedMsisdn.parse(mask)


def test_a_hash_agrees_with_its_owner_only() -> None:
    digest = hashlib.sha256(b"254712345678").hexdigest()

    payer = parse_payer(digest.upper())

    assert isinstance(payer, HashedMsisdn)
    assert payer.agrees_with(Msisdn("254712345678"))
    assert not payer.agrees_with(Msisdn("254712345679"))
    assert digest not in repr(payer)


@pytest.mark.parametrize(
    ("build", "good", "bad"),
    [
        (
            Shortcode,
            ["174379", "60099", "7654321"],
            ["1234", "12345678", "17437a", "", "١٢٣٤٥"],
        ),
        (
            Receipt,
            ["NLJ7RT61SV"],
            ["nlj7rt61sv", "NLJ7RT61S", "NLJ7RT61S\n", ""],
        ),
        (
            AccountReference,
            ["INV-1", "A b/c#1"],
            ["", "1" * 13, "a\x00", "é", " a", "<b>"],
        ),
        (TransactionDescription, ["Order 10042"], ["", "12345678901234", '"']),
        (Remarks, ["OK"], ["x", "y" * 101]),
    ],
)
def test_short_texts_keep_their_rules(build: type, good: list[str], bad: list[str]) -> None:
    for text in good:
        assert str(build(text)) == text
    for text in bad:
        with pytest.raises(InvalidValue):
            build(text)


@pytest.mark.parametrize(
    "url",
    [
        *("http://shop.example/i", "https://", "ftp://shop.example", "shop.example/i", ""),
        *("https://shop.example/a b", "https://user:pw@shop.example/", "https://é.example/"),
        *(
            "https://shop.example/mpesa/cb",
            "https://shop.example/MPesa",
            "https://a.example/Exe",
        ),
        *("https://safaricom.example/i", "https://a.example/sql", "https://a.example/query"),
        *("https://a.example/cmd", "https://a.example/#f", "https://a.example/<id>"),
        *("https://a.example:99999/", "https://[::1", "https://a.example/\n"),
    ],
    ids=repr,
)
def test_a_callback_url_that_daraja_would_refuse_is_refused_first(url: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        CallbackUrl.parse(url)

    assert caught.value.field == "callback_url"


def test_plain_http_is_for_sandboxes_and_only_on_request() -> None:
    assert CallbackUrl.parse("http://127.0.0.1:8000/i/s/1", allow_http=True)
    with pytest.raises(InvalidValue):
        CallbackUrl.parse("ftp://127.0.0.1/", allow_http=True)


def test_darajas_clock_is_nairobis() -> None:
    instant = datetime(2026, 1, 15, 22, 30, 5, tzinfo=UTC)

    assert eat_timestamp(instant) == "20260116013005"
    assert parse_eat("20260116013005") == instant
    assert parse_eat(20260116013005) == instant
    assert parse_eat("16.01.2026 01:30:05") == instant


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(EAT)))  # noqa: DTZ001
def test_times_survive_the_wire(instant: datetime) -> None:
    whole = instant.replace(microsecond=0)

    assert parse_eat(eat_timestamp(whole)) == whole
    assert parse_eat(eat_timestamp(whole)).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "value",
    ["", "2026", "20261301000000", "20260230000000", "2026011601300x", 1, 10**20, -1],
    ids=repr,
)
def test_times_that_are_none_are_refused(value: str | int) -> None:
    with pytest.raises(InvalidValue):
        parse_eat(value)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(InvalidValue):
        eat_timestamp(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake itself


@given(st.text() | st.integers() | st.from_regex(r"[0-9+() *.-]{5,20}"))
def test_any_payer_is_a_value_or_a_refusal(value: str | int) -> None:
    try:
        payer = parse_payer(value)
    except InvalidValue:
        return
    assert isinstance(payer, Msisdn | MaskedMsisdn | HashedMsisdn)
