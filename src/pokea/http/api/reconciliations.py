"""``/v1/reconciliations``: statements in, disagreements out. Source: API section 6.

A file needs no idempotency key: its bytes are its identity, and the same file again answers
with what the first made of it.
"""

import asyncio
import io
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import UploadFile

from pokea.domain.ids import BreakId, StatementId
from pokea.domain.statement import StatementAccount
from pokea.flows.import_statement import ImportOrder, import_statement
from pokea.flows.ports import BreakFilter
from pokea.flows.represent_statement import represent_break, represent_statement
from pokea.flows.resolve_break import of_merchant, resolve_break
from pokea.flows.show_statement import (
    ShownStatement,
    show_breaks,
    show_statement,
    show_statements,
)
from pokea.http.api.fields import Text
from pokea.http.api.listing import break_filter, page_as_json, statement_filter
from pokea.http.api.listing import break_id as read_break_id
from pokea.http.api.listing import statement_id as read_id
from pokea.http.deps import MerchantDep, WebDep
from pokea.http.errors import Problem
from pokea.http.strict_json import StrictRoute
from pokea.statement_file import open_statement

PATH: Final = "/v1/reconciliations"
UPLOAD_MAX: Final = 20 * 1024 * 1024
"""Bytes of a file: a hundred thousand lines. Larger ones go by the command line."""

_TYPES: Final = frozenset(
    (
        "text/csv",
        "application/octet-stream",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.oasis.opendocument.spreadsheet",
    )
)
_FORM: Final = "multipart/form-data"
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            **{name: {"schema": {"type": "string", "format": "binary"}} for name in _TYPES},
        },
    }
}

router = APIRouter(prefix=PATH, tags=["reconciliations"])
_strict = APIRouter(route_class=StrictRoute)


class ResolveRequest(BaseModel):
    """What an item was, and whether the books follow the statement."""

    model_config = ConfigDict(extra="forbid", strict=True)

    note: Text
    by: Text
    adjust_books: bool = False


@router.post("", status_code=201, max_body_size=UPLOAD_MAX, openapi_extra=_BODY)
async def create(
    request: Request,
    site: WebDep,
    asking: MerchantDep,
    account: Annotated[
        StatementAccount | None,
        Query(description="Which account it shows, for a file that does not say."),
    ] = None,
) -> Response:
    """Compare a statement (CSV, Excel, OpenDocument) with the books; 200 for a known file."""
    content, name = await _file_of(request)
    source = await asyncio.to_thread(open_statement, io.BytesIO(content), name)
    order = ImportOrder(
        account_id=asking.account_id,
        livemode=asking.livemode,
        shortcode=asking.shortcode,
        by="api",
        account=account,
    )
    imported = await import_statement(site.deps, source, order)
    shown = await show_statement(
        site.deps, imported.statement.id, asking.account_id, livemode=asking.livemode
    )
    return JSONResponse(_as_json(shown), status_code=200 if imported.repeated else 201)


@router.get("")
async def list_reconciliations(
    request: Request, site: WebDep, asking: MerchantDep
) -> dict[str, Any]:
    """A page of imports, newest first."""
    wanted = statement_filter(request, asking)
    page = await show_statements(site.deps, wanted)
    return page_as_json(PATH, page, _as_json, limit=wanted.limit)


@router.get("/{reconciliation_id}")
async def get(reconciliation_id: str, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """One import, with the rows that could not be read."""
    shown = await show_statement(
        site.deps, _named(reconciliation_id), asking.account_id, livemode=asking.livemode
    )
    faults = [{"line": fault.number, "reason": fault.reason} for fault in shown.faults]
    return _as_json(shown) | {"faults": faults}


@router.get("/{reconciliation_id}/items")
async def list_items(
    reconciliation_id: str, request: Request, site: WebDep, asking: MerchantDep
) -> dict[str, Any]:
    """A page of what disagrees, oldest first; what agrees is only counted, in the import."""
    name = _named(reconciliation_id)
    wanted: BreakFilter = break_filter(request, name)
    page = await show_breaks(site.deps, wanted, asking.account_id, livemode=asking.livemode)
    return page_as_json(f"{PATH}/{name}/items", page, represent_break, limit=wanted.limit)


@_strict.post("/items/{item_id}/resolve")
async def resolve(
    item_id: str, body: ResolveRequest, site: WebDep, asking: MerchantDep
) -> dict[str, Any]:
    """Say what an item was; with `adjust_books` the books follow the statement."""
    try:
        name: BreakId = read_break_id(item_id)
    except ValueError:
        raise Problem("break_not_found", "There is no such item.") from None
    resolved = await resolve_break(
        site.deps,
        name,
        of_merchant(asking.account_id, livemode=asking.livemode),
        by=body.by,
        note=body.note,
        adjust_books=body.adjust_books,
    )
    return represent_break(resolved)


router.include_router(_strict)


async def _file_of(request: Request) -> tuple[bytes, str]:
    """The file's bytes and name, sent as a form's field or as the body itself."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in _TYPES:
        return await request.body(), "statement"
    if media_type != _FORM:
        raise Problem(
            "unsupported_media_type",
            "Send the file as multipart/form-data, text/csv or as a spreadsheet's type.",
        )
    async with request.form(max_files=1, max_fields=0) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem("invalid_field", 'Send the file as the field "file".', param="file")
        return await file.read(), (file.filename or "statement")[:200]


def _named(text: str) -> StatementId:
    try:
        return read_id(text)
    except ValueError:
        raise Problem("reconciliation_not_found", "There is no such reconciliation.") from None


def _as_json(shown: ShownStatement) -> dict[str, Any]:
    return represent_statement(shown.statement, shown.shortcode, open_items=shown.open_items)
