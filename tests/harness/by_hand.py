"""Money paid by hand: the shortcode it comes to, and what Safaricom asks before."""

import json
from typing import Any

from harness.examples import NOW, PHONE, SHORTCODE
from harness.installation import Installation
from harness.world import World
from pokea.domain.capability import path_for
from pokea.domain.ids import AccountId, ShortcodeId
from pokea.domain.receipt import Collector
from pokea.flows.ports import Tx
from pokea.wiring.world import UlidIds


def validation_path(world: World) -> str:
    """Where Safaricom asks."""
    return "/i/v/" + path_for(world.collector.id, purpose="v", key=world.deps.path_keys[0])


def shortcode_row(installation: Installation) -> Collector:
    """The row of an installation's shortcode, written straight into the database."""
    row = Collector(
        id=ShortcodeId(UlidIds().new("shortcode")),
        account_id=AccountId(installation.merchant["account"]),
        livemode=False,
        shortcode=SHORTCODE,
        till=None,
    )

    def write(tx: Tx) -> Collector:
        known = tx.shortcodes.of(row.shortcode, livemode=row.livemode)
        if known is None:
            tx.shortcodes.add(row, NOW)
        return known or row

    with installation.store() as db:
        return db.write_here(write)


def path_by_hand(installation: Installation, collector: Collector, purpose: str) -> str:
    """Where Safaricom asks (v) or tells (c) about a shortcode."""
    key = installation.sealer.path_keys[0]
    return f"/i/{purpose}/" + path_for(collector.id, purpose=purpose, key=key)


def question(account: str = "INV-1", amount: str = "100", **bent: Any) -> bytes:
    """What Safaricom asks, as it writes it (C2B version 2, 2026)."""
    fields: dict[str, Any] = {
        "TransactionType": "Pay Bill",
        "TransID": "UAF7X2K9QP",
        "TransTime": "20260115123000",
        "TransAmount": amount,
        "BusinessShortCode": SHORTCODE.digits,
        "BillRefNumber": account,
        "InvoiceNumber": "",
        "OrgAccountBalance": "",
        "ThirdPartyTransID": "",
        "MSISDN": f"{PHONE.digits[:4]} ***** {PHONE.digits[9:]}",
        "FirstName": "WANJIKU",
    }
    return json.dumps(fields | bent).encode()
