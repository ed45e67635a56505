"""Who is calling: what a proxy of our own says, and nothing that a caller can write."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from harness.callbacks import failed_body
from harness.installation import Gateway, Installation, waiting_attempts
from harness.truth import Truth
from pokea.store.tables import inbox

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def proxied(
    module_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Gateway]]:
    """A gateway behind a proxy on this machine, with Safaricom's own addresses listed."""
    settings = {
        "POKEA_TRUSTED_PROXIES": "127.0.0.1/32",
        "POKEA_CALLBACK_ALLOWLIST": "196.201.214.0/24",
    }
    installation = Installation(module_url, tmp_path_factory.mktemp("run"), settings=settings)
    with installation.serve() as gateway:
        yield installation, gateway


@pytest.mark.parametrize(
    ("headers", "listed"),
    [
        ({}, False),
        ({"X-Forwarded-For": "196.201.214.200"}, True),
        ({"X-Forwarded-For": "203.0.113.9"}, False),
        ({"X-Forwarded-For": "196.201.214.200, 203.0.113.9"}, False),
        ({"X-Forwarded-For": "203.0.113.9, 196.201.214.200"}, True),
        ({"Forwarded": "for=196.201.214.200"}, False),
        ({"X-Real-IP": "196.201.214.200"}, False),
        ({"CF-Connecting-IP": "196.201.214.200"}, False),
        ({"True-Client-IP": "196.201.214.200"}, False),
    ],
    ids=json.dumps,
)
def test_only_what_our_own_proxy_says_of_the_caller_counts(
    proxied: tuple[Installation, Gateway], headers: dict[str, str], *, listed: bool
) -> None:
    """F07: the last address that our proxy adds, and none that a caller wrote before it."""
    installation, gateway = proxied
    (attempt,) = waiting_attempts(installation, 1)

    with gateway.calls() as caller:
        path = installation.path_of(attempt.id)
        reply = caller.post(path, content=failed_body(attempt), headers=headers)

    assert reply.status_code == 200
    with Truth(installation) as truth:
        kept = select(inbox.c.state, inbox.c.ip_listed).where(inbox.c.subject == attempt.id)
        assert truth.rows(kept) == [("applied" if listed else "quarantined", listed)]
