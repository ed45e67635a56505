"""M-PESA's receipts in SQL: one row each, whatever channel brought it.

The unique constraint is the guarantee that a receipt counts once. What the payer typed, and who
the payer is, are sealed; the phone's blind index is what joins them to known customers.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, delete, or_, select, update

from pokea.daraja.values import Money, Payer, Receipt, Shortcode, parse_payer
from pokea.daraja.values.phones import HashedMsisdn, Msisdn
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.corroboration import Corroboration, Witness
from pokea.domain.ids import AccountId, AttemptId, PaymentId, ReceiptId
from pokea.domain.receipt import Part, ReceiptRecord, ReceiptState
from pokea.flows.ports import ReceiptFilter, Standing
from pokea.store.bulk import among, insert_many, update_many
from pokea.store.sealing import Sealer
from pokea.store.tables import attempts, receipt_parts, receipts

PROVIDER: Final = "mpesa"
_PAYER: Final = "receipts.payer"
_DIVIDED: Final = {ReceiptState.MATCHED.value, ReceiptState.REVERSED.value}
"""Receipts whose parts say whose they are, or were."""


class SqlReceipts:
    """Rows of receipts and their parts."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def lock(self, wanted: Collection[Receipt]) -> dict[Receipt, ReceiptRecord]:
        """Receipts by code, locked in their order until the transaction ends."""
        if not wanted:
            return {}
        codes = [receipt.code for receipt in wanted]
        statement = (
            select(receipts)
            .where(receipts.c.provider == PROVIDER)
            .where(among(receipts.c.receipt, codes, self._connection.dialect))
            .order_by(receipts.c.receipt)
            .with_for_update()
        )
        return {one.receipt: one for one in self._records(statement)}

    def find(self, wanted: Collection[Receipt]) -> dict[Receipt, ReceiptRecord]:
        """Receipts by code, as they are, without a lock."""
        if not wanted:
            return {}
        codes = [receipt.code for receipt in wanted]
        statement = (
            select(receipts)
            .where(receipts.c.provider == PROVIDER)
            .where(among(receipts.c.receipt, codes, self._connection.dialect))
        )
        return {one.receipt: one for one in self._records(statement)}

    def standing(self, wanted: Collection[Receipt]) -> dict[Receipt, Standing]:
        """How receipts stand, by code, without a lock."""
        if not wanted:
            return {}
        codes = [receipt.code for receipt in wanted]
        owner = attempts.c
        statement = (
            select(
                receipts.c.receipt,
                receipts.c.id,
                receipts.c.amount_cents,
                receipts.c.shortcode,
                receipts.c.state,
                receipts.c.attempt_id,
                receipts.c.verified_at.is_not(None),
                and_(
                    owner.state == AttemptState.SUCCEEDED.value,
                    owner.corroboration == Corroboration.CONFIRMED.value,
                    owner.receipt == receipts.c.receipt,
                ),
            )
            .select_from(receipts.outerjoin(attempts, owner.id == receipts.c.attempt_id))
            .where(receipts.c.provider == PROVIDER)
            .where(among(receipts.c.receipt, codes, self._connection.dialect))
        )
        return {
            Receipt(code): Standing(
                id=name,
                amount=Money.cents(cents),
                shortcode=Shortcode(digits),
                state=ReceiptState(state),
                attempt_id=attempt_id,
                verified=verified,
                settled=bool(settled),
            )
            for code, name, cents, digits, state, attempt_id, verified, settled in (
                self._connection.execute(statement)
            )
        }

    def verify(self, ids: Collection[ReceiptId], at: datetime) -> None:
        """Safaricom names these too; for receipts that have nothing to tell of it."""
        if ids:
            self._connection.execute(
                update(receipts)
                .where(among(receipts.c.id, ids, self._connection.dialect))
                .where(receipts.c.verified_at.is_(None))
                .values(verified_at=at, version=receipts.c.version + 1)
            )

    def get(self, receipt_id: ReceiptId) -> ReceiptRecord | None:
        """One receipt."""
        found = self._records(select(receipts).where(receipts.c.id == receipt_id))
        return found[0] if found else None

    def like(self, attempt: Attempt, reach: timedelta) -> list[ReceiptRecord]:
        """Receipts that may be an attempt's and are no attempt's yet, locked."""
        sent = attempt.dispatched_at or attempt.created_at
        statement = (
            select(receipts)
            .where(receipts.c.shortcode == attempt.shortcode.digits)
            .where(receipts.c.amount_cents == attempt.amount.in_cents)
            .where(receipts.c.paid_at.between(sent - reach, sent + reach))
            .where(receipts.c.attempt_id.is_(None))
            .order_by(receipts.c.receipt)
            .with_for_update()
        )
        return self._records(statement)

    def of_payment(self, payment_id: PaymentId) -> list[ReceiptRecord]:
        """The receipts that paid a payment by hand, in whole or in part."""
        named = select(receipt_parts.c.receipt_id).where(
            receipt_parts.c.payment_id == payment_id
        )
        return self._records(
            select(receipts).where(receipts.c.id.in_(named)).order_by(receipts.c.id)
        )

    def page(self, wanted: ReceiptFilter) -> list[ReceiptRecord]:
        """One page of money by hand, newest first, and one row more when there is a next."""
        statement = (
            select(receipts)
            .where(receipts.c.account_id == wanted.account_id)
            .where(receipts.c.livemode == wanted.livemode)
            .where(receipts.c.state != ReceiptState.CLAIMED.value)
            # A prompt's own money is told by its payment, also when it was given back.
            .where(
                or_(receipts.c.state != ReceiptState.REVERSED.value, receipts.c.sequence > 0)
            )
        )
        for column, value in (
            (receipts.c.state, wanted.status),
            (receipts.c.receipt, wanted.receipt),
        ):
            if value is not None:
                statement = statement.where(column == value)
        if wanted.phone is not None:
            index = self._sealer.phone_index(wanted.phone)
            statement = statement.where(receipts.c.phone_index == index)
        if wanted.starting_after is not None:
            statement = statement.where(receipts.c.id < wanted.starting_after)
        return self._records(statement.order_by(receipts.c.id.desc()).limit(wanted.limit + 1))

    def add(self, new: Sequence[ReceiptRecord]) -> None:
        """Insert receipts; one that is there already fails them all."""
        insert_many(self._connection, receipts, [self._whole_row(one) for one in new])
        self._add_parts(new)

    def save(self, changed: Sequence[ReceiptRecord]) -> None:
        """Write changed receipts; StaleWrite when another transaction was quicker."""
        rows = [_changing_row(one, version=one.version + 1) for one in changed]
        update_many(self._connection, receipts, rows)

    def divide(self, changed: Sequence[ReceiptRecord]) -> None:
        """Write the parts of receipts anew."""
        ids = [one.id for one in changed]
        if ids:
            self._connection.execute(
                delete(receipt_parts).where(
                    among(receipt_parts.c.receipt_id, ids, self._connection.dialect)
                )
            )
        self._add_parts(changed)

    def _add_parts(self, records: Sequence[ReceiptRecord]) -> None:
        rows = [
            {
                "receipt_id": one.id,
                "part": number,
                "payment_id": part.payment_id,
                "customer_id": part.customer_id,
                "amount_cents": part.amount.in_cents,
                "matched_by": part.matched_by,
                "matched_at": part.matched_at,
            }
            for one in records
            for number, part in enumerate(one.parts, start=1)
        ]
        insert_many(self._connection, receipt_parts, rows)

    def _records(self, statement: Select[Any]) -> list[ReceiptRecord]:
        rows = self._connection.execute(statement).all()
        divided = [row.id for row in rows if row.state in _DIVIDED]
        parts = self._parts(divided)
        return [self._record(row, parts.get(row.id, ())) for row in rows]

    def _parts(self, ids: Collection[str]) -> dict[str, tuple[Part, ...]]:
        if not ids:
            return {}
        statement = (
            select(receipt_parts)
            .where(among(receipt_parts.c.receipt_id, ids, self._connection.dialect))
            .order_by(receipt_parts.c.receipt_id, receipt_parts.c.part)
        )
        found: dict[str, tuple[Part, ...]] = {}
        for row in self._connection.execute(statement):
            part = Part(
                amount=Money.cents(row.amount_cents),
                matched_by=row.matched_by,
                matched_at=row.matched_at,
                payment_id=row.payment_id,
                customer_id=row.customer_id,
            )
            found[row.receipt_id] = (*found.get(row.receipt_id, ()), part)
        return found

    def _whole_row(self, record: ReceiptRecord) -> dict[str, object]:
        return _changing_row(record, version=record.version) | {
            "provider": PROVIDER,
            "receipt": record.receipt.code,
            "account_id": record.account_id,
            "livemode": record.livemode,
            "shortcode": record.shortcode.digits,
            "amount_cents": record.amount.in_cents,
            "heard_from": record.heard_from.value,
            "payer_sealed": self._sealed_payer(record),
            "phone_index": self._sealer.payer_index(record.payer),
            "recovered": record.recovered,
            "paid_at": record.paid_at,
            "received_at": record.received_at,
        }

    def _sealed_payer(self, record: ReceiptRecord) -> bytes | None:
        if record.payer is None and not record.account and not record.payer_name:
            return None
        said = {
            "account": record.account,
            "payer": _written(record.payer),
            "name": record.payer_name,
        }
        return self._sealer.seal(json.dumps(said).encode(), field=_PAYER, row=record.id)

    def _record(self, row: Row[Any], parts: tuple[Part, ...]) -> ReceiptRecord:
        said: dict[str, str] = {}
        if row.payer_sealed is not None:
            said = json.loads(self._sealer.open(row.payer_sealed, field=_PAYER, row=row.id))
        return ReceiptRecord(
            id=ReceiptId(row.id),
            account_id=AccountId(row.account_id),
            livemode=row.livemode,
            receipt=Receipt(row.receipt),
            shortcode=Shortcode(row.shortcode),
            amount=Money.cents(row.amount_cents),
            heard_from=Witness(row.heard_from),
            paid_at=row.paid_at,
            received_at=row.received_at,
            state=ReceiptState(row.state),
            version=row.version,
            sequence=row.sequence,
            account=said.get("account", ""),
            payer=parse_payer(said["payer"]) if said.get("payer") else None,
            payer_name=said.get("name", ""),
            attempt_id=None if row.attempt_id is None else AttemptId(row.attempt_id),
            verified_at=row.verified_at,
            recovered=row.recovered,
            reversal=None if row.reversal is None else Receipt(row.reversal),
            reason=row.reason,
            checks_done=row.checks_done,
            due_at=row.due_at,
            parts=parts,
        )


def _written(payer: Payer | None) -> str:
    """A payer as Safaricom wrote it, to be read again by ``parse_payer``."""
    match payer:
        case None:
            return ""
        case Msisdn():
            return payer.digits
        case HashedMsisdn():
            return payer.sha256
        case _:
            return payer.masked


def _changing_row(record: ReceiptRecord, *, version: int) -> dict[str, object]:
    return {
        "id": record.id,
        "state": record.state.value,
        "version": version,
        "sequence": record.sequence,
        "attempt_id": record.attempt_id,
        "reversal": None if record.reversal is None else record.reversal.code,
        "reason": record.reason,
        "checks_done": record.checks_done,
        "verified_at": record.verified_at,
        "due_at": record.due_at,
    }
