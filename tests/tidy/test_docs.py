"""The documentation says what the code does; where it can be generated, it is."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from pokea.domain.event import EventType
from pokea.http.errors import ERRORS
from pokea.settings import Settings
from tidy.pages import DOCS, HOW, as_it_should_be, pages, parts_of
from tidy.reference import PARTS, command_group
from tidy.source import ROOT

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
EVENT = re.compile(r"`((?:payment|security|c2b|reconciliation)\.[a-z_]+)`")


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_what_is_generated_is_fresh(page: Path) -> None:
    fresh = page.read_text(encoding="utf-8") == as_it_should_be(page, PARTS)

    assert fresh, f"{page.relative_to(ROOT)} is stale; {HOW}"


def test_everything_that_can_be_generated_stands_on_some_page() -> None:
    assert {name for page in pages() for name in parts_of(page)} == set(PARTS)


def test_every_setting_is_explained() -> None:
    text = read("reference/settings.md")

    assert not [name for name in Settings.model_fields if f"`{name.upper()}`" not in text]


def test_every_command_is_explained() -> None:
    text = read("reference/cli.md")

    assert not [name for name in command_group().commands if f"`pokea {name}`" not in text]


def test_every_event_is_explained_and_no_other() -> None:
    named = set(EVENT.findall(read("reference/events.md")))

    assert named == {kind.value for kind in EventType}


def test_every_error_is_explained() -> None:
    text = read("reference/errors.md")

    assert not [code for code in ERRORS if f"`{code}`" not in text]


@pytest.mark.parametrize(
    "page",
    [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = [
        target
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in target
    ]

    assert not [target for target in targets if not (page.parent / target).exists()]


def test_decisions_are_numbered_without_a_gap_and_have_three_parts() -> None:
    decisions = sorted((DOCS / "decisions").glob("*.md"))

    assert [int(page.stem[:4]) for page in decisions] == list(range(1, len(decisions) + 1))
    for page in decisions:
        headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        needed = [one for one in headings if one in {"Context", "Decision", "Consequences"}]
        assert needed == ["Context", "Decision", "Consequences"], page.name


def test_the_tutorials_check_of_a_signature_works() -> None:
    code = re.search(r"```python\n(.*?)```", read("tutorial/first-payment.md"), re.DOTALL)
    assert code is not None
    named: dict[str, Any] = {"__name__": "hook"}
    exec(code[1], named)  # noqa: S102 - our own page

    now = datetime.fromtimestamp(named["time"].time(), UTC)
    secret, body = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", '{"sequence":1}'
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", now, body),
    }
    assert named["is_genuine"](secret, headers, body.encode())
    assert not named["is_genuine"](secret, headers, b'{"sequence":2}')
    assert not named["is_genuine"](secret, headers | {"webhook-timestamp": "1"}, body.encode())


def test_the_readme_is_short_and_its_commands_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert len(text.splitlines()) < 120
    for target in re.findall(r"^make ([a-z]+)", text, re.MULTILINE):
        assert f"\n{target}:" in makefile


def test_the_readmes_map_is_the_tree() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    package = ROOT / "src" / "pokea"
    folders = {path.name for path in package.iterdir() if (path / "__init__.py").exists()}

    assert not [name for name in folders if f"  {name}/" not in text]
