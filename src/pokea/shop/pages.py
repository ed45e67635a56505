"""What a visitor of the shop sees and sends."""

from http import HTTPStatus
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from pokea.shop import sentences
from pokea.shop.gateway import Refused, Unreachable
from pokea.shop.goods import SHELF, Good, find, read_price
from pokea.shop.orders import Order, Orders
from pokea.shop.sales import Sales

_FORM_MAX = 8 * 1024
"""A phone number and a token, with room to spare."""

_FIELD_MAX = 100

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["price"] = read_price


class Pages:
    """The shop's handlers, one for each address."""

    def __init__(self, orders: Orders, sales: Sales) -> None:
        self._orders = orders
        self._sales = sales

    async def shelf(self, request: Request) -> Response:
        """Show what is for sale."""
        del request
        return _page("shelf.html", shelf=SHELF)

    async def good(self, request: Request) -> Response:
        """Show one good and the form that buys it."""
        return _buying(_good(request))

    async def buy(self, request: Request) -> Response:
        """Place an order and have it paid; the same form twice is the same order."""
        good = _good(request)
        form = await _form(request)
        phone, form_token = form.get("phone", ""), form.get("order", "")
        if not phone or not form_token:
            wish = sentences.NO_PHONE if form_token else sentences.STALE_FORM
            return _buying(good, phone=phone, form_token=form_token, problem=wish)
        order = self._orders.place(form_token, good, phone)
        try:
            return _to_payment(await self._sales.pay(order))
        except Refused as refused:
            problem = sentences.refusal(refused)
            return _buying(good, phone=phone, form_token=form_token, problem=problem)
        except Unreachable:
            return _to_order(order)

    async def orders(self, request: Request) -> Response:
        """List orders, yesterday's too."""
        del request
        return _page("orders.html", orders=self._orders.newest(), word=sentences.status)

    async def order(self, request: Request) -> Response:
        """Show one order, after asking the gateway if it is unpaid."""
        order = await self._sales.refresh(self._find(request))
        return _page(
            "order.html",
            order=order,
            version=_version(order),
            word=sentences.status(order),
            failure=sentences.failure(order),
            kept=sentences.kept(order),
        )

    async def order_status(self, request: Request) -> Response:
        """Say in a few bytes whether an order's page is still up to date."""
        order = await self._sales.refresh(self._find(request))
        return JSONResponse(
            {"version": _version(order), "paid": order.is_paid, "receipt": order.receipt}
        )

    async def pay(self, request: Request) -> Response:
        """Try again to have a kept order paid."""
        order = self._find(request)
        await _form(request)
        try:
            return _to_payment(await self._sales.pay(order))
        except Unreachable:
            return _to_order(order)
        except Refused as refused:
            good = order.good
            if good is None:
                raise HTTPException(410, "We no longer sell this.") from refused
            problem = sentences.refusal(refused)
            return _buying(
                good, phone=order.phone, form_token=order.form_token, problem=problem
            )

    def _find(self, request: Request) -> Order:
        order = self._orders.find(request.path_params["order_id"])
        if order is None:
            raise HTTPException(404, "We have no such order.")
        return order


async def lost(request: Request, error: Exception) -> Response:
    """Answer an address that is not ours, or a form that is not."""
    del request
    status, words = 500, "Something broke on our side. Your order, if you placed one, is kept."
    if isinstance(error, HTTPException):
        status, words = error.status_code, error.detail
        if words == HTTPStatus.NOT_FOUND.phrase:
            words = "There is no such page in this shop."
    return _page("lost.html", code=status, status=status, words=words)


async def read_limited(request: Request, most: int) -> bytes:
    """Read a body that must not be larger than `most` bytes."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise HTTPException(413, "That is too large.")
    return body


def _good(request: Request) -> Good:
    good = find(request.path_params["key"])
    if good is None:
        raise HTTPException(404, "We do not sell that.")
    return good


async def _form(request: Request) -> dict[str, str]:
    """Read a form that one of our own pages sent."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    # Plain-http addresses get no Sec-Fetch-Site, and programs send neither; those carry no
    # visitor's cookies or trust either.
    ours = site in {"same-origin", "none"} if site else True
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        ours = False
    if not ours:
        raise HTTPException(403, "This form came from another site.")
    body = await read_limited(request, _FORM_MAX)
    fields = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[0].strip()[:_FIELD_MAX] for name, values in fields.items()}


def _buying(
    good: Good, *, phone: str = "", form_token: str = "", problem: str | None = None
) -> Response:
    return _page(
        "good.html",
        code=422 if problem else 200,
        good=good,
        phone=phone,
        form_token=form_token or token_urlsafe(16),
        problem=problem,
    )


def _to_payment(order: Order) -> Response:
    """Send the visitor to the checkout, if it is a web address and there is still need."""
    url = order.checkout_url or ""
    if order.is_paid or urlsplit(url).scheme not in {"http", "https"}:
        return _to_order(order)
    return RedirectResponse(url, status_code=303)


def _to_order(order: Order) -> Response:
    return RedirectResponse(f"/orders/{order.id}", status_code=303)


def _version(order: Order) -> str:
    return f"{order.status}-{order.failure or ''}-{order.sequence}-{order.receipt or ''}"


def _page(template: str, *, code: int = 200, **values: Any) -> Response:
    html = _TEMPLATES.get_template(template).render(**values)
    return HTMLResponse(html, status_code=code)
