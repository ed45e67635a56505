"""Callbacks over a real connection: their headers, eight seconds of patience, no second try."""

import http.server
import json
import socket
import threading
from collections.abc import Generator
from typing import Any, ClassVar

import pytest
from typing_extensions import override

from pokea.simulator.app import create_app
from pokea.simulator.clock import SimClock
from pokea.simulator.courier import ANSWER_MAX_S, HttpCourier
from pokea.simulator.testing import START, Pretend
from pokea.simulator.world.genesis import PAYBILL

pytestmark = pytest.mark.anyio
_PAYS = "254700000000"


class _Shop(http.server.BaseHTTPRequestHandler):
    """Keeps what it is told, and answers 500."""

    heard: ClassVar[list[tuple[dict[str, str], Any]]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((dict(self.headers), json.loads(body)))
        self.send_response(500)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def shop() -> Generator[tuple[str, type[_Shop]]]:
    class Shop(_Shop):
        heard: ClassVar[list[tuple[dict[str, str], Any]]] = []

    server = http.server.HTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/paid", Shop
    server.shutdown()
    thread.join()
    server.server_close()


def _over_http(answer_max_s: float = ANSWER_MAX_S) -> Pretend:
    clock = SimClock(START, "frozen")
    return Pretend.around(create_app(seed=1, clock=clock, courier=HttpCourier(answer_max_s)))


async def test_a_callback_has_the_headers_seen_live_and_comes_once(
    shop: tuple[str, type[_Shop]],
) -> None:
    url, heard = shop[0], shop[1].heard
    async with _over_http() as safaricom:
        await safaricom.side("PATCH", "/switches", {"callback_source": "196.201.212.138"})

        await safaricom.push(_PAYS, CallBackURL=url)
        await safaricom.advance(86_400)
        deliveries = await safaricom.side("GET", "/deliveries")

    headers, body = heard[0]
    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert headers["Businessshortcode"] == PAYBILL
    assert headers["X-Forwarded-For"] == "196.201.212.138"
    assert body["Body"]["stkCallback"]["ResultCode"] == 0
    assert (len(heard), [found["status"] for found in deliveries]) == (1, [500])


async def test_a_server_that_is_down_is_not_called_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/paid"
    async with _over_http() as safaricom:
        await safaricom.push(_PAYS, CallBackURL=url)
        await safaricom.advance(86_400)
        deliveries = await safaricom.side("GET", "/deliveries")

    assert [found["status"] for found in deliveries] == [0]


def test_a_validation_has_eight_seconds() -> None:
    assert ANSWER_MAX_S == 8


@pytest.mark.parametrize(
    ("default", "state"), [("Completed", "paid"), ("Cancelled", "refused")]
)
async def test_a_validation_that_never_answers_leaves_it_to_the_response_type(
    default: str, state: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        register = {
            "ShortCode": PAYBILL,
            "ResponseType": default,
            "ConfirmationURL": f"{url}confirm",
            "ValidationURL": f"{url}validate",
        }
        async with _over_http(answer_max_s=0.05) as safaricom:
            await safaricom.call("/mpesa/c2b/v2/registerurl", register)
            body = {"msisdn": "0712345678", "amount": 5, "account": "x"}
            paid = await safaricom.side("POST", "/c2b", body)

    assert paid["state"] == state
