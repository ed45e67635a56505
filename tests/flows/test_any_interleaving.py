"""L02: whatever arrives, in whatever order, however often, and whenever the process dies.

Hypothesis plays the merchant, customers, Safaricom and bad luck against the whole gateway. The
invariants hold after each step. In the end all money is shown by a statement, what came and
what went, and an auditor who knows nothing but the simulator's truth compares it with
the books.
"""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from harness.auditor import OURS, broken_by
from harness.databases import PostgresTemplate, SqliteTemplate
from harness.outsider import complaints
from harness.stage import Fault, Stage
from harness.world import MERCHANT
from pokea.daraja.values import AccountReference, Money, Msisdn
from pokea.domain.corroboration import Policy, Rules, Witness
from pokea.domain.idempotency import IdempotencyKey
from pokea.domain.ids import PaymentId
from pokea.domain.receipt import ReceiptState
from pokea.flows import spool_callbacks
from pokea.flows.accept_payment import accept_payment
from pokea.flows.cancel_payment import cancel_payment
from pokea.flows.match_by_hand import WantedPart, match_by_hand, unmatch_by_hand
from pokea.flows.open_payment import NewPayment, Opened, open_payment
from pokea.flows.retry_payment import retry_payment
from pokea.simulator.world.plans import Plan

Fresh = Callable[[], AbstractContextManager[str]]

SLOW_ON_PURPOSE: Final = (HealthCheck.too_slow, HealthCheck.data_too_large)

one = st.integers(0, 20)
some = st.lists(one, min_size=1, max_size=4)
phones = st.sampled_from(["254712345678", "254711000222"])
rows = st.sampled_from([Witness.PULL_ROW, Witness.STATEMENT_ROW])
faults: st.SearchStrategy[Fault] = st.sampled_from(
    ["", "", "", "never_sent", "lost_before", "lost_after", "refused"]
)
# Few amounts and few account numbers: what looks alike is what may be confused.
orders = st.builds(
    NewPayment,
    amount=st.sampled_from([Money.shillings(some) for some in (100, 100, 100, 250)]),
    phone=phones.map(Msisdn),
    account_reference=st.sampled_from([AccountReference("INV-1"), AccountReference("INV-2")]),
    allow_partial=st.booleans(),
    expires_in=st.just(timedelta(minutes=10)),
)
# STK Query may deny what is true, as it is reported to; saying "paid" of what is not would make
# Safaricom itself the liar, twice.
plans = st.builds(
    Plan,
    action=st.sampled_from(["wait", "pay", "pay", "pay", "cancel", "off"]),
    after_s=st.sampled_from([1.0, 1.0, 20.0, 50.0]),
    callback=st.sampled_from(["once", "drop", "twice"]),
    callback_amount=st.sampled_from(["", "", "", "half"]),
    late_success_s=st.sampled_from([None, None, 200.0]),
    twin=st.sampled_from(["send", "send", "drop"]),
    query=st.sampled_from(["agree", "agree", "failed", "pending", "error"]),
)
beliefs = st.builds(
    Rules,
    policy=st.sampled_from([Policy.STRICT, Policy.STRICT, Policy.FAST]),
    receipt_witness_above=st.sampled_from([Money.shillings(200), Money.shillings(50_000)]),
    c2b_only_verified=st.sampled_from([False, False, True]),
)


def when(true: Callable[["Interleaving"], object]) -> Any:
    """Only when there is something to do it with."""
    return precondition(lambda machine: bool(true(machine)))


class Interleaving(RuleBasedStateMachine):
    """Everybody, and everything that can happen to a gateway."""

    def __init__(self, database: AbstractContextManager[str]) -> None:
        super().__init__()
        self.database = database
        self.begun: Stage | None = None
        self.asked = 0
        self.opened: list[PaymentId] = []

    @initialize(rules=beliefs, version=st.sampled_from(["v1", "v2"]))
    def begins(self, rules: Rules, version: Literal["v1", "v2"]) -> None:
        self.begun = Stage(self.database.__enter__(), rules)
        self.stage.addresses.version = version

    @property
    def stage(self) -> Stage:
        assert self.begun is not None
        return self.begun

    # ── the merchant ─────────────────────────────────────────────────────────────────

    @rule(wanted=orders, plan=plans, fault=faults)
    def opens(self, wanted: NewPayment, plan: Plan, fault: Fault) -> None:
        self.asked += 1
        key = IdempotencyKey(
            account_id=MERCHANT.account_id,
            livemode=False,
            key=f"order-{self.asked}",
            request_sha256=bytes(32),
        )
        assert wanted.phone is not None
        self.stage.will_do(wanted.phone, plan, fault)
        opened = self.stage.does(open_payment(self.stage.deps, MERCHANT, wanted, key))
        if isinstance(opened, Opened):
            self.opened.append(opened.payment_id)

    @when(lambda it: it.opened)
    @rule(payment=one, phone=phones.map(Msisdn), plan=plans, fault=faults)
    def prompts_again(self, payment: int, phone: Msisdn, plan: Plan, fault: Fault) -> None:
        self.stage.will_do(phone, plan, fault)
        self.stage.does(retry_payment(self.stage.deps, self.payment(payment), phone, None))

    @when(lambda it: it.opened)
    @rule(payment=one)
    def cancels(self, payment: int) -> None:
        account = MERCHANT.account_id
        self.stage.does(cancel_payment(self.stage.deps, account, self.payment(payment)))

    @when(lambda it: it.opened)
    @rule(payment=one)
    def accepts(self, payment: int) -> None:
        self.stage.does(accept_payment(self.stage.deps, MERCHANT, self.payment(payment)))

    @when(lambda it: it.opened and it.stage.money)
    @rule(receipt=one, payment=one)
    def matches(self, receipt: int, payment: int) -> None:
        # Money that may be a prompt's own is left: whoever gives that away knows more.
        found = self.stage.receipt(receipt)
        if found is not None and found.state is not ReceiptState.PARKED:
            part = WantedPart(amount=found.amount, payment_id=self.payment(payment))
            deps = self.stage.deps
            self.stage.does(match_by_hand(deps, MERCHANT, found.id, [part], "a person"))

    @when(lambda it: it.stage.money)
    @rule(receipt=one)
    def takes_back(self, receipt: int) -> None:
        found = self.stage.receipt(receipt)
        if found is not None:
            self.stage.does(unmatch_by_hand(self.stage.deps, MERCHANT, found.id))

    # ── customers ────────────────────────────────────────────────────────────────────

    @when(lambda it: it.stage.prompts)
    @rule(prompt=one, pin=st.sampled_from(["1234", "1234", "0000", ""]))
    def answers(self, prompt: int, pin: str) -> None:
        self.stage.answers(prompt, pin)

    @rule(
        phone=phones,
        shillings=st.sampled_from([100, 100, 250, 40, 60, 300]),
        account=st.sampled_from(["INV-1", "inv 1", "INV-2", "NOBODY"]),
    )
    def pays_by_hand(self, phone: str, shillings: int, account: str) -> None:
        self.stage.pays_by_hand(phone, shillings, account)

    # ── Safaricom, and who pretends to be ────────────────────────────────────────────

    @when(lambda it: it.stage.letters)
    @rule(letters=some, times=st.sampled_from([1, 1, 2]))
    def delivers(self, letters: list[int], times: int) -> None:
        self.stage.delivers(letters * times)

    @when(lambda it: it.stage.letters)
    @rule(letters=some)
    def a_stranger_delivers(self, letters: list[int]) -> None:
        self.stage.delivers(letters, listed=False)

    @when(lambda it: it.stage.letters)
    @rule(letter=one, told=st.sampled_from([0, 5_000, 10_001, 25_000]), listed=st.booleans())
    def delivers_another_amount(self, letter: int, told: int, *, listed: bool) -> None:
        self.stage.delivers_altered(letter, told, listed=listed)

    @when(lambda it: it.stage.money)
    @rule(which=some, witness=rows, payer=st.sampled_from(["nobody", "masked", "whole"]))
    def shows_rows(self, which: list[int], witness: Witness, payer: str) -> None:
        self.stage.shows_rows(which, witness, payer=payer)

    @when(lambda it: it.stage.money)
    @rule(which=one)
    def is_given_back(self, which: int) -> None:
        self.stage.reverses(which)

    @rule(newest_first=st.booleans())
    def the_statement_is_imported(self, *, newest_first: bool) -> None:
        self.stage.imports(newest_first=newest_first)

    @rule(seconds=st.sampled_from([2, 2, 30, 70, 70, 200, 700, 1200]))
    def time_passes(self, seconds: int) -> None:
        self.stage.passes(seconds)

    # ── bad luck, and the end ────────────────────────────────────────────────────────

    @rule(moments=st.integers(1, 6))
    def will_die_soon(self, moments: int) -> None:
        self.stage.gateway.fuse.left = moments

    @invariant()
    def the_books_hold(self) -> None:
        """After each step; the auditor comes at the end."""
        if self.begun is not None:
            found = broken_by(self.begun.gateway.db.engine, OURS)
            assert not found, "\n".join(found)

    @override
    def teardown(self) -> None:
        if self.begun is None:
            return
        try:
            self.comes_to_rest()
            found = complaints(self.stage)
            assert not found, "\n".join(found)
        finally:
            self.stage.close()
            self.database.__exit__(None, None, None)

    def comes_to_rest(self) -> None:
        """Everybody is asked, and then all money is shown."""
        self.stage.gateway.fuse.left = 0
        self.stage.passes(3600)
        self.stage.shows_rows(range(len(self.stage.money)), Witness.STATEMENT_ROW)
        self.stage.passes(3600)
        self.stage.imports(newest_first=False)
        self.stage.passes(60)

    def payment(self, number: int) -> PaymentId:
        return self.opened[number % len(self.opened)]


def plays(fresh: Fresh, *, programs: int, steps: int) -> None:
    """Many programs, the same ones in every run."""

    class Played(Interleaving):
        def __init__(self) -> None:
            super().__init__(fresh())

    run_state_machine_as_test(
        Played,
        settings=settings(
            max_examples=programs,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=SLOW_ON_PURPOSE,
        ),
    )


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine must not change a story: nothing here ever goes to the spool."""
    monkeypatch.setattr(spool_callbacks, "DATABASE_S", 60)


@pytest.fixture
def files(sqlite_template: SqliteTemplate, tmp_path: Path) -> Fresh:
    @contextmanager
    def fresh() -> Generator[str]:
        with TemporaryDirectory(dir=tmp_path) as folder:
            yield sqlite_template.fresh(Path(folder))

    return fresh


def test_any_order_of_news_ends_in_true_books(
    files: Fresh,
) -> None:
    plays(files, programs=40, steps=25)


def test_any_order_of_news_ends_in_true_books_on_postgresql(
    postgres_template: PostgresTemplate,
) -> None:
    plays(postgres_template.fresh, programs=8, steps=25)


@pytest.mark.prove
def test_any_long_story_ends_in_true_books(
    files: Fresh,
) -> None:
    plays(files, programs=2000, steps=50)
