"""The inbox: every callback that came on a path of ours, with its raw bytes, for ever.

A callback is stored before it is answered and never refused because of what it says: what
cannot be believed or understood is parked with a reason. Source: STATE_MACHINES section 1.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pokea.daraja.values import Money, Payer, Receipt, Shortcode
from pokea.domain.attempt import Failure
from pokea.domain.ids import InboxId


class InboxState(StrEnum):
    """What became of a callback."""

    RECEIVED = "received"  # stored, not applied yet
    APPLIED = "applied"
    DUPLICATE = "duplicate"  # said what we knew already
    ORPHANED = "orphaned"  # our path, but no such attempt (a restored backup)
    QUARANTINED = "quarantined"  # not believed; Safaricom is asked instead
    CONFLICT = "conflict"  # contradicts what we hold
    MALFORMED = "malformed"  # not a callback at all
    DEAD = "dead"  # applying it failed ten times: a person looks


TRIES_MAX: Final = 10

# The first letter of a path says what may come on it, and what the rest of it names.
PROMPT: Final = "s"  # s(tk): what became of an attempt's prompt
CONFIRMATION: Final = "c"  # c(2b): money by hand, for a shortcode
VALIDATION: Final = "v"  # may such money come? Answered at once, and no callback is stored
RESULT: Final = "t"  # t(old): the answer to an inquiry of ours
TIMEOUT: Final = "q"  # q(ueue): Safaricom gave that inquiry up


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCallback:
    """What arrived: raw bytes on a path that names its subject, from an address.

    The subject of a prompt's callback is its attempt, of money by hand its shortcode.
    """

    id: InboxId
    kind: str
    subject: str
    body: bytes
    body_sha256: bytes
    source_ip: str
    ip_listed: bool
    received_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardCallback:
    """A stored callback, what became of it, and how often its bytes came."""

    callback: ReceivedCallback
    state: InboxState
    reason: str | None
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one inbox row, and why."""

    id: InboxId
    state: InboxState
    reason: str | None = None
    due_at: datetime | None = None


# ── what a callback says, in our words ───────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPaid:
    """The sender says that money moved. Anything may be missing in a forged or odd one."""

    checkout_request_id: str
    merchant_request_id: str
    receipt: Receipt | None
    amount: Money | None
    paid_at: datetime | None
    payer: Payer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFailed:
    """The sender says, in a code of the closed list, that no money moved."""

    checkout_request_id: str
    merchant_request_id: str
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldUnclear:
    """A result code that we do not know: neither success nor failure."""

    checkout_request_id: str
    merchant_request_id: str
    code: str


Told = ToldPaid | ToldFailed | ToldUnclear


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldReceived:
    """A C2B confirmation: money by hand has arrived, the sender says."""

    receipt: Receipt | None
    amount: Money | None
    shortcode: Shortcode | None
    paid_at: datetime | None
    account: str
    payer: Payer | None
    payer_name: str
