"""What Safaricom's answers to questions mean for the gateway; every other is no answer."""

import json
from typing import Any

import pytest

from harness.examples import NOW, RECEIPT, SHORTCODE, an_inquiry
from pokea.daraja.client import AsyncClient
from pokea.daraja.credentials import Initiator, SecurityCredential
from pokea.daraja.testing import TOKEN, Answer, AsyncScript, Script, reply
from pokea.daraja.transport import Lost, NeverWritten
from pokea.daraja.values import Money, Msisdn
from pokea.domain.corroboration import Witness
from pokea.domain.inquiry import Conversation, InquiryKind
from pokea.flows.ports import (
    Asked,
    AskOutcome,
    Declined,
    NotRegistered,
    Pulled,
    PullOutcome,
    PutOff,
    Registered,
    RegisterOutcome,
    Unheard,
    UrlsWanted,
)
from pokea.provider import DarajaInquirer, DarajaPuller, DarajaRegistrar

pytestmark = pytest.mark.anyio

ACK = reply(
    200,
    {
        "OriginatorConversationID": "feb5-4a6d-1",
        "ConversationID": "AG_20260115_1",
        "ResponseCode": "0",
        "ResponseDescription": "Accept the service request successfully.",
    },
)
PATH = "/i/t/" + "0" * 64


def client(script: Script) -> AsyncClient:
    made = AsyncClient(base_url="https://daraja.test", consumer_key="k", consumer_secret="s")
    return made.over(AsyncScript(script))


def error(code: str, message: str, status: int = 500) -> Answer:
    return reply(status, {"requestId": "1", "errorCode": code, "errorMessage": message})


async def ask(
    *answers: Answer, kind: InquiryKind = InquiryKind.STATUS, base_url: str = "https://pay.test"
) -> tuple[AskOutcome, Script]:
    script = Script(TOKEN, *answers)
    inquirer = DarajaInquirer(
        client=client(script),
        initiator=Initiator(name="testapi", credential=SecurityCredential("abc=")),
        mark=b"mark",
        base_url=base_url,
        plain_http=False,
    )
    outcome, _ = await inquirer.ask(
        an_inquiry(kind=kind), result_path=PATH, timeout_path=PATH.replace("/t/", "/q/")
    )
    return outcome, script


def sent(script: Script) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(script.requests[-1].body or b"{}")
    return found


async def test_a_status_is_asked_by_receipt_as_the_initiator() -> None:
    outcome, script = await ask(ACK)

    assert outcome == Asked(Conversation("AG_20260115_1", "feb5-4a6d-1"))
    body = sent(script)
    assert script.paths[-1] == "/mpesa/transactionstatus/v1/query"
    assert (body["TransactionID"], body["PartyA"]) == (RECEIPT.code, SHORTCODE.digits)
    assert (body["Initiator"], body["IdentifierType"]) == ("testapi", "4")
    assert body["ResultURL"] == "https://pay.test" + PATH
    assert body["QueueTimeOutURL"].startswith("https://pay.test/i/q/")


async def test_balances_are_asked_for_by_shortcode() -> None:
    _, script = await ask(ACK, kind=InquiryKind.BALANCE)

    assert script.paths[-1] == "/mpesa/accountbalance/v1/query"
    assert sent(script)["CommandID"] == "AccountBalance"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (NeverWritten("refused"), PutOff(retry_after_s=5)),
        (Lost("reset"), Unheard()),
        (reply(200, b"<html>"), Unheard()),
        (reply(503, b""), Unheard()),
        (reply(429, b""), PutOff(retry_after_s=30, too_often=True)),
        (reply(429, b"", (("retry-after", "7"),)), PutOff(retry_after_s=7, too_often=True)),
        (error("500.003.02", "Spike"), PutOff(retry_after_s=30, too_often=True)),
        (error("500.001.1001", "Something new"), Unheard()),
        (
            error("400.002.02", "Bad Request - Invalid PartyA", 400),
            Declined(code="400.002.02", message="Bad Request - Invalid PartyA"),
        ),
    ],
)
async def test_an_answer_to_a_question_means_what_the_closed_table_says(
    answer: Answer, outcome: AskOutcome
) -> None:
    assert (await ask(answer))[0] == outcome


async def test_an_address_that_daraja_refuses_is_declined_before_anything_is_sent() -> None:
    outcome, script = await ask(base_url="https://pay.test/mpesa")

    assert isinstance(outcome, Declined)
    assert script.requests == []


# ── Safaricom's own list ─────────────────────────────────────────────────────────────────

ROW: dict[str, object] = {
    "transactionId": RECEIPT.code,
    "trxDate": "2026-01-15T12:30:00+03:00",
    "msisdn": 254712345678,
    "sender": "MPESA",
    "transactiontype": "c2b-pay-bill-debit",
    "billreference": "INV-1",
    "amount": "150.0",
    "organizationname": "Duka",
}


async def pull(*answers: Answer) -> PullOutcome:
    puller = DarajaPuller(client=client(Script(TOKEN, *answers)))
    outcome, _ = await puller.pull(SHORTCODE, starts=NOW, ends=NOW, offset=0)
    return outcome


async def page(*rows: dict[str, object]) -> Pulled:
    listed = {"ResponseRefID": "1", "ResponseCode": "1000", "Response": [list(rows)]}
    outcome = await pull(reply(200, listed))
    assert isinstance(outcome, Pulled)
    return outcome


async def test_a_row_is_money_that_safaricom_names() -> None:
    pulled = await page(ROW)

    [money] = pulled.heard
    assert (money.receipt, money.amount) == (RECEIPT, Money.shillings(150))
    assert (money.account, money.payer) == ("INV-1", Msisdn("254712345678"))
    assert (money.witness, money.paid_at) == (Witness.PULL_ROW, NOW)


@pytest.mark.parametrize(
    "bent",
    [
        {"transactionId": ""},
        {"transactionId": "short"},
        {"amount": "much"},
        {"trxDate": "yesterday"},
        {"transactiontype": "b2c-payout"},
        {"transactiontype": ""},
    ],
)
async def test_a_row_that_cannot_be_money_in_is_strange_and_still_counted(
    bent: dict[str, object],
) -> None:
    pulled = await page(ROW | bent)

    assert pulled.heard == ()
    assert (len(pulled.strange), pulled.rows) == (1, 1)
    assert pulled.strange[0]


async def test_a_payer_that_cannot_be_read_takes_nothing_from_the_money() -> None:
    pulled = await page(ROW | {"msisdn": 25471})

    assert pulled.heard[0].payer is None


async def test_no_rows_are_an_empty_page() -> None:
    assert await pull(reply(200, {"ResponseCode": "1001"})) == Pulled(heard=(), strange=())


async def test_a_shortcode_that_was_not_approved_is_declined() -> None:
    outcome = await pull(error("400.001", "Invalid ShortCode", 400))

    assert outcome == Declined(code="400.001", message="Invalid ShortCode")


# ── addresses ────────────────────────────────────────────────────────────────────────────


async def register(*answers: Answer, host: str = "https://pay.test") -> RegisterOutcome:
    registrar = DarajaRegistrar(client=client(Script(TOKEN, *answers)), plain_http=False)
    wanted = UrlsWanted(
        confirmation_url=f"{host}/i/c/1",
        validation_url=f"{host}/i/v/1",
        complete_when_unreachable=True,
        version=2,
    )
    return await registrar.register_urls(SHORTCODE, wanted)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (
            reply(200, {"ResponseCode": "0", "ResponseDescription": "Success"}),
            Registered(already=False),
        ),
        (error("500.003.1001", "Urls are already registered."), Registered(already=True)),
        (error("500.003.1001", "Duplicate notification info, SP"), Registered(already=True)),
    ],
)
async def test_addresses_stand_when_they_are_new_and_when_they_are_not(
    answer: Answer, outcome: Registered
) -> None:
    assert await register(answer) == outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (
            error("400.002.02", "Invalid ShortCode", 400),
            NotRegistered(why="400.002.02: Invalid ShortCode", answered=True),
        ),
        (Lost("reset"), NotRegistered(why="reset", answered=False)),
        (NeverWritten("refused"), NotRegistered(why="refused", answered=False)),
    ],
)
async def test_addresses_that_do_not_stand_say_why(
    answer: Answer, outcome: NotRegistered
) -> None:
    assert await register(answer) == outcome


async def test_an_address_with_a_banned_word_is_never_sent() -> None:
    outcome = await register(host="https://sql.test")

    assert isinstance(outcome, NotRegistered)
    assert 'holds "sql"' in outcome.why
