"""A question that is answered later: asked again ever more slowly, believed once."""

from dataclasses import replace
from datetime import datetime, timedelta

from harness.examples import NOW, an_inquiry
from pokea.domain.inquiry import (
    ANSWER_WITHIN,
    ASKED_FOR,
    PAUSES,
    Conversation,
    Inquiry,
    InquiryKind,
    InquiryState,
    acknowledged,
    answered,
    asking,
    belongs,
    fell_silent,
    given_up,
    is_spent,
    put_off,
    refused,
    unsettled,
)

MARK = b"initiator-mark.."
OURS = Conversation("AG_20260115_1", "feb5-4a6d-1")
THEIRS = Conversation("AG_20260115_2", "feb5-4a6d-2")


def due(inquiry: Inquiry) -> datetime:
    assert inquiry.due_at is not None
    return inquiry.due_at


def test_a_result_has_its_time_before_the_question_is_asked_again() -> None:
    asked = asking(an_inquiry(), MARK, NOW)

    assert (asked.tries, asked.asked_at, asked.initiator) == (1, NOW, MARK)
    assert asked.due_at == NOW + ANSWER_WITHIN


def test_silence_is_asked_again_ever_more_slowly_and_in_the_end_left() -> None:
    inquiry, at, waits = an_inquiry(), NOW, list[timedelta]()

    while not is_spent(inquiry, at):
        inquiry = asking(inquiry, MARK, at)
        waits.append(due(inquiry) - at)
        at = due(inquiry)

    assert waits == [*sorted(waits[:-1]), ANSWER_WITHIN]
    assert len(waits) == len(PAUSES[InquiryKind.STATUS]) + 1
    assert waits[-2] == timedelta(days=1)


def test_a_queue_that_gave_up_is_asked_again_after_half_a_minute_then_two_then_five() -> None:
    inquiry, pauses = an_inquiry(), list[timedelta]()

    for _ in range(3):
        inquiry = given_up(asking(inquiry, MARK, NOW), NOW)
        pauses.append(due(inquiry) - NOW)

    assert pauses == [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=5)]
    assert inquiry.state is InquiryState.ASKED


def test_a_question_that_never_left_was_no_try() -> None:
    inquiry = put_off(asking(an_inquiry(), MARK, NOW), NOW + timedelta(seconds=5))

    assert (inquiry.tries, inquiry.due_at) == (0, NOW + timedelta(seconds=5))


def test_a_question_that_could_not_leave_for_days_is_left_too() -> None:
    assert not is_spent(an_inquiry(), NOW + ASKED_FOR - timedelta(seconds=1))
    assert is_spent(an_inquiry(), NOW + ASKED_FOR)


def test_a_balance_that_does_not_come_soon_is_asked_for_anew_and_not_again() -> None:
    inquiry = an_inquiry(kind=InquiryKind.BALANCE)

    for _ in range(3):
        assert not is_spent(inquiry, NOW)
        inquiry = asking(inquiry, MARK, NOW)

    assert is_spent(inquiry, NOW)


def test_an_answer_that_may_change_is_asked_for_again_until_nobody_asks_any_more() -> None:
    inquiry = asking(an_inquiry(), MARK, NOW)

    open_still = unsettled(inquiry, "initiated", NOW)
    last = unsettled(replace(inquiry, tries=9), "not_found", NOW)

    assert (open_still.state, open_still.outcome) == (InquiryState.ASKED, "initiated")
    assert open_still.due_at == NOW + timedelta(seconds=30)
    assert (last.state, last.outcome, last.due_at) == (
        InquiryState.ANSWERED,
        "not_found",
        None,
    )


def test_the_last_word_ends_the_asking() -> None:
    for ended in (
        answered(an_inquiry(), "completed 100.00", NOW),
        refused(an_inquiry(), "2001", NOW),
        fell_silent(an_inquiry()),
    ):
        assert ended.due_at is None
        assert ended.state is not InquiryState.ASKED


def test_a_result_belongs_to_a_conversation_that_we_had() -> None:
    inquiry = acknowledged(asking(an_inquiry(), MARK, NOW), OURS)

    assert belongs(inquiry, OURS)
    assert not belongs(inquiry, THEIRS)
    assert not belongs(inquiry, Conversation(OURS.conversation_id, ""))


def test_a_result_may_be_quicker_than_its_acknowledgement() -> None:
    assert belongs(asking(an_inquiry(), MARK, NOW), OURS)
    assert not belongs(an_inquiry(), OURS)  # and nothing belongs to what was never asked


def test_an_answer_to_an_earlier_try_is_an_answer() -> None:
    first = acknowledged(asking(an_inquiry(), MARK, NOW), OURS)
    second = acknowledged(asking(first, MARK, NOW), THEIRS)

    assert belongs(second, OURS)
    assert belongs(second, THEIRS)
    assert acknowledged(second, OURS) == second
