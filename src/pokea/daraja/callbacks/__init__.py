"""Safaricom calls us: `decode(kind, body)` turns its bytes into a typed callback.

For any bytes at all the outcome is a typed callback or `MalformedCallback`, nothing else.
"""

from pokea.daraja.callbacks.decoding import Callback, decode
from pokea.daraja.callbacks.stk import StkFailed, StkPaid

__all__ = ["Callback", "StkFailed", "StkPaid", "decode"]
