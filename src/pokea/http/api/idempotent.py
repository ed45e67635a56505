"""Idempotency keys on the wire: one first answer, replayed for ever.

A first request that died is resumed by its retry: the object is there, so the retry answers
with the object as it is now. A 5xx is never stored.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from fastapi import Header, Request
from fastapi.responses import JSONResponse, Response

from pokea.domain.attempt import AttemptState
from pokea.domain.errors import Bug
from pokea.domain.idempotency import (
    IdempotencyKey,
    IdempotencyRecord,
    is_valid_key,
    request_sha256,
)
from pokea.domain.ids import PaymentId
from pokea.flows.deps import Deps
from pokea.flows.open_payment import Merchant
from pokea.flows.ports import Tx
from pokea.flows.show_payment import show_payment
from pokea.http.deps import Web
from pokea.http.errors import Problem

WAIT_S: Final = 10
_POLL_S: Final = 0.1
REPLAYED: Final = {"Idempotent-Replayed": "true"}

Result = TypeVar("Result")

KeyHeader = Annotated[str | None, Header(alias="Idempotency-Key")]


@dataclass(frozen=True, slots=True)
class Replay:
    """The first answer, again."""

    response: Response


class KeyIsBound(Exception):
    """The key was used before; ``record`` says for what."""

    def __init__(self, record: IdempotencyRecord) -> None:
        super().__init__(record.resource_id)
        self.record = record


class BindingDatabase:
    """A request's view of the database, whose first write binds the request's key too.

    Both or neither: what is refused leaves its key free, and what is done is never done again.
    """

    def __init__(self, deps: Deps, key: IdempotencyKey, resource_id: str) -> None:
        self._db = deps.db
        self._now = deps.clock.now
        self._key = key
        self._resource_id = resource_id
        self._bound = False

    async def read(self, work: Callable[[Tx], Result]) -> Result:
        """Run ``work`` without writing."""
        return await self._db.read(work)

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        """Run ``work`` in one transaction; the first time with the key.

        Raises:
            KeyIsBound: the key was used before, and ``work`` did not run.
        """
        if self._bound:
            return await self._db.write(work)

        def bind_and_work(tx: Tx) -> Result:
            if tx.idempotency.bind(self._key, self._resource_id, self._now()):
                return work(tx)
            record = tx.idempotency.find(self._key)
            if record is None:
                raise Bug("a bound idempotency key that is not there")
            raise KeyIsBound(record)

        result = await self._db.write(bind_and_work)
        self._bound = True
        return result


async def key_of(request: Request, merchant: Merchant, header: str | None) -> IdempotencyKey:
    """The key of a request and its fingerprint.

    Raises:
        Problem: the header is missing or unusable.
    """
    if header is None:
        raise Problem(
            "idempotency_key_required",
            "Send an Idempotency-Key header: your order's number is a good one.",
        )
    if not is_valid_key(header):
        raise Problem(
            "idempotency_key_invalid",
            "An Idempotency-Key is 8 to 255 visible ASCII characters.",
        )
    body: Any = await request.json()
    return IdempotencyKey(
        account_id=merchant.account_id,
        livemode=merchant.livemode,
        key=header,
        request_sha256=request_sha256(request.method, request.url.path, body),
    )


async def replay_of(site: Web, key: IdempotencyKey, record: IdempotencyRecord) -> Replay | str:
    """The first answer, or the id of the object whose first request died.

    Raises:
        Problem: the key was used for something else, or the first request is still running.
    """
    if record.key.request_sha256 != key.request_sha256:
        raise Problem(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request. Use a new key for a new one.",
            extra={"resource_id": record.resource_id},
        )
    deadline = asyncio.get_running_loop().time() + WAIT_S
    while record.body is None:
        if await _has_settled(site, record.resource_id):
            return record.resource_id
        if asyncio.get_running_loop().time() > deadline:
            raise Problem(
                "idempotency_in_progress",
                "The first request with this key is still running.",
                retry_after_s=1,
            )
        await asyncio.sleep(_POLL_S)
        record = await site.deps.db.read(lambda tx: tx.idempotency.find(key)) or record
    return Replay(
        response=Response(
            record.body,
            status_code=record.status or 200,
            media_type="application/json",
            headers=REPLAYED,
        )
    )


async def first_answer(
    site: Web, key: IdempotencyKey, *, status: int, body: dict[str, object], replayed: bool
) -> JSONResponse:
    """Answer, and keep the answer for repeats."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    await site.deps.db.write(lambda tx: tx.idempotency.finish(key, status=status, body=text))
    return JSONResponse(body, status_code=status, headers=REPLAYED if replayed else None)


async def _has_settled(site: Web, resource_id: str) -> bool:
    """Whether nobody is calling Safaricom for this payment (any more)."""
    shown = await show_payment(site.deps, PaymentId(resource_id))
    if shown is None or shown.attempt is None:
        return True
    return shown.attempt.state is not AttemptState.DISPATCHING
