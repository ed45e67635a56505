"""``/v1/webhook_endpoints``: where events go. Source: API section 8."""

import base64
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from pokea.domain.delivery import Endpoint
from pokea.flows.add_endpoint import add_endpoint
from pokea.http.deps import MerchantDep, WebDep
from pokea.http.errors import Problem
from pokea.http.strict_json import StrictRoute

router = APIRouter(
    prefix="/v1/webhook_endpoints", tags=["webhook_endpoints"], route_class=StrictRoute
)


class EndpointRequest(BaseModel):
    """An address that takes signed events."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: Annotated[str, Field(min_length=8, max_length=2000)]


@router.post("", status_code=201)
async def create(body: EndpointRequest, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """Register an endpoint, or enable it again; only this answer shows its ``secret``."""
    _check_url(body.url, livemode=asking.livemode)
    secret = "whsec_" + base64.b64encode(site.random(32)).decode()
    endpoint = await add_endpoint(
        site.deps, asking.account_id, livemode=asking.livemode, url=body.url, secret=secret
    )
    return _as_json(endpoint) | {"secret": endpoint.secret}


@router.get("")
async def list_endpoints(site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """All endpoints of this merchant and mode."""
    found = await site.deps.db.read(
        lambda tx: tx.endpoints.of_account(asking.account_id, livemode=asking.livemode)
    )
    return {
        "object": "list",
        "data": [_as_json(endpoint) for endpoint in found],
        "has_more": False,
        "next_cursor": None,
        "url": "/v1/webhook_endpoints",
    }


def _check_url(url: str, *, livemode: bool) -> None:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable or not url.isascii() or any(letter <= " " for letter in url):
        raise Problem("webhook_url_invalid", "Give a whole URL without a user.", param="url")
    if parts.scheme != "https" and not (parts.scheme == "http" and not livemode):
        raise Problem(
            "webhook_url_invalid",
            "The URL must begin with https://; http:// is allowed with test keys only.",
            param="url",
        )


def _as_json(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "livemode": endpoint.livemode,
        "url": endpoint.url,
        "enabled": endpoint.enabled,
    }
