"""One contestant of sdk.py in a process of its own: `sdk_contestants.py NAME MODE URL`.

Prints one JSON object. MODE is `sync` (one call after the other) or `async` (32 in flight).
Peers come from another virtual environment, so they are imported by name. Each is used as its
own documentation says, with its token kept and, where it offers one, its session.
"""

import asyncio
import http.client
import importlib
import json
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pokea.daraja.operations import StkPush

CALLS = 2000
WARM_UP = 200
IN_FLIGHT = 32
PASSKEY = "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919"
CALLBACK = "https://shop.example/i/s/0123456789abcdef"

Call = Callable[[], object]
AsyncCall = Callable[[], Awaitable[object]]
Close = Callable[[], Awaitable[None]]


def bare(url: str) -> Call:
    """http.client with a kept connection and a body made beforehand: the floor."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, port, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, port)
    headers = {"Authorization": "Bearer " + "a" * 28, "Content-Type": "application/json"}
    body = b"x" * 500

    def call() -> object:
        connection.request("POST", "/mpesa/stkpush/v1/processrequest", body, headers)
        return connection.getresponse().read()

    return call


def pokea_push() -> "Callable[[], StkPush]":
    """Return what builds an operation from plain texts, as a shop would for each customer."""
    from pokea.daraja.credentials import Passkey  # noqa: PLC0415 - not there for peers
    from pokea.daraja.operations import StkPush  # noqa: PLC0415
    from pokea.daraja.values import (  # noqa: PLC0415
        AccountReference,
        CallbackUrl,
        Money,
        Msisdn,
        Shortcode,
        TransactionDescription,
    )

    def build() -> StkPush:
        return StkPush(
            shortcode=Shortcode("174379"),
            passkey=Passkey(PASSKEY),
            amount=Money.parse("10"),
            phone=Msisdn.parse("254712345678"),
            callback_url=CallbackUrl.parse(CALLBACK),
            account_reference=AccountReference("INV-1"),
            description=TransactionDescription("Order 1"),
            timestamp=datetime(2026, 1, 15, 9, 30, tzinfo=UTC),
        )

    return build


def pokea(url: str) -> Call:
    """Ours."""
    from pokea.daraja.client import Client  # noqa: PLC0415

    client = Client(base_url=url, consumer_key="key", consumer_secret="secret")
    build = pokea_push()
    return lambda: client.send(build())


async def pokea_async(url: str) -> tuple[AsyncCall, Close]:
    """Ours, with asyncio."""
    from pokea.daraja.client import AsyncClient  # noqa: PLC0415

    client = AsyncClient(base_url=url, consumer_key="key", consumer_secret="secret")
    build = pokea_push()
    return lambda: client.send(build()), client.close


def mpesakit_arguments() -> dict[str, object]:
    """What mpesakit's push takes."""
    return {
        "business_short_code": 174379,
        "transaction_type": "CustomerPayBillOnline",
        "amount": 10,
        "party_a": "254712345678",
        "party_b": "174379",
        "phone_number": "254712345678",
        "callback_url": CALLBACK,
        "account_reference": "INV-1",
        "transaction_desc": "Order 1",
        "passkey": PASSKEY,
    }


def mpesakit(url: str) -> Call:
    """With its session: without one it opens a connection and a TLS context per call."""
    module = importlib.import_module("mpesakit.mpesa_client")
    client = module.MpesaClient("key", "secret", use_session=True)
    client.http_client.base_url = url
    return lambda: client.stk_push(**mpesakit_arguments())


async def mpesakit_async(url: str) -> tuple[AsyncCall, Close]:
    """Its asyncio client."""
    module = importlib.import_module("mpesakit.mpesa_client")
    httpx = importlib.import_module("httpx")
    client = module.AsyncMpesaClient("key", "secret")
    connections = httpx.AsyncClient(base_url=url)
    setattr(client.http_client, "_client", connections)  # noqa: B010 - it has no other door
    return lambda: client.stk_push(**mpesakit_arguments()), connections.aclose


def daraja_v3(url: str) -> Call:
    """It keeps no connection."""
    module = importlib.import_module("mpesa.client")
    client = module.MpesaClient("key", "secret", "174379", PASSKEY, base_url=url)
    return lambda: client.stk_push("254712345678", 10, "INV-1", "Order 1", CALLBACK)


async def daraja_v3_async(url: str) -> tuple[AsyncCall, Close]:
    """Its asyncio client, on aiohttp."""
    module = importlib.import_module("mpesa.async_client")
    client = module.MpesaAsyncClient("key", "secret", "174379", PASSKEY, base_url=url)

    def call() -> Awaitable[object]:
        return client.stk_push("254712345678", 10, "INV-1", "Order 1", CALLBACK)

    return call, client.aclose


def mpesa_sdk(url: str) -> Call:
    """It takes a token, which somebody else must renew, and a password made beforehand."""
    module = importlib.import_module("mpesa_sdk.gateway")

    def same(_environment: str) -> str:
        return url

    setattr(importlib.import_module("mpesa_sdk.urls"), "get_base_url", same)  # noqa: B010
    client = module.Mpesa("a" * 28)
    request = {
        "BusinessShortCode": "174379",
        "Password": "MTc0Mzc5",
        "Amount": 10,
        "PartyA": "254712345678",
        "PartyB": "174379",
        "PhoneNumber": "254712345678",
        "CallBackURL": CALLBACK,
        "AccountReference": "INV-1",
        "TransactionDesc": "Order 1",
    }
    return lambda: client.mpesa_express_payment(request)


def django_daraja(url: str) -> Call:
    """It keeps its token in the project's database: here SQLite in memory."""
    settings = importlib.import_module("django.conf").settings
    settings.configure(
        INSTALLED_APPS=["django_daraja"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        USE_TZ=True,
        MPESA_ENVIRONMENT="sandbox",
        MPESA_CONSUMER_KEY="key",
        MPESA_CONSUMER_SECRET="secret",
        MPESA_EXPRESS_SHORTCODE="174379",
        MPESA_PASSKEY=PASSKEY,
    )
    importlib.import_module("django").setup()
    management = importlib.import_module("django.core.management")
    management.call_command("migrate", verbosity=0)
    for module in ("django_daraja.mpesa.utils", "django_daraja.mpesa.core"):
        setattr(importlib.import_module(module), "api_base_url", lambda: f"{url}/")  # noqa: B010
    client = importlib.import_module("django_daraja.mpesa.core").MpesaClient()
    return lambda: client.stk_push("254712345678", 10, "INV-1", "Order 1", CALLBACK)


SYNC: dict[str, Callable[[str], Call]] = {
    "http.client": bare,
    "pokea": pokea,
    "daraja-v3": daraja_v3,
    "mpesa-sdk": mpesa_sdk,
    "mpesakit": mpesakit,
    "django-daraja": django_daraja,
}
Make = Callable[[str], Awaitable[tuple[AsyncCall, Close]]]
ASYNC: dict[str, Make] = {
    "pokea": pokea_async,
    "daraja-v3": daraja_v3_async,
    "mpesakit": mpesakit_async,
}


def measure(call: Call) -> dict[str, int]:
    """Run the calls one after the other; microseconds of processor and of wall time each."""
    for _ in range(WARM_UP):
        call()
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    for _ in range(CALLS):
        call()
    return figures(cpu, wall)


async def measure_async(make: Make, url: str) -> dict[str, int]:
    """Run the same number of calls, 32 of them in flight."""
    call, close = await make(url)
    for _ in range(WARM_UP):
        await call()
    left = iter(range(CALLS))

    async def worker() -> None:
        for _ in left:
            await call()

    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    taken = figures(cpu, wall)
    await close()
    return taken


def figures(cpu: int, wall: int) -> dict[str, int]:
    """Divide what has passed since by the calls."""
    return {
        "cpu_us": (time.process_time_ns() - cpu) // CALLS // 1000,
        "wall_us": (time.perf_counter_ns() - wall) // CALLS // 1000,
    }


def run(name: str, mode: str, url: str) -> None:
    """Measure twice and print the better: the machine is shared."""
    if mode == "sync":
        call = SYNC[name](url)
        runs = [measure(call), measure(call)]
    else:
        runs = [asyncio.run(measure_async(ASYNC[name], url)) for _ in range(2)]
    print(json.dumps({key: min(run[key] for run in runs) for key in ("cpu_us", "wall_us")}))


run(*sys.argv[1:])
