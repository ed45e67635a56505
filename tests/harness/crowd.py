"""A crowd of customers who pay a town by hand, and money that leaves it by the portal."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import httpx2

from harness.examples import SHORTCODE
from harness.installation import NOBODY
from harness.town import Town
from pokea.daraja.client import Client
from pokea.daraja.credentials import Initiator, SecurityCredential
from pokea.daraja.operations import B2c, C2bRegister, Purpose, ResultUrls, WhenUnreachable
from pokea.daraja.values import (
    CallbackUrl,
    Money,
    Msisdn,
    OriginatorConversationId,
    Remarks,
)
from pokea.domain.capability import path_for

_AT_ONCE: Final = 8
_PHONE: Final = "254700000000"  # never runs out of money


def registered(town: Town, base: str | None = None) -> None:
    """Safaricom tells this gateway of money by hand, or somebody else."""
    installation = town.installation
    with installation.store() as db:
        ours = db.write_here(lambda tx: tx.shortcodes.of(SHORTCODE, livemode=False))
    assert ours is not None
    key, host = installation.sealer.path_keys[0], base or installation.settings["BASE_URL"]
    with daraja(town) as safaricom:
        safaricom.send(
            C2bRegister(
                shortcode=SHORTCODE,
                when_unreachable=WhenUnreachable.COMPLETE,
                confirmation_url=_url(f"{host}/i/c/{path_for(ours.id, purpose='c', key=key)}"),
                validation_url=_url(f"{NOBODY}/nobody"),
            )
        )


def pay(town: Town, amounts: Sequence[int]) -> list[str]:
    """Customers pay these amounts; their receipts, in the same order."""

    def one(number: int) -> str:
        body = {
            "msisdn": _PHONE,
            "shortcode": SHORTCODE.digits,
            "amount": amounts[number],
            "account": f"ACC-{number}",
        }
        reply = town.safaricom.post("/_sim/c2b", json=body)
        assert reply.status_code == 200, reply.text
        receipt: str = reply.json()["receipt"]
        assert receipt, reply.text
        return receipt

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(one, range(len(amounts))))


def send_out(town: Town, amounts: Sequence[int]) -> None:
    """Somebody pays people from the paybill, and not through the gateway."""
    app = town.safaricom.get("/_sim/credentials").json()
    credential = SecurityCredential(app["security_credential"])
    nowhere = _url(f"{NOBODY}/nobody")
    with daraja(town) as safaricom:
        for number, shillings in enumerate(amounts):
            safaricom.send(
                B2c(
                    shortcode=SHORTCODE,
                    initiator=Initiator(name=app["initiator_name"], credential=credential),
                    originator_conversation_id=OriginatorConversationId(f"portal-{number}"),
                    purpose=Purpose.PAYMENT,
                    amount=Money.shillings(shillings),
                    phone=Msisdn(_PHONE),
                    remarks=Remarks("by the portal"),
                    urls=ResultUrls(result=nowhere, timeout=nowhere),
                )
            )


@contextmanager
def daraja(town: Town) -> Generator[Client]:
    """The town's Safaricom, called by somebody with the app's keys."""
    settings = town.installation.settings
    with Client(
        base_url=town.installation.safaricom,
        consumer_key=settings["MPESA_CONSUMER_KEY"],
        consumer_secret=settings["MPESA_CONSUMER_SECRET"],
    ) as client:
        yield client


def statement(town: Town, account: str = "utility") -> str:
    """The portal's export of today."""
    reply: httpx2.Response = town.safaricom.get(
        "/_sim/statement.csv", params={"shortcode": SHORTCODE.digits, "account": account}
    )
    assert reply.status_code == 200, reply.text
    return reply.text


def _url(text: str) -> CallbackUrl:
    return CallbackUrl.parse(text, allow_http=True)
