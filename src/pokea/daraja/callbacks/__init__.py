"""Safaricom calls us: `decode(kind, body)` turns its bytes into a typed callback.

For any bytes at all the outcome is a typed callback or `MalformedCallback`, nothing else.

::

    kind              type                        sent for
    stk               StkPaid, StkFailed          M-PESA Express
    c2b_validation    C2bValidation               a payment by hand, before (accept, reject)
    c2b_confirmation  C2bConfirmation             a payment by hand, after (ACKNOWLEDGED)
    result            Result                      any of the next five, unread
    b2c_result        PayoutResult                B2C, B2Pochi
    b2b_result        BusinessResult              B2B, top-up, tax
    status_result     StatusResult                transaction status
    balance_result    BalanceResult               account balance
    reversal_result   ReversalResult              reversal
    timeout           Timeout                     QueueTimeOutURL of all of these
    b2b_express       BusinessCheckoutResult      B2B Express Checkout
    ratiba            StandingOrderResult         standing orders
    bill_payment      BillPayment                 Bill Manager (BILL_ACKNOWLEDGED)
"""

from pokea.daraja.callbacks.accounts import AccountBalance, Charge
from pokea.daraja.callbacks.c2b import (
    ACKNOWLEDGED,
    C2bConfirmation,
    C2bValidation,
    Rejection,
    accept,
    reject,
)
from pokea.daraja.callbacks.decoding import KINDS, Callback, decode
from pokea.daraja.callbacks.organisation import (
    BalanceResult,
    BusinessResult,
    PayoutResult,
    ReversalResult,
    StatusResult,
)
from pokea.daraja.callbacks.others import (
    BILL_ACKNOWLEDGED,
    BillPayment,
    BusinessCheckoutResult,
    StandingOrderResult,
    Timeout,
)
from pokea.daraja.callbacks.result import Result
from pokea.daraja.callbacks.stk import StkFailed, StkPaid

__all__ = [
    "ACKNOWLEDGED",
    "BILL_ACKNOWLEDGED",
    "KINDS",
    "AccountBalance",
    "BalanceResult",
    "BillPayment",
    "BusinessCheckoutResult",
    "BusinessResult",
    "C2bConfirmation",
    "C2bValidation",
    "Callback",
    "Charge",
    "PayoutResult",
    "Rejection",
    "Result",
    "ReversalResult",
    "StandingOrderResult",
    "StatusResult",
    "StkFailed",
    "StkPaid",
    "Timeout",
    "accept",
    "decode",
    "reject",
]
