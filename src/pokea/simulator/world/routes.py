"""Safaricom's own paths, and what stands behind each (SPEC 1.1)."""

from collections.abc import Callable
from dataclasses import dataclass

from pokea.simulator.world import stk_push, stk_query
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.gate import BadToken
from pokea.simulator.world.scene import Accepted, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One path: the product an app needs, its handler, the face of a bad token."""

    product: str
    handle: Callable[[Order], Answer | Accepted]
    style: BadToken = "404.001.03"


OAUTH = "/oauth/v1/generate"

OPERATIONS: dict[str, Operation] = {
    "/mpesa/stkpush/v1/processrequest": Operation(product="stk_push", handle=stk_push.handle),
    "/mpesa/stkpushquery/v1/query": Operation(product="stk_query", handle=stk_query.handle),
}
