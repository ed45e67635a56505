"""Work that is due: what flows hand to the engine."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WorkKind(StrEnum):
    """The flows that the engine can be asked to run."""

    ATTEMPT = "attempt"  # send, ask about, or stop waiting for an attempt
    PAYMENT = "payment"  # expire a payment
    RECEIPT = "receipt"  # look again at money by hand that waits
    DELIVERY = "delivery"  # send a webhook
    NOTICE = "notice"  # send an SMS or e-mail
    CALLBACK = "callback"  # apply a callback that could not be applied at once
    ROUTINE = "routine"  # do a duty that comes round
    INQUIRY = "inquiry"  # ask Safaricom what it answers later


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Rows of one kind that are due at one time. Handing over twice changes nothing."""

    kind: WorkKind
    ids: tuple[str, ...]
    due_at: datetime
