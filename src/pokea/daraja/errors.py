"""Everything that can go wrong between us and Daraja, in one tree.

::

    DarajaError                    .may_have_moved_money .answered .raw .http_status .elapsed_ms
    |-- InvalidValue               ours: a value was refused, nothing was sent (ValueError)
    |-- MalformedCallback          theirs: a callback that cannot be read (ValueError)
    |-- NotSent                    no byte of the request left this machine
    |   `-- NoToken                no access token could be had, so the request was not sent
    |-- Refused                    Safaricom said no, by a code on a closed list
    |   |-- TokenRefused           the access token, twice
    |   |-- RateLimited            too fast; see retry_after_s
    |   |-- Misconfigured          wrong keys, passkey, shortcode: halt this shortcode
    |   |-- NotProvisioned         the app may not use this product
    |   |-- SubscriberBusy         the phone has another M-PESA dialogue open
    |   |-- DuplicateRequest       this originator conversation id was accepted before
    |   `-- UnknownRequest         a query about an id that Safaricom does not know (now)
    `-- Ambiguous                  sent, and we do not know what became of it

The list of refusals is closed: an answer that is not on it is `Ambiguous`, never the other way
round, because a refusal invites a second attempt. Ask `error.may_have_moved_money` before any
second attempt, and `error.answered` to tell Safaricom's word from an outage.
"""

from typing_extensions import override

from pokea.daraja.wire import WireReply


class DarajaError(Exception):
    """The base of the tree. Catch it to catch all of them."""

    may_have_moved_money: bool = False
    answered: bool = False

    def __init__(self, message: str, *, reply: WireReply | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reply = reply

    @property
    def raw(self) -> bytes:
        """The bytes of Safaricom's answer; empty where there was none."""
        return self.reply.body if self.reply else b""

    @property
    def http_status(self) -> int | None:
        """The HTTP status of the answer, where there was one."""
        return self.reply.status if self.reply else None

    @property
    def elapsed_ms(self) -> int | None:
        """Milliseconds from sending to the answer, where there was one."""
        return self.reply.elapsed_ms if self.reply else None


class InvalidValue(DarajaError, ValueError):
    """A value breaks a rule of Daraja and was not sent. Correct the field named in `field`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class MalformedCallback(DarajaError, ValueError):
    """A callback cannot be read. Keep its bytes, answer 200, and let a person look at it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotSent(DarajaError):
    """No byte of the request was written. Send the same request again when the line is back."""


class NoToken(NotSent):
    """No access token could be had, so the request was not sent. Send it again later."""


class Refused(DarajaError):
    """Safaricom refused and did nothing. Read `code` and `message`, correct, start anew."""

    answered = True

    def __init__(self, message: str, *, code: str, reply: WireReply | None = None) -> None:
        super().__init__(message, reply=reply)
        self.code = code

    @override
    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class TokenRefused(Refused):
    """A fresh token was refused too. Tick the product in the Daraja portal for this app."""


class RateLimited(Refused):
    """Too many requests. Wait `retry_after_s` (or a minute), then send the same again."""

    # Safaricom's edge answered, its payment system did not: for a question that is no answer.
    answered = False

    def __init__(
        self,
        message: str,
        *,
        code: str,
        retry_after_s: int | None = None,
        reply: WireReply | None = None,
    ) -> None:
        super().__init__(message, code=code, reply=reply)
        self.retry_after_s = retry_after_s


class Misconfigured(Refused):
    """Keys, passkey or shortcode are wrong. Halt this shortcode until a person has set them."""


class NotProvisioned(Refused):
    """This app or address may not use the product. Ask Safaricom to enable it for the app."""


class SubscriberBusy(Refused):
    """The phone has another M-PESA dialogue open. Ask the payer to close it, wait a minute."""


class DuplicateRequest(Refused):
    """This id was accepted before: money may be on its way. Query it, never send anew."""

    may_have_moved_money = True


class UnknownRequest(Refused):
    """Safaricom does not know this id, or not yet, or not at the moment. Ask again later.

    The same words come at random for requests that exist (4 of 19 polls on 2026-09-23), so this
    is no information about the money.
    """


class Ambiguous(DarajaError):
    """Sent, and no answer can be trusted. Query and wait for the callback; never repeat."""

    def __init__(
        self, message: str, *, may_have_moved_money: bool, reply: WireReply | None = None
    ) -> None:
        super().__init__(message, reply=reply)
        self.may_have_moved_money = may_have_moved_money
