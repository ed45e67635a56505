"""A merchant says where it listens; the secret that signs is made here and shown once."""

from pokea.domain.delivery import Endpoint
from pokea.domain.ids import AccountId, EndpointId
from pokea.flows.deps import Deps
from pokea.flows.errors import Clashes
from pokea.flows.ports import Tx


async def add_endpoint(
    deps: Deps, account_id: AccountId, *, livemode: bool, url: str, secret: str
) -> Endpoint:
    """Register an endpoint.

    Raises:
        Refusal: this URL is registered already.
    """
    now = deps.clock.now()
    endpoint = Endpoint(
        id=EndpointId(deps.ids.new("endpoint")),
        account_id=account_id,
        livemode=livemode,
        url=url,
        secret=secret,
    )

    def write(tx: Tx) -> None:
        known = tx.endpoints.of_account(account_id, livemode=livemode)
        if any(one.url == url for one in known):
            raise Clashes("webhook_endpoint_exists", "This URL is registered already.")
        tx.endpoints.add(endpoint, now)

    await deps.db.write(write)
    return endpoint
