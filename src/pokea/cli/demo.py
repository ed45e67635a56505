"""`pokea demo`: the whole road on one machine, as four programs in one process group.

The gateway, the simulator and the shop are started as they would be anywhere else and know each
other only by their addresses. Ctrl-C, or the end of any of them, ends all of them.
"""

import json
import signal
import subprocess
import sys
import time
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

import httpx2

from pokea.cli import first_merchant, register_urls
from pokea.settings import BadSettings, Settings, environment_with, read_settings

START_S: Final = 30
STOP_S: Final = 8
SHOP_NAME: Final = "Duka la Wanjiku"
CONTACT: Final = "254712345678"
"""Whom the simulator would call about Pull."""
_HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where everything answers."""

    gateway: str
    simulator: str
    shop: str


class _Stopped(Exception):
    """A signal asked for the end."""


def run(*, port: int, data_dir: Path, as_json: bool, browser: bool) -> None:
    """Start everything, say where it is, and wait for the end.

    Raises:
        BadSettings: a port is taken, or a program did not start.
    """
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = Addresses(
        gateway=f"http://{_HOST}:{port}",
        simulator=f"http://{_HOST}:{port + 1}",
        shop=f"http://{_HOST}:{port + 2}",
    )
    programs: list[subprocess.Popen[str]] = []
    try:
        made = _start_all(at, port, data_dir, programs)
        print(_as_json(at, made) if as_json else _as_text(at, made, data_dir), flush=True)
        if browser and not as_json and sys.stdout.isatty():
            webbrowser.open(at.shop)
        _wait_for_the_end(programs)
    except _Stopped:
        pass
    finally:
        _end(programs)


def _start_all(
    at: Addresses, port: int, data_dir: Path, programs: list[subprocess.Popen[str]]
) -> first_merchant.Made:
    simulator_file = data_dir / "simulator.json"
    _start(
        programs, ["simulator", "--port", str(port + 1), "--data-file", str(simulator_file)], {}
    )
    credentials = httpx2.get(f"{at.simulator}/_sim/credentials", trust_env=False).json()
    environment = _environment(at, data_dir, credentials)
    settings = _settings(environment)
    made = _merchant(settings, data_dir, at)
    # So that paying by hand works here too.
    register_urls.run(settings, version=2, complete_when_unreachable=True, pull_phone=CONTACT)
    _start(programs, ["serve", "--port", str(port)], environment)
    _start_shop(programs, port + 2, at, data_dir, made)
    return made


def _environment(at: Addresses, data_dir: Path, app: Mapping[str, Any]) -> dict[str, str]:
    return {
        "MPESA_ENV": "simulator",
        "MPESA_BASE_URL": at.simulator,
        "MPESA_CONSUMER_KEY": app["consumer_key"],
        "MPESA_CONSUMER_SECRET": app["consumer_secret"],
        "MPESA_SHORTCODE": str(app["shortcode"]),
        "MPESA_PASSKEY": app["passkey"],
        "MPESA_INITIATOR_NAME": app["initiator_name"],
        "MPESA_INITIATOR_PASSWORD": app["initiator_password"],
        "MPESA_CERTIFICATE": str(_certificate(data_dir, app)),
        "POKEA_PULL": "true",
        "BASE_URL": at.gateway,
        "DATABASE_URL": f"sqlite:///{data_dir / 'pokea.db'}",
        "POKEA_DATA_DIR": str(data_dir),
        "POKEA_MERCHANT_NAME": SHOP_NAME,
        "POKEA_SECRET_KEYS": "",
        "POKEA_LOG_LEVEL": "warning",  # between the addresses only what is wrong is news
    }


def _certificate(data_dir: Path, app: Mapping[str, Any]) -> Path:
    """The simulator's own; each has another key."""
    path = data_dir / "simulator.pem"
    path.write_text(app["certificate_pem"])
    return path


def _settings(environment: Mapping[str, str]) -> Settings:
    return read_settings(**{name.lower(): value for name, value in environment.items()})


def _merchant(settings: Settings, data_dir: Path, at: Addresses) -> first_merchant.Made:
    key_file = data_dir / "api-key"
    known = key_file.read_text().strip() if key_file.exists() else None
    made = first_merchant.make_demo(
        settings, SHOP_NAME, url=f"{at.shop}/webhooks/pokea", known_key=known
    )
    key_file.touch(mode=0o600)
    key_file.write_text(made.api_key + "\n")
    return made


def _start(
    programs: list[subprocess.Popen[str]], arguments: list[str], environment: Mapping[str, str]
) -> None:
    command = [sys.executable, "-m", "pokea.cli", *arguments, "--json"]
    _start_program(programs, command, environment, name=arguments[0])


def _start_shop(
    programs: list[subprocess.Popen[str]],
    port: int,
    at: Addresses,
    data_dir: Path,
    made: first_merchant.Made,
) -> None:
    command = [sys.executable, "-m", "pokea.shop", "--port", str(port), "--gateway", at.gateway]
    command += ["--data-file", str(data_dir / "shop.db"), "--json"]
    secrets = {
        "SHOP_API_KEY": made.api_key,
        "SHOP_WEBHOOK_SECRET": made.webhook_secret or "",
    }
    _start_program(programs, command, secrets, name="shop")


def _start_program(
    programs: list[subprocess.Popen[str]],
    command: list[str],
    environment: Mapping[str, str],
    *,
    name: str,
) -> None:
    """Start a program and wait for its first line, which says that it answers."""
    program = subprocess.Popen(  # noqa: S603 - our own programs
        command, stdout=subprocess.PIPE, text=True, env=environment_with(environment)
    )
    programs.append(program)
    line = program.stdout.readline() if program.stdout else ""
    if not line:
        raise BadSettings(f"The {name} did not start; its own words stand above.")


def _wait_for_the_end(programs: list[subprocess.Popen[str]]) -> None:
    while all(program.poll() is None for program in programs):
        time.sleep(0.2)
    raise BadSettings("One of the programs ended by itself; its own words stand above.")


def _end(programs: list[subprocess.Popen[str]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for program in reversed(programs):
        if program.poll() is None:
            program.terminate()
    deadline = time.monotonic() + STOP_S
    for program in programs:
        try:
            program.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
        if program.stdout:
            program.stdout.close()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _as_json(at: Addresses, made: first_merchant.Made) -> str:
    return json.dumps(
        {
            "gateway": at.gateway,
            "simulator": at.simulator,
            "shop": at.shop,
            "phone": f"{at.simulator}/phone",
            # No dashboard yet; the name is promised, so it is there and says so.
            "dashboard": None,
            "api_key": made.api_key,
            "webhook_secret": made.webhook_secret,
        }
    )


def _as_text(at: Addresses, made: first_merchant.Made, data_dir: Path) -> str:
    return f"""
  Pokea demo · TEST MODE · no Safaricom account needed · Ctrl-C stops

  Shop              {at.shop}
  Simulated phone   {at.simulator}/phone
  Gateway API       {at.gateway}/v1        docs at {at.gateway}/docs
  Pretend Daraja    {at.simulator}

  API key           {made.api_key}
  Kept in           {data_dir.resolve()}

  1. Open the shop and the phone, in two tabs.
  2. Buy something; as your number, type 0712 345 678.
  3. On the phone, type any four digits and press Send. Both pages turn paid.
     0000 is the wrong PIN; Cancel, or just wait, to see the other endings.
"""
