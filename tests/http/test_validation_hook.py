"""The merchant's hook, over a socket and as a function: whatever it does, it harms nobody."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest

from harness.examples import SECRET
from harness.hook import YES, Asker, asked
from pokea.flows.ports import HookFailed
from pokea.validation_hook import ANSWER_MAX, OPEN_MAX, THREADS_MAX, HttpHook, PythonHook
from pokea.wiring.world import SystemClock

pytestmark = pytest.mark.anyio

QUESTION: Mapping[str, object] = {"id": "val_1", "account": "INV-1", "amount": "100.00"}
ENOUGH_S = 20


@pytest.fixture
def merchant() -> Iterator[Asker]:
    with asked() as asker:
        yield asker


@pytest.fixture
async def hook(merchant: Asker) -> AsyncIterator[HttpHook]:
    made = HttpHook(merchant.url, SECRET, SystemClock())
    yield made
    await made.close()


async def test_a_question_is_signed_and_its_answer_read(
    merchant: Asker, hook: HttpHook
) -> None:
    said = await hook.ask("val_1", QUESTION)

    assert said == {"accept": True}
    assert merchant.asked == [QUESTION]
    assert merchant.ids == ["val_1"]


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"status": 500}, "status_500"),
        ({"status": 204, "body": b""}, "status_204"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}, "status_302"),
        ({"body": b""}, "not_json"),
        ({"body": b"\xff\xfe"}, "not_json"),
        ({"body": b"<html>"}, "not_json"),
        ({"body": b"[" * ANSWER_MAX}, "not_json"),
        ({"body": b" " * (ANSWER_MAX + 1)}, "too_large"),
        ({"body": b"\x1f\x8b", "headers": {"Content-Encoding": "gzip"}}, "not_json"),
    ],
    ids=[
        "error",
        "empty",
        "redirect",
        "no body",
        "no text",
        "a page",
        "too deep",
        "too large",
        "compressed",
    ],
)
async def test_an_answer_that_is_none_says_what_it_was(
    merchant: Asker, hook: HttpHook, change: dict[str, Any], failure: str
) -> None:
    for name, value in change.items():
        setattr(merchant, name, value)

    with pytest.raises(HookFailed, match=f"^{failure}$"):
        await hook.ask("val_1", QUESTION)


async def test_a_server_that_is_not_there_is_a_failure() -> None:
    hook = HttpHook("http://127.0.0.1:9/validate", SECRET, SystemClock())

    with pytest.raises(HookFailed, match="ConnectError"):
        await hook.ask("val_1", QUESTION)
    await hook.close()


@pytest.mark.parametrize("behaviour", ["hangs", "drips"])
async def test_a_server_that_never_finishes_is_left(
    merchant: Asker, hook: HttpHook, behaviour: str
) -> None:
    setattr(merchant, behaviour, True)
    merchant.body = b" " * 1_000

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await hook.ask("val_1", QUESTION)

    setattr(merchant, behaviour, False)
    merchant.body = YES
    assert await hook.ask("val_2", QUESTION) == {"accept": True}


async def test_no_more_questions_are_open_than_a_server_can_hang_on(
    merchant: Asker, hook: HttpHook
) -> None:
    merchant.hangs = True
    waiting = [asyncio.create_task(hook.ask("val_1", QUESTION)) for _ in range(OPEN_MAX)]
    await asyncio.sleep(0)

    with pytest.raises(HookFailed, match="busy"):
        await hook.ask("val_2", QUESTION)

    merchant.over.set()
    assert await asyncio.gather(*waiting) == [{"accept": True}] * OPEN_MAX
    assert await hook.ask("val_3", QUESTION) == {"accept": True}


# ── a function ───────────────────────────────────────────────────────────────────────────


def knows_invoices(question: Mapping[str, object]) -> bool:
    return str(question["account"]).startswith("INV-")


async def refuses_slowly(question: Mapping[str, object]) -> object:
    await asyncio.sleep(0.01)
    return {"accept": False, "reason": "account", "asked": question["account"]}


async def test_a_function_is_called_with_the_question() -> None:
    assert await PythonHook(knows_invoices).ask("val_1", QUESTION) is True


async def test_an_async_function_is_awaited_on_a_loop_of_its_own() -> None:
    said = await PythonHook(refuses_slowly).ask("val_1", QUESTION)

    assert said == {"accept": False, "reason": "account", "asked": "INV-1"}


@pytest.mark.parametrize("error", [KeyError("account"), SystemExit(1), KeyboardInterrupt()])
async def test_whatever_a_function_raises_is_a_failure_and_no_more(
    error: BaseException,
) -> None:
    def raises(question: Mapping[str, object]) -> bool:
        del question
        raise error

    with pytest.raises(HookFailed, match=type(error).__name__):
        await PythonHook(raises).ask("val_1", QUESTION)


async def test_a_function_cannot_change_the_question_of_another() -> None:
    def meddles(question: dict[str, object]) -> bool:
        question.clear()
        return True

    await PythonHook(meddles).ask("val_1", QUESTION)  # pyright: ignore[reportArgumentType]

    assert QUESTION["account"] == "INV-1"


async def test_a_function_that_blocks_does_not_hold_up_the_gateway() -> None:
    until = threading.Event()

    async def blocks(question: Mapping[str, object]) -> bool:
        del question
        return until.wait(ENOUGH_S)  # an async function that is not

    asking = asyncio.create_task(PythonHook(blocks).ask("val_1", QUESTION))
    begun = time.monotonic()
    for _ in range(20):
        await asyncio.sleep(0.01)
    moved_on_s = time.monotonic() - begun

    assert not asking.done()
    assert moved_on_s < ENOUGH_S / 2
    until.set()
    assert await asking is True


async def test_functions_that_hang_are_no_more_than_their_threads() -> None:
    until = threading.Event()

    def hangs(question: Mapping[str, object]) -> bool:
        del question
        return until.wait(ENOUGH_S)

    hook = PythonHook(hangs)
    for _ in range(THREADS_MAX):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.001):
                await hook.ask("val_1", QUESTION)

    with pytest.raises(HookFailed, match="busy"):
        await hook.ask("val_2", QUESTION)

    until.set()
    assert await answered(hook)


async def answered(hook: PythonHook) -> bool:
    """The answer once a thread has come back."""
    async with asyncio.timeout(ENOUGH_S):
        while True:
            with contextlib.suppress(HookFailed):
                return await hook.ask("val_3", QUESTION) is True
            await asyncio.sleep(0.01)


async def test_a_hook_that_ends_after_the_gateway_has_stopped_is_not_missed() -> None:
    until, ended = threading.Event(), threading.Event()

    def ends_late(question: Mapping[str, object]) -> bool:
        del question
        until.wait(ENOUGH_S)
        ended.set()
        return True

    def ask_and_stop() -> None:
        async def ask() -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await PythonHook(ends_late).ask("val_1", QUESTION)

        asyncio.run(ask())

    await asyncio.to_thread(ask_and_stop)
    until.set()

    assert await asyncio.to_thread(ended.wait, ENOUGH_S)
