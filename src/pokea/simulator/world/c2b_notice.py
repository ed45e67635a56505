"""The C2B validation and confirmation bodies, and the twin of a paid STK push (SPEC 10.3)."""

import hashlib

from pokea.simulator.world import ids
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.model import Movement, Organisation, Phone, Urls
from pokea.simulator.world.phones import phone_of
from pokea.simulator.world.plans import Plan
from pokea.simulator.world.scene import Scene
from pokea.simulator.world.wire import Body, dumps, shillings_text


def shown_msisdn(msisdn: str, version: str) -> str:
    """v1: the unsalted SHA-256 of the twelve digits. v2: ``2547 ***** 126`` (ODDITIES 18)."""
    if version == "v1":
        return hashlib.sha256(msisdn.encode()).hexdigest()
    return f"{msisdn[:4]} ***** {msisdn[9:]}"


def notice(scene: Scene, organisation: Organisation, urls: Urls, movement: Movement) -> Body:
    """The confirmation: all strings, and names as the habits have them."""
    phone = phone_of(scene, movement.phone)
    till = organisation.kind == "till"
    body: Body = {
        # Captured on tills: not "Buy Goods", as the documentation says (ODDITIES 20).
        "TransactionType": "Customer Merchant Payment" if till else "Pay Bill",
        "TransID": movement.receipt,
        "TransTime": ids.eat_digits(movement.at),
        "TransAmount": shillings_text(movement.amount),
        "BusinessShortCode": organisation.till if till else organisation.shortcode,
        "BillRefNumber": movement.reference,
        "InvoiceNumber": "",
        "OrgAccountBalance": shillings_text(movement.credit_balance),
        "ThirdPartyTransID": "",
        "MSISDN": shown_msisdn(movement.phone, urls.version),
    }
    return body | names(scene, phone)


def names(scene: Scene, phone: Phone) -> Body:
    """Only the first name since 2023; the other keys are absent unless switched on."""
    first, _, last = phone.name.upper().partition(" ")
    if scene.world.switches.middle_and_last_names:
        return {"FirstName": first, "MiddleName": "", "LastName": last}
    return {"FirstName": first}


def twin(scene: Scene, organisation: Organisation, movement: Movement, plan: Plan) -> None:
    """A paid push to a paybill with registered addresses is also confirmed as C2B."""
    urls = organisation.urls
    if urls is None or plan.twin == "drop" or not scene.world.switches.twin_confirmations:
        return
    post = Post(
        url=urls.confirmation,
        body=dumps(notice(scene, organisation, urls, movement)),
        purpose="c2b_confirmation",
        shortcode=organisation.shortcode,
        phone=movement.phone,
    )
    scene.send(post, plan.callback_delay_s)
