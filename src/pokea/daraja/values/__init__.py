"""Values, not strings: a constructor that returns has checked.

Plain frozen dataclasses without any library behind them; `Msisdn.parse` alone loads Google's
phone number rules, and only for spellings that need them. Refusals are `InvalidValue`.
"""

from pokea.daraja.values.money import Money
from pokea.daraja.values.phones import (
    HashedMsisdn,
    MaskedMsisdn,
    Msisdn,
    Payer,
    parse_payer,
)
from pokea.daraja.values.references import (
    AccountReference,
    BillerAccount,
    BillReference,
    Occasion,
    OriginatorConversationId,
    Receipt,
    Remarks,
    Shortcode,
    TransactionDescription,
)
from pokea.daraja.values.times import EAT, eat_timestamp, parse_eat
from pokea.daraja.values.urls import CallbackUrl

__all__ = [
    "EAT",
    "AccountReference",
    "BillReference",
    "BillerAccount",
    "CallbackUrl",
    "HashedMsisdn",
    "MaskedMsisdn",
    "Money",
    "Msisdn",
    "Occasion",
    "OriginatorConversationId",
    "Payer",
    "Receipt",
    "Remarks",
    "Shortcode",
    "TransactionDescription",
    "eat_timestamp",
    "parse_eat",
    "parse_payer",
]
