"""What a result's body says, in our words."""

from dataclasses import dataclass
from datetime import datetime

from pokea.daraja.callbacks import BalanceResult, StatusResult
from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import Payer, parse_payer
from pokea.domain.balance import Figure
from pokea.domain.status_word import Open, Refused, StatusTold, code_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the accounts hold, and when M-PESA looked."""

    figures: tuple[Figure, ...]
    as_of: datetime | None
    outcome: str = "balances"


def figures_of(told: BalanceResult) -> Figures | Open | Refused:
    """The balances, or why there are none."""
    if not told.result.succeeded:
        return code_word(told.result.code)
    if not told.accounts:
        return Open("no_accounts")
    figures = tuple(
        Figure(
            name=account.name,
            currency=account.currency,
            current_cents=account.current_cents,
            available_cents=account.available_cents,
            reserved_cents=account.reserved_cents,
            uncleared_cents=account.uncleared_cents,
        )
        for account in told.accounts
    )
    return Figures(figures=figures, as_of=told.completed_at)


def told_of(told: StatusResult) -> StatusTold:
    """A status; parties are written as "254712345678 - WANJIKU KAMAU"."""
    payer, payer_name = _party(told.debit_party)
    return StatusTold(
        code=told.result.code,
        status=told.status,
        receipt=told.receipt,
        amount=told.amount,
        paid_at=told.initiated_at or told.finalised_at,
        credited=told.credit_party.partition(" - ")[0].strip(),
        payer=payer,
        payer_name=payer_name,
    )


def _party(text: str) -> tuple[Payer | None, str]:
    number, _, name = text.partition(" - ")
    try:
        return parse_payer(number.strip()), name.strip()
    except InvalidValue:
        return None, name.strip()
