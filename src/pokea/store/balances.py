"""M-PESA's balances in SQL, and what the books hold on the accounts that it knows."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, or_, select

from pokea.daraja.values import Shortcode
from pokea.domain.balance import LEDGER_ACCOUNTS, BalanceReading, Figure
from pokea.domain.ids import AccountId, BalanceId, InquiryId, earliest_id
from pokea.domain.ledger import LedgerAccount
from pokea.store.bulk import insert_many, update_many
from pokea.store.tables import journals, mpesa_balances, postings, receipts

_OURS: Final = {account.value: account for account in LEDGER_ACCOUNTS.values()}


class SqlBalances:
    """Rows of M-PESA's answers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[BalanceReading]) -> None:
        """Insert answers."""
        rows = [
            _changing_row(one, version=one.version)
            | {
                "account_id": one.account_id,
                "livemode": one.livemode,
                "shortcode": one.shortcode.digits,
                "inquiry_id": one.inquiry_id,
                "as_of": one.as_of,
                "heard_at": one.heard_at,
            }
            for one in new
        ]
        insert_many(self._connection, mpesa_balances, rows)

    def save(self, changed: Sequence[BalanceReading]) -> None:
        """Write what was compared; StaleWrite when another process was quicker."""
        rows = [_changing_row(one, version=one.version + 1) for one in changed]
        update_many(self._connection, mpesa_balances, rows)

    def latest(self, shortcode: Shortcode, *, livemode: bool) -> BalanceReading | None:
        """M-PESA's last answer."""
        return self._one(self._of(shortcode, livemode=livemode))

    def latest_compared(self, shortcode: Shortcode, *, livemode: bool) -> BalanceReading | None:
        """The last answer that was compared with the books."""
        compared = mpesa_balances.c.compared_at.is_not(None)
        return self._one(self._of(shortcode, livemode=livemode).where(compared))

    def in_books(
        self, shortcode: Shortcode, *, livemode: bool, since: datetime | None, until: datetime
    ) -> dict[LedgerAccount, int]:
        """What entries of a time moved, by when they were written; whole from the beginning."""
        statement = _moved(shortcode, livemode=livemode).where(
            journals.c.id < earliest_id("journal", until)
        )
        if since is not None:
            statement = statement.where(journals.c.id >= earliest_id("journal", since))
        return self._sums(statement)

    def in_books_by(
        self, shortcode: Shortcode, *, livemode: bool, since: datetime, moment: datetime
    ) -> dict[LedgerAccount, int]:
        """What entries since then moved, of the money that M-PESA had at a moment."""
        happened = func.coalesce(receipts.c.paid_at, journals.c.at)
        statement = (
            _moved(shortcode, livemode=livemode)
            .outerjoin(
                receipts,
                or_(
                    receipts.c.attempt_id == journals.c.source_id,
                    receipts.c.id == journals.c.source_id,
                ),
            )
            .where(journals.c.id >= earliest_id("journal", since), happened <= moment)
        )
        return self._sums(statement)

    def _one(self, statement: Select[Any]) -> BalanceReading | None:
        row = self._connection.execute(statement.limit(1)).one_or_none()
        return None if row is None else _reading(row)

    def _of(self, shortcode: Shortcode, *, livemode: bool) -> Select[Any]:
        return (
            select(mpesa_balances)
            .where(mpesa_balances.c.shortcode == shortcode.digits)
            .where(mpesa_balances.c.livemode == livemode)
            .order_by(mpesa_balances.c.heard_at.desc(), mpesa_balances.c.id.desc())
        )

    def _sums(self, statement: Select[Any, Any, Any]) -> dict[LedgerAccount, int]:
        sums = dict.fromkeys(_OURS.values(), 0)
        for row in self._connection.execute(statement):
            for number, sign in ((row.debit, 1), (row.credit, -1)):
                if number in _OURS:
                    sums[_OURS[number]] += sign * int(row.cents)
        return sums


def _moved(shortcode: Shortcode, *, livemode: bool) -> Select[Any, Any, Any]:
    between = postings.c.debit, postings.c.credit
    return (
        select(*between, func.sum(postings.c.amount_cents).label("cents"))
        .select_from(journals)
        .join(postings, postings.c.journal_id == journals.c.id)
        .where(journals.c.shortcode == shortcode.digits, journals.c.livemode == livemode)
        .where(postings.c.pending.is_(False))
        .where(or_(*(column.in_(_OURS) for column in between)))
        .group_by(*between)
    )


def _changing_row(reading: BalanceReading, *, version: int) -> dict[str, object]:
    compared = reading.compared_at is not None
    return {
        "id": reading.id,
        "version": version,
        "figures": json.dumps([asdict(figure) for figure in reading.figures]),
        "compared_at": reading.compared_at,
        "difference_cents": reading.difference_cents if compared else None,
        "differs_since": reading.differs_since,
        "told_at": reading.told_at,
    }


def _reading(row: Row[Any]) -> BalanceReading:
    return BalanceReading(
        id=BalanceId(row.id),
        account_id=AccountId(row.account_id),
        livemode=row.livemode,
        shortcode=Shortcode(row.shortcode),
        inquiry_id=InquiryId(row.inquiry_id),
        figures=tuple(Figure(**one) for one in json.loads(row.figures)),
        as_of=row.as_of,
        heard_at=row.heard_at,
        version=row.version,
        compared_at=row.compared_at,
        differs_since=row.differs_since,
        told_at=row.told_at,
    )
