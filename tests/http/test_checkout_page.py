"""The checkout's words, weight and manners, without a browser or a gateway."""

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape
from typing import Any, get_args

import pytest

from pokea.daraja.values import AccountReference, Shortcode
from pokea.domain.instructions import Instructions
from pokea.domain.language import Language
from pokea.http.checkout.page import headers, render, status_json
from pokea.http.checkout.view import PROMPTED, RETRYABLE, CheckoutState, CheckoutView, state_of
from pokea.http.checkout.wording import (
    pick_language,
    read_money,
    read_phone,
    words,
)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PATH = "/pay/tok"
LANGUAGES: tuple[Language, ...] = get_args(Language)
EVERY_PAGE = [(state, language) for state in CheckoutState for language in LANGUAGES]
PAYBILL = Instructions(
    business=Shortcode("400200"), account=AccountReference("ORDER-7"), parts=(1250,)
)
NO_MONEY = {"en": "No money was taken", "sw": "Hakuna pesa iliyokatwa"}


def a_view(state: CheckoutState, **changes: Any) -> CheckoutView:
    prompted = state is not CheckoutState.FORM
    waiting = state is CheckoutState.WAITING
    view = CheckoutView(
        state=state,
        amount="1250.00",
        merchant_name="Duka la Wanjiku",
        reference="ORDER-7",
        sequence=3,
        masked_phone="2547*****678" if prompted else None,
        receipt="TKQ4XM81ZP" if state is CheckoutState.PAID else None,
        prompt_expires_at=NOW + timedelta(seconds=58) if waiting else None,
        return_url="http://shop.test/orders/7",
        by_hand=PAYBILL,
        test_mode=True,
    )
    return replace(view, **changes)


def html(view: CheckoutView, language: Language = "en", now: datetime = NOW) -> str:
    return render(view, language, PATH, now).decode()


def text(page: str) -> str:
    """What a payer reads: no style, script or tags."""
    seen = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", seen)).split())


@pytest.mark.parametrize(
    ("payment", "attempt", "failure", "state"),
    [
        ("open", None, None, "form"),
        ("processing", None, None, "form"),
        ("processing", "created", None, "waiting"),
        ("processing", "dispatching", None, "waiting"),
        ("processing", "awaiting_customer", None, "waiting"),
        ("processing", "unknown", None, "confirming"),
        ("open", "unknown", None, "confirming"),
        ("processing", "confirming", None, "confirming"),
        ("processing", "contested", None, "confirming"),
        ("processing", "succeeded", None, "confirming"),
        ("processing", "expired", None, "failed"),
        ("open", "expired", None, "failed"),
        ("succeeded", "succeeded", None, "paid"),
        ("succeeded", None, None, "paid"),
        ("succeeded", "failed", "customer_cancelled", "paid"),
        ("requires_review", "contested", None, "review"),
        ("partially_paid", None, None, "part"),
        ("partially_paid", "failed", "customer_cancelled", "part"),
        ("partially_paid", "succeeded", None, "part"),
        ("partially_paid", "awaiting_customer", None, "waiting"),
        ("partially_paid", "confirming", None, "confirming"),
        ("expired", "failed", "wrong_pin", "expired"),
        ("canceled", None, None, "canceled"),
        ("open", "failed", "customer_cancelled", "cancelled"),
        ("open", "failed", "customer_unreachable", "unreachable"),
        ("open", "failed", "customer_timeout", "timeout"),
        ("open", "failed", "insufficient_funds", "insufficient"),
        ("open", "failed", "wrong_pin", "wrong_pin"),
        ("open", "failed", "customer_limit", "limit"),
        ("open", "failed", "too_soon", "too_soon"),
        ("open", "failed", "subscriber_busy", "busy"),
        ("open", "failed", "prompt_failed", "down"),
        ("open", "failed", "product_not_allowed", "failed"),
        ("open", "failed", "account_inactive", "failed"),
        ("open", "failed", "provider_refused", "failed"),
        ("open", "failed", "a_code_of_next_year", "failed"),
        ("open", "failed", None, "failed"),
    ],
)
def test_a_payment_has_one_thing_to_say(
    payment: str, attempt: str | None, failure: str | None, state: str
) -> None:
    assert state_of(payment, attempt, failure) == state


@pytest.mark.parametrize("statuses", [("paid", None), ("open", "pending")])
def test_a_status_that_no_machine_has_is_an_error(statuses: tuple[str, str | None]) -> None:
    with pytest.raises(KeyError):
        state_of(*statuses, None)


@pytest.mark.parametrize(("state", "language"), EVERY_PAGE)
def test_no_money_was_taken_is_said_only_where_a_final_code_says_so(
    state: CheckoutState, language: Language
) -> None:
    page = text(html(a_view(state), language))

    proved = state in RETRYABLE - {CheckoutState.FAILED, CheckoutState.PART}
    assert (NO_MONEY[language] in page) == proved


@pytest.mark.parametrize(("state", "language"), EVERY_PAGE)
def test_every_page_fits_the_first_packets(state: CheckoutState, language: Language) -> None:
    view = a_view(state, field_error="other", typed_phone="+254 712 345 678")

    assert len(gzip.compress(render(view, language, PATH, NOW))) < 6_000


@pytest.mark.parametrize(("state", "language"), EVERY_PAGE)
def test_every_page_is_one_reply_that_asks_no_other_host_and_no_pin(
    state: CheckoutState, language: Language
) -> None:
    page = html(a_view(state), language)

    elsewhere = set(re.findall(r"""(?:src|href|action)=["']?([^"' >]+)""", page))
    assert elsewhere <= {
        "data:,",
        "http://shop.test/orders/7",
        f"{PATH}?lang=en",
        f"{PATH}?lang=sw",
    }
    assert not re.search(r"type=.?password|name=.?pin|<img|@import|url\(", page)
    assert "Safaricom" in text(page)
    assert f'<html lang="{language}">' in page


@pytest.mark.parametrize(("state", "language"), EVERY_PAGE)
def test_a_second_way_to_pay_is_offered_only_while_no_money_moves(
    state: CheckoutState, language: Language
) -> None:
    page = html(a_view(state), language)

    invited = state in RETRYABLE or state is CheckoutState.FORM
    assert ("<form" in page) == invited
    assert ("400200" in page) == invited
    assert ("<noscript><meta http-equiv" in page) == (state in PROMPTED)


@pytest.mark.parametrize("state", CheckoutState)
def test_the_second_way_is_open_where_a_final_code_says_that_no_money_was_taken(
    state: CheckoutState,
) -> None:
    page = html(a_view(state))

    opened = '<details class="other" open>' in page
    assert opened == (state in RETRYABLE - {CheckoutState.FAILED})


@pytest.mark.parametrize(
    ("language", "read"),
    [
        (
            "en",
            (
                "Pay another way On your phone, open M-PESA and choose Lipa na M-PESA"
                " Choose Pay Bill Enter business no. 400200 Copy Enter account no. ORDER-7 Copy"
                " Enter amount 1250 Copy Enter your M-PESA PIN and confirm"
            ),
        ),
        (
            "sw",
            (
                "Lipa kwa njia nyingine Kwenye simu yako, fungua M-PESA uchague Lipa na M-PESA"
                " Chagua Pay Bill Weka nambari ya biashara 400200 Nakili"
                " Weka nambari ya akaunti ORDER-7 Nakili Weka kiasi 1250 Nakili"
                " Weka PIN yako ya M-PESA uthibitishe"
            ),
        ),
    ],
)
def test_the_second_way_reads_as_the_menu_does(language: Language, read: str) -> None:
    assert read in text(html(a_view(CheckoutState.CANCELLED), language))


def test_a_till_asks_for_no_account_and_says_what_to_do_if_nothing_happens() -> None:
    till = Instructions(business=Shortcode("5123456"), account=None, parts=(1250,))

    page = text(html(a_view(CheckoutState.FORM, by_hand=till)))

    assert "Choose Buy Goods and Services Enter till no. 5123456" in page
    assert "account" not in page
    assert "show Duka la Wanjiku the M-PESA message" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_more_than_mpesa_moves_at_once_is_paid_in_parts(language: Language) -> None:
    parts = replace(PAYBILL, parts=(250_000, 250_000, 100_000))

    page = text(html(a_view(CheckoutState.FORM, by_hand=parts), language))

    word = {"en": "and", "sw": "na"}[language]
    assert f"KSh 250,000, KSh 250,000 {word} KSh 100,000" in page


def test_what_is_to_be_typed_can_be_copied_one_by_one() -> None:
    page = html(a_view(CheckoutState.CANCELLED))

    assert re.findall(r'data-copy="([^"]*)"', page) == ["400200", "ORDER-7", "1250"]


def test_the_form_gives_back_what_was_typed_with_the_reason() -> None:
    page = html(
        a_view(CheckoutState.FORM, field_error="invalid_phone", typed_phone='0712"><b>x')
    )

    assert 'value="0712&#34;&gt;&lt;b&gt;x"' in page
    assert 'aria-invalid="true"' in page
    assert words("en")["errors"]["invalid_phone"].split(",")[0] in page


def test_an_error_code_nobody_wrote_words_for_still_says_something() -> None:
    page = html(a_view(CheckoutState.FORM, field_error="halted_by_moon"))

    assert "We could not send a prompt just now" in page
    assert "halted_by_moon" not in page


def test_the_retry_sends_no_number_and_shows_only_the_masked_one() -> None:
    page = html(a_view(CheckoutState.CANCELLED))

    assert '<input type="hidden" name="again" value="1">' in page
    assert 'required value=""' in page


def test_names_from_outside_are_escaped() -> None:
    view = a_view(CheckoutState.PAID, merchant_name="<script>x</script>", reference="<i>")

    page = html(view)

    assert "<script>x" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page


def test_a_return_address_that_is_not_a_web_address_is_not_a_link() -> None:
    assert "javascript:" not in html(
        a_view(CheckoutState.PAID, return_url="javascript:alert(1)")
    )


def test_a_payment_that_was_paid_in_part_says_what_is_left() -> None:
    page = text(html(a_view(CheckoutState.PART, received="400.00", amount="850.00")))

    assert "KSh 400 received. Thank you! KSh 850 is left to pay." in page
    assert "Send payment prompt" in page


def test_the_prompts_end_turns_waiting_into_confirming() -> None:
    waiting = a_view(CheckoutState.WAITING)
    over = NOW + timedelta(seconds=58)

    assert "Time left: 0:58" in text(html(waiting))
    assert "Confirming your payment" in text(html(waiting, now=over))
    assert json.loads(status_json(waiting, over))["state"] == "confirming"


def test_paid_shows_the_receipt_and_the_way_back() -> None:
    page = text(html(a_view(CheckoutState.PAID)))

    assert "KSh 1,250 received by Duka la Wanjiku." in page
    assert "TKQ4XM81ZP" in page
    assert "Back to the shop in 0:05 Stay here" in page


def test_a_payment_that_brings_no_way_back_does_not_leave() -> None:
    assert 'id="going"' not in html(a_view(CheckoutState.PAID, return_url=None))


@pytest.mark.parametrize("state", CheckoutState)
def test_a_status_is_small_and_is_what_the_page_carries(state: CheckoutState) -> None:
    view = a_view(state)

    status = status_json(view, NOW)

    assert len(status) < 200
    assert json.loads(status)["state"] == state
    assert f'data-status="{status.decode()}"' in html(view).replace("&#34;", '"')


def test_an_accepted_prompt_changes_the_status_though_the_payment_did_not_move() -> None:
    sending = a_view(CheckoutState.WAITING, prompt_expires_at=None)

    assert status_json(sending, NOW) != status_json(a_view(CheckoutState.WAITING), NOW)


def test_the_policy_allows_our_own_style_and_script_only() -> None:
    page = html(a_view(CheckoutState.FORM))

    policy = headers()["Content-Security-Policy"]

    for tag in ("style", "script"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
        digest = b64encode(sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "style=" not in page.split("</style>")[1]
    assert "frame-ancestors 'none'" in policy
    assert headers()["Cache-Control"] == "no-store"
    assert headers()["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers()


def test_both_languages_say_the_same_things() -> None:
    english, kiswahili = (dict(_leaves(words(language))) for language in LANGUAGES)

    assert english.keys() == kiswahili.keys()
    for key, sentence in english.items():
        places = re.findall(r"\{\w+\}", sentence)
        assert set(places) == set(re.findall(r"\{\w+\}", kiswahili[key])), key
    assert set(words("en")["states"]) == set(CheckoutState)


def _leaves(tree: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, str):
            yield f"{above}{key}", value
        else:
            yield from _leaves(value, f"{above}{key}.")


@pytest.mark.parametrize(
    ("amount", "read"),
    [
        ("1250.00", "KSh 1,250"),
        ("80", "KSh 80"),
        ("10.50", "KSh 10.50"),
        ("250000.00", "KSh 250,000"),
        ("0.05", "KSh 0.05"),
    ],
)
def test_money_is_read_as_people_say_it(amount: str, read: str) -> None:
    assert read_money(amount) == read


def test_a_masked_phone_is_read_in_the_local_spelling() -> None:
    assert read_phone("2547*****678") == "07•• ••• 678"


@pytest.mark.parametrize(
    ("link", "browser", "merchant", "chosen"),
    [
        ("sw", "en-GB", "en", "sw"),
        ("xx", "sw-KE,en;q=0.8", "en", "sw"),
        (None, "fr,sw;q=0.5,en;q=0.4", "en", "sw"),
        (None, "fr", "sw", "sw"),
        (None, None, "en", "en"),
    ],
)
def test_the_language_is_the_links_then_the_browsers_then_the_merchants(
    link: str | None, browser: str | None, merchant: Language, chosen: Language
) -> None:
    assert pick_language(link, browser, merchant) == chosen
