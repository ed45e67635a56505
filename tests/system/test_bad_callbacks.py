"""Bad callbacks over HTTP: the same 200 for every right path, never success, never lost."""

from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest
from sqlalchemy import select

from harness.callbacks import LEFT_OUT, failed_body, paid_body
from harness.examples import an_attempt, named
from harness.installation import CLOCK, Gateway, Installation, waiting_attempts
from harness.truth import Truth
from pokea.daraja.values import Money
from pokea.domain.attempt import Attempt
from pokea.store.tables import attempts, events, inbox, journals, payments

pytestmark = pytest.mark.system

ACCEPTED: Final = b'{"ResultCode":0,"ResultDesc":"Accepted"}'
PROCESSING, REVIEW = "processing", "requires_review"
LIMIT: Final = 64 * 1024


@pytest.fixture(scope="module")
def running(
    module_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Gateway]]:
    """A gateway that would settle on one believed callback, on each database."""
    settings = {"POKEA_CORROBORATION": "fast"}
    installation = Installation(module_url, tmp_path_factory.mktemp("run"), settings=settings)
    with installation.serve() as gateway:
        yield installation, gateway


def post(gateway: Gateway, path: str, body: bytes, **headers: str) -> httpx2.Response:
    with gateway.calls() as caller:
        return caller.post(path, content=body, headers=headers)


def bodies(attempt: Attempt) -> dict[str, tuple[bytes, str, str]]:
    """Bad bodies for an attempt, what becomes of each, and of the payment."""
    now = CLOCK.now()

    def paid(**bent: Any) -> bytes:
        return paid_body(attempt, now, receipt="UAF7X2K9BB", **bent)

    one_off = attempt.amount + Money.shillings(1)
    return {
        "nothing": (b"", "malformed", PROCESSING),
        "no JSON": (b"<xml>paid</xml>", "malformed", PROCESSING),
        "cut short": (paid()[:-20], "malformed", PROCESSING),
        "a list": (b"[" + paid() + b"]", "malformed", PROCESSING),
        "a byte order mark": (b"\xef\xbb\xbf" + paid(), "malformed", PROCESSING),
        "no result code": (
            paid(fields={"ResultCode": LEFT_OUT}), "malformed", PROCESSING,
        ),
        "a result code that is null": (
            paid(fields={"ResultCode": None}), "malformed", PROCESSING,
        ),
        "a result code that is false": (
            paid(fields={"ResultCode": False}), "malformed", PROCESSING,
        ),
        "a result code of two zeros": (
            paid(fields={"ResultCode": "00"}), "malformed", PROCESSING,
        ),
        "an unknown result code": (failed_body(attempt, 7777), "quarantined", PROCESSING),
        "metadata of another type": (
            paid(fields={"CallbackMetadata": "paid"}), "quarantined", PROCESSING,
        ),
        "an amount of another type": (paid(items={"Amount": [100]}), "quarantined", PROCESSING),
        "no receipt": (paid(items={"MpesaReceiptNumber": LEFT_OUT}), "quarantined", PROCESSING),
        "a date of last year": (
            paid(items={"TransactionDate": 20250115093000}), "quarantined", PROCESSING,
        ),
        "another request's id": (
            paid(fields={"CheckoutRequestID": "ws_CO_stranger"}), "conflict", PROCESSING,
        ),
        "another amount": (paid(items={"Amount": str(one_off)}), "conflict", REVIEW),
        "another payer": (paid(items={"PhoneNumber": 254112345678}), "conflict", REVIEW),
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(bodies(an_attempt())))
def test_a_bad_body_is_kept_answered_200_and_never_success(
    running: tuple[Installation, Gateway], kind: str
) -> None:
    installation, gateway = running
    (attempt,) = waiting_attempts(installation, 1)
    body, parked, payment = bodies(attempt)[kind]

    reply = post(gateway, installation.path_of(attempt.id), body)

    assert (reply.status_code, reply.content) == (200, ACCEPTED)
    with Truth(installation) as truth:
        kept = select(inbox.c.state, inbox.c.seen).where(inbox.c.subject == attempt.id)
        assert truth.rows(kept) == [(parked, 1)]
        assert truth.payment_state(attempt) == payment
        assert truth.effects(attempt) == (0, 0)


def test_a_bad_body_does_not_stand_in_the_way_of_the_true_one(
    running: tuple[Installation, Gateway],
) -> None:
    installation, gateway = running
    (attempt,) = waiting_attempts(installation, 1)
    path = installation.path_of(attempt.id)
    post(gateway, path, b"<xml>paid</xml>")

    post(gateway, path, paid_body(attempt, CLOCK.now(), receipt="UAF7X2K9TT"))

    with Truth(installation) as truth:
        assert truth.effects(attempt) == (1, 1)


@pytest.mark.parametrize(
    "place", ["first digit", "last digit", "length", "case", "kind", "key"]
)
def test_a_wrong_secret_is_404_and_nothing_is_stored(
    running: tuple[Installation, Gateway], place: str
) -> None:
    """F01, F02: a guessed path, and every way in which a right one can be a little wrong."""
    installation, gateway = running
    (attempt,) = waiting_attempts(installation, 1)
    right = installation.path_of(attempt.id)
    last = "0" if right[-1] != "0" else "1"
    wrong = {
        "first digit": right.replace("/i/s/0", "/i/s/1", 1),
        "last digit": right[:-1] + last,
        "length": right[:-2],
        "case": "/i/s/" + right.removeprefix("/i/s/").upper(),
        "kind": right.replace("/i/s/", "/i/c/"),
        "key": "/i/s/" + "ab" * 32,
    }[place]

    reply = post(gateway, wrong, paid_body(attempt, CLOCK.now()))

    assert (reply.status_code, reply.content) == (404, b"")
    with Truth(installation) as truth:
        assert truth.rows(select(inbox.c.id).where(inbox.c.subject == attempt.id)) == []


def test_only_posts_are_taken(running: tuple[Installation, Gateway]) -> None:
    installation, gateway = running

    with gateway.calls() as caller:
        reply = caller.get(installation.path_of(named("att", 9)))

    assert reply.status_code == 405


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413), (10**6, 413)])
def test_a_body_larger_than_any_callback_is_413(
    running: tuple[Installation, Gateway], size: int, status: int
) -> None:
    installation, gateway = running
    (attempt,) = waiting_attempts(installation, 1)

    reply = post(gateway, installation.path_of(attempt.id), b"x" * size)

    assert reply.status_code == status


def test_a_right_path_without_an_attempt_is_kept_as_orphaned(
    running: tuple[Installation, Gateway],
) -> None:
    installation, gateway = running
    lost = an_attempt(4_711)

    reply = post(gateway, installation.path_of(lost.id), failed_body(lost))

    assert (reply.status_code, reply.content) == (200, ACCEPTED)
    with Truth(installation) as truth:
        kept = select(inbox.c.state, inbox.c.reason).where(inbox.c.subject == lost.id)
        assert truth.rows(kept) == [("orphaned", "no_such_attempt")]


def test_after_all_of_this_the_books_hold_only_what_was_true(
    running: tuple[Installation, Gateway],
) -> None:
    installation, _ = running
    with Truth(installation) as truth:
        paid = truth.rows(select(payments.c.id).where(payments.c.state == "succeeded"))
        told = truth.rows(
            select(events.c.object_id).where(events.c.type == "payment.succeeded")
        )
        booked = truth.rows(
            select(attempts.c.payment_id).join(journals, journals.c.source_id == attempts.c.id)
        )

    assert sorted(paid) == sorted(told) == sorted(booked)
