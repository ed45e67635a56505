"""The conversation with Daraja, once, without I/O: token, request, one re-send.

`exchange` yields steps and is sent what each brings; clients are loops that perform them. The
only request that is ever sent twice is one whose token was refused in so many words, and it is
sent again once.
"""

import secrets
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from pokea.daraja.clock import Clock
from pokea.daraja.errors import (
    Ambiguous,
    DarajaError,
    Misconfigured,
    NoToken,
    NotSent,
    RateLimited,
    TokenRefused,
)
from pokea.daraja.operations import Operation
from pokea.daraja.operations.authorization import Authorize
from pokea.daraja.tokens import EARLY, Token
from pokea.daraja.transport import Lost, NeverWritten
from pokea.daraja.wire import WireReply, WireRequest

T = TypeVar("T")

# How long to wait for another process that is minting; it needs about this per OAuth request.
_PAUSE_MS = 50
# The whole wait for a token. An OAuth request may take ten seconds, and nobody who wants to pay
# waits much longer than that.
TOKEN_WAIT = timedelta(seconds=15)
# Who has waited for longer does not ask as well: ten seconds more would break the limit.
_MINT_WITHIN = timedelta(seconds=5)
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class LoadToken:
    """Bring the cached token, or None."""


@dataclass(frozen=True, slots=True)
class StoreToken:
    """Keep this token."""

    token: Token


@dataclass(frozen=True, slots=True)
class DiscardToken:
    """Forget this token, if it is still the one kept."""

    value: str


@dataclass(frozen=True, slots=True)
class LeaseMinting:
    """Bring whether the owner may mint now."""

    owner: str
    now: datetime


@dataclass(frozen=True, slots=True)
class ReleaseMinting:
    """Let others mint."""

    owner: str


@dataclass(frozen=True, slots=True, eq=False)
class MintingFailed:
    """Keep this failure, so that all who wait for the minting share it."""

    message: str
    reply: WireReply | None


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """Bring the last failure to mint that was kept, or None."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    milliseconds: int


Failure = MintingFailed | LoadFailure
TokenStep = LoadToken | StoreToken | DiscardToken | LeaseMinting | ReleaseMinting | Failure
Step = WireRequest | TokenStep | Pause
Brought = WireReply | Token | MintingFailed | bool | None
Conversation = Generator[Step, Brought, T]

_LOAD = LoadToken()
_FAILURE = LoadFailure()


def exchange(operation: Operation[T], authorize: Authorize, clock: Clock) -> Conversation[T]:
    """Send an operation under a valid token and return what it decodes to."""
    request = operation.encode()
    token = yield from _token(authorize, clock)
    reply = yield from _send(request, token)
    try:
        return operation.decode(reply)
    except TokenRefused:
        # Refused at the gate: nothing was done with the request, so it may be sent again.
        yield DiscardToken(token.value)
    except DarajaError as error:
        if error.http_status == _UNAUTHORIZED:
            yield DiscardToken(token.value)
        raise
    token = yield from _token(authorize, clock)
    reply = yield from _send(request, token)
    return operation.decode(reply)


def _send(request: WireRequest, token: Token) -> Conversation[WireReply]:
    bearer = ("authorization", f"Bearer {token.value}")
    with_token = WireRequest(
        method=request.method,
        path=request.path,
        body=request.body,
        moves_money=request.moves_money,
        headers=(*request.headers, bearer),
    )
    try:
        reply = yield with_token
    except NeverWritten as error:
        raise NotSent(str(error)) from error
    except Lost as error:
        raise Ambiguous(str(error), may_have_moved_money=request.moves_money) from error
    if not isinstance(reply, WireReply):
        raise TypeError("a request must bring a reply")
    secret = token.value.encode()
    if secret in reply.body:
        # 401.002.01 repeats the token it refuses; replies are kept as evidence, tokens not.
        return replace(reply, body=reply.body.replace(secret, b"***"))
    return reply


def _token(authorize: Authorize, clock: Clock) -> Conversation[Token]:
    """Return a fresh token, minted by one process at a time.

    Those who wait share what comes of it, a failure as well; nobody waits for much longer than
    `TOKEN_WAIT`.
    """
    kept = yield _LOAD
    if isinstance(kept, Token) and kept.is_fresh(clock()):
        return kept
    began = clock()
    before = yield _FAILURE
    owner = secrets.token_hex(8)
    while not (yield LeaseMinting(owner, clock())):
        if clock() - began >= TOKEN_WAIT:
            raise NoToken("no access token: another request asked for one, without an end")
        yield Pause(_PAUSE_MS)
        token = yield from _outcome(before, clock)
        if token is not None:
            return token
    try:
        token = yield from _outcome(before, clock)  # between our look and our lease
        if token is not None:
            return token
        if clock() - began >= _MINT_WITHIN:
            raise NoToken("no access token: another request asked for one, in vain")
        token = yield from _mint_for_all(authorize, clock)
        yield StoreToken(token)
        return token
    finally:
        yield ReleaseMinting(owner)


def _outcome(before: Brought, clock: Clock) -> Conversation[Token | None]:
    """Return the token that another has minted, or None; raise if the other has failed."""
    kept = yield _LOAD
    if isinstance(kept, Token) and kept.is_fresh(clock()):
        return kept
    failure = yield _FAILURE
    if isinstance(failure, MintingFailed) and failure is not before:
        raise NoToken(f"another request asked in vain: {failure.message}", reply=failure.reply)
    return None


def _mint_for_all(authorize: Authorize, clock: Clock) -> Conversation[Token]:
    """Ask for a token, and tell those who wait if there is none."""
    try:
        return (yield from _mint(authorize, clock))
    except DarajaError as error:
        yield MintingFailed(str(error), error.reply)
        raise


def _mint(authorize: Authorize, clock: Clock) -> Conversation[Token]:
    """Ask for a token. Whatever fails here, the operation itself was not sent."""
    asked_at = clock()
    try:
        reply = yield authorize.encode()
        if not isinstance(reply, WireReply):
            raise TypeError("a request must bring a reply")
        access = authorize.decode(reply)
    except (Misconfigured, RateLimited):
        raise
    except (NeverWritten, Lost) as error:
        raise NoToken(f"no access token: {error}") from error
    except DarajaError as error:
        raise NoToken(f"no access token: {error}", reply=error.reply) from error
    # A token of less than two minutes keeps half of its life.
    life = timedelta(seconds=access.expires_in_s)
    return Token(value=access.value, renew_at=asked_at + max(life - EARLY, life / 2))
