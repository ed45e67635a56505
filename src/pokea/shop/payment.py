"""A payment as the gateway describes it, in an answer or in an event: the parts we use."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Self

PAID = "succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What the gateway says about one payment. `failure` is the last attempt's code."""

    id: str
    status: str
    amount: Decimal
    sequence: int
    receipt: str | None
    failure: str | None
    checkout_url: str | None
    metadata: dict[str, str]

    @classmethod
    def read(cls, document: Any) -> Self:
        """Read the API's object; fields that we do not know are not our business.

        Raises:
            ValueError: it is not a payment.
        """
        try:
            attempt: Any = document.get("latest_attempt") or {}
            return cls(
                id=str(document["id"]),
                status=str(document["status"]),
                amount=Decimal(document["amount"]),
                sequence=int(document.get("sequence") or 0),
                receipt=document.get("receipt"),
                failure=_code(attempt.get("failure")),
                checkout_url=document.get("checkout_url"),
                metadata=dict(document.get("metadata") or {}),
            )
        except (AttributeError, KeyError, TypeError, InvalidOperation) as error:
            raise ValueError("not a payment object") from error


def _code(failure: Any) -> str | None:
    return str(failure["code"]) if failure else None
