"""Payments in SQL."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, Select, and_, exists, func, select

from pokea.daraja.values import AccountReference, Money, Receipt, Shortcode
from pokea.domain.ids import AccountId, CustomerId, PaymentId
from pokea.domain.matching import PAYABLE, reference_key, spelled
from pokea.domain.payment import Payment, PaymentState, ReceiptStatus
from pokea.flows.ports import PaymentFilter
from pokea.store.bulk import among, insert_many, update_many
from pokea.store.sealing import Sealer
from pokea.store.tables import attempts, idempotency, payments

CALLED_MAX: Final = 20
"""Of payments that share an account number the newest: a shop that gives all the same number
is matched by nobody's rule, and must not cost a scan of all its sales."""


class SqlPayments:
    """Rows of payments."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def add(self, payment: Payment) -> None:
        """Insert a new payment."""
        insert_many(self._connection, payments, [_whole_row(payment)])

    def get(self, payment_id: PaymentId) -> Payment | None:
        """One payment."""
        row = self._connection.execute(
            select(payments).where(payments.c.id == payment_id)
        ).one_or_none()
        return None if row is None else _payment(row)

    def lock(self, ids: Collection[PaymentId]) -> dict[PaymentId, Payment]:
        """Payments by id, locked in id order until the transaction ends."""
        statement = (
            select(payments)
            .where(among(payments.c.id, ids, self._connection.dialect))
            .order_by(payments.c.id)
            .with_for_update()
        )
        return {row.id: _payment(row) for row in self._connection.execute(statement)}

    def save(self, changed: Sequence[Payment]) -> None:
        """Write changed payments; StaleWrite when another transaction was quicker."""
        rows = [_changing_row(one, version=one.version + 1) for one in changed]
        update_many(self._connection, payments, rows)

    def called(
        self, account_id: AccountId, keys: Collection[str], *, livemode: bool
    ) -> dict[str, list[Payment]]:
        """The newest payments with these account numbers or references, by spelled key."""
        found: dict[str, list[Payment]] = {}
        for column in (payments.c.account_key, payments.c.reference_key):
            for row in self._newest(column, keys, account_id, livemode=livemode):
                some = found.setdefault(row.wanted_key, [])
                if all(one.id != row.id for one in some):
                    some.append(_payment(row))
        return found

    def of_customers(self, customers: Collection[CustomerId]) -> list[Payment]:
        """The newest payments of customers that can still be paid."""
        if not customers:
            return []
        statement = (
            select(payments)
            .where(among(payments.c.customer_id, customers, self._connection.dialect))
            .where(payments.c.state.in_([state.value for state in PAYABLE]))
            .order_by(payments.c.id.desc())
            .limit(CALLED_MAX * len(customers))
        )
        return [_payment(row) for row in self._connection.execute(statement)]

    def prompted(
        self, account_id: AccountId, indexes: Collection[bytes], since: datetime
    ) -> dict[bytes, list[Payment]]:
        """Payments that can still be paid and whose prompts went to these phones."""
        if not indexes:
            return {}
        statement = (
            select(payments, attempts.c.phone_index.label("wanted_key"))
            .join(attempts, attempts.c.payment_id == payments.c.id)
            .where(attempts.c.phone_index.in_(indexes), attempts.c.created_at >= since)
            .where(payments.c.account_id == account_id)
            .where(payments.c.state.in_([state.value for state in PAYABLE]))
        )
        found: dict[bytes, list[Payment]] = {}
        for row in self._connection.execute(statement):
            some = found.setdefault(row.wanted_key, [])
            if all(one.id != row.id for one in some):
                some.append(_payment(row))
        return found

    def _newest(
        self,
        column: Column[Any],
        keys: Collection[str],
        account_id: AccountId,
        *,
        livemode: bool,
    ) -> Sequence[Row[Any]]:
        if not keys:
            return ()
        place = func.row_number().over(partition_by=column, order_by=payments.c.id.desc())
        ranked = (
            select(payments.c.id, column.label("wanted_key"), place.label("place"))
            .where(among(column, keys, self._connection.dialect))
            .where(payments.c.account_id == account_id, payments.c.livemode == livemode)
            .subquery()
        )
        statement = (
            select(payments, ranked.c.wanted_key)
            .join(ranked, ranked.c.id == payments.c.id)
            .where(ranked.c.place <= CALLED_MAX)
            .order_by(payments.c.id.desc())
        )
        return self._connection.execute(statement).all()

    def page(self, wanted: PaymentFilter) -> list[Payment]:
        """One page, newest first, and one row more when there is a next page."""
        statement = self._filtered(wanted)
        if wanted.ending_before is not None:
            later = statement.where(payments.c.id > wanted.ending_before)
            rows = self._connection.execute(
                later.order_by(payments.c.id).limit(wanted.limit + 1)
            ).all()
            return [_payment(row) for row in rows]
        if wanted.starting_after is not None:
            statement = statement.where(payments.c.id < wanted.starting_after)
        rows = self._connection.execute(
            statement.order_by(payments.c.id.desc()).limit(wanted.limit + 1)
        ).all()
        return [_payment(row) for row in rows]

    def _filtered(self, wanted: PaymentFilter) -> Select[Any]:
        statement = (
            select(payments)
            .where(payments.c.account_id == wanted.account_id)
            .where(payments.c.livemode == wanted.livemode)
        )
        equals = {
            payments.c.state: wanted.status,
            payments.c.reference: wanted.reference,
            payments.c.receipt: wanted.receipt,
            payments.c.customer_id: wanted.customer_id,
        }
        for column, value in equals.items():
            if value is not None:
                statement = statement.where(column == value)
        if wanted.created_gte is not None:
            statement = statement.where(payments.c.created_at >= wanted.created_gte)
        if wanted.created_lt is not None:
            statement = statement.where(payments.c.created_at < wanted.created_lt)
        if wanted.phone is not None:
            index = self._sealer.phone_index(wanted.phone)
            prompted = and_(
                attempts.c.payment_id == payments.c.id, attempts.c.phone_index == index
            )
            statement = statement.where(exists().where(prompted))
        if wanted.idempotency_key is not None:
            bound = and_(
                idempotency.c.resource_id == payments.c.id,
                idempotency.c.key == wanted.idempotency_key,
            )
            statement = statement.where(exists().where(bound))
        return statement


def _whole_row(payment: Payment) -> dict[str, object]:
    return _changing_row(payment, version=payment.version) | {
        "account_id": payment.account_id,
        "livemode": payment.livemode,
        "shortcode": payment.shortcode.digits,
        "amount_cents": payment.amount.in_cents,
        "account_reference": payment.account_reference.text,
        "account_key": spelled(payment.account_reference.text),
        "reference_key": reference_key(payment.reference),
        "allow_partial": payment.allow_partial,
        "customer_id": payment.customer_id,
        "reference": payment.reference,
        "description": payment.description,
        "return_url": payment.return_url,
        "metadata": json.dumps(dict(payment.metadata)),
        "created_at": payment.created_at,
        "expires_at": payment.expires_at,
    }


def _changing_row(payment: Payment, *, version: int) -> dict[str, object]:
    return {
        "id": payment.id,
        "state": payment.state.value,
        "version": version,
        "sequence": payment.sequence,
        "received_cents": payment.amount_received.in_cents,
        "refunded_cents": payment.amount_refunded.in_cents,
        "late": payment.late,
        "latest_attempt_id": payment.latest_attempt_id,
        "status_reason": payment.status_reason,
        "receipt": None if payment.receipt is None else payment.receipt.code,
        "receipt_status": payment.receipt_status.value,
        "due_at": payment.due_at,
    }


def _payment(row: Row[Any]) -> Payment:
    return Payment(
        id=PaymentId(row.id),
        account_id=AccountId(row.account_id),
        livemode=row.livemode,
        shortcode=Shortcode(row.shortcode),
        amount=Money.cents(row.amount_cents),
        account_reference=AccountReference(row.account_reference),
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=PaymentState(row.state),
        version=row.version,
        sequence=row.sequence,
        amount_received=Money.cents(row.received_cents),
        amount_refunded=Money.cents(row.refunded_cents),
        late=row.late,
        customer_id=None if row.customer_id is None else CustomerId(row.customer_id),
        allow_partial=row.allow_partial,
        reference=row.reference,
        description=row.description,
        return_url=row.return_url,
        metadata=json.loads(row.metadata),
        latest_attempt_id=row.latest_attempt_id,
        status_reason=row.status_reason,
        receipt=None if row.receipt is None else Receipt(row.receipt),
        receipt_status=ReceiptStatus(row.receipt_status),
        due_at=row.due_at,
    )
