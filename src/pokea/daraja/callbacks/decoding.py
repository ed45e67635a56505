"""One function for all kinds, so that there is one place where bytes become callbacks."""

from pokea.daraja.callbacks.stk import StkFailed, StkPaid, decode_stk
from pokea.daraja.errors import MalformedCallback
from pokea.daraja.reading import Envelope
from pokea.daraja.strict_json import NotJson, read_object

Callback = StkPaid | StkFailed

_DECODERS = {"stk": decode_stk}


def decode(kind: str, body: bytes) -> Callback:
    """Read a callback of that kind.

    Raises `MalformedCallback` for any body that is not one; an unknown kind is the caller's
    mistake, and a `KeyError`.
    """
    decoder = _DECODERS[kind]
    try:
        members = read_object(body)
    except NotJson as error:
        raise MalformedCallback(f"not a callback: {error}") from None
    return decoder(Envelope(raw=body, members=members))
