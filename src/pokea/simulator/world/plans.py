"""What the next customer does, and how Safaricom misbehaves about it.

A plan comes from the side door (one phone's script), from a magic phone number, or from rules
that apply by product, phone and probability; later ones overlay earlier ones field by field.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal

Action = Literal[
    "wait", "pay", "cancel", "wrong_pin", "no_money", "ignore", "off", "busy", "code"
]
CallbackFault = Literal["once", "drop", "twice", "before_ack"]
QueryFault = Literal[
    "agree", "pending", "failed", "paid", "unknown", "error", "being_processed"
]
SyncFault = Literal[
    "none", "timeout_after", "timeout_before", "html_503", "html_500", "json_500", "json_502",
    "json_503", "empty_503", "fault_429", "spike_arrest", "quota", "reset_before",
    "reset_after", "truncate", "soap_fault", "token_revoked", "busy", "system_internal",
    "duplicate_notification",
]  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Plan:
    """One customer's next action and the faults around it; every default means "as usual"."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    action: Action = "wait"
    result_code: str = ""
    after_s: float | None = None
    callback: CallbackFault = "once"
    callback_copies: int = 1
    callback_delay_s: float = 0.0
    callback_jitter_s: float = 0.0
    callback_amount: str = ""
    callback_types: Literal["usual", "strings"] = "usual"
    callback_missing: tuple[str, ...] = ()
    callback_result_code: str = ""
    callback_result_desc: str = ""
    masked_phone: bool = False
    late_success_s: float | None = None
    query: QueryFault = "agree"
    twin: Literal["send", "drop"] = "send"
    sync: SyncFault = "none"
    sync_delay_s: float = 0.0
    queue_timeout: bool = False


@dataclass(slots=True, kw_only=True)
class Rule:
    """A plan's faults for whoever matches; ``times`` counts down, 0 means for ever."""

    product: str = ""
    phone: str = ""
    probability: float = 1.0
    times: int = 0
    plan: Plan


_NAMES = tuple(item.name for item in fields(Plan))
_DEFAULT = Plan()

# API.md section 7: 2547000 (or 2547001 for payouts) + 9 + four digits is a behaviour.
BEHAVIOURS: dict[str, Plan] = {
    "90001": Plan(action="pay", callback="drop"),
    "90002": Plan(action="pay", callback="twice"),
    "90003": Plan(action="ignore", late_success_s=300.0, queue_timeout=True),
    "90004": Plan(action="pay", callback_amount="half"),
    "90005": Plan(action="pay", sync="timeout_after"),
    "90006": Plan(action="pay", callback="before_ack"),
    "90007": Plan(action="pay", query="failed"),
    "90008": Plan(action="pay", sync="html_503"),
    "90009": Plan(action="pay", sync="token_revoked"),
}
PAYER_PREFIX = "2547000"
PAYEE_PREFIX = "2547001"
_ACTION_OF_CODE: dict[str, Action] = {"0": "pay", "1037": "off"}


def is_magic(msisdn: str) -> bool:
    """Whether this number answers by itself (API.md section 7)."""
    return any(magic_plan(msisdn, prefix) for prefix in (PAYER_PREFIX, PAYEE_PREFIX))


def magic_plan(msisdn: str, prefix: str) -> Plan | None:
    """The plan that a magic number with this prefix stands for."""
    if not msisdn.startswith(prefix):
        return None
    digits = msisdn[7:]
    if digits in BEHAVIOURS:
        return replace(BEHAVIOURS[digits])
    if not digits.startswith("0"):
        return None
    code = digits[1:].lstrip("0") or "0"
    return Plan(action=_ACTION_OF_CODE.get(code, "code"), result_code=code)


def overlay(below: Plan, above: Plan) -> Plan:
    """The plan below, with every field that the one above sets."""
    changes: dict[str, Any] = {
        name: getattr(above, name)
        for name in _NAMES
        if getattr(above, name) != getattr(_DEFAULT, name)
    }
    return replace(below, **changes)
