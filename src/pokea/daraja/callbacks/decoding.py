"""One function for all kinds, so that there is one place where bytes become callbacks."""

from collections.abc import Callable

from pokea.daraja.callbacks.c2b import (
    C2bConfirmation,
    C2bValidation,
    decode_confirmation,
    decode_validation,
)
from pokea.daraja.callbacks.organisation import (
    BalanceResult,
    BusinessResult,
    PayoutResult,
    ReversalResult,
    StatusResult,
    decode_balance,
    decode_business,
    decode_payout,
    decode_reversal,
    decode_status,
)
from pokea.daraja.callbacks.others import (
    BillPayment,
    BusinessCheckoutResult,
    StandingOrderResult,
    Timeout,
    decode_bill_payment,
    decode_business_checkout,
    decode_standing_order,
    decode_timeout,
)
from pokea.daraja.callbacks.result import Result, decode_result
from pokea.daraja.callbacks.stk import StkFailed, StkPaid, decode_stk
from pokea.daraja.errors import MalformedCallback
from pokea.daraja.reading import Envelope
from pokea.daraja.strict_json import NotJson, read_object

Callback = (
    StkPaid
    | StkFailed
    | C2bValidation
    | C2bConfirmation
    | Result
    | PayoutResult
    | BusinessResult
    | StatusResult
    | BalanceResult
    | ReversalResult
    | Timeout
    | BusinessCheckoutResult
    | StandingOrderResult
    | BillPayment
)

_DECODERS: dict[str, Callable[[Envelope], Callback]] = {
    "stk": decode_stk,
    "c2b_validation": decode_validation,
    "c2b_confirmation": decode_confirmation,
    "result": decode_result,
    "b2c_result": decode_payout,
    "b2b_result": decode_business,
    "status_result": decode_status,
    "balance_result": decode_balance,
    "reversal_result": decode_reversal,
    "timeout": decode_timeout,
    "b2b_express": decode_business_checkout,
    "ratiba": decode_standing_order,
    "bill_payment": decode_bill_payment,
}

KINDS = tuple(_DECODERS)


def decode(kind: str, body: bytes) -> Callback:
    """Read a callback of that kind (see `KINDS`).

    Raises `MalformedCallback` for any body that is not one; an unknown kind is the caller's
    mistake, and a `KeyError`.
    """
    decoder = _DECODERS[kind]
    try:
        members = read_object(body)
    except NotJson as error:
        raise MalformedCallback(f"not a callback: {error}") from None
    return decoder(Envelope(raw=body, members=members))
