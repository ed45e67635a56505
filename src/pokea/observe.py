"""Logs that may be shown to anybody: JSON lines, named events, no phone and no secret.

The event is a stable name, the rest are fields. A processor masks every phone number and drops
whatever a type declares secret, so that a slip in one call cannot leak.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

_PHONE: Final = re.compile(r"(?<![0-9A-Za-z])(\+?254|0)([17])([0-9]{5})([0-9]{3})(?![0-9])")
_KEY: Final = re.compile(r"\b(sk|rk|whsec)_[A-Za-z0-9_+/=]{8,}")
_PATH: Final = re.compile(r"/(i/[a-z]|pay)/[0-9a-f]{64}")


def mask(text: str) -> str:
    """A text without phone numbers, keys or secret paths."""
    text = _PHONE.sub(r"\1\2*****\4", text)
    text = _KEY.sub(r"\1_***", text)
    return _PATH.sub(r"/\1/***", text)


def _mask_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = mask(value)
        elif not isinstance(value, (int, bool, type(None))):
            event[name] = mask(str(value))
    return event


def set_up_logs(*, level: str) -> None:
    """One JSON line a record, on standard error, for our logs and the libraries'."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
