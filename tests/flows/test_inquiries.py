"""Questions that are answered later: asked once, again after silence, and answered once."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from harness.asking import Asking, an_asking_world
from harness.examples import NOW, RECEIPT, SHORTCODE
from harness.fakes import Died
from pokea.daraja.values import Receipt
from pokea.domain.inquiry import (
    ANSWER_WITHIN,
    PAUSES,
    Conversation,
    Inquiry,
    InquiryKind,
    InquiryState,
)
from pokea.flows.ask_balance import ask_balance
from pokea.flows.ask_status import ask_status
from pokea.flows.ports import Declined, PutOff, Unheard

pytestmark = pytest.mark.anyio

OTHER = Receipt("UAF7X2K9QQ")


@pytest.fixture
async def asking(database_url: str, anyio_backend: str) -> AsyncGenerator[Asking]:
    assert anyio_backend == "asyncio"
    async with an_asking_world(database_url) as made:
        yield made


async def ask(
    asking: Asking, receipt: Receipt = RECEIPT, *, by_hand: bool = False
) -> Inquiry | None:
    """Have a receipt asked about, and ask it."""
    deps, owner = asking.world.deps, asking.collector
    found = await deps.db.write(
        lambda tx: ask_status(tx, deps, receipt, owner, by_hand=by_hand)
    )
    await asking.world.works()
    return found


async def state(asking: Asking) -> tuple[InquiryState, str | None]:
    inquiry = await asking.inquiry()
    return inquiry.state, inquiry.outcome


# ── asking ───────────────────────────────────────────────────────────────────────────────


async def test_a_question_is_asked_once_on_paths_of_its_own(asking: Asking) -> None:
    await ask(asking)

    [(inquiry, result_path, timeout_path)] = asking.inquirer.asked
    assert (inquiry.kind, inquiry.about) == (InquiryKind.STATUS, RECEIPT)
    assert result_path.startswith("/i/t/")
    assert timeout_path.startswith("/i/q/")
    assert (await asking.inquiry()).conversations == (asking.inquirer.conversation(),)


async def test_asking_again_while_it_is_open_asks_nothing_new(asking: Asking) -> None:
    first = await ask(asking)

    again = await ask(asking, by_hand=True)

    assert again is not None
    assert first is not None
    assert again.id == first.id
    assert len(asking.inquirer.asked) == 1


async def test_silence_is_asked_again_and_in_the_end_an_operator_reads_of_it(
    asking: Asking,
) -> None:
    await ask(asking)

    await asking.world.passes(days=3)

    assert len(asking.inquirer.asked) == len(PAUSES[InquiryKind.STATUS]) + 1
    assert await state(asking) == (InquiryState.SILENT, None)
    await asking.answers_status()
    assert await state(asking) == (InquiryState.ANSWERED, "completed 100.00")


async def test_a_killed_workers_question_is_asked_again(asking: Asking) -> None:
    async def die(_inquiry: Inquiry) -> None:
        raise Died

    asking.inquirer.before_answer = die
    with pytest.raises(Died):
        await ask(asking)

    asking.inquirer.before_answer = None
    await asking.world.passes(seconds=ANSWER_WITHIN.total_seconds())

    assert len(asking.inquirer.asked) == 2


async def test_a_question_without_an_acknowledgement_may_still_be_answered(
    asking: Asking,
) -> None:
    asking.inquirer.outcomes = [Unheard()]
    await ask(asking)

    await asking.answers_status()

    assert await state(asking) == (InquiryState.ANSWERED, "completed 100.00")


async def test_an_answer_that_beats_its_acknowledgement_is_believed(asking: Asking) -> None:
    async def answer(_inquiry: Inquiry) -> None:
        await asking.answers_status()

    asking.inquirer.before_answer = answer
    await ask(asking)

    assert await state(asking) == (InquiryState.ANSWERED, "completed 100.00")
    assert (await asking.inquiry()).due_at is None


async def test_a_refused_connection_is_tried_again_and_was_no_try(asking: Asking) -> None:
    asking.inquirer.outcomes = [PutOff(retry_after_s=5)]
    await ask(asking)
    assert (await asking.inquiry()).tries == 0

    await asking.world.passes(seconds=5)

    assert (await asking.inquiry()).tries == 1
    assert len(asking.inquirer.asked) == 2


async def test_too_many_requests_slow_down_every_question(asking: Asking) -> None:
    asking.inquirer.outcomes = [PutOff(retry_after_s=30, too_often=True)]

    await ask(asking)

    assert asking.world.budget.slowed == [30]


async def test_without_a_question_left_it_waits_for_one(asking: Asking) -> None:
    asking.world.budget.left = 0
    await ask(asking)
    await asking.world.passes(seconds=10)
    assert asking.inquirer.asked == []

    asking.world.budget.left = 1
    await asking.world.passes(seconds=2)

    assert len(asking.inquirer.asked) == 1


async def test_a_question_that_safaricom_declines_is_not_repeated(asking: Asking) -> None:
    asking.inquirer.outcomes = [Declined(code="400.002.02", message="Bad Request")]
    await ask(asking)

    await asking.world.passes(days=1)

    assert len(asking.inquirer.asked) == 1
    assert await state(asking) == (InquiryState.REFUSED, "400.002.02 Bad Request")


async def test_every_answer_to_a_call_is_kept_as_evidence(asking: Asking) -> None:
    await ask(asking)

    assert [(row.attempt_id, row.kind) for row in asking.world.rows_of_calls()] == [
        (asking.last.id, "status")
    ]


# ── answers ──────────────────────────────────────────────────────────────────────────────


async def test_the_same_answer_twice_is_one_answer(asking: Asking) -> None:
    await ask(asking)

    for _ in range(2):
        await asking.answers_status()
    await asking.answers_status(DebitPartyName="254712345678 - W KAMAU")

    assert asking.world.parked() == [
        ("applied", None, 2),
        ("duplicate", None, 1),
    ]


async def test_another_answer_than_the_last_word_changes_nothing(asking: Asking) -> None:
    await ask(asking)
    await asking.answers_status()

    await asking.answers_status(TransactionStatus="Cancelled")

    assert asking.world.parked()[1:] == [("conflict", "outcome", 1)]
    assert await state(asking) == (InquiryState.ANSWERED, "completed 100.00")


async def test_an_answer_of_another_conversation_is_not_believed(asking: Asking) -> None:
    await ask(asking)

    await asking.answers_status(conversation=Conversation("AG_20260115_9", "feb5-9"))

    assert asking.world.parked() == [("conflict", "conversation_id", 1)]
    assert await state(asking) == (InquiryState.ASKED, None)
    assert asking.world.rows_of_receipts() == []


async def test_an_answer_from_a_strangers_address_makes_us_ask_again(asking: Asking) -> None:
    await ask(asking)

    await asking.hears(asking.status_body(), listed=False)

    assert asking.world.parked() == [("quarantined", "address_not_listed", 1)]
    assert asking.world.rows_of_receipts() == []
    await asking.world.passes(seconds=60)
    assert len(asking.inquirer.asked) == 2


async def test_an_answer_to_an_earlier_try_counts(asking: Asking) -> None:
    await ask(asking)
    await asking.world.passes(minutes=4)
    assert len(asking.inquirer.asked) == 2

    await asking.answers_status(conversation=asking.inquirer.conversation(1))

    assert await state(asking) == (InquiryState.ANSWERED, "completed 100.00")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"Result":{}}', b"\xff", b"[]"])
async def test_what_is_no_result_is_parked_and_asked_again(asking: Asking, body: bytes) -> None:
    await ask(asking)

    await asking.hears(body)

    assert asking.world.parked()[0][0] == "malformed"
    assert await state(asking) == (InquiryState.ASKED, None)
    await asking.world.passes(seconds=60)
    assert len(asking.inquirer.asked) == 2


async def test_a_queue_that_gave_up_is_neither_yes_nor_no(asking: Asking) -> None:
    await ask(asking)

    await asking.gives_up()

    assert await state(asking) == (InquiryState.ASKED, None)
    assert asking.world.rows_of_receipts() == []
    await asking.world.passes(seconds=29)
    assert len(asking.inquirer.asked) == 1
    await asking.world.passes(seconds=1)
    assert len(asking.inquirer.asked) == 2


async def test_news_of_a_queue_after_the_answer_changes_nothing(asking: Asking) -> None:
    await ask(asking)
    await asking.answers_status()

    await asking.gives_up()
    await asking.world.passes(hours=1)

    assert await state(asking) == (InquiryState.ANSWERED, "completed 100.00")
    assert len(asking.inquirer.asked) == 1


async def test_a_receipt_that_is_not_known_yet_is_asked_about_again(asking: Asking) -> None:
    await ask(asking)

    await asking.answers_status(code=2032)

    assert await state(asking) == (InquiryState.ASKED, "not_found")
    await asking.world.passes(seconds=30)
    await asking.answers_status()
    assert await state(asking) == (InquiryState.ANSWERED, "completed 100.00")


async def test_an_answer_without_its_question_is_kept_for_a_restored_backup(
    asking: Asking,
) -> None:
    await ask(asking)
    lost = asking.last.id
    asking.world.forget_inquiry(lost)

    await asking.answers_status()

    assert asking.world.parked() == [("orphaned", "no_such_inquiry", 1)]


# ── when it is not asked ─────────────────────────────────────────────────────────────────


async def test_what_was_answered_a_while_ago_is_asked_again_only_by_hand(
    asking: Asking,
) -> None:
    await ask(asking)
    await asking.answers_status()

    assert await ask(asking) is None
    assert await ask(asking, by_hand=True) is not None
    assert len(asking.inquirer.asked) == 2


async def test_a_wrong_password_is_tried_twice_and_then_waits_for_a_person(
    asking: Asking,
) -> None:
    for number, receipt in enumerate((RECEIPT, OTHER), start=1):
        await ask(asking, receipt)
        await asking.answers_status(code=2001)
        assert len(asking.inquirer.asked) == number

    assert await ask(asking, Receipt("UAF7X2K9QR")) is None
    await asking.world.passes(days=1)
    assert len(asking.inquirer.asked) == 2  # five of them would lock the initiator


async def test_an_answer_after_that_lets_the_gateway_ask_again(asking: Asking) -> None:
    for receipt in (RECEIPT, OTHER):
        await ask(asking, receipt)
        await asking.answers_status(code=8006)
        await asking.world.passes(seconds=1)

    await ask(asking, RECEIPT, by_hand=True)
    await asking.answers_status()

    assert await ask(asking, Receipt("UAF7X2K9QR")) is not None


async def test_a_new_password_begins_anew(asking: Asking) -> None:
    for receipt in (RECEIPT, OTHER):
        await ask(asking, receipt)
        await asking.answers_status(code=2001)

    asking.inquirer.mark = b"another-password"

    assert await ask(asking, Receipt("UAF7X2K9QR")) is not None


async def test_without_an_initiator_nothing_is_asked(database_url: str) -> None:
    async with an_asking_world(database_url) as asking:
        deps = asking.world.without_inquirer()

        assert (
            await deps.db.write(lambda tx: ask_status(tx, deps, RECEIPT, asking.collector))
            is None
        )
        assert await deps.db.write(lambda tx: ask_balance(tx, deps, asking.collector)) is None


async def test_a_question_whose_initiator_was_taken_away_ends(asking: Asking) -> None:
    deps = asking.world.deps
    await deps.db.write(lambda tx: ask_status(tx, deps, RECEIPT, asking.collector))
    asking.world.deps = asking.world.without_inquirer()

    await asking.world.works()

    [row] = asking.world.rows_of_inquiries()
    assert (row.state, row.due_at) == ("silent", None)
    assert asking.world.clock.now() - NOW < timedelta(seconds=1)
    assert row.shortcode == SHORTCODE.digits
