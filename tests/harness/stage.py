"""A whole gateway and a whole Safaricom in one process, in time that a test moves.

The gateway is the flows over a real database and the SDK's real client; Safaricom is the
simulator, which keeps every callback in a list instead of sending it. A test decides what
arrives, when, how often, and when the gateway's process dies.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeVar

from typing_extensions import override

from harness.databases import sqlalchemy_url
from harness.examples import ACCOUNT, NOW
from harness.fakes import Budget, FakeNotifier, FakeSender, RamSpool, StageClock, StageIds
from harness.fuse import Fuse, MortalDatabase
from harness.paper import opened
from harness.stores import KEY, Handed
from harness.world import MERCHANT, SAFARICOM, STEPS_MAX, next_due
from pokea.daraja.client import AsyncClient
from pokea.daraja.credentials import Passkey
from pokea.daraja.transport import AsyncTransport, Lost, NeverWritten
from pokea.daraja.values import Money, Msisdn, Payer, Receipt, Shortcode, parse_payer
from pokea.daraja.wire import WireReply, WireRequest
from pokea.domain.capability import path_for
from pokea.domain.corroboration import Rules, Witness
from pokea.domain.prompting import PromptLimit
from pokea.domain.receipt import Collector, MoneyHeard, ReceiptRecord
from pokea.domain.reconciliation import business_day
from pokea.flows.deps import Deps
from pokea.flows.errors import Refusal
from pokea.flows.import_statement import ImportOrder, import_statement
from pokea.flows.know_shortcode import know_shortcode
from pokea.flows.receive_callback import CallbackDoor
from pokea.flows.spool_callbacks import CallbackInbox
from pokea.flows.take_receipts import take_receipts
from pokea.flows.work import do_work
from pokea.provider.express import DarajaProvider
from pokea.simulator.testing import Pretend
from pokea.simulator.world import c2b, genesis
from pokea.simulator.world.agenda import Post
from pokea.simulator.world.model import PUBLIC_PASSKEY, Movement, Urls
from pokea.simulator.world.money import Transfer, carry_out
from pokea.simulator.world.phones import phone_of
from pokea.simulator.world.plans import Plan
from pokea.simulator.world.scene import Scene
from pokea.simulator.world.step import OwnerAnswered
from pokea.store.audit import Audit
from pokea.store.database import SqlDatabase, open_engine
from pokea.store.sealing import Sealer

Result = TypeVar("Result")

HERE: Final = "http://127.0.0.1:9"
COLLECTED: Final = {"stk", "c2b"}

Fault = Literal["", "never_sent", "lost_before", "lost_after", "refused"]


@dataclass
class PretendTransport(AsyncTransport):
    """Carries the SDK's requests to the simulator, and may lose them on either way."""

    safaricom: Pretend
    fuse: Fuse
    fault: Fault = ""
    """What happens to the next request that moves money."""

    @override
    async def send(self, request: WireRequest) -> WireReply:
        fault: Fault = ""
        if request.moves_money:
            fault, self.fault = self.fault, ""
        await self.fuse.moment()
        match fault:
            case "never_sent":
                raise NeverWritten
            case "lost_before":
                raise Lost
            case "refused":
                body = (
                    b'{"requestId":"1","errorCode":"400.002.02","errorMessage":"Bad Request"}'
                )
                return WireReply(status=400, body=body)
            case "" | "lost_after":
                reply = await self.safaricom.http.request(
                    request.method,
                    request.path,
                    content=request.body,
                    headers=dict(request.headers),
                )
        await self.fuse.moment()
        if fault == "lost_after":
            raise Lost
        return WireReply(status=reply.status_code, body=reply.content)

    @override
    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Gateway:
    """One process of a gateway, from its start to its death."""

    db: SqlDatabase
    deps: Deps
    door: CallbackDoor
    wire: PretendTransport
    fuse: Fuse
    collector: Collector


@dataclass
class Stage:
    """A merchant's gateway, Safaricom, and the time that passes for both."""

    url: str
    rules: Rules
    clock: StageClock = field(default_factory=StageClock)
    ids: StageIds = field(init=False)
    spool: RamSpool = field(default_factory=RamSpool)
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    deaths: int = 0

    def __post_init__(self) -> None:
        self.ids = StageIds(self.clock)
        self.safaricom = Pretend(start=NOW)
        self.gateway = self._start(first=True)
        secret = path_for(self.gateway.collector.id, purpose="c", key=self.deps.path_keys[0])
        self._shop = self.safaricom.world.organisations[genesis.PAYBILL]
        self._shop.urls = self.addresses = Urls(
            confirmation=f"{HERE}/i/c/{secret}",
            validation="",
            response_type="Completed",
            version="v2",
        )

    @property
    def deps(self) -> Deps:
        """What the living process's flows are given."""
        return self.gateway.deps

    @property
    def letters(self) -> list[Post]:
        """Every callback that Safaricom ever wrote."""
        return self.safaricom.postbox.posts

    @property
    def money(self) -> list[Movement]:
        """The truth: what customers really paid to the shortcode."""
        return [one for one in self.safaricom.world.movements if one.kind in COLLECTED]

    @property
    def gone(self) -> dict[str, int]:
        """Cents of the money that was given back on the portal, by its receipt."""
        return {one.receipt: one.amount for one in self.money if one.reversed_by}

    @property
    def prompts(self) -> list[str]:
        """The prompts that wait for their customer."""
        return list(self.safaricom.world.open_prompts)

    def receipt(self, number: int) -> ReceiptRecord | None:
        """What the gateway knows of some money, if anything."""
        code = Receipt(self.money[number % len(self.money)].receipt)
        read = self.gateway.db.read(lambda tx: tx.receipts.find([code]))
        return self.runner.run(read).get(code)

    # ── the process ──────────────────────────────────────────────────────────────────

    def does(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Some work of the gateway's; None when it was refused, or the process died of it."""
        try:
            lived, result = self.runner.run(self.gateway.fuse.burns_under(work))
        except Refusal:
            return None
        if not lived:
            self.deaths += 1
            self.gateway.db.close()
            self.gateway = self._start()
        return result

    def close(self) -> None:
        """Take everything down."""
        self.gateway.db.close()
        self.runner.run(self.safaricom.app.engine.close())
        self.runner.close()

    def _start(self, *, first: bool = False) -> Gateway:
        sealer, fuse = Sealer([KEY]), Fuse()
        engine = open_engine(sqlalchemy_url(self.url))
        db = SqlDatabase(engine, sealer=sealer, ids=self.ids, carrier=Handed(), plan=None)
        if first:
            db.write_here(lambda tx: tx.accounts.add(ACCOUNT, "Duka", NOW))
        wire = PretendTransport(self.safaricom, fuse)
        client = AsyncClient(
            base_url="http://safaricom.test",
            consumer_key=genesis.CONSUMER_KEY,
            consumer_secret=genesis.CONSUMER_SECRET,
            clock=self.clock.now,
        ).over(wire)
        provider = DarajaProvider(
            client=client,
            passkey=Passkey(PUBLIC_PASSKEY),
            base_url=HERE,
            clock=self.clock,
            plain_http=True,
        )
        deps = Deps(
            db=MortalDatabase(db, fuse),
            provider=provider,
            sender=FakeSender(),
            notifier=FakeNotifier(),
            clock=self.clock,
            ids=self.ids,
            phones=sealer,
            budget=Budget(),
            auditor=Audit(engine),
            path_keys=sealer.path_keys,
            rules=self.rules,
            payment_max=Money.shillings(250_000),
            prompt_limit=PromptLimit(prompts=1000, within=timedelta(minutes=10)),
        )
        return Gateway(
            db=db,
            deps=deps,
            door=CallbackDoor(deps, CallbackInbox(deps, self.spool)),
            wire=wire,
            fuse=fuse,
            collector=db.write_here(lambda tx: know_shortcode(tx, deps, MERCHANT)),
        )

    # ── time ─────────────────────────────────────────────────────────────────────────

    def passes(self, seconds: float) -> None:
        """Time passes; all work is done when it is due, by whichever process lives then."""
        until = self.clock.at + timedelta(seconds=seconds)
        for _ in range(STEPS_MAX):
            due = next_due(self.gateway.db.engine)
            if due is None or due > until:
                break
            self._moves_to(max(self.clock.at, due))
            self.does(self._work())
        else:
            raise AssertionError("work never ends")
        self._moves_to(until)

    def _moves_to(self, at: datetime) -> None:
        self.runner.run(self.safaricom.app.engine.advance_to(at))
        self.clock.at = at

    async def _work(self) -> None:
        now = self.clock.at
        for work in await self.deps.db.read(lambda tx: tx.overdue(now, 1000)):
            for row_id in work.ids:
                await do_work(self.deps, work.kind, row_id)

    # ── customers ────────────────────────────────────────────────────────────────────

    def will_do(self, phone: Msisdn, plan: Plan, fault: Fault) -> None:
        """What the customer does with the next prompt, and what the network does to it."""
        self._in_town(lambda scene: _script(scene, phone, plan))
        self.gateway.wire.fault = fault

    def answers(self, prompt: int, pin: str) -> None:
        """The customer types a PIN into one of the open prompts, or cancels."""
        chosen = self.prompts[prompt % len(self.prompts)]
        self.runner.run(self._answered(OwnerAnswered(checkout_id=chosen, pin=pin)))

    def pays_by_hand(self, phone: str, shillings: int, account: str) -> None:
        """A customer pays from the phone's own menu."""
        self._in_town(
            lambda scene: c2b.pay_by_hand(
                scene, self._shop, phone, amount=shillings * 100, reference=account
            )
        )

    # ── the portal ───────────────────────────────────────────────────────────────────

    def reverses(self, row: int) -> None:
        """Somebody of the shop gives money back on the portal, once."""
        original = self.money[row % len(self.money)]
        if not original.reversed_by:
            self._in_town(lambda scene: _reverse(scene, original))

    def imports(self, *, newest_first: bool) -> None:
        """Somebody exports the day's statement and imports it."""
        path = f"/_sim/statement.csv?shortcode={self._shop.shortcode}&day={business_day(NOW)}"
        text = self.runner.run(self.safaricom.http.get(path)).text
        if newest_first:
            rows = text.splitlines(keepends=True)
            heading = next(n for n, row in enumerate(rows) if row.startswith("Receipt No."))
            text = "".join([*rows[: heading + 1], *reversed(rows[heading + 1 :])])
        order = ImportOrder(
            account_id=ACCOUNT, livemode=False, shortcode=MERCHANT.shortcode, by="Achieng"
        )
        self.does(import_statement(self.deps, opened(text), order))

    async def _answered(self, answer: OwnerAnswered) -> None:
        await self.safaricom.app.engine.ask(answer)
        await self.safaricom.app.engine.settle()

    def _in_town(self, edit: Callable[[Scene], object]) -> None:
        self.runner.run(self.safaricom.app.engine.perform(edit))

    # ── news ─────────────────────────────────────────────────────────────────────────

    def delivers(self, letters: Sequence[int], *, listed: bool = True) -> None:
        """Some callbacks arrive, all at once."""
        posts = [self.letters[number % len(self.letters)] for number in letters]
        self.does(self._arrive(posts, listed=listed))

    def delivers_altered(self, letter: int, told_cents: int, *, listed: bool) -> None:
        """A prompt's callback arrives that names another amount than was paid."""
        post = self.letters[letter % len(self.letters)]
        if "CallbackMetadata" in post.body:
            altered = replace(post, body=_altered(post.body, told_cents))
            self.does(self._arrive([altered], listed=listed))

    async def _arrive(self, posts: Sequence[Post], *, listed: bool) -> None:
        await asyncio.gather(*(self._arrives(post, listed=listed) for post in posts))

    async def _arrives(self, post: Post, *, listed: bool) -> None:
        _, _, path = post.url.partition("/i/")
        kind, _, secret = path.partition("/")
        address = SAFARICOM if listed else "203.0.113.7"
        callback = self.gateway.door.read(
            kind, secret, post.body.encode(), source_ip=address, ip_listed=listed
        )
        assert callback is not None
        await self.gateway.door.receive(callback)

    def shows_rows(
        self, rows: Sequence[int], witness: Witness, *, payer: str = "masked"
    ) -> None:
        """Pull, or a statement, names some of the money, and something of who paid."""
        known = self.money
        told = [_heard(known[number % len(known)], witness, payer) for number in rows]
        self.does(self._take(told))

    async def _take(self, told: Sequence[MoneyHeard]) -> None:
        collector, now = self.gateway.collector, self.clock.at
        await self.deps.db.write(lambda tx: take_receipts(tx, self.deps, collector, told, now))


def _script(scene: Scene, phone: Msisdn, plan: Plan) -> None:
    phone_of(scene, phone.digits).script[:] = [replace(plan)]


def _reverse(scene: Scene, original: Movement) -> None:
    movement = carry_out(
        scene,
        Transfer(
            kind="reversal",
            amount=original.amount,
            debit=original.credit,
            credit=original.debit,
            phone=original.phone,
            shortcode=original.shortcode,
            reference=original.reference,
            reverses=original.receipt,
        ),
    )
    original.reversed_by = movement.receipt


def _heard(one: Movement, witness: Witness, payer: str) -> MoneyHeard:
    payers: dict[str, Payer | None] = {
        "nobody": None,
        "masked": parse_payer(f"{one.phone[:4]}*****{one.phone[9:]}"),
        "whole": parse_payer(one.phone),
    }
    return MoneyHeard(
        receipt=Receipt(one.receipt),
        shortcode=Shortcode(one.shortcode),
        amount=Money.cents(one.amount),
        paid_at=one.at,
        witness=witness,
        account=one.reference,
        payer=payers[payer],
    )


def _altered(body: str, told_cents: int) -> str:
    told = json.loads(body)
    for item in told["Body"]["stkCallback"]["CallbackMetadata"]["Item"]:
        if item["Name"] == "Amount":
            item["Value"] = told_cents / 100
    return json.dumps(told)
