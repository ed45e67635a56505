"""Every error the API answers, in one table: stable code, status, title.

The form is RFC 9457 (``application/problem+json``). A 500 is opaque: it names the request and
nothing else, and its details are in the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from typing_extensions import TypedDict

from pokea.daraja.errors import InvalidValue
from pokea.flows.errors import Refusal, TooOften, Unavailable

DOCS: Final = "https://pokea.dev/errors/"


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One row of the table. ``retryable``: the same request may work later."""

    status: int
    title: str
    retryable: bool = False


ERRORS: Final[dict[str, ErrorKind]] = {
    "amount_above_maximum": ErrorKind(422, "Amount above M-PESA's limit"),
    "amount_below_minimum": ErrorKind(422, "Amount below M-PESA's minimum"),
    "amount_must_not_be_float": ErrorKind(422, "Amount written as a float"),
    "amount_not_whole_shillings": ErrorKind(422, "Amount with cents"),
    "api_key_invalid": ErrorKind(401, "API key not accepted"),
    "api_key_missing": ErrorKind(401, "API key missing"),
    "body_too_large": ErrorKind(413, "Request too large"),
    "books_broken": ErrorKind(503, "The books are damaged", retryable=True),
    "break_not_found": ErrorKind(404, "No such item"),
    "break_resolved": ErrorKind(409, "Item resolved already"),
    "customer_erased": ErrorKind(409, "Customer was erased"),
    "customer_not_found": ErrorKind(404, "No such customer"),
    "customer_number_taken": ErrorKind(409, "Number is another customer's"),
    "idempotency_in_progress": ErrorKind(409, "First request still running", retryable=True),
    "idempotency_key_invalid": ErrorKind(400, "Idempotency key not acceptable"),
    "idempotency_key_required": ErrorKind(400, "Idempotency key missing"),
    "idempotency_key_reused": ErrorKind(409, "Idempotency key used for something else"),
    "internal_error": ErrorKind(500, "Something went wrong on our side", retryable=True),
    "invalid_field": ErrorKind(422, "A field is not acceptable"),
    "invalid_phone": ErrorKind(422, "Not a Kenyan mobile number"),
    "malformed_json": ErrorKind(400, "Not JSON"),
    "method_not_allowed": ErrorKind(405, "Method not allowed here"),
    "not_found": ErrorKind(404, "No such page"),
    "nothing_to_adjust": ErrorKind(409, "The books need no change"),
    "payment_already_paid": ErrorKind(409, "Payment already paid"),
    "payment_canceled": ErrorKind(409, "Payment was canceled"),
    "payment_expired": ErrorKind(409, "Payment has expired"),
    "payment_in_flight": ErrorKind(409, "Customer is being asked", retryable=True),
    "payment_not_found": ErrorKind(404, "No such payment"),
    "payment_not_open": ErrorKind(409, "Payment has ended"),
    "payment_under_review": ErrorKind(409, "Payment is under review"),
    "prompt_rate_limited": ErrorKind(429, "Phone prompted too often", retryable=True),
    "reconciliation_not_found": ErrorKind(404, "No such reconciliation"),
    "nothing_to_accept": ErrorKind(409, "No money is proven to be here", retryable=True),
    "operator_missing": ErrorKind(409, "No API operator to ask as"),
    "parts_do_not_add_up": ErrorKind(422, "Parts do not add up"),
    "payment_not_under_review": ErrorKind(409, "Payment is not under review"),
    "receipt_in_use": ErrorKind(409, "Receipt pays a payment"),
    "receipt_not_found": ErrorKind(404, "No such receipt"),
    "receipt_not_matched": ErrorKind(409, "Receipt has no owner"),
    "receipt_not_open": ErrorKind(409, "Receipt is not to be matched"),
    "service_unavailable": ErrorKind(503, "Not available just now", retryable=True),
    "shortcode_unknown": ErrorKind(409, "Shortcode not in use yet"),
    "statement_of_another": ErrorKind(422, "Statement of something else"),
    "statement_too_long": ErrorKind(422, "Too many rows"),
    "statement_unreadable": ErrorKind(422, "Not a statement that can be read"),
    "unknown_parameter": ErrorKind(422, "Unknown parameter"),
    "unsupported_media_type": ErrorKind(415, "Media type not taken here"),
    "validation_failed": ErrorKind(422, "Some fields are not acceptable"),
    "webhook_endpoint_exists": ErrorKind(409, "Endpoint exists already"),
    "webhook_url_invalid": ErrorKind(422, "Webhook URL not acceptable"),
}


class FieldError(TypedDict):
    """One field of a 422."""

    pointer: str
    code: str
    detail: str


class FieldProblem(ValueError):
    """A field's own refusal, raised inside pydantic's validation."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Problem(HTTPException):
    """An error to be answered as it is."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        param: str | None = None,
        errors: Sequence[FieldError] = (),
        extra: Mapping[str, object] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(status_code=ERRORS[code].status, detail=detail)
        self.code = code
        self.param = param
        self.errors = tuple(errors)
        self.extra = dict(extra or {})
        self.retry_after_s = retry_after_s


_log = structlog.get_logger()

TOO_LARGE: Final = "The request is larger than 256 KiB, or its file than 20 MiB."

# Starlette's own refusals, by status.
_PLAIN: Final = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer that method."),
    413: ("body_too_large", TOO_LARGE),
}


def install(app: FastAPI) -> None:
    """Make every error of an app a problem document."""
    app.add_exception_handler(StarletteHTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(Unavailable, _on_unavailable)
    app.add_exception_handler(Exception, _on_bug)


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The response of a problem."""
    kind = ERRORS[problem.code]
    body: dict[str, object] = {
        "type": DOCS + problem.code,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": request.url.path,
        "code": problem.code,
        "param": problem.param,
        "retryable": kind.retryable,
        "request_id": request.scope.get("pokea_request_id"),
        "errors": list(problem.errors),
    }
    headers = {"Content-Type": "application/problem+json"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if kind.status == 401:  # noqa: PLR2004 - HTTP's own
        headers["WWW-Authenticate"] = 'Bearer realm="pokea"'
    return JSONResponse(body | problem.extra, status_code=kind.status, headers=headers)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Problem):
        return answer(request, error)
    status = error.status_code if isinstance(error, StarletteHTTPException) else 500
    code, detail = _PLAIN.get(status, ("malformed_json", "The request could not be read."))
    return answer(request, Problem(code, detail))


async def _on_refusal(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Refusal):
        return await _on_bug(request, error)
    return answer(
        request,
        Problem(
            error.code,
            error.detail,
            param=error.param,
            retry_after_s=error.retry_after_s if isinstance(error, TooOften) else None,
            extra={"related": error.related} if error.related else None,
        ),
    )


async def _on_validation(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        return await _on_bug(request, error)
    fields = [_field_error(one) for one in error.errors()]
    if len(fields) == 1:
        only = fields[0]
        code = only["code"] if only["code"] in ERRORS else "validation_failed"
        param = only["pointer"].strip("/").replace("/", ".") or None
        return answer(request, Problem(code, only["detail"], param=param, errors=fields))
    detail = f"{len(fields)} fields are not acceptable; see errors."
    return answer(request, Problem("validation_failed", detail, errors=fields))


def _field_error(error: Mapping[str, object]) -> FieldError:
    place = error.get("loc")
    parts = [str(part) for part in place] if isinstance(place, tuple) else []  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if parts[:1] in (["body"], ["query"], ["path"], ["header"]):
        parts = parts[1:]
    context = error.get("ctx")
    raised = context.get("error") if isinstance(context, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    code, detail = "invalid_field", str(error.get("msg", "is not acceptable"))
    if error.get("type") == "extra_forbidden":
        code, detail = "unknown_parameter", "There is no such parameter."
    elif isinstance(raised, FieldProblem):
        code, detail = raised.code, raised.detail
    elif isinstance(raised, InvalidValue):
        code = "invalid_phone" if raised.field == "phone" else "invalid_field"
        detail = f"The {raised.field.replace('_', ' ')} {raised.reason}."
    return FieldError(pointer="/" + "/".join(parts), code=code, detail=detail)


async def _on_unavailable(request: Request, _error: Exception) -> JSONResponse:
    detail = (
        "The database did not answer. Send the same request again shortly; with the same"
        " Idempotency-Key nothing is done twice."
    )
    return answer(request, Problem("service_unavailable", detail, retry_after_s=2))


async def _on_bug(request: Request, error: Exception) -> JSONResponse:
    _log.error(
        "request.failed",
        exc_info=error,
        path=request.url.path,
        request_id=request.scope.get("pokea_request_id"),
    )
    detail = "Tell us the request_id; the same request, sent again, resumes where it stopped."
    return answer(request, Problem("internal_error", detail))
