"""A receipt's life as a table: what it was, what happens, what it is and what is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.bookkeeping import AT, a_record
from domain.world import ACCOUNT, PAYBILL, PHONE
from pokea.daraja.values import Money, Receipt
from pokea.domain import receipt_machine as machine
from pokea.domain.corroboration import Rules, Witness
from pokea.domain.errors import Bug
from pokea.domain.ids import AttemptId, PaymentId, ReceiptId, ShortcodeId
from pokea.domain.receipt import Collector, MoneyHeard, Part, ReceiptRecord, ReceiptState
from pokea.domain.receipt_machine import ReceiptChange

HUNDRED = Money.shillings(100)
ATTEMPT = AttemptId("att_1")
LATER = AT + timedelta(minutes=1)
COLLECTOR = Collector(
    id=ShortcodeId("sc_1"), account_id=ACCOUNT, livemode=True, shortcode=PAYBILL, till=None
)
MONEY = MoneyHeard(
    receipt=Receipt("UAF7X2K9QP"),
    shortcode=PAYBILL,
    amount=HUNDRED,
    paid_at=AT,
    witness=Witness.C2B_CONFIRMATION,
    account="inv 10042",
    payer=PHONE,
    payer_name="JANE",
)

HAPPENS: dict[str, Callable[[ReceiptRecord], ReceiptRecord | ReceiptChange]] = {
    "claimed": lambda one: machine.claimed(one, ATTEMPT),
    "parked": lambda one: machine.parked(one, "several_attempts", AT),
    "kept": machine.kept_parked,
    "received": machine.received,
    "waits": lambda one: machine.waits(one, AT),
    "matched": lambda one: machine.matched(one, (a_part(100),)),
    "unmatched": lambda one: machine.unmatched(one, "unknown_account"),
    "verified": lambda one: machine.verified(one, LATER),
    "conflicted": machine.conflicted,
    "reversed": lambda one: machine.reversed_by(one, Receipt("UAF9Z2K9QP")),
}


def a_part(shillings: int, payment: str = "pay_1") -> Part:
    return Part(
        amount=Money.shillings(shillings),
        matched_by="account_number",
        matched_at=AT,
        payment_id=PaymentId(payment),
    )


def heard(witness: Witness = Witness.C2B_CONFIRMATION) -> ReceiptRecord:
    money = replace(MONEY, witness=witness)
    return machine.heard(ReceiptId("rct_1"), COLLECTOR, money, LATER)


def told(story: str, witness: Witness = Witness.C2B_CONFIRMATION) -> str:
    """``state reason: events``, after some words have happened to a new receipt."""
    record, events = heard(witness), list[str]()
    for word in story.split():
        change = HAPPENS[word](record)
        if isinstance(change, ReceiptRecord):
            record = change
            continue
        record = change.record
        events += [] if change.event is None else [change.event.value.removeprefix("c2b.")]
    assert record.sequence == len(events)
    return f"{record.state} {record.reason}: {' '.join(events)}".strip()


@pytest.mark.parametrize(
    ("story", "end"),
    [
        ("claimed", "claimed None:"),
        ("parked", "parked several_attempts:"),
        ("parked claimed", "claimed None:"),
        ("parked kept", "parked several_attempts:"),
        ("parked received", "received None: received"),
        ("claimed received", "received None: received"),
        ("received", "received None: received"),
        ("received matched", "matched None: received matched"),
        ("received unmatched", "unmatched unknown_account: received unmatched"),
        ("received unmatched matched", "matched None: received unmatched matched"),
        ("received waits", "received awaiting_verification: received"),
        ("received waits verified", "received awaiting_verification: received verified"),
        ("received waits verified matched", "matched None: received verified matched"),
        ("received matched unmatched", "unmatched unknown_account: received matched unmatched"),
        ("received matched verified", "matched None: received matched verified"),
        ("received matched conflicted", "matched None: received matched conflict"),
        ("received matched claimed", "matched None: received matched"),
        ("received claimed", "received None: received"),
        ("claimed verified", "claimed None:"),
        ("parked verified", "parked several_attempts:"),
        ("received reversed", "reversed None: received reversed"),
        ("received unmatched reversed", "reversed None: received unmatched reversed"),
        ("received matched reversed", "reversed None: received matched reversed"),
        ("received matched reversed claimed", "reversed None: received matched reversed"),
        ("claimed reversed", "reversed None:"),
        ("claimed reversed claimed", "reversed None:"),
        ("received reversed verified", "reversed None: received reversed"),
        ("received reversed conflicted", "reversed None: received reversed conflict"),
    ],
)
def test_what_becomes_of_a_receipt_and_what_is_told_of_it(story: str, end: str) -> None:
    assert told(story) == end


def test_what_we_were_told_is_kept_as_it_was_told() -> None:
    record = heard()

    assert (record.account, record.payer, record.payer_name) == ("inv 10042", PHONE, "JANE")
    assert (record.account_id, record.livemode) == (ACCOUNT, True)
    assert (record.paid_at, record.received_at) == (AT, LATER)
    assert (record.verified_at, record.recovered) == (None, False)


@pytest.mark.parametrize("witness", [Witness.PULL_ROW, Witness.STATEMENT_ROW])
def test_money_that_only_safaricoms_lists_know_is_recovered_and_verified(
    witness: Witness,
) -> None:
    record = heard(witness)

    assert (record.verified_at, record.recovered) == (LATER, True)
    assert told("received", witness) == "received None: recovered"


@pytest.mark.parametrize(
    "story",
    ["received", "received matched", "received unmatched", "received reversed"],
)
def test_what_is_in_the_books_does_not_enter_them_again(story: str) -> None:
    with pytest.raises(Bug):
        told(f"{story} received")


@pytest.mark.parametrize("story", ["parked reversed", "received reversed reversed"])
def test_what_is_not_in_the_books_is_not_given_back(story: str) -> None:
    with pytest.raises(Bug):
        told(story)


def test_who_owned_money_that_was_given_back_stays_written_beside_it() -> None:
    owned = machine.matched(machine.received(heard()).record, (a_part(100),)).record

    record = machine.reversed_by(owned, Receipt("UAF9Z2K9QP")).record

    assert record.parts == owned.parts
    assert record.reversal == Receipt("UAF9Z2K9QP")


@pytest.mark.parametrize("parts", [[], [99], [101], [100, 1], [40, 59]])
def test_parts_that_do_not_add_up_are_a_bug(parts: list[int]) -> None:
    record = machine.received(heard()).record

    with pytest.raises(Bug):
        machine.matched(record, tuple(a_part(part) for part in parts))


def test_one_receipt_may_have_several_owners() -> None:
    record = machine.received(heard()).record

    change = machine.matched(record, (a_part(40), a_part(60, "pay_2")))

    assert [part.payment_id for part in change.record.parts] == ["pay_1", "pay_2"]
    assert machine.unmatched(change.record, "taken_back").record.parts == ()


def test_a_parked_receipt_is_looked_at_in_two_minutes_and_a_kept_one_by_a_person() -> None:
    parked = machine.parked(heard(), "several_attempts", AT)

    assert parked.due_at == AT + timedelta(seconds=120)
    assert machine.kept_parked(parked).due_at is None
    assert machine.claimed(parked, ATTEMPT).due_at is None


def test_a_claim_on_booked_money_leaves_it_in_the_books() -> None:
    record = machine.claimed(a_record(HUNDRED), ATTEMPT)

    assert (record.state, record.attempt_id) == (ReceiptState.RECEIVED, ATTEMPT)


@pytest.mark.parametrize(
    ("cents", "verified", "only_verified", "counts"),
    [
        (100, False, False, True),
        (4_999_999, False, False, True),
        (5_000_000, False, False, False),
        (5_000_000, True, False, True),
        (100, False, True, False),
        (100, True, True, True),
    ],
)
def test_large_money_counts_only_when_safaricom_names_it_too(
    cents: int, *, verified: bool, only_verified: bool, counts: bool
) -> None:
    record = a_record(Money.cents(cents))
    record = machine.verified(record, AT).record if verified else record

    assert machine.may_count(record, Rules(c2b_only_verified=only_verified)) is counts
