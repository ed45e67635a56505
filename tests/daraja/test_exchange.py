"""The conversation with Daraja, proved for both clients by the same tests."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import pytest

from pokea.daraja.credentials import Passkey
from pokea.daraja.errors import (
    Ambiguous,
    DarajaError,
    DuplicateRequest,
    Misconfigured,
    NoToken,
    NotProvisioned,
    NotSent,
    RateLimited,
    Refused,
    SubscriberBusy,
    TokenRefused,
    UnknownRequest,
)
from pokea.daraja.operations import Operation, PushAck, QueryAnswer, StkPush, StkQuery
from pokea.daraja.results import Kind
from pokea.daraja.testing import TOKEN, Answer, Script, reply
from pokea.daraja.transport import Lost, NeverWritten
from pokea.daraja.values import (
    AccountReference,
    CallbackUrl,
    Money,
    Msisdn,
    Shortcode,
    TransactionDescription,
)


class AnySender(Protocol):
    def pass_time(self, seconds: int) -> None: ...

    def send(self, operation: Operation[object], script: Script) -> object: ...


Send = Callable[[Operation[object], Script], object]

PUSH = StkPush(
    shortcode=Shortcode("174379"),
    passkey=Passkey("bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919"),
    amount=Money.shillings(10),
    phone=Msisdn("254712345678"),
    callback_url=CallbackUrl.parse("https://shop.example/i/s/abc"),
    account_reference=AccountReference("INV-1"),
    description=TransactionDescription("Order 1"),
    timestamp=datetime(2026, 1, 15, 9, 30, tzinfo=UTC),
)
QUERY = StkQuery(
    shortcode=PUSH.shortcode,
    passkey=PUSH.passkey,
    checkout_request_id="ws_CO_15012026123000000712345678",
    timestamp=PUSH.timestamp,
)
ACCEPTED = reply(
    200,
    {
        "MerchantRequestID": "29115-34620561-1",
        "CheckoutRequestID": "ws_CO_191220191020363925",
        "ResponseCode": "0",
        "ResponseDescription": "Success. Request accepted for processing",
        "CustomerMessage": "Success. Request accepted for processing",
    },
)
OAUTH = "/oauth/v1/generate"
STK = "/mpesa/stkpush/v1/processrequest"


def error_reply(status: int, code: str, message: str) -> Answer:
    return reply(status, {"requestId": "1-2-3", "errorCode": code, "errorMessage": message})


INVALID_TOKEN = error_reply(404, "404.001.03", "Invalid Access Token")


def test_a_push_is_acknowledged(send: Send) -> None:
    script = Script(TOKEN, ACCEPTED)

    ack = send(PUSH, script)

    assert isinstance(ack, PushAck)
    assert ack.checkout_request_id == "ws_CO_191220191020363925"
    assert script.paths == [OAUTH, STK]


def test_the_token_is_kept_until_a_minute_before_its_end(sender: AnySender) -> None:
    script = Script(TOKEN, ACCEPTED, ACCEPTED, TOKEN, ACCEPTED)

    sender.send(PUSH, script)
    sender.pass_time(3538)
    sender.send(PUSH, script)
    sender.pass_time(1)
    sender.send(PUSH, script)

    assert script.paths == [OAUTH, STK, STK, OAUTH, STK]


@pytest.mark.parametrize(
    "refusal",
    [
        INVALID_TOKEN,
        error_reply(400, "400.003.01", "Invalid Access Token"),
        error_reply(401, "401.001", "Invalid Access Token"),
        error_reply(401, "401.002.01", "Error Occurred - Invalid Access Token - c9SQxWW"),
        error_reply(401, "401.003.01", "Error Occurred - no apiproduct match found"),
        error_reply(401, "401", "Unauthorized - Invalid Access Token"),
    ],
)
def test_a_refused_token_is_renewed_and_the_request_sent_once_more(
    send: Send, refusal: Answer
) -> None:
    script = Script(TOKEN, refusal, TOKEN, ACCEPTED)

    ack = send(PUSH, script)

    assert isinstance(ack, PushAck)
    assert script.paths == [OAUTH, STK, OAUTH, STK]


def test_a_token_refused_twice_is_the_callers_problem(send: Send) -> None:
    script = Script(TOKEN, INVALID_TOKEN, TOKEN, INVALID_TOKEN)

    with pytest.raises(TokenRefused) as caught:
        send(PUSH, script)

    assert not caught.value.may_have_moved_money
    assert len(script.requests) == 4


def test_no_error_repeats_the_token(send: Send) -> None:
    token = "c9SQxWWhmdVRlyh0zh8gZDTkubVF"
    echo = error_reply(401, "401.002.01", f"Error Occurred - Invalid Access Token - {token}")
    script = Script(TOKEN, echo, TOKEN, echo)

    with pytest.raises(TokenRefused) as caught:
        send(PUSH, script)

    assert token not in str(caught.value)
    assert token.encode() not in caught.value.raw


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (error_reply(400, "400.002.02", "Bad Request - Invalid PhoneNumber"), Refused),
        (error_reply(400, "400.002.05", "Invalid Request Payload"), Refused),
        (error_reply(404, "404.001.01", "Resource not found"), Refused),
        (error_reply(404, "404.001.04", "Invalid Authentication Header"), Refused),
        (error_reply(405, "405.001", "Method Not Allowed"), Refused),
        (error_reply(403, "403.002.1001", "You are not authorized"), NotProvisioned),
        (error_reply(500, "500.001.1001", "Wrong credentials"), Misconfigured),
        (
            error_reply(500, "500.001.1001", "[MerchantValidate] - Wrong credentials"),
            Misconfigured,
        ),
        (error_reply(500, "500.001.1001", "Merchant does not exist"), Misconfigured),
        (
            error_reply(500, "500.001.1001", "Unable to lock subscriber, a transaction is ..."),
            SubscriberBusy,
        ),
        (error_reply(500, "500.003.02", "Error Occurred: Spike Arrest Violation"), RateLimited),
        (error_reply(500, "500.003.03", "Error Occurred: Quota Violation"), RateLimited),
        (reply(429, {"fault": {"faultstring": "Spike arrest violation."}}), RateLimited),
        (reply(429, b"<html>slow down</html>"), RateLimited),
        (reply(200, {"ResponseCode": "1", "ResponseDescription": "no"}), Refused),
    ],
)
def test_a_refusal_on_the_closed_list_moved_no_money(
    send: Send, answer: Answer, error: type[DarajaError]
) -> None:
    script = Script(TOKEN, answer)

    with pytest.raises(error) as caught:
        send(PUSH, script)

    assert not caught.value.may_have_moved_money
    assert caught.value.http_status
    assert script.paths == [OAUTH, STK]


@pytest.mark.parametrize(
    "answer",
    [
        Lost("timed out"),
        reply(503, b"Request unsuccessful. Incapsula incident ID: 1"),
        reply(500, b""),
        reply(200, b""),
        reply(200, b"<html></html>"),
        reply(200, b'{"MerchantRequestID": "29115-34'),
        reply(200, []),
        reply(200, {}),
        reply(200, {"ResponseCode": "0"}),
        reply(200, {"ResponseCode": "0", "CheckoutRequestID": "", "MerchantRequestID": "1"}),
        reply(200, {"ResponseCode": 0.0, "CheckoutRequestID": "a", "MerchantRequestID": "1"}),
        reply(200, {"ResponseCode": "0", "errorCode": "400.002.02"}),
        reply(302, {"ResponseCode": "0", "CheckoutRequestID": "a", "MerchantRequestID": "1"}),
        reply(502, {"ResponseCode": "0", "CheckoutRequestID": "a", "MerchantRequestID": "1"}),
        error_reply(500, "500.001.1001", "Internal Server Error"),
        error_reply(500, "500.001.1001", "The transaction does not Exist"),
        error_reply(500, "500.002.1001", "System internal error."),
        error_reply(500, "500.003.1001", "Service is currently unreachable."),
        error_reply(400, "400.099.99", "A code nobody has seen"),
        reply(200, {"errorCode": 40000202, "errorMessage": "a number"}),
    ],
)
def test_every_other_answer_to_a_push_is_ambiguous_and_never_repeated(
    send: Send, answer: Answer
) -> None:
    script = Script(TOKEN, answer)

    with pytest.raises(Ambiguous) as caught:
        send(PUSH, script)

    assert caught.value.may_have_moved_money
    assert not caught.value.answered
    assert script.paths == [OAUTH, STK]


def test_a_repeated_originator_id_was_accepted_earlier(send: Send) -> None:
    duplicate = error_reply(500, "500.002.1001", "Duplicate OriginatorConversationID.")

    with pytest.raises(DuplicateRequest) as caught:
        send(PUSH, Script(TOKEN, duplicate))

    assert caught.value.may_have_moved_money


def test_a_request_that_was_never_written_may_be_sent_again(send: Send) -> None:
    with pytest.raises(NotSent) as caught:
        send(PUSH, Script(TOKEN, NeverWritten("connection refused")))

    assert not caught.value.may_have_moved_money


@pytest.mark.parametrize(
    "answer",
    [NeverWritten("no route"), Lost("timed out"), reply(503, b"<html>"), reply(200, {})],
)
def test_without_a_token_the_request_is_not_sent(send: Send, answer: Answer) -> None:
    script = Script(answer)

    with pytest.raises(NoToken) as caught:
        send(PUSH, script)

    assert not caught.value.may_have_moved_money
    assert script.paths == [OAUTH]


@pytest.mark.parametrize(
    "answer",
    [
        error_reply(400, "400.008.01", "Invalid authentication type passed"),
        reply(400, b""),
    ],
)
def test_wrong_keys_are_a_matter_of_configuration(send: Send, answer: Answer) -> None:
    with pytest.raises(Misconfigured):
        send(PUSH, Script(answer))


def test_a_failed_minting_does_not_keep_others_from_minting(sender: AnySender) -> None:
    with pytest.raises(NoToken):
        sender.send(PUSH, Script(Lost("timed out")))

    assert sender.send(PUSH, Script(TOKEN, ACCEPTED))


def test_a_long_retry_after_is_capped(send: Send) -> None:
    slow = reply(429, b"", (("retry-after", "86400"),))

    with pytest.raises(RateLimited) as caught:
        send(PUSH, Script(TOKEN, slow))

    assert caught.value.retry_after_s == 3600
    assert not caught.value.answered


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        ("0", "The service request is processed successfully.", Kind.PAID),
        ("1032", "Request cancelled by user", Kind.FAILED),
        ("4999", "The transaction is still under processing", Kind.PENDING),
        ("4999", "Merchant does not exist", Kind.FAILED),
        ("4999", "", Kind.UNKNOWN),
        ("7777", "A code nobody has seen", Kind.UNKNOWN),
    ],
)
def test_a_query_gives_safaricoms_word(send: Send, code: str, text: str, kind: Kind) -> None:
    answer = reply(200, {"ResponseCode": "0", "ResultCode": code, "ResultDesc": text})

    said = send(QUERY, Script(TOKEN, answer))

    assert isinstance(said, QueryAnswer)
    assert (said.code, said.result.kind) == (code, kind)


def test_the_older_way_to_say_pending_is_understood(send: Send) -> None:
    older = error_reply(500, "500.001.1001", "The transaction is being processed")

    said = send(QUERY, Script(TOKEN, older))

    assert isinstance(said, QueryAnswer)
    assert said.result.kind is Kind.PENDING


@pytest.mark.parametrize(
    "answer",
    [
        error_reply(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID"),
        error_reply(500, "500.001.1001", "The transaction does not Exist"),
    ],
)
def test_an_id_that_safaricom_does_not_know_is_an_answer(send: Send, answer: Answer) -> None:
    with pytest.raises(UnknownRequest) as caught:
        send(QUERY, Script(TOKEN, answer))

    assert caught.value.answered


@pytest.mark.parametrize(
    "answer",
    [
        Lost("timed out"),
        NeverWritten("no route"),
        reply(429, b""),
        reply(503, b"<html>"),
        reply(200, {"ResultCode": ""}),
        error_reply(500, "500.001.1001", "Internal Server Error"),
    ],
)
def test_a_query_that_reached_nobody_is_no_answer_and_moved_nothing(
    send: Send, answer: Answer
) -> None:
    with pytest.raises(DarajaError) as caught:
        send(QUERY, Script(TOKEN, answer))

    assert not caught.value.answered
    assert not caught.value.may_have_moved_money
