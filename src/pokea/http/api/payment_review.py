"""A payment under a person's eyes: its evidence, asking M-PESA now, and taking what came.

Source: API sections 6 and 6.5.
"""

from typing import Any

from fastapi import APIRouter

from pokea.flows.accept_payment import accept_payment
from pokea.flows.ask_now import ask_now
from pokea.flows.show_evidence import show_evidence
from pokea.http.api.payments import as_json, named_payment, own_payment
from pokea.http.deps import MerchantDep, WebDep
from pokea.http.strict_json import StrictRoute

router = APIRouter(prefix="/v1/payments", tags=["payments"], route_class=StrictRoute)


@router.get("/{payment_id}/evidence")
async def evidence(payment_id: str, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """Everything that was heard of a payment, oldest first, and the rule that settled it."""
    shown = await own_payment(site, asking, named_payment(payment_id))
    found = await show_evidence(site.deps, shown.payment.id)
    return {
        "object": "list",
        "data": list(found.items),
        "decision": found.decision,
        "url": f"/v1/payments/{shown.payment.id}/evidence",
    }


@router.post("/{payment_id}/sync")
async def sync(payment_id: str, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """Ask M-PESA now what became of the payment's prompts, within its limits."""
    named = named_payment(payment_id)
    await own_payment(site, asking, named)
    await ask_now(site.deps, named)
    return as_json(site, await own_payment(site, asking, named))


@router.post("/{payment_id}/accept")
async def accept(payment_id: str, site: WebDep, asking: MerchantDep) -> dict[str, Any]:
    """Take what came for a payment under review, for the whole debt: it is paid then."""
    named = named_payment(payment_id)
    await own_payment(site, asking, named)
    await accept_payment(site.deps, asking, named)
    return as_json(site, await own_payment(site, asking, named))
