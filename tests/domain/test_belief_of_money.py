"""Which C2B confirmations are believed: address, shortcode, and all that proves the money."""

from dataclasses import replace

import pytest

from domain.world import ACCOUNT, PAYBILL, PHONE, START, TILL
from pokea.daraja.values import Money, Receipt, Shortcode
from pokea.domain.belief import believe_money
from pokea.domain.corroboration import Witness
from pokea.domain.ids import ShortcodeId
from pokea.domain.inbox import InboxState, ToldReceived
from pokea.domain.receipt import Collector, MoneyHeard

COLLECTOR = Collector(
    id=ShortcodeId("sc_1"), account_id=ACCOUNT, livemode=True, shortcode=PAYBILL, till=TILL
)
TOLD = ToldReceived(
    receipt=Receipt("UAF7X2K9QP"),
    amount=Money.shillings(100),
    shortcode=PAYBILL,
    paid_at=START,
    account=" inv 10042 ",
    payer=PHONE,
    payer_name="JANE",
)


def test_a_confirmation_whose_guards_all_pass_is_a_class_b_witness() -> None:
    money = believe_money(COLLECTOR, TOLD, ip_listed=True)

    assert isinstance(money, MoneyHeard)
    assert money.witness.evidence_class == "B"
    assert money == MoneyHeard(
        receipt=Receipt("UAF7X2K9QP"),
        shortcode=PAYBILL,
        amount=Money.shillings(100),
        paid_at=START,
        witness=Witness.C2B_CONFIRMATION,
        account=" inv 10042 ",
        payer=PHONE,
        payer_name="JANE",
    )


@pytest.mark.parametrize("shortcode", [PAYBILL, TILL, None], ids=["paybill", "till", "missing"])
def test_money_at_a_till_is_the_paybills_whose_path_it_came_on(
    shortcode: Shortcode | None,
) -> None:
    money = believe_money(COLLECTOR, replace(TOLD, shortcode=shortcode), ip_listed=True)

    assert isinstance(money, MoneyHeard)
    assert money.shortcode == PAYBILL


def test_another_shortcode_on_our_path_is_a_conflict() -> None:
    stranger = replace(TOLD, shortcode=Shortcode("600000"))
    without_till = replace(COLLECTOR, till=None)

    refused = (InboxState.CONFLICT, "shortcode")
    assert believe_money(COLLECTOR, stranger, ip_listed=True) == refused
    assert believe_money(without_till, replace(TOLD, shortcode=TILL), ip_listed=True) == refused


@pytest.mark.parametrize("told", [TOLD, replace(TOLD, shortcode=Shortcode("600000"))])
def test_an_address_that_is_not_listed_proves_nothing_whatever_it_says(
    told: ToldReceived,
) -> None:
    parked = believe_money(COLLECTOR, told, ip_listed=False)

    assert parked == (InboxState.QUARANTINED, "address_not_listed")


@pytest.mark.parametrize(
    "told",
    [
        replace(TOLD, receipt=None),
        replace(TOLD, amount=None),
        replace(TOLD, amount=Money.zero()),
        replace(TOLD, paid_at=None),
    ],
    ids=["no receipt", "no amount", "nothing", "no time"],
)
def test_what_leaves_out_receipt_amount_or_time_is_not_believed(told: ToldReceived) -> None:
    parked = believe_money(COLLECTOR, told, ip_listed=True)

    assert parked == (InboxState.QUARANTINED, "incomplete")


def test_account_payer_and_name_may_be_missing() -> None:
    told = replace(TOLD, account="", payer=None, payer_name="")

    assert isinstance(believe_money(COLLECTOR, told, ip_listed=True), MoneyHeard)
