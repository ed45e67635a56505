"""A notice: at most once to a customer, at least tried for operators, and then it ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from harness.examples import NOW, a_notice, an_alert
from pokea.domain.event import EventType
from pokea.domain.notice import (
    PAUSES,
    SEND_LEASE,
    Audience,
    Notice,
    NoticeState,
    NotTaken,
    SendOutcome,
    Taken,
    Target,
    Unclear,
    after_sending,
    audience_of,
    begun,
)

REFUSED = NotTaken(why="no connection")
SILENT = Unclear(why="no answer in 20 s")


def tried(notice: Notice, *outcomes: SendOutcome) -> Notice:
    """A notice after tries, each at the moment it was due."""
    for outcome in outcomes:
        assert notice.due_at is not None
        now = notice.due_at
        notice = after_sending(begun(notice, more=0, now=now), outcome, now)
    return notice


def test_a_notice_is_on_the_wire_before_the_service_is_called() -> None:
    sending = begun(a_notice(), more=0, now=NOW)

    assert sending.state is NoticeState.SENDING
    assert sending.tries == 1
    assert sending.due_at == NOW + SEND_LEASE


@pytest.mark.parametrize("notice", [a_notice(), an_alert()], ids=["customer", "operators"])
def test_a_notice_that_was_taken_is_over(notice: Notice) -> None:
    sent = tried(notice, Taken())

    assert (sent.state, sent.due_at, sent.ended_at) == (NoticeState.SENT, None, NOW)


def test_a_customers_receipt_that_may_have_gone_out_is_never_sent_again() -> None:
    unsure = tried(a_notice(), SILENT)

    assert (unsure.state, unsure.due_at) == (NoticeState.UNSURE, None)
    assert unsure.last_error == "no answer in 20 s"


def test_an_alert_that_may_have_gone_out_is_sent_again() -> None:
    again = tried(an_alert(), SILENT)

    assert (again.state, again.due_at) == (NoticeState.RETRYING, NOW + PAUSES[0])


def test_clear_failures_are_tried_six_times_in_seven_hours() -> None:
    last = tried(a_notice(), *[REFUSED] * 5)

    assert last.due_at is not None
    assert last.due_at - NOW == timedelta(hours=7, minutes=12, seconds=30)
    assert tried(last, REFUSED).state is NoticeState.FAILED


def test_a_receipt_that_is_taken_at_last_forgets_why_it_was_late() -> None:
    sent = tried(a_notice(), REFUSED, REFUSED, Taken())

    assert (sent.state, sent.tries, sent.last_error) == (NoticeState.SENT, 3, None)


def test_an_alert_that_never_was_clear_ends_unsure() -> None:
    assert tried(an_alert(), *[SILENT] * 6).state is NoticeState.UNSURE


def test_what_an_alert_counted_is_kept_over_its_tries() -> None:
    counted = replace(begun(an_alert(), more=37, now=NOW), state=NoticeState.RETRYING)

    assert begun(counted, more=0, now=NOW).more == 37


def test_customers_hear_of_payments_and_operators_of_what_needs_them() -> None:
    told = {kind.value: audience for kind in EventType if (audience := audience_of(kind))}

    assert told == {
        "payment.succeeded": Audience.CUSTOMER,
        "payment.requires_review": Audience.OPERATORS,
        "c2b.unmatched": Audience.OPERATORS,
        "c2b.conflict": Audience.OPERATORS,
        "reconciliation.difference": Audience.OPERATORS,
        "security.callback_quarantined": Audience.OPERATORS,
        "payment.late_funds": Audience.OPERATORS,
        "payment.duplicate_funds": Audience.OPERATORS,
        "payment.reversed": Audience.OPERATORS,
        "security.callback_conflict": Audience.OPERATORS,
    }


def test_a_target_goes_to_text_and_back() -> None:
    target = a_notice().target

    assert Target.of_text(target.text) == target
