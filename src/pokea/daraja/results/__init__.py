"""What Safaricom's result and error codes mean. Data and look-ups, no I/O.

One code means different things for different products (2001 is a wrong PIN on an STK push and a
wrong initiator on a payout), so each product family has its own table: `stk`, `organisation`
(B2C, B2B, status, balance, reversal), `products` (the others), and `refusals` for the
synchronous `errorCode`. The customer's sentences stand in `sentences`, by our failure code.
An unknown code is never success and never failure.
"""

from pokea.daraja.results.meaning import Actor, Kind, Meaning, NewAttempt
from pokea.daraja.results.organisation import (
    CREDENTIAL_CODES,
    ORGANISATION_CODES,
    organisation_result,
)
from pokea.daraja.results.products import PRODUCT_CODES, product_result
from pokea.daraja.results.refusals import REFUSAL_CODES, refusal_meaning
from pokea.daraja.results.sentences import SENTENCES, Sentence
from pokea.daraja.results.stk import STK_CODES, StkResult, stk_result

__all__ = [
    "CREDENTIAL_CODES",
    "ORGANISATION_CODES",
    "PRODUCT_CODES",
    "REFUSAL_CODES",
    "SENTENCES",
    "STK_CODES",
    "Actor",
    "Kind",
    "Meaning",
    "NewAttempt",
    "Sentence",
    "StkResult",
    "organisation_result",
    "product_result",
    "refusal_meaning",
    "stk_result",
]
