"""JSON as money needs it: no duplicate keys, no NaN, no float that lost digits, no depths.

FastAPI parses bodies through :meth:`Request.json`; this route class makes that parser strict.
"""

import json
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any, Final, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute
from typing_extensions import override

from pokea.http.errors import Problem

DEPTH_MAX: Final = 16


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    @override
    async def json(self) -> Any:
        """The body, or a problem that says what is wrong with it."""
        return read_json(await self.body())


class StrictRoute(APIRoute):
    """A route that gives its handlers a :class:`StrictRequest`."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            if request.method in {"POST", "PATCH", "PUT"}:
                _check_media_type(request)
            return await handler(StrictRequest(request.scope, request.receive))

        return strict


def read_json(body: bytes) -> Any:
    """Parse a body.

    Raises:
        Problem: 400 ``malformed_json``, with the reason.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_no_duplicates,
        )
        _check_depth(value, DEPTH_MAX)
    except RecursionError:
        raise Problem("malformed_json", "The body is nested too deeply.") from None
    except UnicodeDecodeError:
        raise Problem("malformed_json", "The body is not UTF-8.") from None
    except ValueError as error:
        # json's own messages name a position and never the content.
        raise Problem("malformed_json", f"The body is not JSON: {error}") from None
    return value


def _check_media_type(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    length = request.headers.get("content-length", "")
    if media_type != "application/json" and length != "0" and media_type:
        raise Problem("unsupported_media_type", "Send JSON, as Content-Type: application/json.")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _check_depth(value: object, depth: int) -> None:
    if depth == 0:
        raise ValueError("nested more than 16 deep")
    if isinstance(value, dict):
        for inner in value.values():  # pyright: ignore[reportUnknownVariableType]
            _check_depth(inner, depth - 1)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for inner in value:  # pyright: ignore[reportUnknownVariableType]
            _check_depth(inner, depth - 1)  # pyright: ignore[reportUnknownArgumentType]
