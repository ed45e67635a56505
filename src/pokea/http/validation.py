"""Safaricom asks before money comes by hand: ``POST /i/v/{64 hex}``.

Unlike every other callback this one has an answer that matters, and nothing to store first.
"""

from typing import Final

import structlog

from pokea.daraja.callbacks import Rejection, accept, reject
from pokea.domain.validation import RefusedFor
from pokea.flows.validate_payment import Validator

ACCEPTED: Final = accept()

_CODES: Final = {
    RefusedFor.PHONE: Rejection.PHONE,
    RefusedFor.ACCOUNT: Rejection.ACCOUNT,
    RefusedFor.AMOUNT: Rejection.AMOUNT,
    RefusedFor.KYC: Rejection.KYC,
    RefusedFor.SHORTCODE: Rejection.SHORTCODE,
    RefusedFor.OTHER: Rejection.OTHER,
}
REFUSED: Final = {reason: reject(code) for reason, code in _CODES.items()}

_log = structlog.get_logger()


async def answer_validation(
    validator: Validator, path: str, body: bytes, *, ip_listed: bool
) -> tuple[int, bytes]:
    """The status and the bytes to answer."""
    subject = validator.subject(path)
    if subject is None:
        return 404, b""
    try:
        ruling = await validator.answer(subject, body, ip_listed=ip_listed)
    except Exception:
        _log.exception("validation.failed")
        ruling = validator.by_default("failed")
    return 200, ACCEPTED if ruling.refused_for is None else REFUSED[ruling.refused_for]
