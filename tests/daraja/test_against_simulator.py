"""What the simulator, an independent reading of Daraja, sends back is what we understand."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.request import Request, urlopen

import pytest
from typing_extensions import override

from pokea.daraja.callbacks import (
    BalanceResult,
    Callback,
    PayoutResult,
    StatusResult,
    StkFailed,
    StkPaid,
    decode,
)
from pokea.daraja.certificates import Certificate, InitiatorPassword
from pokea.daraja.client import Client
from pokea.daraja.credentials import Initiator, Passkey
from pokea.daraja.errors import DuplicateRequest
from pokea.daraja.operations import (
    B2c,
    BalanceQuery,
    Purpose,
    ResultUrls,
    StatusQuery,
    StkPush,
)
from pokea.daraja.values import (
    AccountReference,
    CallbackUrl,
    Money,
    Msisdn,
    OriginatorConversationId,
    Remarks,
    Shortcode,
    TransactionDescription,
)

pytestmark = pytest.mark.system
RECEIVED: queue.Queue[tuple[str, bytes]] = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    """Takes callbacks; the path names their kind."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        RECEIVED.put((self.path[1:], body))
        self.send_response(200)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(frozen=True)
class Safaricom:
    """A running simulator, a client of it, and what it calls back."""

    url: str
    client: Client
    passkey: Passkey
    initiator: Initiator
    receiver: str

    def callback(self, kind: str) -> CallbackUrl:
        return CallbackUrl.parse(f"{self.receiver}/{kind}", allow_http=True)

    def urls(self, kind: str) -> ResultUrls:
        return ResultUrls(result=self.callback(kind), timeout=self.callback("timeout"))

    def after(self, seconds: int) -> Callback:
        """Let simulated time pass and decode the callback that comes."""
        body = json.dumps({"seconds": seconds}).encode()
        headers = {"Content-Type": "application/json"}
        urlopen(Request(f"{self.url}/_sim/clock/advance", body, headers)).close()  # noqa: S310
        return decode(*RECEIVED.get(timeout=20))


@pytest.fixture(scope="module")
def safaricom() -> Iterator[Safaricom]:
    command = [sys.executable, "-m", "pokea.simulator", "--port", "0", "--json"]
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert process.stdout
        url = str(json.loads(process.stdout.readline())["simulator"])
        with urlopen(f"{url}/_sim/credentials") as reply:  # noqa: S310 - this machine
            app = cast("dict[str, str]", json.load(reply))
        certificate = Certificate.read(app["certificate_pem"].encode())
        password = InitiatorPassword(app["initiator_password"])
        key, secret = app["consumer_key"], app["consumer_secret"]
        with Client(base_url=url, consumer_key=key, consumer_secret=secret) as client:
            yield Safaricom(
                url=url,
                client=client,
                passkey=Passkey(app["passkey"]),
                initiator=Initiator(
                    name=app["initiator_name"], credential=certificate.encrypt(password)
                ),
                receiver=f"http://127.0.0.1:{server.server_port}",
            )
        process.terminate()
        server.shutdown()


def push(safaricom: Safaricom, phone: str) -> StkPush:
    return StkPush(
        shortcode=Shortcode("174379"),
        passkey=safaricom.passkey,
        amount=Money.shillings(10),
        phone=Msisdn(phone),
        callback_url=safaricom.callback("stk"),
        account_reference=AccountReference("INV-1"),
        description=TransactionDescription("Order 1"),
        timestamp=datetime(2026, 1, 15, 9, 30, tzinfo=UTC),
    )


def payout(safaricom: Safaricom, own_id: str) -> B2c:
    return B2c(
        shortcode=Shortcode("600992"),
        initiator=safaricom.initiator,
        originator_conversation_id=OriginatorConversationId(own_id),
        purpose=Purpose.PAYMENT,
        amount=Money.shillings(100),
        phone=Msisdn("254700100000"),
        remarks=Remarks("OK"),
        urls=safaricom.urls("b2c_result"),
    )


def test_a_payer_who_approves_has_paid(safaricom: Safaricom) -> None:
    ack = safaricom.client.send(push(safaricom, "254700000000"))

    paid = safaricom.after(90)

    assert isinstance(paid, StkPaid)
    assert paid.checkout_request_id == ack.checkout_request_id
    assert paid.amount == Money.shillings(10)
    assert paid.receipt
    assert paid.problems == ()


@pytest.mark.parametrize("code", ["1", "1032", "1037", "2001"])
def test_every_failure_comes_under_its_code(safaricom: Safaricom, code: str) -> None:
    safaricom.client.send(push(safaricom, f"25470000{code.rjust(4, '0')}"))

    failed = safaricom.after(90)

    assert isinstance(failed, StkFailed)
    assert failed.code == code


def test_a_payout_is_paid_once_and_its_status_says_so(safaricom: Safaricom) -> None:
    safaricom.client.send(payout(safaricom, "once"))
    paid = safaricom.after(120)

    with pytest.raises(DuplicateRequest):
        safaricom.client.send(payout(safaricom, "once"))
    safaricom.client.send(
        StatusQuery(
            shortcode=Shortcode("600992"),
            initiator=safaricom.initiator,
            originator_conversation_id="once",
            remarks=Remarks("OK"),
            urls=safaricom.urls("status_result"),
        )
    )
    status = safaricom.after(120)

    assert isinstance(paid, PayoutResult)
    assert isinstance(status, StatusResult)
    assert status.is_completed
    assert status.receipt == paid.receipt


def test_balances_are_told_in_cents(safaricom: Safaricom) -> None:
    safaricom.client.send(
        BalanceQuery(
            shortcode=Shortcode("600992"),
            initiator=safaricom.initiator,
            remarks=Remarks("OK"),
            urls=safaricom.urls("balance_result"),
        )
    )

    told = safaricom.after(120)

    assert isinstance(told, BalanceResult)
    assert any(account.name == "Utility Account" for account in told.accounts)
