"""Safaricom's own paths, and what stands behind each (SPEC 1.1)."""

from collections.abc import Callable
from dataclasses import dataclass

from pokea.simulator.world import (
    b2b,
    b2b_express,
    b2c,
    balance,
    bill_manager,
    c2b,
    data_offers,
    iot,
    lookups,
    pull,
    qr,
    ratiba,
    reversal,
    status,
    stk_push,
    stk_query,
)
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.gate import BadToken
from pokea.simulator.world.results import Refused, Work
from pokea.simulator.world.scene import Accepted, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One path: the product an app needs, its handler, the face of a bad token.

    ``rows`` says that the body may be an array, which then counts as its only field.
    """

    product: str
    handle: Callable[[Order], Answer | Accepted]
    style: BadToken = "404.001.03"
    rows: bool = False


OAUTH = "/oauth/v1/generate"
_BILLS = "/v1/billmanager-invoice"
_SIMS = "/simportal/v1"


def _bill(handle: Callable[[Order], Answer | Accepted], *, rows: bool = False) -> Operation:
    return Operation(product="bill_manager", handle=handle, style="401", rows=rows)


def _lookup(handle: Callable[[Order], Answer | Accepted]) -> Operation:
    return Operation(product="lookup", handle=handle, style="401.001")


def _sim(handle: Callable[[Order], Answer | Accepted]) -> Operation:
    return Operation(product="iot", handle=handle)


OPERATIONS: dict[str, Operation] = {
    "/mpesa/stkpush/v1/processrequest": Operation(product="stk_push", handle=stk_push.handle),
    "/mpesa/stkpushquery/v1/query": Operation(product="stk_query", handle=stk_query.handle),
    "/mpesa/c2b/v1/registerurl": Operation(
        product="c2b_v1", handle=c2b.handle_register_v1, style="400.003.01"
    ),
    "/mpesa/c2b/v2/registerurl": Operation(
        product="c2b_v2", handle=c2b.handle_register_v2, style="400.003.01"
    ),
    "/mpesa/c2b/v1/simulate": Operation(
        product="c2b_simulate", handle=c2b.handle_simulate, style="400.003.01"
    ),
    "/mpesa/c2b/v2/simulate": Operation(
        product="c2b_simulate", handle=c2b.handle_simulate, style="400.003.01"
    ),
    "/mpesa/b2c/v1/paymentrequest": Operation(
        product="b2c", handle=b2c.handle_v1, style="401.002.01"
    ),
    "/mpesa/b2c/v3/paymentrequest": Operation(
        product="b2c", handle=b2c.handle_v3, style="401.002.01"
    ),
    "/mpesa/b2cvalidate/v2/paymentrequest": Operation(
        product="b2c", handle=b2c.handle_v3, style="401.002.01"
    ),
    "/mpesa/b2pochi/v1/paymentrequest": Operation(
        product="b2pochi", handle=b2c.handle_pochi, style="401.002.01"
    ),
    "/mpesa/b2b/v1/paymentrequest": Operation(
        product="b2b", handle=b2b.handle, style="401.002.01"
    ),
    "/mpesa/b2b/v1/remittax": Operation(
        product="tax", handle=b2b.handle_tax, style="401.002.01"
    ),
    "/v1/ussdpush/get-msisdn": Operation(product="b2b_express", handle=b2b_express.handle),
    "/mpesa/transactionstatus/v1/query": Operation(
        product="status", handle=status.handle, style="400.003.01"
    ),
    "/mpesa/accountbalance/v1/query": Operation(
        product="balance", handle=balance.handle, style="401.002.01"
    ),
    "/mpesa/reversal/v1/request": Operation(product="reversal", handle=reversal.handle),
    "/mpesa/qrcode/v1/generate": Operation(product="qr", handle=qr.handle),
    "/standingorder/v1/createStandingOrderExternal": Operation(
        product="ratiba", handle=ratiba.handle
    ),
    "/pulltransactions/v1/register": Operation(
        product="pull", handle=pull.handle_register, style="401.001"
    ),
    "/pulltransactions/v1/query": Operation(
        product="pull", handle=pull.handle_query, style="401.001"
    ),
    f"{_BILLS}/optin": _bill(bill_manager.handle_optin),
    f"{_BILLS}/change-optin-details": _bill(bill_manager.handle_change),
    f"{_BILLS}/single-invoicing": _bill(bill_manager.handle_single),
    f"{_BILLS}/bulk-invoicing": _bill(bill_manager.handle_bulk, rows=True),
    f"{_BILLS}/reconciliation": _bill(bill_manager.handle_reconciliation),
    f"{_BILLS}/cancel-single-invoice": _bill(bill_manager.handle_cancel_single),
    f"{_BILLS}/cancel-bulk-invoices": _bill(bill_manager.handle_cancel_bulk, rows=True),
    "/imsi/v1/checkATI": _lookup(lookups.handle_imsi),
    "/imsi/v2/checkATI": _lookup(lookups.handle_swap),
    "/registration/lookup/v1/checkATI": _lookup(lookups.handle_imsi),
    "/sfcverify/v1/query/info": _lookup(lookups.handle_organisation),
    "/mpesa/b2c/hakikisha/v1/hakikisha": _lookup(lookups.handle_name),
    "/v1/KYC-validation/validateID": _lookup(lookups.handle_kyc),
    "/v1/lipa/na/bonga/calculate-points": _lookup(lookups.handle_bonga_points),
    "/v1/lipa/na/bonga/redeem-paybill": _lookup(lookups.handle_bonga_redeem),
    **{
        path: Operation(product=data_offers.PRODUCT, handle=data_offers.handle)
        for path in data_offers.PATHS
    },
    **{f"{_SIMS}/{name}": _sim(iot.handle) for name in iot.OPERATIONS},
    f"{_SIMS}/queryLifeCycleStatus": _sim(iot.handle_life_cycle),
    f"{_SIMS}/sendsinglemessage": _sim(iot.handle_send),
}

# What each product does when its moment comes.
WORKS: dict[str, Work] = {
    "b2c": b2c.work,
    "b2pochi": b2c.work,
    "b2b": b2b.work,
    "tax": b2b.work,
    "status": status.work,
    "balance": balance.work,
    "reversal": reversal.work,
}
# What a result carries when the initiator was refused; nothing, where none is named.
REFUSED: dict[str, Refused] = {
    "b2b": b2b.refused,
    "tax": b2b.refused,
    "balance": balance.refused,
}
