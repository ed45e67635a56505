"""Any body of any type and size gets an answer in Safaricom's form."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pokea.simulator.testing import Pretend, stk_body
from pokea.simulator.world.routes import OAUTH, OPERATIONS

_PATHS = st.sampled_from([*OPERATIONS, OAUTH, "/", "/nowhere", "/mpesa/../x"])
_NAMES = st.sampled_from(
    [*stk_body("254712345678"), "Initiator", "InitiatorName", "SecurityCredential", "CommandID",
     "ShortCode", "ResultURL", "QueueTimeOutURL", "Remarks", "TransactionID", "Msisdn",
     "externalReference", "appKey", "Size", "TrxCode", "StartDate", "OffSetValue", "body",
     "IdentifierType", "RecieverIdentifierType", "OriginatorConversationID", "Frequency"]
)  # fmt: skip
_GOOD = st.sampled_from(
    ["174379", "254712345678", "4", "11", "10", "20261124120000", "http://127.0.0.1:9/x", "PB",
     "AccountBalance", "TransactionReversal", "2020-08-04 08:36:00", "testapi", "300"]
)  # fmt: skip
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | _GOOD,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
_COMMAND: dict[str, Any] = {
    **dict.fromkeys(["Initiator", "InitiatorName"], "testapi"),
    **dict.fromkeys(["ResultURL", "QueueTimeOutURL"], "http://127.0.0.1:9/x"),
    **dict.fromkeys(["ConfirmationURL", "ValidationURL"], "http://127.0.0.1:9/x"),
    **dict.fromkeys(["SenderIdentifierType", "RecieverIdentifierType", "IdentifierType"], "4"),
    "SecurityCredential": "AAAA",
    "CommandID": "BusinessPayBill",
    "Remarks": "fuzz",
    "ShortCode": "174379",
    "ResponseType": "Completed",
    "TransactionID": "UKO1234567",
    "OriginatorConversationID": "fuzz",
    "customerNumber": "254712345678",
}
_OBJECTS = st.dictionaries(_NAMES | st.text(max_size=10), _VALUES, max_size=14)
_NEARLY = st.dictionaries(_NAMES, _VALUES, max_size=2).map(
    lambda changes: stk_body("254712345678") | _COMMAND | changes
)
_BODIES = st.one_of(
    _NEARLY.map(lambda value: json.dumps(value).encode()),
    _OBJECTS.map(lambda value: json.dumps(value).encode()),
    _VALUES.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=200),
)
_TYPES = st.sampled_from(
    ["application/json", "application/json; charset=utf-8", "text/xml", ""]
)
_METHODS = st.sampled_from(["POST"] * 6 + ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])


async def _ask(method: str, path: str, body: bytes, kind: str) -> None:
    async with Pretend() as safaricom:
        headers = {"Authorization": f"Bearer {await safaricom.token()}", "Content-Type": kind}
        reply = await safaricom.http.request(method, path, content=body, headers=headers)
        await safaricom.advance(100)

        assert isinstance(reply.json(), dict)
        assert reply.status_code in {200, 400, 401, 404, 405, 500}
        assert "simulator" not in reply.text
        if reply.status_code == 500:
            assert reply.json()["errorCode"] != "500.002.1001"  # that would be our own bug
        assert sum(safaricom.world.accounts.values()) == 0


@settings(max_examples=300, deadline=None)
@given(_METHODS, _PATHS, _BODIES, _TYPES)
def test_any_body_gets_an_answer_in_safaricoms_form(
    method: str, path: str, body: bytes, kind: str
) -> None:
    asyncio.run(_ask(method, path, body, kind))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"9" * 10_000,
        b'{"Amount":' + b"9" * 5_000 + b"}",
        b'{"Amount":1e999999999}',
        b'{"PhoneNumber":"\\ud800"}',
        b"\xff\xfe",
        b'{"x":"' + b"y" * 2_000_000 + b'"}',
        b"",
        b"null",
    ],
    ids=["deep list", "deep object", "long number", "long amount", "huge exponent", "surrogate",
         "not utf-8", "two megabytes", "empty", "null"],
)  # fmt: skip
async def test_a_hostile_body_is_a_400(safaricom: Pretend, body: bytes) -> None:
    headers = {
        "Authorization": f"Bearer {await safaricom.token()}",
        "Content-Type": "application/json",
    }

    for path in ("/mpesa/stkpush/v1/processrequest", "/v1/billmanager-invoice/bulk-invoicing"):
        reply = await safaricom.http.post(path, content=body, headers=headers)

        assert isinstance(reply.json(), dict)
        assert reply.status_code in {200, 400}


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(
    "path",
    ["/phones/0712345678/next", "/phones/0712345678/answer", "/phones/0712345678", "/faults",
     "/switches", "/clock/advance", "/clock", "/c2b", "/phones/12/next"],
)  # fmt: skip
async def test_the_side_door_refuses_nonsense_politely(
    safaricom: Pretend, method: str, path: str
) -> None:
    nonsense: list[Any] = [{"action": "dance"}, {"sync": 3}, [], "x", {"seconds": -1}, 5, None]

    for body in nonsense:
        reply = await safaricom.http.request(method, f"/_sim{path}", json=body)

        assert reply.status_code < 500
