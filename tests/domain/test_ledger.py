"""The books: entries that cannot be unbalanced, and the table from fact to accounts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.world import ACCOUNT, PAYBILL, TILL, new_attempt
from pokea.daraja.values import Money
from pokea.domain.booking import Booking, Collected
from pokea.domain.errors import Bug
from pokea.domain.ids import JournalId
from pokea.domain.ledger import JournalEntry, JournalKind, LedgerAccount, Posting
from pokea.domain.posting_rules import collection

AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
TEN = Money.shillings(10)
UTILITY, RECEIVABLE = LedgerAccount.MPESA_UTILITY, LedgerAccount.CUSTOMER_RECEIVABLE


def entry(*postings: Posting) -> JournalEntry:
    return JournalEntry(
        kind=JournalKind.COLLECT,
        source_id="att_1",
        account_id=ACCOUNT,
        livemode=False,
        shortcode=PAYBILL,
        at=AT,
        postings=postings,
    )


@pytest.mark.parametrize(
    ("collected", "owner"),
    [
        (Collected.IN_TIME, LedgerAccount.CUSTOMER_RECEIVABLE),
        (Collected.AFTER_CANCEL, LedgerAccount.SUSPENSE_UNMATCHED),
        (Collected.A_SECOND_TIME, LedgerAccount.SUSPENSE_DUPLICATE),
    ],
)
def test_collected_money_is_credited_to_whoever_it_belongs_to(
    collected: Collected, owner: LedgerAccount
) -> None:
    booked = collection(new_attempt(TEN), Booking(owner=collected, amount=TEN), AT)

    assert booked.postings == (Posting(debit=UTILITY, credit=owner, amount=TEN),)


def test_a_till_is_debited_where_tills_collect() -> None:
    booked = collection(
        new_attempt(TEN, till=TILL), Booking(owner=Collected.IN_TIME, amount=TEN), AT
    )

    assert booked.postings[0].debit is LedgerAccount.MPESA_MERCHANT


def test_a_collection_is_unique_to_its_attempt() -> None:
    attempt = new_attempt(TEN)

    booked = collection(attempt, Booking(owner=Collected.IN_TIME, amount=TEN), AT)

    assert (booked.kind, booked.source_id) == (JournalKind.COLLECT, attempt.id)
    assert (booked.account_id, booked.livemode) == (attempt.account_id, attempt.livemode)


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (Posting(debit=UTILITY, credit=RECEIVABLE, amount=Money.zero()),),
        (Posting(debit=UTILITY, credit=UTILITY, amount=TEN),),
        (
            Posting(debit=UTILITY, credit=RECEIVABLE, amount=TEN),
            Posting(debit=RECEIVABLE, credit=RECEIVABLE, amount=TEN),
        ),
    ],
    ids=["no postings", "nothing moved", "against itself", "one of two against itself"],
)
def test_an_entry_that_says_nothing_is_a_bug(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(Bug):
        entry(*postings)


CHART = """
1010 asset         mpesa_utility
1020 asset         mpesa_merchant
1030 asset         mpesa_working
1040 contra_asset  mpesa_charges_paid
1050 asset         mpesa_settlement
1060 asset         bank
1100 asset         customer_receivable
1200 asset         payouts_in_flight
1210 asset         reversals_in_flight
1900 asset         suspense_debits
2010 liability     payout_obligation
2100 liability     suspense_unmatched
2110 liability     suspense_overpaid
2120 liability     suspense_duplicate
2130 liability     suspense_contested
3010 equity        opening_balance
3020 equity        adjustments
5010 expense       mpesa_fees
5100 expense       payout_cost
"""


def test_the_chart_of_accounts_is_this_one() -> None:
    chart = [
        f"{account.value} {account.type.value:13} {account.name.lower()}"
        for account in LedgerAccount
    ]

    assert chart == CHART.strip().splitlines()


def test_an_account_is_found_by_its_number() -> None:
    assert LedgerAccount(1040) is LedgerAccount.MPESA_CHARGES_PAID


def test_a_correction_names_what_it_corrects_and_nothing_else_does() -> None:
    ordinary = entry(Posting(debit=UTILITY, credit=RECEIVABLE, amount=TEN))

    with pytest.raises(Bug):
        replace(ordinary, corrects_id=JournalId("jrn_1"))
    with pytest.raises(Bug):
        replace(ordinary, kind=JournalKind.CORRECT)
