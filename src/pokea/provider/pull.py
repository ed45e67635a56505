"""Pull Transactions: Safaricom's own list of what was paid to a shortcode."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pokea.daraja.errors import DarajaError, InvalidValue
from pokea.daraja.operations import PullQuery
from pokea.daraja.operations.pull import PulledPage, PulledTransaction
from pokea.daraja.values import Payer, Shortcode, parse_payer
from pokea.domain.corroboration import Witness
from pokea.domain.receipt import MoneyHeard
from pokea.flows.ports import Answer, Pulled, PullOutcome, Unheard
from pokea.provider.answers import CALL_S, answer_of, evidence, no_answer, question_failed
from pokea.provider.gate import Caller

_MONEY_IN: Final = "c2b"
"""Every kind of row that was seen begins so; others are not counted as money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DarajaPuller:
    """Reads through one Daraja app."""

    client: Caller

    async def pull(
        self, shortcode: Shortcode, *, starts: datetime, ends: datetime, offset: int
    ) -> tuple[PullOutcome, Answer]:
        """One page."""
        query = PullQuery(shortcode=shortcode, starts=starts, ends=ends, offset=offset)
        try:
            async with asyncio.timeout(CALL_S):
                page = await self.client.send(query)
        except DarajaError as error:
            return question_failed(error), evidence(error)
        except TimeoutError:
            return Unheard(), no_answer("no answer in time")
        pulled = _pulled(page, shortcode)
        return pulled, answer_of(page, f"{pulled.rows} rows from {offset}")


def _pulled(page: PulledPage, shortcode: Shortcode) -> Pulled:
    heard: list[MoneyHeard] = []
    strange: list[str] = []
    for row in page.transactions:
        if (
            row.receipt is None
            or row.amount is None
            or row.happened_at is None
            or not row.kind.startswith(_MONEY_IN)
        ):
            strange.append(", ".join(row.problems) or f"transactiontype {row.kind!r}")
            continue
        heard.append(
            MoneyHeard(
                receipt=row.receipt,
                shortcode=shortcode,
                amount=row.amount,
                paid_at=row.happened_at,
                witness=Witness.PULL_ROW,
                account=row.bill_reference,
                payer=_payer(row),
            )
        )
    return Pulled(heard=tuple(heard), strange=tuple(strange))


def _payer(row: PulledTransaction) -> Payer | None:
    try:
        return parse_payer(row.phone)
    except InvalidValue:
        return None  # sometimes cut short; the money is no less there
