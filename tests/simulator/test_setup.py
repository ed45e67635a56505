"""More shortcodes, apps and initiators, and a new beginning."""

import httpx2
import pytest

from pokea.simulator.testing import Pretend, password

pytestmark = pytest.mark.anyio
_PAYS = "254700000000"


async def test_a_new_shortcode_takes_payments_with_its_own_passkey(safaricom: Pretend) -> None:
    wanted = {
        "shortcode": "888880",
        "name": "KIOSK",
        "passkey": "secret",
        "fee_payer": "customer",
    }
    await safaricom.side("POST", "/organisations", wanted)

    refused = await safaricom.push(
        _PAYS, BusinessShortCode="888880", PartyB="888880", Password=password("888880")
    )
    safaricom.world.organisations["888880"].passkey = safaricom.world.organisations[
        "174379"
    ].passkey
    served = await safaricom.push(
        _PAYS, 1000, BusinessShortCode="888880", PartyB="888880", Password=password("888880")
    )
    await safaricom.advance(2)

    assert (refused.status_code, served.status_code) == (500, 200)
    movement = safaricom.world.movements[0]
    assert (movement.fee, movement.fee_from) == (10_00, f"phone:{_PAYS}")


async def test_an_organisation_is_funded_without_making_money(safaricom: Pretend) -> None:
    wanted = {"shortcode": "888880", "name": "KIOSK", "accounts": {"utility": "1000.50"}}

    await safaricom.side("POST", "/organisations", wanted)

    accounts = await safaricom.side("GET", "/accounts")
    assert accounts["org:888880:utility"] == "1000.50"
    assert sum(safaricom.world.accounts.values()) == 0


async def test_an_app_without_a_product_is_refused(safaricom: Pretend) -> None:
    app = {"consumer_key": "k", "consumer_secret": "s", "products": ["qr"]}
    await safaricom.side("POST", "/apps", app)

    token = await safaricom.http.get(
        "/oauth/v1/generate?grant_type=client_credentials", auth=httpx2.BasicAuth("k", "s")
    )
    reply = await safaricom.http.post(
        "/mpesa/stkpush/v1/processrequest",
        json={},
        headers={"Authorization": f"Bearer {token.json()['access_token']}"},
    )

    assert reply.json()["errorCode"] == "401.003.01"


async def test_an_initiator_is_unlocked_by_adding_it_again(safaricom: Pretend) -> None:
    safaricom.world.initiators["testapi"].locked = True

    await safaricom.side("POST", "/initiators", {"name": "testapi", "password": "New#1"})

    assert safaricom.world.initiators["testapi"].locked is False


async def test_a_reset_forgets_what_happened_but_not_the_receipts(safaricom: Pretend) -> None:
    await safaricom.push(_PAYS)
    await safaricom.advance(2)
    before = safaricom.world.movements[0].receipt

    await safaricom.http.post("/_sim/reset")
    safaricom.forget_token()
    await safaricom.push(_PAYS)
    await safaricom.advance(2)

    assert len(safaricom.world.movements) == 1
    assert safaricom.world.movements[0].receipt != before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/organisations", {"shortcode": "1", "name": "x"}),
        ("/organisations", {"shortcode": "888880", "name": "x", "kind": "till"}),
        ("/apps", {"consumer_key": "k", "consumer_secret": "s", "products": ["teleport"]}),
        ("/initiators", {"name": ""}),
    ],
)
async def test_half_a_description_is_refused(
    safaricom: Pretend, path: str, body: dict[str, object]
) -> None:
    reply = await safaricom.http.post(f"/_sim{path}", json=body)

    assert reply.status_code == 422


async def test_an_unregistered_number_cannot_pay(safaricom: Pretend) -> None:
    await safaricom.side("PATCH", "/phones/0712345678", {"registered": False})

    await safaricom.push("254712345678")
    await safaricom.advance(2)

    assert safaricom.told[0]["Body"]["stkCallback"]["ResultCode"] == 2001
