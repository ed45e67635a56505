"""What captured results of the real Safaricom say to the gateway."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from harness.examples import an_inquiry
from pokea.daraja.callbacks import BalanceResult, StatusResult, decode
from pokea.daraja.values import Money, Msisdn, Receipt
from pokea.domain.status_word import Arrived, Ended, Open, Refused, StatusWord, read_status
from pokea.flows.hear_result import Figures, figures_of, told_of

PAYLOADS: Final = Path(__file__).parents[2] / "fixtures" / "daraja" / "payloads"


def status(name: str, about: str, *ours: str) -> StatusWord:
    told = decode("status_result", (PAYLOADS / f"status_result_{name}.json").read_bytes())
    assert isinstance(told, StatusResult)
    inquiry = replace(an_inquiry(), about=Receipt(about))
    return read_status(inquiry, told_of(told), frozenset(ours))


def balance(name: str) -> Figures | Open | Refused:
    told = decode("balance_result", (PAYLOADS / f"balance_result_{name}.json").read_bytes())
    assert isinstance(told, BalanceResult)
    return figures_of(told)


def test_a_production_payment_with_fuliza_arrived() -> None:
    word = status("success_fuliza_production_2024", "SB659DEI29", "4130669")

    assert isinstance(word, Arrived)
    assert word.amount == Money.shillings(1)
    assert (word.payer, word.payer_name) == (Msisdn("254700000000"), "JOHN TEST DOE")


def test_a_payer_without_a_number_takes_nothing_from_the_money() -> None:
    word = status("success_2024__SirWaithaka", "SFT1FWI0VP", "000000")

    assert isinstance(word, Arrived)
    assert word.payer is None


def test_a_captured_payout_is_no_money_that_arrived() -> None:
    # Its second "DebitPartyName" is the customer; there is no party that was credited.
    word = status("success__portal2025", "MBN31H462N", "600310")

    assert isinstance(word, Ended)
    assert not word.denies


def test_a_receipt_that_is_not_found_and_a_refused_initiator_are_told_apart() -> None:
    assert status("2032_receipt_not_found_2026__paysync", "SB659DEI29") == Open("not_found")
    assert status("2001_2018__dkiptugen-1", "SB659DEI29") == Refused("2001")


@pytest.mark.parametrize(
    "name",
    [
        "success_production_2026__id57964556337",
        "success_actiontype_2024__jwambugu",
        "success__portal2017",
        "success__portal2025",
    ],
)
def test_balances_of_all_years_are_figures(name: str) -> None:
    heard = balance(name)

    assert isinstance(heard, Figures)
    assert {one.currency for one in heard.figures} == {"KES"}
    assert "Utility Account" in {one.name for one in heard.figures}


def test_a_locked_or_wrong_operator_is_refused_a_balance() -> None:
    assert balance("8006_locked_2026__newtonmunene99") == Refused("8006")
    assert balance("2001_single_object_2020__newtonmunene99-12") == Refused("2001")
