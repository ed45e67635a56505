"""A merchant says where it listens; the secret that signs is made here and shown once.

Registering a URL that is switched off (it answered 410) switches it on again, with the secret
that it had, and sends what was held for it.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from pokea.domain.delivery import Endpoint
from pokea.domain.ids import AccountId, EndpointId
from pokea.flows.deps import Deps
from pokea.flows.errors import Clashes
from pokea.flows.ports import Tx, Work, WorkKind

_ROWS_PER_JOB: Final = 500
"""Months may be held; one job of the engine should not carry them all."""


async def add_endpoint(
    deps: Deps, account_id: AccountId, *, livemode: bool, url: str, secret: str
) -> Endpoint:
    """Register an endpoint, or switch it on again; the answer has the secret that signs.

    Raises:
        Refusal: this URL is registered already, and listens.
    """
    now = deps.clock.now()
    new = Endpoint(
        id=EndpointId(deps.ids.new("endpoint")),
        account_id=account_id,
        livemode=livemode,
        url=url,
        secret=secret,
    )

    def write(tx: Tx) -> Endpoint:
        known = tx.endpoints.of_account(account_id, livemode=livemode)
        same = next((one for one in known if one.url == url), None)
        if same is None:
            tx.endpoints.add(new, now)
            return new
        if same.enabled:
            raise Clashes("webhook_endpoint_exists", "This URL is registered already.")
        return _enable(tx, same, now)

    return await deps.db.write(write)


def _enable(tx: Tx, endpoint: Endpoint, now: datetime) -> Endpoint:
    # In this order: nobody can hold another delivery once the endpoint's row is ours.
    tx.endpoints.switch(endpoint.id, enabled=True)
    held = tx.deliveries.release(endpoint.id, now=now)
    for start in range(0, len(held), _ROWS_PER_JOB):
        ids = tuple(held[start : start + _ROWS_PER_JOB])
        tx.hand_over(Work(kind=WorkKind.DELIVERY, ids=ids, due_at=now))
    return replace(endpoint, enabled=True)
