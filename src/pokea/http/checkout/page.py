"""Turns a `CheckoutView` into bytes: one HTML reply with its style and script inside.

The style and script never change between replies, so the content security policy names
their hashes instead of a nonce, and the page stays a pure function of its arguments.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pokea.domain.instructions import Step, note, steps
from pokea.domain.language import Language
from pokea.http.checkout.view import PROMPTED, RETRYABLE, SPENT, CheckoutState, CheckoutView
from pokea.http.checkout.wording import (
    other,
    read_money,
    read_phone,
    read_seconds,
    words,
)

_FOLDER = Path(__file__).parent / "templates"
_CSS = (_FOLDER / "page.css").read_text(encoding="utf-8")
_JS = (_FOLDER / "page.js").read_text(encoding="utf-8")

_WAKE_S = {CheckoutState.BUSY: 60, CheckoutState.TOO_SOON: 120}
"""M-PESA frees a busy subscriber in about a minute, and refuses the same amount for two."""

_RETURN_S = 5
"""Long enough to read "Paid" and a receipt, and to press "Stay here"."""

_TEMPLATE = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("page.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Countdown:
    """Seconds until something happens on the page: it draws, wakes a button, or goes."""

    seconds: int
    then: str

    @property
    def text(self) -> str:
        return read_seconds(self.seconds)


def render(view: CheckoutView, language: Language, path: str, now: datetime) -> bytes:
    """Draw the whole page.

    `path` is the page's own path, to which the form posts and the script speaks.
    """
    shown = _as_of(view, now)
    html = _TEMPLATE.render(
        view=shown,
        state=str(shown.state),
        status=status_json(view, now).decode(),
        language=language,
        other_language=other(language),
        other_name=words(other(language))["language"],
        path=path,
        css=Markup(_CSS),  # noqa: S704 - our own file, named by its hash in the policy
        js=Markup(_JS),  # noqa: S704 - likewise
        words=words(language),
        say=_speaker(shown),
        prompted=shown.state in PROMPTED,
        retryable=shown.state in RETRYABLE,
        countdown=_countdown(shown, now),
        spent=shown.state in SPENT,
        steps=_steps(shown, language),
        parts=_parts(shown, language),
        return_url=_safe_url(shown.return_url),
    )
    return html.encode()


def status_json(view: CheckoutView, now: datetime) -> bytes:
    """Say in under 200 bytes all that makes the page look different when it changes."""
    shown = _as_of(view, now)
    status: dict[str, str | int] = {"state": shown.state, "sequence": shown.sequence}
    if shown.state is CheckoutState.WAITING and shown.prompt_expires_at:
        # The prompt was accepted, or sent anew, without a step of the payment itself.
        status["until"] = int(shown.prompt_expires_at.timestamp())
    return json.dumps(status, separators=(",", ":")).encode()


def headers() -> dict[str, str]:
    """Return the headers that every checkout page is sent with."""
    policy = (
        "default-src 'none'",
        f"style-src '{_hash(_CSS)}'",
        f"script-src '{_hash(_JS)}'",
        "img-src data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "; ".join(policy),
        # The address is the payer's key to this payment; it goes to nobody else.
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def _as_of(view: CheckoutView, now: datetime) -> CheckoutView:
    """After the prompt's time nobody can answer it: what remains is to learn what happened."""
    over = view.prompt_expires_at is not None and view.prompt_expires_at <= now
    if view.state is CheckoutState.WAITING and over:
        return replace(view, state=CheckoutState.CONFIRMING)
    return view


def _countdown(view: CheckoutView, now: datetime) -> _Countdown | None:
    if view.state is CheckoutState.WAITING and view.prompt_expires_at:
        left = (view.prompt_expires_at - now).total_seconds()
        return _Countdown(seconds=ceil(left), then="draw")
    if view.state in _WAKE_S:
        return _Countdown(seconds=_WAKE_S[view.state], then="wake")
    if view.state is CheckoutState.PAID and _safe_url(view.return_url):
        return _Countdown(seconds=_RETURN_S, then="go")
    return None


def _steps(view: CheckoutView, language: Language) -> tuple[Step, ...]:
    """How to pay without a prompt, unless one is out: then nobody is asked a second time."""
    invited = view.state in RETRYABLE or view.state is CheckoutState.FORM
    return steps(view.by_hand, language) if view.by_hand and invited else ()


def _parts(view: CheckoutView, language: Language) -> str | None:
    said = view.by_hand and note(view.by_hand, language)
    return said and said.replace("KSh ", "KSh\N{NO-BREAK SPACE}")


def _safe_url(url: str | None) -> str | None:
    """Keep only what a link to a shop can be; a `javascript:` address is no shop."""
    return url if url and urlsplit(url).scheme in {"http", "https"} else None


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _speaker(view: CheckoutView) -> Callable[[str], Markup]:
    """Make the function that fills a sentence's places with this payment's values, escaped."""
    whole = Markup("<span class=whole>{}</span>")
    values = {
        "amount": whole.format(read_money(view.amount)),
        "received": whole.format(read_money(view.received)),
        "shop": view.merchant_name,
        "phone": whole.format(read_phone(view.masked_phone or "")),
    }

    def say(sentence: str) -> Markup:
        copy = Markup(sentence)  # noqa: S704 - the words are our own file
        # Without this a narrow phone breaks the line inside the name, after its hyphen.
        return copy.replace("M-PESA", whole.format("M-PESA")).format_map(values)

    return say
