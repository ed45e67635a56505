"""Reading fields as Safaricom does: a number or a string will do, anything else is missing."""

import re
from datetime import datetime
from decimal import Decimal

from pokea.simulator.world.wire import Body

_PHONE = re.compile(r"254[17]\d{8}", re.ASCII)
_WHOLE = re.compile(r"\d{1,12}", re.ASCII)
_SHORTCODE = re.compile(r"\d{5,7}", re.ASCII)
_TIMESTAMP = re.compile(r"\d{14}", re.ASCII)
_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[!-;=?-~]*)?([?#][!-;=?-~]*)?", re.ASCII)
_LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])([:/?#]|$)")
# SPEC 9: refused anywhere and in any case. "exe" and "exec" stand in the list side by side, so
# the short ones are read as whole words; a random token that merely contains one passes.
_BANNED = re.compile(
    r"mpesa|safaricom|(?<![a-z0-9])(exec?|cmd|sql|query)(?![a-z0-9])", re.IGNORECASE
)
_MAX_SHILLINGS = 10**9


def text(body: Body, name: str) -> str:
    """The field as text; missing, null, boolean, list and object all read as empty."""
    value = body.get(name)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return ""
    return str(value)


def first_text(body: Body, *names: str) -> str:
    """The first of several spellings that is there."""
    return next((found for name in names if (found := text(body, name))), "")


def msisdn(body: Body, name: str) -> str:
    """Twelve digits, 2547... or 2541..., or empty (SPEC 1)."""
    found = text(body, name)
    return found if _PHONE.fullmatch(found) else ""


def shortcode(body: Body, name: str) -> str:
    """Five to seven digits, or empty."""
    found = text(body, name)
    return found if _SHORTCODE.fullmatch(found) else ""


def cents(body: Body, name: str) -> int:
    """Whole shillings of at least one, as cents; 0 means that Safaricom refuses it (SPEC 1)."""
    found = text(body, name)
    if not _WHOLE.fullmatch(found) or int(found) > _MAX_SHILLINGS:
        return 0
    return int(found) * 100


def is_timestamp(value: str) -> bool:
    """``YYYYMMDDHHmmss``; any zone, since UTC is accepted in practice (SPEC 7.1)."""
    if not _TIMESTAMP.fullmatch(value):
        return False
    try:
        datetime.strptime(value, "%Y%m%d%H%M%S")  # noqa: DTZ007 only whether it parses
    except ValueError:
        return False
    return True


def is_url(value: str, *, https_only: bool = False) -> bool:
    """An address Safaricom would call; loopback is always allowed, or nobody could test."""
    if not _URL.fullmatch(value):
        return False
    return not https_only or value.startswith("https://") or bool(_LOOPBACK.match(value))


def banned_word(url: str) -> str:
    """The word for which Safaricom refuses this address, or empty."""
    found = _BANNED.search(url)
    return found.group().upper() if found else ""
