"""Attempts in SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select, text, union

from pokea.daraja.values import AccountReference, Money, Msisdn, Receipt, Shortcode
from pokea.domain.attempt import Attempt, AttemptState, Failure, PaidClaim, QueryWord
from pokea.domain.corroboration import Corroboration, Witness
from pokea.domain.ids import AccountId, AttemptId, PaymentId
from pokea.domain.matching import spelled
from pokea.domain.prompting import Prompted
from pokea.domain.receipt import MoneyHeard
from pokea.store.bulk import among, insert_many, update_many
from pokea.store.sealing import Sealer
from pokea.store.tables import attempts, payments
from pokea.store.tables.schema import IN_FLIGHT

_PHONE = "attempts.phone"
_CHECKOUT = "attempts.checkout"

TWIN_REACH: Final = timedelta(minutes=15)
"""Ten minutes between a prompt and its money, and what clocks differ by."""

LIKE_MAX: Final = 1_000
"""A busy minute on one shared account number; more would be matched by nothing anyway."""


class SqlAttempts:
    """Rows of attempts."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    def add(self, attempt: Attempt) -> None:
        """Insert a new attempt; a second one in flight breaks a unique index."""
        insert_many(self._connection, attempts, [self._whole_row(attempt)])

    def get(self, attempt_id: AttemptId) -> Attempt | None:
        """One attempt."""
        return self.latest([attempt_id]).get(attempt_id)

    def latest(self, ids: Collection[AttemptId]) -> dict[AttemptId, Attempt]:
        """Attempts by id, as they are now."""
        rows = self._connection.execute(
            select(attempts).where(among(attempts.c.id, ids, self._connection.dialect))
        )
        return self._by_id(rows.all())

    def lock(self, ids: Collection[AttemptId]) -> dict[AttemptId, Attempt]:
        """Attempts by id, locked in id order until the transaction ends."""
        statement = (
            select(attempts)
            .where(among(attempts.c.id, ids, self._connection.dialect))
            .order_by(attempts.c.id)
            .with_for_update()
        )
        return self._by_id(self._connection.execute(statement).all())

    def lock_idle(self, ids: Collection[AttemptId]) -> dict[AttemptId, Attempt]:
        """Those of some attempts that no other transaction holds, locked.

        For who holds attempts already and came upon these: waiting for them would be out of
        order, and could be for ever.
        """
        statement = (
            select(attempts)
            .where(among(attempts.c.id, ids, self._connection.dialect))
            .with_for_update(skip_locked=True)
        )
        return self._by_id(self._connection.execute(statement).all())

    def lock_of_payment(self, payment_id: PaymentId) -> list[Attempt]:
        """All attempts of a payment, oldest first, locked."""
        statement = (
            select(attempts)
            .where(attempts.c.payment_id == payment_id)
            .order_by(attempts.c.id)
            .with_for_update()
        )
        return [self._attempt(row) for row in self._connection.execute(statement)]

    def of_payment(self, payment_id: PaymentId) -> list[Attempt]:
        """All attempts of a payment, oldest first."""
        statement = (
            select(attempts).where(attempts.c.payment_id == payment_id).order_by(attempts.c.id)
        )
        return [self._attempt(row) for row in self._connection.execute(statement)]

    def save(self, changed: Sequence[Attempt]) -> None:
        """Write changed attempts; StaleWrite when another transaction was quicker."""
        rows = [self._changing_row(one, version=one.version + 1) for one in changed]
        update_many(self._connection, attempts, rows)

    def prompts(self, phone: Msisdn, since: datetime) -> list[Prompted]:
        """What a phone was asked to pay since a time."""
        statement = (
            select(attempts.c.created_at, attempts.c.amount_cents, attempts.c.state)
            .where(attempts.c.phone_index == self._sealer.phone_index(phone))
            .where(attempts.c.created_at >= since)
        )
        paid = AttemptState.SUCCEEDED.value
        return [
            Prompted(
                at=row.created_at, amount=Money.cents(row.amount_cents), paid=row.state == paid
            )
            for row in self._connection.execute(statement)
        ]

    def prompted_as(self, checkout_ids: Collection[str]) -> dict[str, AttemptId]:
        """Which attempts have these ids of Safaricom's."""
        indexes = {self._sealer.text_index(one): one for one in checkout_ids}
        statement = select(attempts.c.id, attempts.c.checkout_index).where(
            attempts.c.checkout_index.in_(indexes)
        )
        return {
            indexes[row.checkout_index]: AttemptId(row.id)
            for row in self._connection.execute(statement)
        }

    def left_in_flight(
        self, *, begun_before: datetime, due_before: datetime, limit: int
    ) -> list[AttemptId]:
        """Old attempts in flight whose next check is missing (first) or overdue."""
        forgotten = attempts.c.due_at.is_(None)
        statement = (
            select(attempts.c.id)
            # In the index's own words, so that SQLite knows that it may use it.
            .where(text(IN_FLIGHT), attempts.c.created_at < begun_before)
            .where(or_(forgotten, attempts.c.due_at < due_before))
            .order_by(forgotten.desc(), attempts.c.created_at)
            .limit(limit)
        )
        return [AttemptId(found) for found in self._connection.execute(statement).scalars()]

    def disputed(self, told: Collection[Receipt]) -> list[Attempt]:
        """Contested attempts whose callback named one of these receipts."""
        if not told:
            return []
        codes = [receipt.code for receipt in told]
        statement = select(attempts).where(
            attempts.c.told_receipt.is_not(None),
            among(attempts.c.told_receipt, codes, self._connection.dialect),
        )
        return [self._attempt(row) for row in self._connection.execute(statement)]

    def like(self, wanted: Sequence[MoneyHeard]) -> list[Attempt]:
        """Attempts that some money may be of: the same account number or payer, then."""
        if not wanted:
            return []
        times = [one.paid_at for one in wanted]
        sent = attempts.c.created_at.between(min(times) - TWIN_REACH, max(times) + TWIN_REACH)
        keys = {key for one in wanted if (key := spelled(one.account))}
        indexes = {self._sealer.payer_index(one.payer) for one in wanted} - {None}
        dialect = self._connection.dialect
        found = [
            select(attempts.c.id).where(sent).where(attempts.c.phone_index.in_(indexes)),
            select(attempts.c.id)
            .join(payments, payments.c.id == attempts.c.payment_id)
            .where(sent, among(payments.c.account_key, keys, dialect)),
        ]
        rows = self._connection.execute(
            select(attempts).where(attempts.c.id.in_(union(*found))).limit(LIKE_MAX)
        )
        return [self._attempt(row) for row in rows]

    def _whole_row(self, attempt: Attempt) -> dict[str, object]:
        return self._changing_row(attempt, version=attempt.version) | {
            "payment_id": attempt.payment_id,
            "account_id": attempt.account_id,
            "livemode": attempt.livemode,
            "shortcode": attempt.shortcode.digits,
            "till": None if attempt.till is None else attempt.till.digits,
            "amount_cents": attempt.amount.in_cents,
            "phone_sealed": self._sealer.seal(
                attempt.phone.digits.encode(), field=_PHONE, row=attempt.id
            ),
            "phone_index": self._sealer.phone_index(attempt.phone),
            "phone_token": attempt.phone_token,
            "account_reference": attempt.account_reference.text,
            "created_at": attempt.created_at,
        }

    def _by_id(self, rows: Sequence[Row[Any]]) -> dict[AttemptId, Attempt]:
        return {row.id: self._attempt(row) for row in rows}

    def _attempt(self, row: Row[Any]) -> Attempt:
        digits = self._sealer.open(row.phone_sealed, field=_PHONE, row=row.id)
        return Attempt(
            id=AttemptId(row.id),
            payment_id=PaymentId(row.payment_id),
            account_id=AccountId(row.account_id),
            livemode=row.livemode,
            shortcode=Shortcode(row.shortcode),
            till=None if row.till is None else Shortcode(row.till),
            amount=Money.cents(row.amount_cents),
            phone=Msisdn(digits.decode()),
            phone_token=row.phone_token,
            account_reference=AccountReference(row.account_reference),
            created_at=row.created_at,
            state=AttemptState(row.state),
            version=row.version,
            dispatched_at=row.dispatched_at,
            accepted_at=row.accepted_at,
            checkout_request_id=self._checkout(row),
            merchant_request_id=row.merchant_request_id,
            claim=_claim(row),
            witnesses=tuple(Witness(one) for one in row.witnesses.split(",") if one),
            query_word=None
            if row.query_at is None
            else QueryWord(paid=row.query_paid, at=row.query_at),
            deaf_since=row.deaf_since,
            checks_done=row.checks_done,
            checked_at=row.checked_at,
            corroboration=Corroboration(row.corroboration),
            failure=_failure(row),
            contest=row.contest,
            told=row.told,
            told_receipt=None if row.told_receipt is None else Receipt(row.told_receipt),
            proven=None if row.proven_cents is None else Money.cents(row.proven_cents),
            receipt=None if row.receipt is None else Receipt(row.receipt),
            due_at=row.due_at,
        )

    def _checkout(self, row: Row[Any]) -> str | None:
        if row.checkout_sealed is None:
            return None
        return self._sealer.open(row.checkout_sealed, field=_CHECKOUT, row=row.id).decode()

    def _changing_row(self, attempt: Attempt, *, version: int) -> dict[str, object]:
        checkout = attempt.checkout_request_id
        claim, failure, word = attempt.claim, attempt.failure, attempt.query_word
        return {
            "id": attempt.id,
            "state": attempt.state.value,
            "version": version,
            "checkout_sealed": None
            if checkout is None
            else self._sealer.seal(checkout.encode(), field=_CHECKOUT, row=attempt.id),
            "checkout_index": None if checkout is None else self._sealer.text_index(checkout),
            "merchant_request_id": attempt.merchant_request_id,
            "witnesses": ",".join(attempt.witnesses),
            "claim_receipt": None if claim is None else claim.receipt.code,
            "claim_witness": None if claim is None else claim.witness.value,
            "claim_paid_at": None if claim is None else claim.paid_at,
            "claim_heard_at": None if claim is None else claim.heard_at,
            "query_paid": None if word is None else word.paid,
            "query_at": None if word is None else word.at,
            "deaf_since": attempt.deaf_since,
            "checks_done": attempt.checks_done,
            "checked_at": attempt.checked_at,
            "corroboration": attempt.corroboration.value,
            "failure_code": None if failure is None else failure.code,
            "failure_provider_code": None if failure is None else failure.provider_code,
            "failure_provider_message": None if failure is None else failure.provider_message,
            "contest": attempt.contest,
            "told": attempt.told,
            "told_receipt": None if attempt.told_receipt is None else attempt.told_receipt.code,
            "proven_cents": None if attempt.proven is None else attempt.proven.in_cents,
            "receipt": None if attempt.receipt is None else attempt.receipt.code,
            "dispatched_at": attempt.dispatched_at,
            "accepted_at": attempt.accepted_at,
            "due_at": attempt.due_at,
        }


def _claim(row: Row[Any]) -> PaidClaim | None:
    if row.claim_receipt is None:
        return None
    return PaidClaim(
        receipt=Receipt(row.claim_receipt),
        # Only a proven claim may have another amount than the attempt.
        amount=Money.cents(row.proven_cents or row.amount_cents),
        paid_at=row.claim_paid_at,
        heard_at=row.claim_heard_at,
        witness=Witness(row.claim_witness),
    )


def _failure(row: Row[Any]) -> Failure | None:
    if row.failure_code is None:
        return None
    return Failure(
        code=row.failure_code,
        provider_code=row.failure_provider_code,
        provider_message=row.failure_provider_message,
    )
