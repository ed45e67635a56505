"""An account number in any spelling: what payers type is compared by letters and digits only.

A payer at an M-PESA menu types ``inv 10042`` for ``INV-10042``, so case, spaces, dashes and
whatever else stands between are no difference. Source: STATE_MACHINES section 4.
"""

import re
from typing import Final

_OTHER: Final = re.compile(r"[^0-9A-Z]")


def account_key(text: str) -> str:
    """The capital letters and digits of a text; empty when it has none."""
    return _OTHER.sub("", text.upper())
