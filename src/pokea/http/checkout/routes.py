"""``/pay/{token}``: the payer's page. What it says is in the other files of this folder.

The token names the payment and proves that we made it (:mod:`pokea.domain.capability`), so the
page needs no cookie. Cross-site forms are refused: a stranger's page must not make a visitor's
browser send prompts.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Msisdn
from pokea.domain.attempt import Attempt, AttemptState, may_have_paid
from pokea.domain.capability import subject_of
from pokea.domain.ids import PaymentId, ulid_text
from pokea.domain.instructions import instructions
from pokea.flows.errors import Refusal
from pokea.flows.represent import PROMPT_LIFE
from pokea.flows.retry_payment import retry_payment
from pokea.flows.show_payment import Shown, show_payment, watch_payment
from pokea.http.checkout.page import headers, render, status_json
from pokea.http.checkout.view import CheckoutView, state_of
from pokea.http.checkout.wording import pick_language
from pokea.http.deps import Web, WebDep
from pokea.http.errors import ERRORS, Problem

router = APIRouter(prefix="/pay", include_in_schema=False)

CHECKOUT: Final = "pay"
HEARTBEAT_S: Final = 15
STREAM_MAX: Final = timedelta(minutes=30)
"""An open page is asked to connect again after this long, so that no stream lives for ever."""

_STREAM: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/{token}")
async def show(token: str, request: Request, site: WebDep, lang: str | None = None) -> Response:
    """The page, in the state that the payment is in."""
    shown = await _shown(site, token)
    return _page(request, site, _view(site, shown), lang)


@router.post("/{token}")
async def prompt(
    token: str,
    request: Request,
    site: WebDep,
    phone: Annotated[str | None, Form(max_length=40)] = None,
    again: Annotated[str | None, Form(max_length=1)] = None,
    lang: str | None = None,
) -> Response:
    """Send a prompt to the typed phone, or again to the last one."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Problem("not_found", "This form must be sent from the checkout page itself.")
    shown = await _shown(site, token)
    try:
        number = _number(shown, phone, again)
        await retry_payment(site.deps, shown.payment.id, number, site.till)
    except InvalidValue:
        return _refused(request, site, shown, "invalid_phone", phone, lang)
    except Refusal as refusal:
        return _refused(request, site, shown, refusal.code, phone, lang)
    language = _language(request, lang)
    return RedirectResponse(f"/pay/{token}?lang={language}", status_code=303)


@router.get("/{token}/status")
async def status(token: str, site: WebDep) -> Response:
    """What the page's script compares, when streams do not get through."""
    shown = await _shown(site, token)
    body = status_json(_view(site, shown), site.deps.clock.now())
    return Response(body, headers=headers() | {"Content-Type": "application/json"})


@router.get("/{token}/events")
async def events(token: str, site: WebDep) -> Response:
    """The same, pushed as it changes."""
    shown = await _shown(site, token)
    stream = _stream(site, shown.payment.id)
    return StreamingResponse(stream, media_type="text/event-stream", headers=_STREAM)


async def _stream(site: Web, payment_id: PaymentId) -> AsyncIterator[bytes]:
    """Messages when the status changes (also by time: a prompt runs out), else a heartbeat."""
    clock = site.deps.clock
    until = clock.now() + STREAM_MAX
    changes = watch_payment(site.deps, payment_id, asyncio.sleep)
    upcoming = asyncio.ensure_future(anext(changes))
    view, said, quiet = None, b"", 0
    try:
        while clock.now() < until:
            done, _ = await asyncio.wait({upcoming}, timeout=1)
            if done:
                view = _view(site, upcoming.result())
                upcoming = asyncio.ensure_future(anext(changes))
            body = b"" if view is None else status_json(view, clock.now())
            quiet += 1
            if body != said:
                said, quiet = body, 0
                yield b"data: " + body + b"\n\n"
            elif quiet >= HEARTBEAT_S:
                quiet = 0
                yield b": still here\n\n"
    except StopAsyncIteration:
        return
    finally:
        upcoming.cancel()


def _number(shown: Shown, phone: str | None, again: str | None) -> Msisdn:
    if again and not phone and shown.attempt is not None:
        return shown.attempt.phone
    return Msisdn.parse(phone or "")


async def _shown(site: Web, token: str) -> Shown:
    subject = subject_of(token, purpose=CHECKOUT, keys=site.deps.path_keys)
    shown = None
    if subject is not None:
        shown = await show_payment(site.deps, PaymentId(f"pay_{ulid_text(subject)}"))
    if shown is None:
        raise Problem("not_found", "There is no such checkout.")
    return shown


def _view(site: Web, shown: Shown) -> CheckoutView:
    payment, attempt = shown.payment, shown.attempt
    failure = None if attempt is None or attempt.failure is None else attempt.failure.code
    accepted = None if attempt is None else attempt.accepted_at
    return CheckoutView(
        state=state_of(payment.state.value, _status(attempt), failure),
        amount=str(payment.owed or payment.amount),
        received=str(payment.amount_received),
        merchant_name=site.merchant_name,
        reference=payment.account_reference.text,
        sequence=payment.sequence,
        masked_phone=None if attempt is None else attempt.phone.masked,
        receipt=None if payment.receipt is None else payment.receipt.code,
        prompt_expires_at=None if accepted is None else accepted + PROMPT_LIFE,
        return_url=payment.return_url,
        by_hand=instructions(payment, site.till, most=site.deps.payment_max),
        test_mode=not payment.livemode,
    )


def _status(attempt: Attempt | None) -> str | None:
    """A late "paid" is being confirmed: whatever the attempt was, nobody may pay again."""
    if attempt is None:
        return None
    if attempt.state is not AttemptState.SUCCEEDED and may_have_paid(attempt):
        return AttemptState.CONFIRMING.value
    return attempt.state.value


def _refused(
    request: Request, site: Web, shown: Shown, code: str, typed: str | None, lang: str | None
) -> Response:
    view = replace(_view(site, shown), field_error=code, typed_phone=typed)
    return _page(request, site, view, lang, status_code=ERRORS[code].status)


def _page(
    request: Request, site: Web, view: CheckoutView, lang: str | None, status_code: int = 200
) -> Response:
    body = render(view, _language(request, lang), request.url.path, site.deps.clock.now())
    return Response(body, status_code=status_code, headers=headers())


def _language(request: Request, lang: str | None):  # noqa: ANN202 - wording's Language
    return pick_language(lang, request.headers.get("accept-language"), "en")
