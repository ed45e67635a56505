"""Safaricom asks before money comes: what is answered, by whom, how soon, and what is kept."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from harness.by_hand import question
from harness.examples import ACCOUNT, NOW, PHONE, named
from harness.world import World
from pokea.daraja.values import BillReference
from pokea.domain.customer import Customer
from pokea.domain.ids import CustomerId, ShortcodeId
from pokea.domain.validation import RefusedFor, ValidationRules
from pokea.flows.errors import Unavailable
from pokea.flows.ports import Database, HookFailed, Tx
from pokea.flows.validate_payment import WITHIN_S, HookTerms, Validator
from pokea.flows.validation_log import KEPT_FOR
from pokea.store.tables import validations

pytestmark = pytest.mark.anyio

Result = TypeVar("Result")
KNOWN_ONLY = ValidationRules(known_accounts_only=True)
FOREVER_S = 60


@dataclass
class Hook:
    """A merchant's hook that says what a test wrote down."""

    says: object = True
    takes_s: float = 0
    fails: bool = False
    asked: list[Mapping[str, object]] = field(default_factory=list[Mapping[str, object]])
    closed: bool = False

    async def ask(self, question_id: str, question: Mapping[str, object]) -> object:
        """The scripted word."""
        assert question["id"] == question_id
        self.asked.append(question)
        await asyncio.sleep(self.takes_s)
        if self.fails:
            raise HookFailed("ConnectError")
        return self.says

    async def close(self) -> None:
        """Remember that it was let go."""
        self.closed = True


@dataclass
class SlowReads:
    """A database that answers too late, or says at once that it is away."""

    inner: Database
    takes_s: float = FOREVER_S
    away: bool = False

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        """As ever."""
        return await self.inner.write(work)

    async def read(self, work: Callable[[Tx], Result]) -> Result:
        """Late, or not at all."""
        if self.away:
            raise Unavailable
        await asyncio.sleep(self.takes_s)
        return await self.inner.read(work)


class Asked(Validator):
    """A validator that knows which shortcode a test is about."""

    shortcode_id = ShortcodeId("")


def validator(
    world: World, rules: ValidationRules | None = None, db: Database | None = None, **terms: Any
) -> Asked:
    deps = world.deps if db is None else replace(world.deps, db=db)
    made = Asked(deps, rules or ValidationRules(), HookTerms(**terms))
    made.shortcode_id = world.collector.id
    return made


async def answer(
    asked: Asked, body: bytes | None = None, *, listed: bool = True
) -> tuple[bool, str]:
    ruling = await asked.answer(asked.shortcode_id, body or question(), ip_listed=listed)
    return ruling.accepted, ruling.because


def kept(world: World) -> list[tuple[str | None, str, str]]:
    rows = world.rows(validations)
    return [(row.refused_for, row.decided_by, row.because) for row in rows]


def knows(world: World, number: str) -> CustomerId:
    customer = Customer(
        id=CustomerId(named("cus", 1)),
        account_id=ACCOUNT,
        livemode=False,
        created_at=NOW,
        number=BillReference(number),
    )
    world.db.write_here(lambda tx: tx.customers.add(customer))
    return customer.id


# ── what the gateway itself knows ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("account", "amount", "refused_for", "because"),
    [
        ("INV-1", "100.00", None, "payment"),
        ("inv 1", "100", None, "payment"),
        ("INV-1", "99", RefusedFor.AMOUNT, "amount_differs"),
        ("order-7", "100", None, "payment"),
        ("adm 1042", "77", None, "customer"),
        ("INV-2", "100", RefusedFor.ACCOUNT, "unknown_account"),
        ("", "100", RefusedFor.ACCOUNT, "unknown_account"),
        ("---", "100", RefusedFor.ACCOUNT, "unknown_account"),
    ],
)
async def test_accounts_are_known_by_payment_and_by_customer(
    world: World, account: str, amount: str, refused_for: RefusedFor | None, because: str
) -> None:
    await world.asks(100, phone=None, reference="order-7")
    knows(world, "ADM/1042")

    ruling = await validator(world, KNOWN_ONLY).answer(
        world.collector.id, question(account, amount), ip_listed=True
    )

    assert (ruling.refused_for, ruling.because) == (refused_for, because)


async def test_a_payment_that_has_ended_needs_another_number(world: World) -> None:
    await world.asks(100, phone=None)
    asked = validator(world)
    before = await answer(asked)
    await world.passes(minutes=16)

    assert before == (True, "payment")
    assert await answer(asked) == (False, "payment_has_ended")


async def test_an_unknown_account_may_pay_unless_the_merchant_says_otherwise(
    world: World,
) -> None:
    assert await answer(validator(world)) == (True, "unknown_account")
    assert await answer(validator(world, KNOWN_ONLY)) == (False, "unknown_account")


async def test_nothing_is_posted_and_no_event_is_told(world: World) -> None:
    await world.asks(100, phone=None)
    before = world.counts()

    await answer(validator(world))

    assert world.counts() == before


# ── the merchant's hook ──────────────────────────────────────────────────────────────────


async def test_the_hook_has_the_last_word_on_what_rules_let_through(world: World) -> None:
    await world.asks(100, phone=None)
    hook = Hook(says={"accept": False, "reason": "kyc"})

    asked = validator(world, hook=hook)

    ruling = await asked.answer(world.collector.id, question(), ip_listed=True)

    assert (ruling.refused_for, ruling.because) == (RefusedFor.KYC, "hook")


async def test_the_hook_may_know_an_account_that_nobody_here_knows(world: World) -> None:
    assert await answer(validator(world, KNOWN_ONLY, hook=Hook())) == (True, "hook")


async def test_the_hook_is_not_asked_about_what_the_rules_refuse(world: World) -> None:
    await world.asks(100, phone=None)
    hook = Hook()

    refused = await answer(validator(world, hook=hook), question(amount="99"))

    assert refused == (False, "amount_differs")
    assert hook.asked == []


async def test_the_hook_is_told_what_is_known_and_no_phone_number(world: World) -> None:
    attempt = await world.opens(100)
    customer = knows(world, "INV-1")
    hook = Hook()
    asked = validator(world, hook=hook)

    await answer(asked)
    await answer(asked, question(MSISDN=PHONE.digits))

    first, second = hook.asked
    assert first == {
        "type": "c2b.validation",
        "id": first["id"],
        "timestamp": "2026-01-15T09:30:00.000Z",
        "livemode": False,
        "shortcode": "174379",
        "account": "INV-1",
        "amount": "100.00",
        "currency": "KES",
        "receipt": "UAF7X2K9QP",
        "phone": "2547*****678",
        "phone_token": None,
        "payments": [attempt.payment_id],
        "customer": customer,
    }
    assert second["phone_token"] == attempt.phone_token
    assert PHONE.digits not in str(hook.asked)


@pytest.mark.parametrize(
    ("hook", "because"),
    [
        (Hook(fails=True), "hook_failed"),
        (Hook(says="yes"), "hook_unclear"),
        (Hook(says={"accept": "no"}), "hook_unclear"),
        (Hook(takes_s=FOREVER_S), "hook_late"),
    ],
    ids=["fails", "a word", "half an answer", "hangs"],
)
@pytest.mark.parametrize("accept", [True, False])
async def test_a_hook_without_an_answer_leaves_the_stated_default(
    world: World, hook: Hook, because: str, *, accept: bool
) -> None:
    asked = validator(world, hook=hook, timeout_s=0.05, accept_by_default=accept)

    assert await answer(asked) == (accept, because)


async def test_the_hook_is_let_go_with_the_gateway(world: World) -> None:
    hook = Hook()

    await validator(world, hook=hook).close()

    assert hook.closed


# ── time ─────────────────────────────────────────────────────────────────────────────────


async def timed(asked: Asked) -> tuple[float, tuple[bool, str]]:
    clock = asyncio.get_running_loop().time
    begun = clock()
    answered = await answer(asked)
    return clock() - begun, answered


async def test_a_database_that_hangs_leaves_the_default_within_a_second(world: World) -> None:
    asked = validator(world, db=SlowReads(world.deps.db), accept_by_default=False)

    took_s, answered = await timed(asked)

    assert answered == (False, "database")
    assert WITHIN_S - 0.1 < took_s < WITHIN_S + 1


async def test_a_database_that_hangs_leaves_the_hook_its_time(world: World) -> None:
    hook = Hook(says=False)
    asked = validator(world, db=SlowReads(world.deps.db), hook=hook, timeout_s=0.8)

    _, answered = await timed(asked)

    assert answered == (False, "hook")
    assert hook.asked[0]["livemode"] is None


async def test_both_that_hang_together_still_leave_the_default_in_time(world: World) -> None:
    slow, hook = SlowReads(world.deps.db), Hook(takes_s=FOREVER_S)

    took_s, answered = await timed(validator(world, db=slow, hook=hook, timeout_s=0.8))

    assert answered == (True, "hook_late")
    assert took_s < WITHIN_S + 1


async def test_a_database_that_is_away_is_not_waited_for(world: World) -> None:
    asked = validator(world, db=SlowReads(world.deps.db, away=True))

    assert await answer(asked) == (True, "database")


# ── who asks, and what ───────────────────────────────────────────────────────────────────


async def test_a_stranger_is_told_the_same_about_every_account(world: World) -> None:
    await world.asks(100, phone=None)
    hook = Hook(says=False)
    asked = validator(world, KNOWN_ONLY, hook=hook)

    answers = [
        await answer(asked, body, listed=False)
        for body in (question(), question("INV-2"), question(amount="1"), b"nonsense")
    ]

    assert answers == [(True, "address_not_listed")] * 4
    assert hook.asked == []
    await asked.close()
    assert kept(world) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"\xff", b'{"TransID": "UAF7X2K9QP"}', question(TransAmount="1,000")],
    ids=repr,
)
async def test_what_cannot_be_read_is_answered_by_default(world: World, body: bytes) -> None:
    asked = validator(world, accept_by_default=False)

    ruling = await asked.answer(world.collector.id, body, ip_listed=True)

    assert (ruling.accepted, ruling.because) == (False, "malformed")
    await asked.close()
    assert kept(world) == [("other", "default", "malformed")]


async def test_a_path_without_a_row_is_answered_by_default(world: World) -> None:
    ruling = await validator(world).answer(
        ShortcodeId(named("sc", 9)), question(), ip_listed=True
    )

    assert (ruling.accepted, ruling.because) == (True, "database")


# ── the log ──────────────────────────────────────────────────────────────────────────────


async def test_answers_are_kept_with_their_reason_and_their_sealed_question(
    world: World,
) -> None:
    await world.asks(100, phone=None)
    asked = validator(world)
    await answer(asked)
    await answer(asked, question(amount="99"))
    await asked.close()

    rows = world.rows(validations)
    named = [(row.account_id, row.shortcode_id) for row in rows]
    assert named == [(ACCOUNT, world.collector.id)] * 2
    assert kept(world) == [(None, "rules", "payment"), ("amount", "rules", "amount_differs")]
    assert all(0 <= row.elapsed_ms < 10_000 for row in rows)
    assert all(b"INV-1" not in row.body_sealed for row in rows)


async def test_the_log_forgets_what_is_old(world: World) -> None:
    asked = validator(world)
    await answer(asked)
    await asked.close()
    world.clock.advance(KEPT_FOR + timedelta(seconds=1))
    await answer(asked, question(amount="7"))
    await asked.close()

    assert len(kept(world)) == 1


async def test_a_log_that_cannot_be_written_costs_no_answer(world: World) -> None:
    asked = validator(world)
    world.watched.is_away = True

    answers = [await answer(asked) for _ in range(3)]
    await asked.close()

    assert answers == [(True, "unknown_account")] * 3
    assert kept(world) == []
