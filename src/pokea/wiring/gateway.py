"""Builds everything from settings; the only place that constructs edges.

``open_gateway`` gives a :class:`Gateway`; the command line serves it, works for it, or both.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from starlette.types import ASGIApp

from pokea.daraja.client import AsyncClient
from pokea.daraja.credentials import Passkey
from pokea.daraja.environments import Environment
from pokea.daraja.values import Money, Shortcode
from pokea.domain.corroboration import Rules
from pokea.domain.prompting import PromptLimit
from pokea.engine.embedded import EmbeddedEngine
from pokea.engine.keep import Pulse, Run, keep_running
from pokea.engine.procrastinate import (
    ProcrastinateCarrier,
    ProcrastinateWorker,
)
from pokea.flows.courier import Courier
from pokea.flows.deps import Deps
from pokea.flows.know_shortcode import know_shortcode
from pokea.flows.open_payment import Merchant
from pokea.flows.ports import Registrar, Tx, WorkKind
from pokea.flows.receive_callback import CallbackDoor
from pokea.flows.spool_callbacks import CallbackInbox
from pokea.flows.work import Hands, Sweep
from pokea.http.app import create_app
from pokea.http.deps import Readiness, Web
from pokea.provider import Caller, DarajaProvider, DarajaRegistrar, GatedCaller
from pokea.settings import BadSettings, MpesaEnv, Settings
from pokea.store.audit import Audit
from pokea.store.database import SqlDatabase
from pokea.store.health import Health
from pokea.store.key_ring import sealer_of
from pokea.store.sealing import Sealer
from pokea.store.spool import FileSpool
from pokea.webhook_sender import HttpWebhookSender
from pokea.wiring.asking import inquirer_of, puller_of
from pokea.wiring.failpoints import mortal_door
from pokea.wiring.notices import Carrier, notice_plan, open_notifier
from pokea.wiring.opening import (
    OpenDatabase,
    libpq_url,
    on_postgresql,
    open_database,
    open_tools,
)
from pokea.wiring.routines import start_routines
from pokea.wiring.sharing import Sharing, share
from pokea.wiring.spooling import moving_spooled, open_spool, readiness
from pokea.wiring.validation import open_validator
from pokea.wiring.world import SystemClock, UlidIds

PROMPTS_WITHIN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A wired gateway: the web app, the worker's loop, and how to close it all."""

    settings: Settings
    db: SqlDatabase
    deps: Deps
    app: Callable[[bool], ASGIApp]
    work: Callable[[], AbstractAsyncContextManager[None]]
    registering: Callable[[], AbstractAsyncContextManager[Registrar]]
    close: Callable[[], None]


def open_gateway(settings: Settings) -> Gateway:
    """Wire a gateway.

    Raises:
        BadSettings: with what is missing and what to do about it.
    """
    gateway = _wired(settings, open_database)
    know_own_shortcode(gateway)
    return gateway


def know_own_shortcode(gateway: Gateway) -> None:
    """Money by hand finds its merchant, as soon as there is one."""
    settings = gateway.settings

    def write(tx: Tx) -> None:
        account_id = tx.accounts.first()
        if account_id is not None:
            merchant = Merchant(
                account_id=account_id,
                livemode=settings.livemode,
                shortcode=Shortcode(settings.mpesa_shortcode),
                till=Shortcode(settings.mpesa_till) if settings.mpesa_till else None,
            )
            know_shortcode(tx, gateway.deps, merchant)

    gateway.db.write_here(write)


def open_beside(settings: Settings) -> Gateway:
    """Wire a gateway's flows for a command, beside the one that may be running.

    Raises:
        BadSettings: with what is missing and what to do about it.
    """
    return _wired(settings, open_tools)


def _wired(settings: Settings, open_it: Callable[[Settings], OpenDatabase]) -> Gateway:
    _check_complete(settings)
    notifier = open_notifier(settings)
    database = open_it(settings)
    try:
        sealer = sealer_of(settings, database.engine)
        return _wire(settings, database, sealer, notifier)
    except BadSettings:
        database.close()
        raise


def _wire(
    settings: Settings, database: OpenDatabase, sealer: Sealer, notifier: Carrier
) -> Gateway:
    clock, ids, pulse = SystemClock(), UlidIds(), Pulse()
    embedded = None if on_postgresql(settings) else EmbeddedEngine()
    carrier = embedded or ProcrastinateCarrier(clock)
    plan = notice_plan(settings, notifier)
    db = SqlDatabase(database.engine, sealer=sealer, ids=ids, carrier=carrier, plan=plan)
    sharing = share(settings, db, clock)
    client = _client(settings, sharing)
    caller = GatedCaller(client, clock)
    sender, auditor = HttpWebhookSender(clock), Audit(database.engine)
    deps = Deps(
        db=db,
        provider=_provider(settings, caller, clock),
        sender=sender,
        notifier=notifier,
        clock=clock,
        ids=ids,
        phones=sealer,
        budget=sharing.budget,
        auditor=auditor,
        path_keys=sealer.path_keys[: settings.pokea_path_keys],
        rules=_rules(settings),
        prompt_limit=_prompt_limit(settings),
        payment_max=Money.shillings(settings.pokea_payment_max),
        account_pattern=settings.account_pattern,
        livemode=settings.livemode,
        inquirer=inquirer_of(settings, caller, sealer),
        puller=puller_of(settings, caller),
    )
    spool = open_spool(settings, sealer)
    door, inbox = _door(settings, deps, spool)
    web = _web(settings, deps, door, partial(readiness, Health(database.engine), spool, pulse))
    closing = (auditor.close, web.validator.close, sender.close, sharing.close, client.close)
    no_work = partial(_no_work, closing, inbox, spool)

    @asynccontextmanager
    async def work() -> AsyncGenerator[None]:
        async with no_work(), _working(settings, deps, embedded, pulse):
            yield

    return Gateway(
        settings=settings,
        db=db,
        deps=deps,
        app=lambda worker: create_app(web, work if worker else no_work),
        work=work,
        registering=partial(_registering, settings, client, closing),
        close=lambda: _close(db, database, spool, notifier),
    )


def _check_complete(settings: Settings) -> None:
    missing = [
        name
        for name, value in {
            "MPESA_CONSUMER_KEY": settings.mpesa_consumer_key,
            "MPESA_CONSUMER_SECRET": settings.mpesa_consumer_secret.get_secret_value(),
            "MPESA_SHORTCODE": settings.mpesa_shortcode,
            "MPESA_PASSKEY": settings.mpesa_passkey.get_secret_value(),
        }.items()
        if not value
    ]
    if missing:
        raise BadSettings(
            f"{', '.join(missing)} not set. Put them into .env, or try everything without"
            " Safaricom first: pokea demo"
        )


def _client(settings: Settings, sharing: Sharing) -> AsyncClient:
    return AsyncClient(
        base_url=settings.mpesa_base_url or _host(settings.mpesa_env),
        consumer_key=settings.mpesa_consumer_key,
        consumer_secret=settings.mpesa_consumer_secret.get_secret_value(),
        token_cache=sharing.tokens,
    )


def _provider(settings: Settings, client: Caller, clock: SystemClock) -> DarajaProvider:
    return DarajaProvider(
        client=client,
        passkey=Passkey(settings.mpesa_passkey.get_secret_value()),
        base_url=settings.base_url,
        clock=clock,
        plain_http=not settings.livemode,
    )


def _rules(settings: Settings) -> Rules:
    return Rules(
        policy=settings.policy,
        receipt_witness_above=Money.shillings(settings.pokea_receipt_witness_above),
        single_witness_max=Money.shillings(settings.pokea_single_witness_max),
        c2b_only_verified=settings.pokea_c2b_release == "verified",
    )


def _prompt_limit(settings: Settings) -> PromptLimit:
    return PromptLimit(
        prompts=settings.prompts_per_phone,
        within=PROMPTS_WITHIN,
        unpaid_a_day=settings.unpaid_prompts_a_day,
        same_amount_after=settings.same_prompt_after,
    )


def _door(
    settings: Settings, deps: Deps, spool: FileSpool
) -> tuple[CallbackDoor, CallbackInbox]:
    if settings.pokea_failpoint:
        return mortal_door(settings.pokea_failpoint, deps, spool)
    inbox = CallbackInbox(deps, spool)
    return CallbackDoor(deps, inbox), inbox


def _web(
    settings: Settings,
    deps: Deps,
    door: CallbackDoor,
    ready: Callable[[], Awaitable[Readiness]],
) -> Web:
    return Web(
        deps=deps,
        door=door,
        validator=open_validator(settings, deps),
        shortcode=Shortcode(settings.mpesa_shortcode),
        till=Shortcode(settings.mpesa_till) if settings.mpesa_till else None,
        merchant_name=settings.pokea_merchant_name,
        livemode=settings.livemode,
        base_url=settings.base_url,
        allowlist=settings.allowlist,
        trusted_proxies=settings.pokea_trusted_proxies,
        random=secrets.token_bytes,
        ready=ready,
    )


def _close(
    db: SqlDatabase, database: OpenDatabase, spool: FileSpool, notifier: Carrier
) -> None:
    notifier.close()
    spool.close()
    db.close()
    database.close()


@asynccontextmanager
async def _no_work(
    closing: Sequence[Callable[[], Awaitable[None]]], inbox: CallbackInbox, spool: FileSpool
) -> AsyncGenerator[None]:
    async with _closing(closing), moving_spooled(inbox, spool):
        yield


@asynccontextmanager
async def _registering(
    settings: Settings, client: AsyncClient, closing: Sequence[Callable[[], Awaitable[None]]]
) -> AsyncGenerator[Registrar]:
    async with _closing(closing):
        yield DarajaRegistrar(client=client, plain_http=not settings.livemode)


@asynccontextmanager
async def _closing(all_of: Sequence[Callable[[], Awaitable[None]]]) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        for close in reversed(all_of):
            stack.push_async_callback(close)
        yield


@asynccontextmanager
async def _working(
    settings: Settings, deps: Deps, embedded: EmbeddedEngine | None, pulse: Pulse
) -> AsyncGenerator[None]:
    courier = Courier(deps)
    hands, sweep = Hands(deps, courier), Sweep(deps)
    loops: dict[str, Run] = {}
    if embedded is not None:
        loops["embedded"] = partial(embedded.run, deps.db, deps.clock, hands.finish)
    else:
        for kind in WorkKind:
            worker = ProcrastinateWorker(libpq_url(settings), kind, hands.begin, sweep)
            loops[kind.value] = worker.run
    await start_routines(settings, deps)
    pulse.expected = True
    running = [asyncio.create_task(keep_running(*loop, pulse)) for loop in loops.items()]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(courier.close(), hands.close())


def _host(env: MpesaEnv) -> str:
    return Environment.PRODUCTION if env is MpesaEnv.PRODUCTION else Environment.SANDBOX
