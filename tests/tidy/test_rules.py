"""Rules of the house that no linter knows."""

import ast
import re
from collections.abc import Iterator

from tidy.source import ROOT, SourceFile, files

MONEY = ("src/pokea/domain", "src/pokea/daraja")

LAST_RESORTS = {
    "src/pokea/daraja/client.py": "hands whatever happened to the conversation, which decides",
    "src/pokea/engine/embedded.py": "the loop, and each piece of its work",
    "src/pokea/engine/keep.py": "a loop that ended, whatever ended it, is started again",
    "src/pokea/engine/procrastinate.py": "each job, and the sweep",
    "src/pokea/flows/receive_callback.py": "hands whatever happened to those who wait for it",
    "src/pokea/flows/spool_callbacks.py": "one bad callback must not cost its group",
    "src/pokea/http/callbacks.py": "the edge of the web answers 500, no acknowledgement",
    "src/pokea/http/validation.py": "a bug of ours is answered as the merchant stated",
    "src/pokea/simulator/edge.py": "a bug of the simulator answers 500 and shows itself",
    "src/pokea/validation_hook.py": "a merchant's own function may raise anything",
}
"""Where everything may be caught, and why: once for each loop."""

HTTP_CLIENTS = {"httpx", "httpx2", "requests", "aiohttp", "urllib3", "niquests"}
MAY_CALL_OUT = {
    "src/pokea/cli/demo.py": "asks the simulator for its credentials",
    "src/pokea/notifier.py": "watches the requests of Apprise's services",
    "src/pokea/validation_hook.py": "the merchant's word on payments by hand",
    "src/pokea/webhook_sender.py": "the merchants' endpoints",
}
"""Who may hold an HTTP client, besides the folders of :data:`OWN_CLIENTS`."""

OWN_CLIENTS = ("src/pokea/daraja/", "src/pokea/simulator/", "src/pokea/shop/")
"""The SDK, the simulator and the shop are programs of their own."""

UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def test_no_binary_fraction_comes_near_money() -> None:
    found = [
        f"{file.path}:{node.lineno}"
        for file in files(*MONEY)
        for node in ast.walk(file.tree)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]

    assert not found


def test_nothing_unfinished_is_left_in_the_text() -> None:
    found = [
        f"{file.path}:{number}"
        for file in files()
        for number, line in enumerate(file.text.splitlines(), start=1)
        if UNFINISHED.search(line)
    ]

    assert not found


def test_everything_is_caught_only_where_a_loop_must_go_on() -> None:
    found = {file.path for file in files("src") for _ in _catch_alls(file)}

    assert found <= set(LAST_RESORTS)


def test_what_catches_everything_logs_it_or_hands_it_on() -> None:
    silent = [
        f"{file.path}:{handler.lineno}"
        for file in files("src")
        for handler in _catch_alls(file)
        if not _speaks(handler)
    ]

    assert not silent


def _catch_alls(file: SourceFile) -> Iterator[ast.ExceptHandler]:
    """Handlers of everything that do not end by raising it again."""
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.ExceptHandler) or isinstance(node.body[-1], ast.Raise):
            continue
        if node.type is None or (
            isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
        ):
            yield node


def _speaks(handler: ast.ExceptHandler) -> bool:
    called = [
        ast.unparse(node.func) for node in ast.walk(handler) if isinstance(node, ast.Call)
    ]
    logged = any(name.lower().startswith("_log.") for name in called)
    return logged or any(name.endswith((".throw", ".set_exception")) for name in called)


def test_only_the_listed_files_can_call_out() -> None:
    found = {
        file.path
        for file in files("src")
        if not file.path.startswith(OWN_CLIENTS)
        for name in file.imports()
        if name.split(".")[0] in HTTP_CLIENTS
    }

    assert found <= set(MAY_CALL_OUT)


def test_no_test_replaces_what_it_tests() -> None:
    found = [
        file.path for file in files() for name in file.imports() if name == "unittest.mock"
    ]

    assert not found


def test_locks_hold_names_versions_and_hashes_and_no_address() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        assert "--hash=sha256:" in text, lock.name
