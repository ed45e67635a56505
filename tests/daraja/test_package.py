"""The package as its users meet it: light to import, typed to the end, one products table."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pokea.daraja.callbacks import KINDS
from pokea.daraja.operations import PRODUCTS, SimAction

ROOT = Path(__file__).parents[2]
PRODUCTS_PAGE = ROOT / "docs" / "sdk" / "products.md"

USER = """
from datetime import UTC, datetime
from typing import assert_type

from pokea.daraja.callbacks import Callback, StkPaid, decode
from pokea.daraja.client import AsyncClient, Client
from pokea.daraja.credentials import Passkey
from pokea.daraja.operations import PushAck, QueryAnswer, StkPush, StkQuery
from pokea.daraja.values import (
    AccountReference, CallbackUrl, Money, Msisdn, Receipt, Shortcode, TransactionDescription,
)

push = StkPush(
    shortcode=Shortcode("174379"),
    passkey=Passkey("x"),
    amount={amount},
    phone=Msisdn.parse("0712 345 678"),
    callback_url=CallbackUrl.parse("https://shop.example/i"),
    account_reference=AccountReference("INV-1"),
    description=TransactionDescription("Order 1"),
    timestamp=datetime(2026, 1, 1, tzinfo=UTC),
)
query = StkQuery(
    shortcode=push.shortcode, passkey=push.passkey, checkout_request_id="ws_CO_1",
    timestamp=push.timestamp,
)


def sync(client: Client) -> None:
    assert_type(client.send(push), PushAck)
    assert_type(client.send(query), QueryAnswer)


async def concurrent(client: AsyncClient) -> None:
    assert_type(await client.send(push), PushAck)
    assert_type((await client.send(query)).{attribute}, str)


def called(body: bytes) -> None:
    callback = decode("stk", body)
    assert_type(callback, Callback)
    if isinstance(callback, StkPaid):
        assert_type(callback.receipt, Receipt | None)
"""


def check_types(folder: Path, amount: str, attribute: str) -> list[str]:
    """Check a user's program strictly and return what pyright says."""
    program = USER.replace("{amount}", amount).replace("{attribute}", attribute)
    (folder / "user.py").write_text(program)
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11"}
    settings |= {"extraPaths": [str(ROOT / "src")]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "-p", str(folder)]
    command += ["--pythonpath", sys.executable]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [problem["message"] for problem in json.loads(said)["generalDiagnostics"]]


def test_a_users_program_is_typed_to_the_end(tmp_path: Path) -> None:
    assert check_types(tmp_path, 'Money.parse("10")', "code") == []


def test_a_users_mistakes_are_found_before_the_program_runs(tmp_path: Path) -> None:
    problems = check_types(tmp_path, "10.50", "receipt")

    assert '"float" is not assignable to "Money"' in " ".join(problems)
    assert 'attribute "receipt" for class "QueryAnswer"' in " ".join(problems)


def loaded_by(module: str) -> set[str]:
    program = f"import sys, {module}; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in said.stdout.split()} | set(said.stdout.split())


HEAVY = {"fastapi", "starlette", "pydantic", "sqlalchemy", "redis", "uvicorn", "jinja2", "rich"}
HTTP = {
    "urllib3",
    "aiohttp",
    "httptools",
    "httpx2",
    "requests",
    "http",
    "ssl",
    "asyncio",
    "socket",
}


@pytest.mark.parametrize("module", ["values", "results", "callbacks", "errors", "operations"])
def test_the_protocol_loads_no_http_client(module: str) -> None:
    loaded = loaded_by(f"pokea.daraja.{module}")

    assert not loaded & (HEAVY | HTTP | {"cryptography", "phonenumbers"})


def test_the_client_loads_no_web_framework_and_no_database() -> None:
    loaded = loaded_by("pokea.daraja.client")

    assert not loaded & (HEAVY | {"cryptography", "phonenumbers", "sqlite3", "psycopg"})


def test_the_package_stands_alone() -> None:
    for path in (ROOT / "src" / "pokea" / "daraja").rglob("*.py"):
        for line in path.read_text().splitlines():
            imported = re.match(r"\s*(?:from|import) (pokea[.\w]*)", line)
            assert imported is None or imported[1].startswith("pokea.daraja"), path


def test_the_products_page_lists_what_the_code_has() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| `([^|`]+)` \| \[?`(\w+)`[^|]*\| ([^|]*) \|$",
        PRODUCTS_PAGE.read_text(),
        re.MULTILINE,
    )

    listed = [
        (name, path, operation, kinds.replace("`", "")) for name, path, operation, kinds in rows
    ]
    assert listed == [
        (product.name, product.path, product.operation.__name__, product.callback or "-")
        for product in PRODUCTS
    ]


def test_every_callback_named_by_a_product_can_be_decoded() -> None:
    named = {kind for product in PRODUCTS for kind in product.callback.split(", ") if kind}

    assert named <= set(KINDS)
    assert len(SimAction) == 14
