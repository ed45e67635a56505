"""What the shop does about an order: have it paid, and find out whether it was."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pokea.shop.gateway import Gateway, Refused, Unreachable
from pokea.shop.orders import Order, Orders

UNREACHABLE = "unreachable"
"""Our own code beside the gateway's: it did not answer."""

_ASK_EVERY = timedelta(seconds=5)
"""An open order page asks every two seconds; the gateway hears of it less often."""

_ASKED_MAX = 1000
"""Orders whose last question is remembered. Forgetting them all costs one question each."""


class Sales:
    """Ties the book of orders to the gateway."""

    def __init__(
        self, orders: Orders, gateway: Gateway, public_url: str, now: Callable[[], datetime]
    ) -> None:
        self._orders = orders
        self._gateway = gateway
        self._public_url = public_url
        self._now = now
        self._asked: dict[int, datetime] = {}

    async def pay(self, order: Order) -> Order:
        """Open the order's one payment, or find it opened.

        Raises:
            Refused: the gateway says no; the order stands and may be tried again.
            Unreachable: the order stands; trying again cannot pay it twice.
        """
        if order.payment_id:
            return order
        try:
            return await self._open_payment(order)
        except Refused as refused:
            self._orders.keep(order, refused.code)
            raise
        except Unreachable:
            self._orders.keep(order, UNREACHABLE)
            raise

    async def _open_payment(self, order: Order) -> Order:
        try:
            payment = await self._gateway.open_payment(
                f"order-{order.id}-v1", self._body(order)
            )
        except Refused as refusal:
            # Opened before, with the phone as it was typed then: that payment is the one.
            if refusal.code != "idempotency_key_reused" or not refusal.resource_id:
                raise
            payment = await self._gateway.payment(refusal.resource_id)
            # A shop that lost its book counts from 1 again; old payments pay no new order.
            if payment.metadata != self._body(order)["metadata"]:
                raise
        return self._orders.attach(order, payment)

    async def refresh(self, order: Order) -> Order:
        """Ask the gateway, because a webhook may be lost; without an answer nothing changes."""
        last = self._asked.get(order.id)
        recent = last is not None and self._now() - last < _ASK_EVERY
        if order.payment_id is None or not order.can_still_change or recent:
            return order
        if len(self._asked) >= _ASKED_MAX:
            self._asked.clear()
        self._asked[order.id] = self._now()
        try:
            self._orders.update(await self._gateway.payment(order.payment_id))
        except (Refused, Unreachable):
            return order
        return self._orders.find(order.id) or order

    def _body(self, order: Order) -> dict[str, Any]:
        return {
            "amount": order.amount,
            "currency": "KES",
            "method": "stk_push",
            "phone": order.phone,
            "account_reference": f"ORDER-{order.id}",
            "reference": f"order-{order.id}",
            "description": f"Order {order.id}",
            "return_url": f"{self._public_url}/orders/{order.id}",
            "metadata": {"order_id": str(order.id), "placed_at": order.placed_at},
        }
