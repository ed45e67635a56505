"""M-PESA's receipts in SQL: one row each, whatever channel brought it.

The primary key is the guarantee that a receipt counts once; :meth:`SqlReceipts.owners` only
lets the ordinary case be answered without breaking it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from pokea.daraja.values import Receipt
from pokea.domain.attempt import Attempt
from pokea.domain.ids import AttemptId
from pokea.store.bulk import among, insert_many
from pokea.store.tables import receipts

PROVIDER: Final = "mpesa"


class SqlReceipts:
    """Rows of receipts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def owners(self, wanted: Collection[Receipt]) -> dict[Receipt, AttemptId]:
        """Which attempts hold these receipts already."""
        if not wanted:
            return {}
        statement = select(receipts.c.receipt, receipts.c.attempt_id).where(
            receipts.c.provider == PROVIDER,
            among(
                receipts.c.receipt,
                [receipt.code for receipt in wanted],
                self._connection.dialect,
            ),
        )
        return {
            Receipt(row.receipt): AttemptId(row.attempt_id)
            for row in self._connection.execute(statement)
        }

    def claim(self, settled: Sequence[Attempt], at: datetime) -> None:
        """Give settled attempts their receipts; a receipt that is taken fails them all."""
        rows = [
            {
                "provider": PROVIDER,
                "receipt": attempt.receipt.code,
                "attempt_id": attempt.id,
                "account_id": attempt.account_id,
                "livemode": attempt.livemode,
                "shortcode": attempt.shortcode.digits,
                "amount_cents": attempt.amount.in_cents,
                "received_at": at,
            }
            for attempt in settled
            if attempt.receipt is not None
        ]
        insert_many(self._connection, receipts, rows)
