"""M-PESA's answers about balances, kept as they came; they are compared later."""

from collections.abc import Sequence
from datetime import datetime

from pokea.domain.balance import BalanceReading
from pokea.domain.ids import BalanceId
from pokea.domain.inquiry import Inquiry
from pokea.flows.deps import Deps
from pokea.flows.hear_result import Figures
from pokea.flows.ports import Tx


def keep_balances(
    tx: Tx, deps: Deps, told: Sequence[tuple[Inquiry, Figures]], at: datetime
) -> None:
    """Store what was answered."""
    tx.balances.add(
        [
            BalanceReading(
                id=BalanceId(deps.ids.new("balance")),
                account_id=inquiry.account_id,
                livemode=inquiry.livemode,
                shortcode=inquiry.shortcode,
                inquiry_id=inquiry.id,
                figures=answer.figures,
                as_of=min(answer.as_of or at, at),
                heard_at=at,
            )
            for inquiry, answer in told
        ]
    )
