"""The simulated phone at ``/phone``: a few static files and a stream of its state."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated, Literal

import anyio
from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel

from pokea.simulator.engine import Engine
from pokea.simulator.side_door.deps import Sim
from pokea.simulator.side_door.phones import PhoneView, shown_phones

router = APIRouter(prefix="/phone", include_in_schema=False)
_FILES = Path(__file__).parent / "phone"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'",
    "Cache-Control": "no-store",
}
_BEAT_S = 15.0  # a comment line this often keeps proxies from closing the stream
_PAUSE_S = 0.1  # at most ten pictures a second, however busy the world is


class Screen(BaseModel):
    """Everything the page draws."""

    now: str
    version: int
    faults: int
    phones: list[PhoneView]


def _screen(engine: Engine) -> Screen:
    return Screen(
        now=engine.clock.now().isoformat(),
        version=engine.version,
        faults=len(engine.world.rules),
        phones=shown_phones(engine),
    )


@router.get("")
async def page() -> FileResponse:
    """The page itself."""
    return FileResponse(_FILES / "phone.html", headers=_HEADERS)


@router.get("/{name}.{kind}")
async def part(
    name: Literal["phone", "icon"], kind: Literal["css", "js", "svg"]
) -> FileResponse:
    """Its look, its behaviour, its icon."""
    found = _FILES / f"{name}.{kind}"
    if not found.is_file():
        raise HTTPException(404)
    return FileResponse(found, headers=_HEADERS)


@router.get("/state")
async def state(sim: Sim) -> Screen:
    """The state once, for pages whose stream is broken."""
    return _screen(sim)


@router.get("/stream")
async def stream(sim: Sim, seen: Annotated[int, Query()] = -1) -> StreamingResponse:
    """The state now and whenever it changes, as server-sent events."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(sim, seen), 200, headers, "text/event-stream")


async def _events(engine: Engine, seen: int) -> AsyncGenerator[str]:
    while True:
        version = await engine.changed(seen, _BEAT_S)
        if version == seen:
            yield ": beat\n\n"
            continue
        seen = version
        yield f"data: {_screen(engine).model_dump_json()}\n\n"
        await anyio.sleep(_PAUSE_S)
