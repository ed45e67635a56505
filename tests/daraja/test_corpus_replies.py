"""Every recorded callback and answer decodes to the values written beside it.

The values stand in fixtures/daraja/values/, one file per payload, in the words of the types.
"""

import csv
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import cast

import pytest

from pokea.daraja.callbacks import decode
from pokea.daraja.errors import DarajaError, Refused
from pokea.daraja.operations import (
    Authorize,
    B2c,
    BalanceQuery,
    BillCancel,
    BillOptIn,
    BusinessCheckout,
    C2bRegister,
    C2bSimulate,
    DynamicQr,
    LineCheck,
    OrganisationLookup,
    OwnerCheck,
    PullQuery,
    PullRegister,
    RecipientLookup,
    SimManagement,
    StandingOrder,
    StkPush,
    StkQuery,
)
from pokea.daraja.operations.others import BongaPoints
from pokea.daraja.values import MaskedMsisdn, Money, Msisdn
from pokea.daraja.wire import WireReply

FIXTURES = Path(__file__).parents[2] / "fixtures" / "daraja"
KINDS = {
    "STK push": "stk",
    "C2B confirmation": "c2b_confirmation",
    "C2B validation": "c2b_validation",
    "B2C": "b2c_result",
    "B2B": "b2b_result",
    "B2B BusinessPayBill": "b2b_result",
    "B2B BusinessBuyGoods": "b2b_result",
    "B2C Account Top Up": "b2b_result",
    "Tax remittance": "b2b_result",
    "Transaction Status": "status_result",
    "Account Balance": "balance_result",
    "Reversal": "reversal_result",
    "B2B Express Checkout": "b2b_express",
    "M-Pesa Ratiba": "ratiba",
    "Bill Manager": "bill_payment",
}
# Which operation reads an answer. Reading needs no state, so any instance of the class will do.
READERS: dict[str, type[object]] = {
    "OAuth": Authorize,
    "STK push": StkPush,
    "STK query": StkQuery,
    "C2B register": C2bRegister,
    "C2B simulate": C2bSimulate,
    "B2C": B2c,
    "B2Pochi": B2c,
    "B2B BusinessPayBill": B2c,
    "B2B BusinessBuyGoods": B2c,
    "B2C Account Top Up": B2c,
    "Tax remittance": B2c,
    "Reversal": B2c,
    "any": B2c,
    "gateway": B2c,
    "Transaction Status": BalanceQuery,
    "Account Balance": BalanceQuery,
    "B2B Express Checkout": BusinessCheckout,
    "Dynamic QR": DynamicQr,
    "M-Pesa Ratiba": StandingOrder,
    "Bill Manager": BillCancel,
    "IMSI": LineCheck,
    "SWAP": LineCheck,
    "Query Org Info": OrganisationLookup,
    "B2C Hakikisha": RecipientLookup,
    "Mobile number validation": OwnerCheck,
    "Lipa na Bonga": BongaPoints,
    "IoT SIM management": SimManagement,
}
# Not Daraja's: an aggregator's XML.
ELSEWHERE = {"c2b_confirmation_xml_aggregator_2024__ochom"}
HIDDEN = {"raw", "reply", "members", "_key"}


def rows() -> dict[str, dict[str, str]]:
    with (FIXTURES / "payloads" / "index.tsv").open() as index:
        listed = csv.DictReader(index, delimiter="\t")
        kept = {Path(row["file"]).stem: row for row in listed}
    wanted = ("callback", "sync", "queue_timeout")
    return {
        name: row
        for name, row in kept.items()
        if row["kind"].startswith(wanted) and name not in ELSEWHERE
    }


def payload(name: str) -> bytes:
    [path] = (FIXTURES / "payloads").glob(f"{name}.*")
    return path.read_bytes()


def read(name: str, row: dict[str, str]) -> object:
    """Decode one payload as its kind says; an error is a value too."""
    if row["kind"] == "queue_timeout":
        return decode("timeout", payload(name))
    if row["kind"].startswith("callback"):
        return decode(KINDS[row["api"]], payload(name))
    pull: type[object] = PullQuery if "query" in name else PullRegister
    reader = BillOptIn if "optin" in name else READERS.get(row["api"], pull)
    decoder = cast("dict[str, Callable[[object, WireReply], object]]", reader.__dict__)[
        "decode"
    ]
    blank: object = object.__new__(reader)
    try:
        return decoder(blank, WireReply(status=status(name), body=payload(name)))
    except DarajaError as error:
        return error


def status(name: str) -> int:
    """HTTP's status as recorded: in the code, or in the name of the file."""
    if "503" in name:
        return 503
    if "429" in name:
        return 429
    try:
        body: object = json.loads(payload(name))
    except ValueError:
        return 200
    code = cast("dict[str, object]", body).get("errorCode") if isinstance(body, dict) else None
    if "soap_fault" in name:
        return 500
    if "400_mpesa" in name:
        return 400
    return int(str(code)[:3]) if code else 200


def plain(value: object) -> object:
    """Turn a decoded value into JSON that a person can check."""
    if isinstance(value, DarajaError):
        code = value.code if isinstance(value, Refused) else None
        shown: dict[str, object] = {"error": type(value).__name__, "message": value.message}
        money = {"may_have_moved_money": value.may_have_moved_money}
        return shown | ({"code": code} if code else {}) | money
    if isinstance(value, Msisdn):
        return value.digits
    if isinstance(value, MaskedMsisdn):
        return value.masked
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Money | Decimal):
        return str(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in HIDDEN]
        if len(names) == 1 and names[0] in ("code", "digits", "sha256"):
            return getattr(value, names[0])
        return {"type": type(value).__name__} | {
            name: plain(getattr(value, name)) for name in names
        }
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {name: plain(inner) for name, inner in members.items()}
    if isinstance(value, tuple):
        return [plain(inner) for inner in cast("tuple[object, ...]", value)]
    return value


@pytest.mark.parametrize("name", rows())
def test_a_recorded_payload_decodes_to_the_values_beside_it(name: str) -> None:
    beside = json.loads((FIXTURES / "values" / f"{name}.json").read_bytes())

    assert plain(read(name, rows()[name])) == beside


def test_no_values_are_left_over() -> None:
    assert {path.stem for path in (FIXTURES / "values").iterdir()} == set(rows())
