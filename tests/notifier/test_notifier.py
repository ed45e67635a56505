"""Apprise's own services against a real server: what a "no" means, and what nobody may see."""

import asyncio
import logging
import re
from collections.abc import Generator
from pathlib import Path

import pytest

from harness.ports import free_port
from harness.service import Behaviour, Service, messaging
from pokea import notifier
from pokea.domain.notice import Channel, NotTaken, SendOutcome, Taken, Target, Unclear
from pokea.domain.notice_text import Message
from pokea.flows.work import NOTICES_AT_ONCE
from pokea.notifier import AppriseNotifier
from pokea.settings import BadSettings, read_settings
from tidy.source import ROOT

pytestmark = pytest.mark.anyio

SECRET = "s3cr3tk3y"
HELLO = Message(title="Receipt: Duka", body="Duka: we have received KES 1,500.00.")
PAYER = Target(channel=Channel.PHONE, address="254712345678")
MAILBOX = Target(channel=Channel.EMAIL, address="otieno+duka@example.com")


@pytest.fixture
def service() -> Generator[Service]:
    with messaging() as found:
        yield found


def made(folder: Path, **settings: str) -> AppriseNotifier:
    return AppriseNotifier(read_settings(_env_file=None, pokea_data_dir=folder, **settings))


async def sent(service: Service, folder: Path, *behaviours: Behaviour) -> SendOutcome:
    """What becomes of a message to a service that behaves so."""
    service.behaviours[:] = behaviours
    url = f"json://user:{SECRET}@{service.address}/hook?retry=3"
    carrier = made(folder, pokea_notify_operators=url)
    return await carrier.send(carrier.operators[0], HELLO)


async def test_a_message_is_taken_with_its_subject(service: Service, tmp_path: Path) -> None:
    assert await sent(service, tmp_path) == Taken()

    (message,) = service.messages
    assert (message["title"], message["message"]) == (HELLO.title, HELLO.body)


async def test_a_customers_phone_is_put_into_the_address(
    service: Service, tmp_path: Path
) -> None:
    carrier = made(tmp_path, pokea_notify_customers=f"json://{service.address}/sms/{{phone}}")

    assert await carrier.send(PAYER, HELLO) == Taken()
    assert service.paths == ["/sms/254712345678"]
    assert carrier.customers == {Channel.PHONE}


async def test_a_mail_address_cannot_add_to_the_url(service: Service, tmp_path: Path) -> None:
    template = f"json://{service.address}/mail/{{email}}?method=post"
    carrier = made(tmp_path, pokea_notify_customers=template)

    assert await carrier.send(MAILBOX, HELLO) == Taken()
    assert service.paths == ["/mail/otieno+duka@example.com"]


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429])
async def test_a_refusal_is_clear_and_repeated_by_nobody_but_us(
    service: Service, tmp_path: Path, status: int
) -> None:
    outcome = await sent(service, tmp_path, status)

    assert outcome == NotTaken(why=f"refused with HTTP status {status}")
    assert service.paths == ["/hook"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_in_trouble_may_have_taken_it(
    service: Service, tmp_path: Path, status: int
) -> None:
    outcome = await sent(service, tmp_path, status)

    assert outcome == Unclear(why=f"not taken, with HTTP status {status}")
    assert len(service.messages) == 1


async def test_a_connection_that_ends_without_an_answer_is_unclear(
    service: Service, tmp_path: Path
) -> None:
    assert await sent(service, tmp_path, "drop") == Unclear(why="no clear answer")
    assert len(service.messages) == 1


async def test_an_answer_that_does_not_come_is_unclear(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "READ_S", 0.2)

    assert await sent(service, tmp_path, "stall") == Unclear(why="no clear answer")
    assert len(service.messages) == 1


async def test_nobody_listening_is_clear(tmp_path: Path) -> None:
    carrier = made(tmp_path, pokea_notify_operators=f"json://127.0.0.1:{free_port()}")

    outcome = await carrier.send(carrier.operators[0], HELLO)

    assert outcome == NotTaken(why="no connection")


async def test_a_service_that_hangs_is_left_after_the_limit_and_what_waits_was_never_sent(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "LIMIT_S", 0.5)
    stalls: list[Behaviour] = ["stall"] * NOTICES_AT_ONCE
    service.behaviours.extend(stalls)
    carrier = made(tmp_path, pokea_notify_operators=f"json://{service.address}")
    target = carrier.operators[0]

    outcomes = await asyncio.gather(
        *(carrier.send(target, HELLO) for _ in range(NOTICES_AT_ONCE + 1))
    )

    unclear = Unclear(why="no answer in 0.5 s")
    waiting = NotTaken(why="other messages were still being sent")
    assert outcomes == [unclear] * NOTICES_AT_ONCE + [waiting]
    assert len(service.messages) == NOTICES_AT_ONCE


async def test_an_environments_proxy_is_not_asked(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    assert await sent(service, tmp_path) == Taken()


async def test_a_service_that_speaks_no_http_leaves_a_no_unclear(tmp_path: Path) -> None:
    server = f"127.0.0.1:{free_port()}"
    url = f"mailto://user:{SECRET}@{server}?from=a@example.com&to=b@example.com"
    carrier = made(tmp_path, pokea_notify_operators=url)

    outcome = await carrier.send(carrier.operators[0], HELLO)

    assert outcome == Unclear(why="no clear answer")


async def test_an_address_that_was_removed_from_the_settings_is_not_used(
    tmp_path: Path,
) -> None:
    carrier = made(tmp_path)
    gone = Target(channel=Channel.OPERATOR, address="0123456789abcdef")

    for target in (gone, PAYER, MAILBOX):
        outcome = await carrier.send(target, HELLO)
        assert outcome == NotTaken(why="the address is no longer in the settings")


async def test_by_default_nobody_can_be_reached(tmp_path: Path) -> None:
    carrier = made(tmp_path)

    assert (carrier.operators, carrier.customers) == ((), frozenset())


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("pokea_notify_operators", f"jsn://user:{SECRET}@127.0.0.1"),
        ("pokea_notify_operators", f"atalk://{SECRET}"),
        ("pokea_notify_customers", f"jsn://user:{SECRET}@127.0.0.1/{{phone}}"),
    ],
)
def test_an_address_that_cannot_work_ends_the_start_without_telling_it(
    setting: str, url: str, tmp_path: Path
) -> None:
    with pytest.raises(BadSettings) as told:
        made(tmp_path, **{setting: url})

    assert setting.upper() in str(told.value)
    assert SECRET not in str(told.value)


@pytest.mark.parametrize(
    "urls",
    [
        "json://127.0.0.1/all",
        "json://127.0.0.1/{phone}/{email}",
        "json://a/{phone} json://b/{phone}",
    ],
)
def test_a_receipts_address_names_one_reader_and_each_way_once(
    urls: str, tmp_path: Path
) -> None:
    with pytest.raises(BadSettings, match="POKEA_NOTIFY_CUSTOMERS"):
        made(tmp_path, pokea_notify_customers=urls)


def test_a_comma_inside_an_address_separates_nothing(tmp_path: Path) -> None:
    urls = "json://127.0.0.1/a,b , json://127.0.0.1/c"

    assert len(made(tmp_path, pokea_notify_operators=urls).operators) == 2


async def test_addresses_and_phones_are_in_no_log_and_no_repr(
    service: Service,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    template = f"json://user:{SECRET}@{service.address}/{{phone}}"
    settings = read_settings(
        _env_file=None, pokea_data_dir=tmp_path, pokea_notify_customers=template
    )
    carrier = AppriseNotifier(settings)
    service.behaviours[:] = [200, 500, "drop"]
    for _ in range(3):
        await carrier.send(PAYER, HELLO)

    shown = repr(settings) + repr(carrier) + caplog.text + "".join(capfd.readouterr())
    assert len(service.messages) == 3
    assert SECRET not in shown
    assert PAYER.address not in shown


def test_the_guides_settings_are_ones_that_apprise_knows(tmp_path: Path) -> None:
    guide = (ROOT / "docs/how-to/notifications.md").read_text(encoding="utf-8")
    found = dict(re.findall(r"^(POKEA_NOTIFY_\w+)=(\S+)$", guide, re.MULTILINE))

    carrier = made(tmp_path, **{name.lower(): value for name, value in found.items()})

    assert len(carrier.operators) == 2
    assert carrier.customers == {Channel.PHONE, Channel.EMAIL}
