"""A gateway's flows over a real database, with a scripted Safaricom and a clock to move.

``World`` speaks as a test would tell it: it opens, hears, passes time, and shows what is true.
"""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, Table, delete, func, select

from harness.callbacks import confirmation_body, failed_body, paid_body
from harness.examples import ACCOUNT, NOW, PHONE, SHORTCODE, an_endpoint
from harness.fakes import (
    Asks,
    Budget,
    FakeNotifier,
    FakeProvider,
    FakeSender,
    RamSpool,
    StageClock,
    StageIds,
    WatchedDatabase,
)
from harness.stores import KEY, Handed, open_store
from pokea.daraja.values import AccountReference, Money, Receipt
from pokea.domain.attempt import Attempt, AttemptState
from pokea.domain.capability import path_for
from pokea.domain.corroboration import Rules
from pokea.domain.idempotency import IdempotencyKey
from pokea.domain.ids import AttemptId, PaymentId
from pokea.domain.notice import NoticePlan
from pokea.domain.payment import Payment, PaymentState
from pokea.domain.prompting import PromptLimit
from pokea.domain.receipt import Collector, ReceiptRecord
from pokea.flows.deps import Deps
from pokea.flows.know_shortcode import know_shortcode
from pokea.flows.open_payment import AlreadyBound, Merchant, NewPayment, Opened, open_payment
from pokea.flows.receive_callback import CallbackDoor
from pokea.flows.retry_payment import retry_payment
from pokea.flows.show_payment import show_payment
from pokea.flows.spool_callbacks import CallbackInbox
from pokea.flows.work import do_work
from pokea.store.audit import Audit
from pokea.store.database import SqlDatabase
from pokea.store.sealing import Sealer
from pokea.store.tables import (
    attempts,
    deliveries,
    events,
    inbox,
    inquiries,
    journals,
    notices,
    payments,
    postings,
    provider_calls,
    receipts,
    routines,
)

MERCHANT: Final = Merchant(account_id=ACCOUNT, livemode=False, shortcode=SHORTCODE, till=None)
SHOP: Final = an_endpoint(1)
SAFARICOM: Final = "196.201.214.200"
STEPS_MAX: Final = 10_000
_DUE: Final = (
    inbox,
    attempts,
    payments,
    receipts,
    deliveries,
    routines,
    notices,
    inquiries,
)


@dataclass
class World:
    """One merchant's gateway on a stage."""

    db: SqlDatabase
    deps: Deps
    door: CallbackDoor
    clock: StageClock
    provider: FakeProvider
    sender: FakeSender
    notifier: FakeNotifier
    budget: Budget
    collector: Collector
    watched: WatchedDatabase
    inbox: CallbackInbox
    spool: RamSpool

    # ── what happens ─────────────────────────────────────────────────────────────────

    async def asks(
        self, shillings: int = 100, *, key: str = "order-10042-v1", **wanted: Any
    ) -> Opened | AlreadyBound:
        """The merchant asks to be paid."""
        asked: dict[str, Any] = {
            "amount": Money.shillings(shillings),
            "phone": PHONE,
            "account_reference": AccountReference("INV-1"),
        }
        new = NewPayment(**(asked | wanted))
        sha256 = f"{shillings}".encode().ljust(32, b".")
        return await open_payment(self.deps, MERCHANT, new, _key(key, sha256))

    async def opens(self, shillings: int = 100, **wanted: Any) -> Attempt:
        """The merchant asks, and the customer is prompted."""
        opened = await self.asks(shillings, **wanted)
        assert isinstance(opened, Opened)
        return await self.attempt_of(opened.payment_id)

    async def prompts_again(self, attempt: Attempt) -> Attempt:
        """The customer asks to be prompted once more."""
        await retry_payment(self.deps, attempt.payment_id, PHONE, None)
        return await self.attempt_of(attempt.payment_id)

    async def hears(
        self, attempt: Attempt, body: bytes, *, address: str = SAFARICOM, listed: bool = True
    ) -> None:
        """A callback arrives on the attempt's own path."""
        path = path_for(attempt.id, purpose="s", key=self.deps.path_keys[0])
        callback = self.door.read("s", path, body, source_ip=address, ip_listed=listed)
        assert callback is not None
        await self.door.receive(callback)

    async def hears_paid(self, attempt: Attempt, **bent: Any) -> None:
        """Safaricom says paid, now."""
        current = await self.attempt(attempt.id)
        await self.hears(attempt, paid_body(current, self.clock.now(), **bent))

    async def is_paid_by_hand(
        self,
        shillings: int = 100,
        *,
        account: str = "INV-1",
        receipt: str = "UAH1Z2HAND",
        payer: str = "2547*****678",
        at: datetime | None = None,
        listed: bool = True,
        **bent: Any,
    ) -> None:
        """A C2B confirmation arrives: somebody paid by hand, or a prompt's money is told."""
        body = confirmation_body(
            shillings,
            account=account,
            receipt=receipt,
            payer=payer,
            at=at or self.clock.now(),
            **bent,
        )
        path = path_for(self.collector.id, purpose="c", key=self.deps.path_keys[0])
        callback = self.door.read("c", path, body, source_ip=SAFARICOM, ip_listed=listed)
        assert callback is not None
        await self.door.receive(callback)

    async def receipt(self, code: str = "UAH1Z2HAND") -> ReceiptRecord:
        """A receipt as it is."""
        wanted = Receipt(code)
        found = await self.deps.db.read(lambda tx: tx.receipts.find([wanted]))
        return found[wanted]

    async def hears_failed(self, attempt: Attempt, code: int | str = 1032) -> None:
        """Safaricom says that no money moved."""
        await self.hears(attempt, failed_body(await self.attempt(attempt.id), code))

    async def passes(self, **time: float) -> None:
        """Time passes, and every piece of work is done at the moment it is due."""
        until = self.clock.now() + timedelta(**time)
        for _ in range(STEPS_MAX):
            due = self.next_due()
            if due is None or due > until:
                break
            self.clock.at = max(self.clock.at, due)
            await self.works()
        else:
            raise AssertionError("work never ends")
        self.clock.at = until

    async def works(self) -> None:
        """Every piece of work that is due now is done once."""
        now = self.clock.now()
        for work in await self.deps.db.read(lambda tx: tx.overdue(now, 1000)):
            for row_id in work.ids:
                await do_work(self.deps, work.kind, row_id)

    # ── what is true ─────────────────────────────────────────────────────────────────

    async def attempt(self, attempt_id: AttemptId) -> Attempt:
        """An attempt as it is."""
        found = await self.deps.db.read(lambda tx: tx.attempts.get(attempt_id))
        assert found is not None
        return found

    async def attempt_of(self, payment_id: PaymentId) -> Attempt:
        """A payment's latest attempt."""
        shown = await show_payment(self.deps, payment_id)
        assert shown is not None
        assert shown.attempt is not None
        return shown.attempt

    async def payment(self, attempt: Attempt) -> Payment:
        """An attempt's payment as it is."""
        shown = await show_payment(self.deps, attempt.payment_id)
        assert shown is not None
        return shown.payment

    async def stands(self, attempt: Attempt) -> tuple[AttemptState, PaymentState]:
        """How an attempt and its payment stand."""
        return (await self.attempt(attempt.id)).state, (await self.payment(attempt)).state

    def told(self) -> list[str]:
        """The types of all events, in the order in which they were written."""
        return [row.type for row in self.rows(events)]

    def booked(self) -> list[tuple[int, int, int]]:
        """Debit, credit and cents of every posting."""
        return [(row.debit, row.credit, row.amount_cents) for row in self.rows(postings)]

    def parked(self) -> list[tuple[str, str | None, int]]:
        """State, reason and count of every callback."""
        return [(row.state, row.reason, row.seen) for row in self.rows(inbox)]

    def rows(self, table: Table) -> list[Any]:
        """All rows of a table, in the order of their keys."""
        with self.db.engine.connect() as connection:
            return list(connection.execute(select(table).order_by(*table.primary_key)))

    def rows_of_events(self) -> list[Any]:
        """Events as rows."""
        return self.rows(events)

    def rows_of_deliveries(self) -> list[Any]:
        """Deliveries as rows."""
        return self.rows(deliveries)

    def rows_of_inbox(self) -> list[Any]:
        """Callbacks as rows."""
        return self.rows(inbox)

    def rows_of_notices(self) -> list[Any]:
        """Notices as rows."""
        return self.rows(notices)

    def rows_of_calls(self) -> list[Any]:
        """Safaricom's synchronous answers as rows."""
        return self.rows(provider_calls)

    def forget_inquiry(self, inquiry_id: str) -> None:
        """A restored backup does not know this question."""
        with self.db.engine.begin() as connection:
            connection.execute(delete(inquiries).where(inquiries.c.id == inquiry_id))

    def without_inquirer(self) -> Deps:
        """The same gateway, whose settings name no initiator."""
        return replace(self.deps, inquirer=None)

    def rows_of_inquiries(self) -> list[Any]:
        """Questions as rows."""
        return self.rows(inquiries)

    def rows_of_receipts(self) -> list[Any]:
        """Receipts as rows."""
        return self.rows(receipts)

    def rows_of_attempts(self) -> list[Any]:
        """Attempts as rows: there even when the flow that made them died."""
        return self.rows(attempts)

    def counts(self) -> Mapping[str, int]:
        """How many rows the tables have that only ever grow."""
        with self.db.engine.connect() as connection:
            return {
                table.name: connection.execute(
                    select(func.count()).select_from(table)
                ).scalar_one()
                for table in (payments, attempts, journals, events, inbox)
            }

    def next_due(self) -> datetime | None:
        """When something is to be done next."""
        return next_due(self.db.engine)


@asynccontextmanager
async def a_world(
    url: str,
    *,
    rules: Rules | None = None,
    prompts: int = 1000,
    plan: NoticePlan | None = None,
    account_pattern: re.Pattern[str] | None = None,
    asks: Asks | None = None,
) -> AsyncGenerator[World]:
    """A world over a fresh database, with one merchant and no endpoint."""
    clock, provider, sender, budget = StageClock(), FakeProvider(), FakeSender(), Budget()
    notifier = FakeNotifier()
    sealer = Sealer([KEY])
    with open_store(url, carrier=Handed(), plan=plan, ids=StageIds(clock)) as db:
        db.write_here(lambda tx: tx.accounts.add(ACCOUNT, "Duka", NOW))
        watched, spool = WatchedDatabase(db), RamSpool()
        deps = Deps(
            db=watched,
            provider=provider,
            sender=sender,
            notifier=notifier,
            clock=clock,
            ids=StageIds(clock),
            phones=sealer,
            budget=budget,
            auditor=Audit(db.engine),
            path_keys=sealer.path_keys,
            rules=rules or Rules(),
            payment_max=Money.shillings(250_000),
            prompt_limit=PromptLimit(prompts=prompts, within=timedelta(minutes=10)),
            account_pattern=account_pattern,
            inquirer=None if asks is None else asks.inquirer,
            puller=None if asks is None else asks.puller,
        )
        callback_inbox = CallbackInbox(deps, spool)
        collector = db.write_here(lambda tx: know_shortcode(tx, deps, MERCHANT))
        yield World(
            db=db,
            deps=deps,
            door=CallbackDoor(deps, callback_inbox),
            clock=clock,
            provider=provider,
            sender=sender,
            notifier=notifier,
            budget=budget,
            collector=collector,
            watched=watched,
            inbox=callback_inbox,
            spool=spool,
        )


def next_due(engine: Engine) -> datetime | None:
    """When something is to be done next."""
    with engine.connect() as connection:
        times = [
            connection.execute(select(func.min(table.c.due_at))).scalar() for table in _DUE
        ]
    return min((time for time in times if time is not None), default=None)


def _key(key: str, sha256: bytes) -> IdempotencyKey:
    return IdempotencyKey(account_id=ACCOUNT, livemode=False, key=key, request_sha256=sha256)
