"""Strangers at the callbacks' door: nothing is credited, whoever they say they are."""

import hashlib
from collections.abc import Iterator
from typing import Final

import httpx2
import pytest
from sqlalchemy import select

from harness.by_hand import path_by_hand, shortcode_row
from harness.callbacks import confirmation_body, paid_body
from harness.installation import (
    CLOCK,
    MASTER_KEY,
    Gateway,
    Installation,
    waiting_attempts,
)
from harness.truth import Truth
from pokea.domain.attempt import Attempt
from pokea.domain.capability import path_for
from pokea.store.sealing import derive
from pokea.store.tables import inbox, journals, receipts

pytestmark = pytest.mark.system

ACCEPTED: Final = b'{"ResultCode":0,"ResultDesc":"Accepted"}'
NEW_KEY: Final = hashlib.sha256(b"the tests' newer key").hexdigest()

# ── money by hand that is not ours, or not Safaricom's (F13, F14) ────────────────────────


@pytest.fixture
def trusting(installation: Installation) -> Iterator[Gateway]:
    """A gateway that takes this machine for Safaricom, without any Safaricom to ask."""
    assert installation.merchant
    with installation.serve() as gateway:
        yield gateway


@pytest.fixture
def wary(installation: Installation) -> Iterator[Gateway]:
    """A gateway that believes Safaricom's own addresses only, and no proxy."""
    installation.settings["POKEA_CALLBACK_ALLOWLIST"] = "196.201.214.0/24"
    assert installation.merchant
    with installation.serve() as gateway:
        yield gateway


def by_hand(receipt: str = "UAF7X2K9QP", **bent: str) -> bytes:
    """Safaricom says that somebody paid by hand."""
    return confirmation_body(
        100, account="INV-1", receipt=receipt, payer="2547 ***** 678", at=CLOCK.now(), **bent
    )


def counted(installation: Installation) -> tuple[int, int]:
    """How many receipts and journals there are."""
    with Truth(installation) as truth:
        return len(truth.column(receipts.c.id)), len(truth.column(journals.c.id))


def test_confirmations_for_another_shortcode_credit_nobody(
    installation: Installation, trusting: Gateway
) -> None:
    """F13: another shortcode on our path."""
    path = path_by_hand(installation, shortcode_row(installation), "c")
    others = ["600000", "17437", "1743790"]

    with trusting.calls() as safaricom:
        replies = [
            safaricom.post(path, content=by_hand(BusinessShortCode=other)) for other in others
        ]

    assert {(reply.status_code, reply.content) for reply in replies} == {(200, ACCEPTED)}
    assert counted(installation) == (0, 0)
    with Truth(installation) as truth:
        assert truth.column(inbox.c.state) == ["conflict"] * len(others)


def test_a_hundred_confirmations_from_a_stranger_credit_nothing(
    installation: Installation, wary: Gateway
) -> None:
    """F14: the right path, from an address that is not Safaricom's."""
    path = path_by_hand(installation, shortcode_row(installation), "c")

    with wary.calls() as stranger:
        replies = [
            stranger.post(path, content=by_hand(f"UAF7X2K{number:03d}"))
            for number in range(100)
        ]

    assert {(reply.status_code, reply.content) for reply in replies} == {(200, ACCEPTED)}
    assert counted(installation) == (0, 0)
    with Truth(installation) as truth:
        assert truth.column(inbox.c.state) == ["quarantined"] * 100


# ── who says that they are Safaricom (F06) ───────────────────────────────────────────────

SAFARICOM: Final = "196.201.214.200"
CLAIMS: Final[list[list[tuple[str, str]]]] = [
    [("X-Forwarded-For", SAFARICOM)],
    [("X-Forwarded-For", f"{SAFARICOM}, {SAFARICOM}")],
    [("X-Forwarded-For", SAFARICOM), ("X-Forwarded-For", SAFARICOM)],
    [("X-Forwarded-For", f"127.0.0.1, {SAFARICOM}")],
    [("Forwarded", f"for={SAFARICOM};proto=https")],
    [("X-Real-IP", SAFARICOM)],
    [("CF-Connecting-IP", SAFARICOM)],
    [("True-Client-IP", SAFARICOM)],
    [("X-Client-IP", SAFARICOM)],
    [("X-Cluster-Client-IP", SAFARICOM), ("Client-IP", SAFARICOM)],
]


def test_a_stranger_who_says_to_be_safaricom_stays_a_stranger(
    installation: Installation, wary: Gateway
) -> None:
    """F06: ten headers that name one of Safaricom's addresses."""
    attempts = waiting_attempts(installation, len(CLAIMS))

    with wary.calls() as stranger:
        for attempt, claim in zip(attempts, CLAIMS, strict=True):
            body = paid_body(
                attempt, CLOCK.now(), receipt=f"UAF7X2K{attempt.phone.digits[-3:]}"
            )
            path = installation.path_of(attempt.id)
            headers = httpx2.Headers(claim)
            assert stranger.post(path, content=body, headers=headers).status_code == 200

    with Truth(installation) as truth:
        kept = truth.rows(select(inbox.c.state, inbox.c.ip_listed))
        assert kept == [("quarantined", False)] * len(CLAIMS)
        assert {truth.payment_state(attempt) for attempt in attempts} == {"processing"}


# ── a leaked key (F15) ───────────────────────────────────────────────────────────────────


def with_key(master: str, attempt: Attempt) -> str:
    """An attempt's path, made with a key of one's own choice."""
    key = derive(bytes.fromhex(master), "path")
    return "/i/s/" + path_for(attempt.id, purpose="s", key=key)


def settled(installation: Installation, settings: dict[str, str]) -> dict[str, int]:
    """What callbacks on old and new paths are answered, of prompts that were in flight."""
    installation.settings |= {"POKEA_CORROBORATION": "fast"} | settings
    old, new = waiting_attempts(installation, 2)
    paths = {"old": with_key(MASTER_KEY, old), "new": with_key(NEW_KEY, new)}
    with installation.serve() as gateway, gateway.calls() as safaricom:
        statuses = {
            name: safaricom.post(
                paths[name],
                content=paid_body(attempt, CLOCK.now(), receipt=_fresh_receipt(attempt)),
            ).status_code
            for name, attempt in (("old", old), ("new", new))
        }
    with Truth(installation) as truth:
        paid = {"old": truth.effects(old) == (1, 1), "new": truth.effects(new) == (1, 1)}
    assert paid == {name: status == 200 for name, status in statuses.items()}
    return statuses


def _fresh_receipt(attempt: Attempt) -> str:
    return attempt.id[-10:]


def test_old_paths_open_until_they_are_closed(installation: Installation) -> None:
    """F15: a new key with prompts in flight; both count until the old one is taken away."""
    ring = f"{NEW_KEY},{MASTER_KEY}"

    before = settled(installation, {"POKEA_SECRET_KEYS": MASTER_KEY})
    rotated = settled(installation, {"POKEA_SECRET_KEYS": ring})
    closed = settled(installation, {"POKEA_SECRET_KEYS": ring, "POKEA_PATH_KEYS": "1"})

    assert before == {"old": 200, "new": 404}
    assert rotated == {"old": 200, "new": 200}
    assert closed == {"old": 404, "new": 200}
