"""`pokea demo`: one command starts everything, Ctrl-C ends it, tomorrow it is all there."""

import os
from pathlib import Path
from typing import Any

import httpx2
import pytest

from harness.ports import free_row
from harness.processes import Program, eventually

pytestmark = pytest.mark.system

NAMES = {
    "gateway", "simulator", "shop", "phone", "dashboard", "api_key", "webhook_secret",
}  # fmt: skip


def demo(folder: Path, port: int) -> Program:
    arguments = ["demo", "--json", "--no-browser", "--port", str(port)]
    return Program([*arguments, "--data-dir", str(folder / "data")], {}, folder)


def test_a_purchase_of_yesterday_is_there_after_ctrl_c(tmp_path: Path) -> None:
    port = free_row(3)
    with demo(tmp_path, port) as first:
        told = first.said
        order = buy(told["shop"])
        paid = eventually(lambda: paid_payment(told))
        group = members(first.pid)
        assert len(group) == 4
        assert first.interrupt() == 0
        assert eventually(lambda: not any(map(is_running, group)))

    with demo(tmp_path, port) as again:
        assert again.said == told
        assert paid_payment(again.said) == paid
        page = httpx2.get(f"{told['shop']}{order}", trust_env=False).text
        assert paid["receipt"] in page
        assert again.interrupt() == 0


def test_the_first_line_names_everything_and_everything_answers(tmp_path: Path) -> None:
    with demo(tmp_path, free_row(3)) as running:
        told = running.said
        assert set(told) >= NAMES
        paths = {
            "gateway": "/readyz",
            "simulator": "/_sim/credentials",
            "shop": "",
            "phone": "",
        }
        for name, path in paths.items():
            reply = httpx2.get(told[name] + path, trust_env=False, follow_redirects=True)
            assert reply.status_code == 200, name
        assert told["api_key"].startswith("sk_test_")
        assert told["webhook_secret"].startswith("whsec_")


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    port = free_row(3)
    with demo(tmp_path / "one", port):
        second = demo(tmp_path / "two", port)
        second.launch()
        assert second.process.wait(30) == 1
        second.stop()

    assert "not free" in second.words() or "in use" in second.words()
    assert "Traceback" not in second.words()


def test_when_one_program_dies_all_end(tmp_path: Path) -> None:
    with demo(tmp_path, free_row(3)) as running:
        group = members(running.pid)
        shop = next(pid for pid in group if "pokea.shop" in command_of(pid))
        os.kill(shop, 9)

        assert running.process.wait(30) == 1
        assert eventually(lambda: not any(map(is_running, group)))


def buy(shop: str) -> str:
    """Buy a basket with the phone that pays by itself; the order's path."""
    with httpx2.Client(base_url=shop, trust_env=False) as visitor:
        page = visitor.get("/goods/kiondo").text
        token = page.partition('name="order" value="')[2].partition('"')[0]
        reply = visitor.post("/goods/kiondo", data={"phone": "254700000000", "order": token})
        assert reply.status_code == 303, reply.text
        orders = visitor.get("/orders").text
    return "/orders/" + orders.partition('href="/orders/')[2].partition('"')[0]


def paid_payment(told: dict[str, Any]) -> dict[str, Any] | None:
    """The newest payment, when it is paid."""
    with httpx2.Client(base_url=told["gateway"], trust_env=False) as merchant:
        merchant.headers["authorization"] = f"Bearer {told['api_key']}"
        found: list[dict[str, Any]] = merchant.get("/v1/payments").json()["data"]
    return found[0] if found and found[0]["status"] == "succeeded" else None


def members(group: int) -> list[int]:
    """The processes of a process group."""

    def belongs(pid: int) -> bool:
        try:
            return os.getpgid(pid) == group
        except ProcessLookupError:
            return False

    return [pid for pid in _all() if belongs(pid)]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def is_running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _all() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
