"""Is it alive, is it ready, and how is it doing."""

import asyncio
import contextlib
from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from pokea.flows.errors import Unavailable
from pokea.flows.measure import measure
from pokea.http.deps import WebDep

MEASURE_S: Final = 2
"""A scrape waits ten seconds, and must come back while the database is away."""

router = APIRouter(include_in_schema=False)


@router.get("/livez")
async def livez() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz")
async def readyz(site: WebDep) -> JSONResponse:
    """Callbacks may come: they would be on disk before they are answered."""
    found = await site.ready()
    status = "not_ready" if not found.ready else "ready" if found.is_well else "degraded"
    body = {"status": status, "checks": dict(found.checks)}
    return JSONResponse(body, status_code=200 if found.ready else 503)


@router.get("/metrics")
async def metrics(site: WebDep) -> Response:
    """Prometheus's text; without the database, what this process knows by itself."""
    with contextlib.suppress(Unavailable, TimeoutError):
        async with asyncio.timeout(MEASURE_S):
            await measure(site.deps)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
