"""Every product of Daraja as a frozen value: `encode()` writes, `decode()` reads the reply.

`products` is the table of them all. Amounts, limits and texts are checked when an operation is
made; nothing here does I/O.
"""

from pokea.daraja.operations.acks import (
    Ack,
    Answer,
    ResultUrls,
)
from pokea.daraja.operations.authorization import (
    AccessToken,
    Authorize,
)
from pokea.daraja.operations.bills import (
    AppKey,
    BillAck,
    BillCancel,
    BillChangeOptIn,
    Biller,
    BillInvoice,
    BillInvoices,
    BillOptedIn,
    BillOptIn,
    BillReconcile,
    Invoice,
    InvoiceItem,
)
from pokea.daraja.operations.business import (
    TAX_SHORTCODE,
    B2b,
    BusinessCheckout,
    BusinessCommand,
    CheckoutAck,
    PayTax,
    ReceiverKind,
)
from pokea.daraja.operations.c2b import (
    C2bRegister,
    C2bSimulate,
    RegisterAck,
    SimulateAck,
    WhenUnreachable,
)
from pokea.daraja.operations.identity import (
    LineCheck,
    LineFacts,
    LineQuestion,
    Organisation,
    OrganisationLookup,
    OwnerCheck,
    OwnerVerdict,
    RecipientLookup,
    RecipientName,
)
from pokea.daraja.operations.operation import (
    Operation,
)
from pokea.daraja.operations.organisation import (
    BalanceQuery,
    PartyKind,
    Reversal,
    StatusQuery,
)
from pokea.daraja.operations.others import (
    BongaPoints,
    BongaRedeem,
    BongaWorth,
    Custom,
    SimAction,
    SimManagement,
)
from pokea.daraja.operations.payouts import (
    B2c,
    B2Pochi,
    Identity,
    IdType,
    Purpose,
)
from pokea.daraja.operations.products import (
    PRODUCTS,
    Product,
)
from pokea.daraja.operations.pull import (
    PulledPage,
    PulledTransaction,
    PullQuery,
    PullRegister,
    PullRegistered,
)
from pokea.daraja.operations.qr import (
    DynamicQr,
    QrCode,
    QrPurpose,
)
from pokea.daraja.operations.ratiba import (
    Frequency,
    StandingOrder,
    StandingOrderAck,
)
from pokea.daraja.operations.stk import (
    PushAck,
    QueryAnswer,
    StkPush,
    StkQuery,
)

__all__ = [
    "PRODUCTS",
    "TAX_SHORTCODE",
    "AccessToken",
    "Ack",
    "Answer",
    "AppKey",
    "Authorize",
    "B2Pochi",
    "B2b",
    "B2c",
    "BalanceQuery",
    "BillAck",
    "BillCancel",
    "BillChangeOptIn",
    "BillInvoice",
    "BillInvoices",
    "BillOptIn",
    "BillOptedIn",
    "BillReconcile",
    "Biller",
    "BongaPoints",
    "BongaRedeem",
    "BongaWorth",
    "BusinessCheckout",
    "BusinessCommand",
    "C2bRegister",
    "C2bSimulate",
    "CheckoutAck",
    "Custom",
    "DynamicQr",
    "Frequency",
    "IdType",
    "Identity",
    "Invoice",
    "InvoiceItem",
    "LineCheck",
    "LineFacts",
    "LineQuestion",
    "Operation",
    "Organisation",
    "OrganisationLookup",
    "OwnerCheck",
    "OwnerVerdict",
    "PartyKind",
    "PayTax",
    "Product",
    "PullQuery",
    "PullRegister",
    "PullRegistered",
    "PulledPage",
    "PulledTransaction",
    "Purpose",
    "PushAck",
    "QrCode",
    "QrPurpose",
    "QueryAnswer",
    "ReceiverKind",
    "RecipientLookup",
    "RecipientName",
    "RegisterAck",
    "ResultUrls",
    "Reversal",
    "SimAction",
    "SimManagement",
    "SimulateAck",
    "StandingOrder",
    "StandingOrderAck",
    "StatusQuery",
    "StkPush",
    "StkQuery",
    "WhenUnreachable",
]
