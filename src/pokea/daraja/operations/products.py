"""Every product of Daraja: where it is asked, by which operation, and what calls back.

The table in docs/sdk/products.md is compared with this one by a test.
"""

from dataclasses import dataclass

from pokea.daraja.operations.authorization import Authorize
from pokea.daraja.operations.bills import (
    BillCancel,
    BillChangeOptIn,
    BillInvoice,
    BillInvoices,
    BillOptIn,
    BillReconcile,
)
from pokea.daraja.operations.business import B2b, BusinessCheckout, PayTax
from pokea.daraja.operations.c2b import C2bRegister, C2bSimulate
from pokea.daraja.operations.identity import (
    LineCheck,
    OrganisationLookup,
    OwnerCheck,
    RecipientLookup,
)
from pokea.daraja.operations.organisation import BalanceQuery, Reversal, StatusQuery
from pokea.daraja.operations.others import BongaPoints, BongaRedeem, Custom, SimManagement
from pokea.daraja.operations.payouts import B2c, B2Pochi
from pokea.daraja.operations.pull import PullQuery, PullRegister
from pokea.daraja.operations.qr import DynamicQr
from pokea.daraja.operations.ratiba import StandingOrder
from pokea.daraja.operations.stk import StkPush, StkQuery


@dataclass(frozen=True, slots=True)
class Product:
    """One path (or a family of them) and the operation for it."""

    name: str
    path: str
    operation: type
    callback: str = ""


PRODUCTS: tuple[Product, ...] = (
    Product("Authorization", "/oauth/v1/generate", Authorize),
    Product("M-PESA Express push", "/mpesa/stkpush/v1/processrequest", StkPush, "stk"),
    Product("M-PESA Express query", "/mpesa/stkpushquery/v1/query", StkQuery),
    Product(
        "C2B register",
        "/mpesa/c2b/{v1,v2}/registerurl",
        C2bRegister,
        "c2b_validation, c2b_confirmation",
    ),
    Product("C2B simulate", "/mpesa/c2b/{v1,v2}/simulate", C2bSimulate, "c2b_confirmation"),
    Product("B2C", "/mpesa/b2c/{v1,v3}/paymentrequest", B2c, "b2c_result, timeout"),
    Product(
        "B2C with identity", "/mpesa/b2cvalidate/v2/paymentrequest", B2c, "b2c_result, timeout"
    ),
    Product("B2Pochi", "/mpesa/b2pochi/v1/paymentrequest", B2Pochi, "b2c_result, timeout"),
    Product("B2B pay bill", "/mpesa/b2b/v1/paymentrequest", B2b, "b2b_result, timeout"),
    Product("B2B buy goods", "/mpesa/b2b/v1/paymentrequest", B2b, "b2b_result, timeout"),
    Product("B2C account top-up", "/mpesa/b2b/v1/paymentrequest", B2b, "b2b_result, timeout"),
    Product("B2B Express Checkout", "/v1/ussdpush/get-msisdn", BusinessCheckout, "b2b_express"),
    Product("Tax remittance", "/mpesa/b2b/v1/remittax", PayTax, "b2b_result, timeout"),
    Product(
        "Transaction status",
        "/mpesa/transactionstatus/v1/query",
        StatusQuery,
        "status_result, timeout",
    ),
    Product(
        "Account balance",
        "/mpesa/accountbalance/v1/query",
        BalanceQuery,
        "balance_result, timeout",
    ),
    Product("Reversal", "/mpesa/reversal/v1/request", Reversal, "reversal_result, timeout"),
    Product("Dynamic QR", "/mpesa/qrcode/v1/generate", DynamicQr),
    Product(
        "M-PESA Ratiba",
        "/standingorder/v1/createStandingOrderExternal",
        StandingOrder,
        "ratiba",
    ),
    Product("Pull register", "/pulltransactions/v1/register", PullRegister),
    Product("Pull query", "/pulltransactions/v1/query", PullQuery),
    Product("Bill Manager opt-in", "/v1/billmanager-invoice/optin", BillOptIn, "bill_payment"),
    Product(
        "Bill Manager change", "/v1/billmanager-invoice/change-optin-details", BillChangeOptIn
    ),
    Product("Bill Manager invoice", "/v1/billmanager-invoice/single-invoicing", BillInvoice),
    Product("Bill Manager invoices", "/v1/billmanager-invoice/bulk-invoicing", BillInvoices),
    Product(
        "Bill Manager cancel",
        "/v1/billmanager-invoice/{cancel-single-invoice,cancel-bulk-invoices}",
        BillCancel,
    ),
    Product("Bill Manager reconcile", "/v1/billmanager-invoice/reconciliation", BillReconcile),
    Product("IMSI", "/imsi/v1/checkATI", LineCheck),
    Product("SWAP", "/imsi/v2/checkATI", LineCheck),
    Product("Age on network", "/registration/lookup/v1/checkATI", LineCheck),
    Product("Query organisation", "/sfcverify/v1/query/info", OrganisationLookup),
    Product("B2C Hakikisha", "/mpesa/b2c/hakikisha/v1/hakikisha", RecipientLookup),
    Product("Mobile number validation", "/v1/KYC-validation/validateID", OwnerCheck),
    Product("Bonga worth", "/v1/lipa/na/bonga/calculate-points", BongaPoints),
    Product(
        "Bonga redeem", "/v1/lipa/na/bonga/redeem-paybill", BongaRedeem, "c2b_confirmation"
    ),
    Product("IoT SIM management", "/simportal/v1/{14 actions}", SimManagement),
    Product("Mobile data offers", "/v1/dynamic-offers/fetch", Custom),
    Product("Mobile data purchase", "/v1/dynamic-offers/facebook-bundle/purchase", Custom),
    Product("Mobile data status", "/v2/bundles/get/status", Custom),
)
