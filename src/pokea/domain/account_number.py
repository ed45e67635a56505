"""What a payer types as the account when the merchant named none.

Money paid by hand finds its payment by this number, so it must be the payment's own, and a
person must be able to read it on one screen and type it on another.
"""

from typing import Final

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import AccountReference
from pokea.domain.account_key import account_key
from pokea.domain.ids import PaymentId, ulid_bytes

# Crockford's letters and digits without 0 and 1, so that none has a likeness: O, I and L are
# not among them either.
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 8
"""39 bits: among a million open payments, one in 600,000 shares its number with another."""

_TELLING: Final = 4
"""Letters and digits that a reference needs; payers also type their house or table number."""

_TIME_BYTES: Final = 6


def account_number(payment_id: PaymentId, reference: str | None) -> AccountReference:
    """The merchant's own reference where it can be typed as it is, or a number of our own.

    A reference that is too long is not cut off: many orders would share its beginning.
    """
    try:
        given = AccountReference((reference or "").strip())
    except InvalidValue:
        return _derived(payment_id)
    return given if len(account_key(given.text)) >= _TELLING else _derived(payment_id)


def _derived(payment_id: PaymentId) -> AccountReference:
    number = int.from_bytes(ulid_bytes(payment_id)[_TIME_BYTES:], "big")
    letters: list[str] = []
    for _ in range(LENGTH):
        number, value = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[value])
    return AccountReference("".join(reversed(letters)))
