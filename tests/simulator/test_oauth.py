"""OAuth: SPEC section 2."""

import pytest

from pokea.simulator.testing import Pretend
from pokea.simulator.world.genesis import CONSUMER_KEY, CONSUMER_SECRET
from pokea.simulator.world.model import App

pytestmark = pytest.mark.anyio
_GENERATE = "/oauth/v1/generate?grant_type=client_credentials"
_APP = (CONSUMER_KEY, CONSUMER_SECRET)


async def test_a_token_has_28_characters_and_a_life_in_a_string(safaricom: Pretend) -> None:
    reply = await safaricom.http.get(_GENERATE, auth=_APP)

    assert reply.status_code == 200
    assert len(reply.json()["access_token"]) == 28
    assert reply.json()["expires_in"] == "3599"


@pytest.mark.parametrize(
    ("path", "auth", "code"),
    [
        (_GENERATE, ("wrong", CONSUMER_SECRET), "400.008.01"),
        (_GENERATE, (CONSUMER_KEY, "wrong"), "400.008.01"),
        (_GENERATE, None, "400.008.01"),
        ("/oauth/v1/generate", _APP, "400.008.02"),
        ("/oauth/v1/generate?grant_type=password", _APP, "400.008.02"),
    ],
)
async def test_bad_credentials_are_a_400(
    safaricom: Pretend, path: str, auth: tuple[str, str] | None, code: str
) -> None:
    reply = await safaricom.http.get(path, auth=auth)

    assert (reply.status_code, reply.json()["errorCode"]) == (400, code)


async def test_a_token_dies_after_an_hour(safaricom: Pretend) -> None:
    await safaricom.token()

    await safaricom.advance(3600)
    reply = await safaricom.push("254700000000")

    assert reply.status_code == 404
    assert reply.json()["errorCode"] == "404.001.03"


async def test_a_second_token_leaves_the_first_alive_as_in_practice(safaricom: Pretend) -> None:
    await safaricom.token()

    await safaricom.http.get(_GENERATE, auth=_APP)
    reply = await safaricom.push("254700000000")

    assert reply.status_code == 200


async def test_a_switch_makes_reissue_retire_the_old_token(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", "/switches", {"reissue_retires_token": True})
    await safaricom.token()

    await safaricom.http.get(_GENERATE, auth=_APP)
    reply = await safaricom.push("254700000000")

    assert reply.json()["errorCode"] == "404.001.03"


async def test_a_token_remembers_the_products_of_its_minute(safaricom: Pretend) -> None:
    app = safaricom.world.apps[CONSUMER_KEY]
    safaricom.world.apps[CONSUMER_KEY] = App(
        consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, products=frozenset({"qr"})
    )
    await safaricom.token()

    safaricom.world.apps[CONSUMER_KEY] = app
    reply = await safaricom.push("254700000000")

    assert (reply.status_code, reply.json()["errorCode"]) == (401, "401.003.01")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/mpesa/stkpush/v1/processrequest", 404, "404.001.03"),
        ("/mpesa/reversal/v1/request", 404, "404.001.03"),
        ("/mpesa/b2c/v3/paymentrequest", 401, "401.002.01"),
        ("/mpesa/accountbalance/v1/query", 401, "401.002.01"),
        ("/mpesa/transactionstatus/v1/query", 400, "400.003.01"),
        ("/mpesa/c2b/v1/registerurl", 400, "400.003.01"),
        ("/pulltransactions/v1/query", 401, "401.001"),
        ("/v1/billmanager-invoice/optin", 401, "401"),
    ],
)
async def test_a_bad_token_has_another_face_on_every_product(
    safaricom: Pretend, path: str, status: int, code: str
) -> None:
    reply = await safaricom.http.post(path, json={}, headers={"Authorization": "Bearer no"})

    assert (reply.status_code, reply.json()["errorCode"]) == (status, code)


async def test_the_401_of_b2c_echoes_the_token(safaricom: Pretend) -> None:
    headers = {"Authorization": "Bearer my-secret"}

    reply = await safaricom.http.post("/mpesa/b2c/v3/paymentrequest", json={}, headers=headers)

    assert reply.json()["errorMessage"].endswith("Invalid Access Token - my-secret")


async def test_a_get_or_a_missing_header_is_an_invalid_authentication_header(
    safaricom: Pretend,
) -> None:
    path = "/mpesa/stkpush/v1/processrequest"

    get = await safaricom.http.get(path)
    bare = await safaricom.http.post(path, json={})

    assert get.json()["errorCode"] == bare.json()["errorCode"] == "404.001.04"


async def test_an_unknown_path_is_a_404_and_another_method_a_405(safaricom: Pretend) -> None:
    lost = await safaricom.http.post("/mpesa/b2c/v2/paymentrequest", json={})
    put = await safaricom.http.put("/mpesa/stkpush/v1/processrequest", json={})

    assert (lost.status_code, lost.json()["errorCode"]) == (404, "404.001.01")
    assert (put.status_code, put.json()["errorCode"]) == (405, "405.001")
