"""When money by hand may be a prompt's own: shortcode, amount, time, and number or payer."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.story import tell
from domain.world import PAYBILL, PHONE, START, TILL, new_attempt
from pokea.daraja.values import HashedMsisdn, MaskedMsisdn, Money, Msisdn, Receipt, Shortcode
from pokea.domain.attempt import AttemptState
from pokea.domain.corroboration import Policy, Witness
from pokea.domain.ids import PaymentId
from pokea.domain.receipt import MoneyHeard
from pokea.domain.twins import looks_like, may_be_its_own, the_owner

AMOUNT = Money.shillings(1000)
MONEY = MoneyHeard(
    receipt=Receipt("NLJ7RT61SV"),
    shortcode=PAYBILL,
    amount=AMOUNT,
    paid_at=START + timedelta(seconds=20),
    witness=Witness.C2B_CONFIRMATION,
    account="inv 10042",
    payer=PHONE,
)
OURS, STRANGERS = (
    HashedMsisdn(hashlib.sha256(digits).hexdigest()) for digits in (b"254712345678", b"254")
)
MASK, OTHER_MASK = MaskedMsisdn.parse("2547 ***** 678"), MaskedMsisdn.parse("2547 ***** 679")
STRANGER = Msisdn("254712345679")


def is_twin(till: Shortcode | None = None, **changes: Any) -> bool:
    attempt = replace(new_attempt(AMOUNT, till=till), dispatched_at=START)
    return looks_like(attempt, replace(MONEY, **changes))


@pytest.mark.parametrize(
    ("payer", "account", "twin"),
    [
        (PHONE, "INV-10042", True),
        (PHONE, "anything", True),
        (STRANGER, "INV-10042", False),
        (OURS, "anything", True),
        (STRANGERS, "INV-10042", False),
        (MASK, "Inv10042", True),
        (MASK, "anything", False),
        (OTHER_MASK, "INV-10042", False),
        (None, "inv 10042", True),
        (None, "anything", False),
        (None, "", False),
    ],
)
def test_a_whole_payer_identifies_a_mask_only_excludes(
    payer: Any, account: str, *, twin: bool
) -> None:
    assert is_twin(payer=payer, account=account) is twin


@pytest.mark.parametrize("cents", [99_999, 100_001, 200_000])
def test_another_amount_is_no_twin(cents: int) -> None:
    assert not is_twin(amount=Money.cents(cents))


@pytest.mark.parametrize(
    ("seconds", "twin"), [(-600, True), (600, True), (-601, False), (601, False)]
)
def test_ten_minutes_before_and_after_the_prompt_are_near_enough(
    seconds: int, *, twin: bool
) -> None:
    assert is_twin(paid_at=START + timedelta(seconds=seconds)) is twin


def test_a_prompt_for_a_till_is_paid_at_its_till_or_its_head_office() -> None:
    assert is_twin(till=TILL, shortcode=TILL)
    assert is_twin(till=TILL, shortcode=PAYBILL)
    assert not is_twin(shortcode=TILL)


@pytest.mark.parametrize(
    ("story", "strict", "fast"),
    [
        ("dispatch 1000", True, False),
        ("dispatch 1000 | 1s deferred", False, False),
        ("dispatch 1000 | 1s unanswered", True, False),
        ("push 1000", True, False),
        ("push 1000 | 20s callback paid NLJ7RT61SV", False, False),
        ("push 1000 | 20s callback failed wrong_pin", False, False),
        ("push 1000 | 15m query nothing", False, False),
        ("push 1000 | 20s callback disagrees amount", False, False),
        ("push 1000 | 95s query paid | 60s query paid", True, True),
        ("push 1000 | 20s callback paid NLJ7RT61SV | 1s query paid", False, False),
    ],
)
def test_who_still_looks_for_its_receipt(story: str, *, strict: bool, fast: bool) -> None:
    attempt = tell(story).attempts[0]

    assert may_be_its_own(attempt, Policy.STRICT) is strict
    assert may_be_its_own(attempt, Policy.FAST) is fast


# ── of several prompts ───────────────────────────────────────────────────────────────────


def sent(number: int, state: AttemptState = AttemptState.SUCCEEDED) -> Any:
    """A prompt of the payment, sent after those of lower numbers."""
    at = START + timedelta(minutes=number)
    return replace(new_attempt(AMOUNT, number=number), dispatched_at=at, state=state)


def test_the_only_prompt_is_the_owner_and_of_none_there_is_none() -> None:
    waiting = sent(1, AttemptState.AWAITING_CUSTOMER)

    assert the_owner([waiting]) == waiting
    assert the_owner([]) is None


def test_prompts_of_one_payment_that_are_booked_are_named_in_their_order() -> None:
    assert the_owner([sent(2), sent(1), sent(3)]) == sent(1)


def test_a_prompt_that_may_not_have_been_paid_leaves_the_choice_to_a_person() -> None:
    assert the_owner([sent(1), sent(2, AttemptState.AWAITING_CUSTOMER)]) is None


def test_which_of_two_payments_is_never_guessed() -> None:
    other = replace(sent(2), payment_id=PaymentId("pay_2"))

    assert the_owner([sent(1), other]) is None
