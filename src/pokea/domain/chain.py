"""The chain of the books: each journal's hash covers itself and all journals before it.

``hash(n) = SHA256(hash(n-1) || canonical(journal n))``. Whoever changes, removes or slips in a
journal later would have to write every hash after it anew, and the latest hash stands in the
log of every check. Source: STATE_MACHINES section 12.6; when it is linked is decision 0016.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from typing_extensions import override

GENESIS: Final = bytes(32)
"""What stands before the first journal."""

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True)

Line = tuple[int, int, int, int, bool]
"""A posting as it is stored: line, debit, credit, cents, pending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenJournal:
    """A journal as it stands in the tables: nothing of it is taken for granted."""

    id: str
    kind: str
    source_id: str
    account_id: str
    livemode: bool
    shortcode: str
    at: datetime
    corrects_id: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the chain ends: how many journals it holds, and the hash over all of them."""

    number: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One journal's place in the chain. ``journal`` is None when it has vanished."""

    number: int
    hash: bytes
    journal_id: str
    journal: WrittenJournal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A place where the chain does not hold."""

    number: int
    journal_id: str
    reason: str

    @override
    def __str__(self) -> str:
        return f"{self.journal_id} (number {self.number}) {self.reason}"


def canonical(journal: WrittenJournal) -> bytes:
    """The bytes that are hashed; the same from either database, and for ever."""
    return _ENCODER.encode(
        [
            journal.id,
            journal.kind,
            journal.source_id,
            journal.account_id,
            journal.livemode,
            journal.shortcode,
            journal.at.astimezone(UTC).isoformat(timespec="microseconds"),
            journal.corrects_id,
            journal.lines,
        ]
    ).encode()


def hash_after(previous: bytes, journal: WrittenJournal) -> bytes:
    """The hash of a journal that stands behind ``previous``."""
    return hashlib.sha256(previous + canonical(journal)).digest()


def linked(head: Head, journals: Sequence[WrittenJournal]) -> list[Link]:
    """The links that make the chain longer by some journals."""
    links: list[Link] = []
    number, previous = head.number, head.hash
    for journal in journals:
        number, previous = number + 1, hash_after(previous, journal)
        links.append(Link(number=number, hash=previous, journal_id=journal.id, journal=journal))
    return links


def breaks(head: Head, links: Sequence[Link]) -> Iterator[Break]:
    """Where links that follow ``head`` do not hold.

    Each link is weighed against the hash that stands before it, so one changed journal is one
    break, whatever follows it.
    """
    number, previous = head.number, head.hash
    for link in links:
        number += 1
        if link.number != number:
            yield Break(number=number, journal_id="?", reason="is missing from the chain")
        elif link.journal is None:
            yield _break(link, "has vanished")
        elif hash_after(previous, link.journal) != link.hash:
            yield _break(link, "is not what was linked")
        number, previous = link.number, link.hash


def _break(link: Link, reason: str) -> Break:
    return Break(number=link.number, journal_id=link.journal_id, reason=reason)
