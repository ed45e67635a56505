"""Names of things: a readable prefix and a ULID, ``pay_01JZ8X4R2W8Z6V4H1G5F3D7S9A``.

ULIDs sort by time, so pages and indexes stay in order. An id is never a secret: what must not
be guessed (callback and checkout paths) carries a MAC besides, see
:mod:`~pokea.domain.capability`.
"""

from datetime import datetime
from typing import Final, NewType

AccountId = NewType("AccountId", str)
PaymentId = NewType("PaymentId", str)
ShortcodeId = NewType("ShortcodeId", str)
CustomerId = NewType("CustomerId", str)
AttemptId = NewType("AttemptId", str)
ReceiptId = NewType("ReceiptId", str)
EventId = NewType("EventId", str)
EndpointId = NewType("EndpointId", str)
DeliveryId = NewType("DeliveryId", str)
InboxId = NewType("InboxId", str)
JournalId = NewType("JournalId", str)
ValidationId = NewType("ValidationId", str)
KeyId = NewType("KeyId", str)
RoutineId = NewType("RoutineId", str)
NoticeId = NewType("NoticeId", str)
StatementId = NewType("StatementId", str)
BreakId = NewType("BreakId", str)
InquiryId = NewType("InquiryId", str)
BalanceId = NewType("BalanceId", str)

PREFIXES: Final = {
    "account": "acct",
    "payment": "pay",
    "attempt": "att",
    "receipt": "rct",
    "shortcode": "sc",
    "customer": "cus",
    "event": "evt",
    "endpoint": "whe",
    "delivery": "dlv",
    "notice": "ntf",
    "inbox": "inb",
    "validation": "val",
    "journal": "jrn",
    "book_check": "bck",
    "call": "call",
    "key": "key",
    "request": "req",
    "routine": "rtn",
    "statement": "rec",
    "statement_line": "stl",
    "break": "brk",
    "inquiry": "inq",
    "balance": "bal",
}

# Crockford's base 32, as the ULID specification asks: no I, L, O or U.
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE: Final = {character: value for value, character in enumerate(_CROCKFORD)}
# Ids are made and read for every callback, so ten bits at a time.
_PAIRS: Final = tuple(first + second for first in _CROCKFORD for second in _CROCKFORD)
ULID_LENGTH: Final = 26


def ulid_bytes(identifier: str) -> bytes:
    """The 16 bytes of an id's ULID.

    Raises:
        ValueError: the part behind the prefix is no ULID.
    """
    ulid = identifier.rpartition("_")[2]
    number = 0
    for character in ulid:
        if character not in _VALUE:
            raise ValueError(f"{identifier!r} does not end in a ULID")
        number = number * 32 + _VALUE[character]
    if len(ulid) != ULID_LENGTH or number >= 1 << 128:
        raise ValueError(f"{identifier!r} does not end in a ULID")
    return number.to_bytes(16, "big")


def ulid_text(value: bytes) -> str:
    """The 26 characters of 16 bytes; the inverse of :func:`ulid_bytes`."""
    number = int.from_bytes(value, "big")
    pairs = [_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)]
    return "".join(pairs)


def earliest_id(thing: str, at: datetime) -> str:
    """The lowest id that a thing made at this time can have; ids sort by time."""
    milliseconds = int(at.timestamp() * 1000)
    return f"{PREFIXES[thing]}_{ulid_text(milliseconds.to_bytes(6, 'big') + bytes(10))}"
