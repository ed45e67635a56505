"""Is it alive, is it ready, and how is it doing."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from pokea.http.deps import WebDep

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
async def metrics() -> Response:
    """Prometheus's text."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
