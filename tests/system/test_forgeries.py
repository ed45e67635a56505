"""Callbacks that say too little, against the real processes; and the paths they come on.

The gateway is ``strict``, as in production.
"""

import re
from typing import Any, Final

import pytest
from sqlalchemy import select

from harness.callbacks import LEFT_OUT, paid_body
from harness.installation import CLOCK
from harness.processes import eventually
from harness.town import Town
from harness.truth import Truth
from pokea.domain.attempt import Attempt
from pokea.domain.ids import AttemptId
from pokea.store.tables import inbox

pytestmark = pytest.mark.system

ACCEPTED: Final = b'{"ResultCode":0,"ResultDesc":"Accepted"}'
BANNED: Final = re.compile("mpesa|safaricom|exe|cmd|sql|query", re.IGNORECASE)


# ── a prompt's callback that says too little (F10, F11) ──────────────────────────────────

LITTLE: Final[dict[str, dict[str, Any]]] = {
    "no code": {"fields": {"ResultCode": LEFT_OUT}},
    "null": {"fields": {"ResultCode": None}},
    "empty text": {"fields": {"ResultCode": ""}},
    "a word": {"fields": {"ResultCode": "abc"}},
    "false": {"fields": {"ResultCode": False}},
    "a list": {"fields": {"ResultCode": []}},
    "an object": {"fields": {"ResultCode": {}}},
    "a fraction": {"fields": {"ResultCode": 0.0}},
    "two zeros": {"fields": {"ResultCode": "00"}},
    "no metadata": {"fields": {"CallbackMetadata": LEFT_OUT}},
    "no receipt": {"items": {"MpesaReceiptNumber": LEFT_OUT}},
    "no amount": {"items": {"Amount": LEFT_OUT}},
}


def prompted(town: Town, number: int) -> Attempt:
    """A customer whose phone shows the prompt, and who does nothing."""
    payment = town.asks(f"07123400{number:02d}", key=f"little-{number:02d}")
    attempt_id = AttemptId(payment["latest_attempt"]["id"])
    with town.installation.store() as db:
        attempt = db.write_here(lambda tx: tx.attempts.get(attempt_id))
    assert attempt is not None
    return attempt


@pytest.mark.parametrize("kind", list(LITTLE))
def test_a_callback_that_says_too_little_is_asked_about_and_is_not_success(
    town: Town, kind: str
) -> None:
    """F10, F11: nine codes that are not zero, and zeros that leave out what was paid."""
    attempt = prompted(town, list(LITTLE).index(kind))
    body = paid_body(attempt, CLOCK.now(), receipt="UAF7X2K9QP", **LITTLE[kind])

    with town.gateway.calls() as caller:
        reply = caller.post(town.installation.path_of(attempt.id), content=body)

    assert (reply.status_code, reply.content) == (200, ACCEPTED)
    with Truth(town.installation) as truth:
        eventually(lambda: truth.asked(attempt) == 1)
        states = truth.rows(select(inbox.c.state).where(inbox.c.subject == attempt.id))
        assert states in ([("malformed",)], [("quarantined",)])
        assert truth.payment_state(attempt) == "processing"
        assert truth.effects(attempt) == (0, 0)


def test_what_too_little_was_said_of_ends_as_the_customer_wants(town: Town) -> None:
    attempt = prompted(town, 90)
    body = paid_body(attempt, CLOCK.now(), **LITTLE["no metadata"])
    with town.gateway.calls() as caller:
        caller.post(town.installation.path_of(attempt.id), content=body)

    town.safaricom.post(f"/_sim/phones/{attempt.phone.digits}/answer", json={"action": "pay"})

    ended = town.ends({"id": attempt.payment_id})
    assert (ended["status"], ended["receipt_status"]) == ("succeeded", "verified")


# ── addresses that Safaricom is given (F16) ──────────────────────────────────────────────


def test_addresses_that_safaricom_is_given_are_hexadecimal_and_hold_no_banned_word(
    town: Town,
) -> None:
    """F16: the path of every prompt."""
    for number in range(30):
        town.asks(f"07123500{number:02d}", key=f"address-{number:02d}")

    prompts = town.safaricom.get("/_sim/prompts").json()

    paths = [
        prompt["callback_url"].removeprefix(town.installation.settings["BASE_URL"])
        for prompt in prompts
    ]
    assert len(set(paths)) == len(paths) >= 30
    assert all(re.fullmatch(r"/i/s/[0-9a-f]{64}", path) for path in paths)
    assert not [path for path in paths if BANNED.search(path)]
