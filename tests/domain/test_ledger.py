"""The books: entries that cannot be unbalanced, and the table from fact to accounts."""

from datetime import UTC, datetime

import pytest

from domain.world import ACCOUNT, PAYBILL, TILL, new_attempt
from pokea.daraja.values import Money
from pokea.domain.errors import Bug
from pokea.domain.ledger import JournalEntry, JournalKind, LedgerAccount, Posting
from pokea.domain.posting_rules import Collected, collection

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
    booked = collection(new_attempt(TEN), collected, AT)

    assert booked.postings == (Posting(debit=UTILITY, credit=owner, amount=TEN),)


def test_a_till_is_debited_where_tills_collect() -> None:
    booked = collection(new_attempt(TEN, till=TILL), Collected.IN_TIME, AT)

    assert booked.postings[0].debit is LedgerAccount.MPESA_MERCHANT


def test_a_collection_is_unique_to_its_attempt() -> None:
    attempt = new_attempt(TEN)

    booked = collection(attempt, Collected.IN_TIME, AT)

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


def test_account_numbers_are_those_of_the_chart_and_used_once() -> None:
    numbers = {account.name: account.value for account in LedgerAccount}

    assert numbers["MPESA_UTILITY"] == 1010
    assert numbers["MPESA_MERCHANT"] == 1020
    assert numbers["CUSTOMER_RECEIVABLE"] == 1100
    assert numbers["SUSPENSE_UNMATCHED"] == 2100
    assert numbers["SUSPENSE_DUPLICATE"] == 2120
    assert len(set(numbers.values())) == len(LedgerAccount.__members__)
