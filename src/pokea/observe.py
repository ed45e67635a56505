"""Logs that may be shown to anybody: JSON lines, named events, no phone and no secret.

The event is a stable name, the rest are fields. A processor masks every phone number, key and
secret path, so that a slip in one call cannot leak. What a database's driver says is never
logged in its own words, for those hold values ("Key (reference)=(…) already exists").
"""

import contextlib
import logging
import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import Any, Final

import structlog
from typing_extensions import override

# As people type it and as programs write it, with or without the country, also within an id.
_PHONE: Final = re.compile(
    r"(?<![0-9])(\+?254[ -]?|0)?([17])[0-9]{2}[ -]?[0-9]{3}[ -]?([0-9]{3})(?![0-9])"
)
# Safaricom's own ids end with the payer's nine digits, right after those of the time.
_CHECKOUT: Final = re.compile(r"(ws_CO_\w*?)([17])[0-9]{5}([0-9]{3})(?![0-9])")
_KEY: Final = re.compile(r"\b(sk|rk|whsec)_[A-Za-z0-9_+/=]{8,}")
_PATH: Final = re.compile(r"/(i/[a-z]|pay)/[0-9a-f]{64}")
_DRIVERS: Final = {"sqlalchemy", "psycopg", "psycopg_pool", "sqlite3"}

_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def mask(text: str) -> str:
    """A text without phone numbers, keys or secret paths."""
    text = _CHECKOUT.sub(r"\1\2*****\3", text)
    text = _PHONE.sub(r"\1\2*****\3", text)
    text = _KEY.sub(r"\1_***", text)
    return _PATH.sub(r"/\1/***", text)


def describe(error: BaseException) -> dict[str, str]:
    """What may be told of a driver's error: its type, its code, and the constraint's name."""
    original = getattr(error, "orig", None) or error
    found = {
        "error": type(original).__name__,
        "sqlstate": getattr(original, "sqlstate", None),
        "sqlite": getattr(original, "sqlite_errorname", None),
        "constraint": getattr(getattr(original, "diag", None), "constraint_name", None),
    }
    return {name: str(value) for name, value in found.items() if value is not None}


def tell(error: BaseException) -> str:
    """A traceback, its causes first, where drivers' words are left out."""
    parts = [
        "".join(traceback.format_tb(one.__traceback__)) + f"{type(one).__name__}: {_words(one)}"
        for one in _with_causes(error)
    ]
    return "\n\n".join(reversed(parts))


def _words(error: BaseException) -> str:
    if type(error).__module__.partition(".")[0] in _DRIVERS:
        return " ".join(f"{name}={value}" for name, value in describe(error).items())
    return str(error)


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """An error and whatever led to it, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner: tuple[BaseException, ...] = getattr(one, "exceptions", ())  # of a group
        waiting.extend(inner)
        cause = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if cause is not None:
            waiting.append(cause)


def _tell_info(exc_info: _ExceptionInfo) -> str:
    return tell(exc_info[1])


def _mask_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = mask(value)
        elif not isinstance(value, (int, bool, type(None))):
            event[name] = mask(str(value))
    return event


class _Writer(structlog.WriteLogger):
    """Writes lines, where a full disk or a closed pipe costs a line and never a callback."""

    @override
    def msg(self, message: str) -> None:
        """Write one line, if it can be written."""
        with contextlib.suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def set_up_logs(*, level: str) -> None:
    """One JSON line a record, on standard error, for our logs and the libraries'."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_tell_info),
        _mask_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Writer(sys.stderr),
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
