"""How callbacks lie in a spool file, and how they are read after anything happened to it.

::

    mark 4 | length of the rest 4 | CRC-32 of the rest 4 | inbox id 30 | sealed bytes

What is sealed is one line of JSON (kind, subject, address, whether it is listed, time) and then
the body as it came, bound to the inbox id. A file that a power cut ended in the middle of a
record lost nothing that was acknowledged, for that record was never on disk; any other bytes
that cannot be read are damage, and the records behind them are found by their mark.
"""

import json
import struct
import zlib
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from pokea.domain.ids import PREFIXES, ULID_LENGTH, AttemptId, InboxId
from pokea.domain.inbox import ReceivedCallback
from pokea.store.sealing import SealBroken, Sealer

_MARK: Final = b"\xf0Pk1"
_HEAD: Final = struct.Struct(">4sII")
_ID_LENGTH: Final = len(PREFIXES["inbox"]) + 1 + ULID_LENGTH
_RECORD_MAX: Final = 128 * 1024
"""Above any callback, sealed; a length beyond it is no length."""

_FIELD: Final = "spool.record"


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds: its callbacks in order, and how much of it cannot be read."""

    callbacks: tuple[ReceivedCallback, ...]
    unreadable: int


def as_record(callback: ReceivedCallback, sealer: Sealer) -> bytes:
    """A callback as it is written."""
    about = {
        "kind": callback.kind,
        "subject": callback.subject,
        "ip": callback.source_ip,
        "listed": callback.ip_listed,
        "at": callback.received_at.isoformat(),
    }
    plain = json.dumps(about).encode() + b"\n" + callback.body
    rest = callback.id.encode() + sealer.seal(plain, field=_FIELD, row=callback.id)
    return _HEAD.pack(_MARK, len(rest), zlib.crc32(rest)) + rest


def read_records(written: bytes, sealer: Sealer) -> Found:
    """Everything that can be read; ``unreadable`` counts records, or stretches, that cannot."""
    callbacks: list[ReceivedCallback] = []
    unreadable, place = 0, 0
    while place < len(written):
        rest = _rest_at(written, place)
        if rest is not None:
            place += _HEAD.size + len(rest)
            callback = _opened(rest, sealer)
            if callback is None:
                unreadable += 1
            else:
                callbacks.append(callback)
            continue
        following = _next_record(written, place + 1)
        if following < len(written) or not _is_torn(written[place:]):
            unreadable += 1
        place = following
    return Found(tuple(callbacks), unreadable)


def _rest_at(written: bytes, place: int) -> bytes | None:
    """What follows the head of a whole record, or None when there is no such record here."""
    if len(written) < place + _HEAD.size:
        return None
    mark, length, checksum = _HEAD.unpack_from(written, place)
    if mark != _MARK or length > _RECORD_MAX:
        return None
    rest = written[place + _HEAD.size : place + _HEAD.size + length]
    if len(rest) < length or zlib.crc32(rest) != checksum:
        return None
    return rest


def _next_record(written: bytes, place: int) -> int:
    """Where the next whole record begins; the file's end when there is none."""
    while True:
        place = written.find(_MARK, place)
        if place < 0:
            return len(written)
        if _rest_at(written, place) is not None:
            return place
        place += 1


def _is_torn(tail: bytes) -> bool:
    """Whether these last bytes are a record that was never finished."""
    if not tail.strip(b"\0"):
        return True  # the file had grown, and its bytes were not on disk yet
    if len(tail) < _HEAD.size:
        return tail.startswith(_MARK) or _MARK.startswith(tail)
    mark, length, _ = _HEAD.unpack_from(tail)
    return mark == _MARK and len(tail) - _HEAD.size < length <= _RECORD_MAX


def _opened(rest: bytes, sealer: Sealer) -> ReceivedCallback | None:
    """The callback of a record, or None when none of our keys opens it."""
    name = InboxId(rest[:_ID_LENGTH].decode("ascii", "replace"))
    try:
        plain = sealer.open(rest[_ID_LENGTH:], field=_FIELD, row=name)
    except SealBroken:
        return None
    line, _, body = plain.partition(b"\n")
    about: dict[str, Any] = json.loads(line)
    return ReceivedCallback(
        id=name,
        kind=about["kind"],
        subject=AttemptId(about["subject"]),
        body=body,
        body_sha256=sha256(body).digest(),
        source_ip=about["ip"],
        ip_listed=about["listed"],
        received_at=datetime.fromisoformat(about["at"]),
    )
