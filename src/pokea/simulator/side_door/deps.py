"""How a route reaches the engine, and the spellings of a phone number it accepts."""

import re
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Path, Request

from pokea.simulator.engine import Engine

_SPELLING = re.compile(r"(?:\+?254|0)?([17]\d{8})", re.ASCII)


def _engine(request: Request) -> Engine:
    return cast("Engine", request.app.state.engine)


def normal_msisdn(value: str) -> str:
    """``0712 345 678``, ``+254712345678`` and ``254712345678`` are the same phone."""
    found = _SPELLING.fullmatch(re.sub(r"[\s\-()]", "", value))
    if found is None:
        raise HTTPException(422, f"{value!r} is not a Kenyan mobile number")
    return f"254{found.group(1)}"


def _msisdn(msisdn: Annotated[str, Path(description="in any spelling")]) -> str:
    return normal_msisdn(msisdn)


Sim = Annotated[Engine, Depends(_engine)]
Msisdn = Annotated[str, Depends(_msisdn)]
