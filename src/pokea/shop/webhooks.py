"""Hears the gateway's events: verify the raw bytes, take each once, answer fast.

Whatever is truly from the gateway is answered 2xx, also when no order of ours is meant:
an error would only make it come again. What came of it is noted in the book.
"""

import json
import logging
from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError

from pokea.shop.orders import Orders
from pokea.shop.payment import Payment

_log = logging.getLogger("pokea.shop")


class Webhooks:
    """Takes signed events into the book of orders."""

    def __init__(self, secret: str, orders: Orders) -> None:
        self._webhook = Webhook(secret)
        self._orders = orders

    def receive(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Take one delivery and return the HTTP status that answers it."""
        try:
            # Checks the signature over the raw bytes and that the time is within 300 seconds.
            self._webhook.verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            # A ValueError is a header that is not even shaped like a signature.
            return 401
        try:
            event = json.loads(body)
            event_type = str(event["type"])
            document = event["data"]["object"]
        except (ValueError, KeyError, TypeError):
            return 400
        if not event_type.startswith("payment."):
            return 204
        try:
            payment = Payment.read(document)
        except ValueError:
            return 400
        note = self._orders.hear(headers["webhook-id"], event_type, payment)
        _log.info("%s for %s: %s", event_type, payment.id, note)
        return 204
