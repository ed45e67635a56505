"""What a stolen disk tells: no phone, no name, no secret, in any spelling or encoding."""

import base64
import subprocess
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from harness.by_hand import question
from harness.callbacks import paid_body
from harness.examples import ACCOUNT, NOW, PHONE, SECRET, named
from harness.postgres import programs
from harness.world import SHOP, World, a_world
from pokea.daraja.values import BillReference
from pokea.domain.customer import Customer
from pokea.domain.ids import CustomerId
from pokea.domain.notice import Channel, NoticePlan
from pokea.domain.validation import ValidationRules
from pokea.flows.keep_customers import erase_customer
from pokea.flows.ports import Accepted, SaysPaid
from pokea.flows.retry_payment import retry_payment
from pokea.flows.validate_payment import HookTerms, Validator
from pokea.store.tables import customers, validations

PLAN = NoticePlan(customers=frozenset({Channel.PHONE}))

pytestmark = pytest.mark.anyio

CANARIES = (
    PHONE.digits.encode(),
    PHONE.digits[3:].encode(),
    SECRET.encode(),
    SECRET.removeprefix("whsec_").encode(),
    base64.b64decode(SECRET.removeprefix("whsec_")),
    b"WANJIKU MWANGI",
    b"stkCallback",
    b"BillRefNumber",
    b"wanjiku.mwangi",
)


WANJIKU = Customer(
    id=CustomerId(named("cus", 1)),
    account_id=ACCOUNT,
    livemode=False,
    created_at=NOW,
    number=BillReference(PHONE.digits),
    name="WANJIKU MWANGI",
    phone=PHONE,
    email="wanjiku.mwangi@example.com",
    metadata={"guardian": "WANJIKU MWANGI"},
)


async def ask_about_money(world: World) -> None:
    """Safaricom asks about money by hand; the question is kept."""
    validator = Validator(world.deps, ValidationRules(), HookTerms())
    body = question(PHONE.digits, FirstName="WANJIKU MWANGI", MSISDN=PHONE.digits)
    await validator.answer(world.collector.id, body, ip_listed=True)
    await validator.close()
    assert world.rows(validations)


async def live_a_little(world: World) -> None:
    world.db.write_here(lambda tx: tx.endpoints.add(SHOP, NOW))
    world.db.write_here(lambda tx: tx.customers.add(WANJIKU))
    await ask_about_money(world)
    world.provider.otherwise = SaysPaid()
    first = await world.opens()
    await world.hears_failed(first)
    await retry_payment(world.deps, first.payment_id, PHONE, None)
    second = await world.attempt_of(first.payment_id)
    named = {"FirstName": "WANJIKU MWANGI"}
    await world.hears(second, paid_body(second, world.clock.now(), items=named))
    await world.hears(second, b"WANJIKU MWANGI 254712345678")
    await world.passes(minutes=5)
    assert "payment.succeeded" in world.told()
    assert world.rows_of_notices()


def told(stolen: bytes) -> list[bytes]:
    """The canaries in a stolen file, as they are or in hexadecimal."""
    return [one for one in CANARIES if one in stolen or one.hex().encode() in stolen]


def read_files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.glob("pokea.db*")))


def dump(database: str) -> bytes:
    url = make_url(database)
    command = [programs() / "pg_dump", "-h", str(url.host), "-p", str(url.port)]
    command += ["-U", str(url.username), "--inserts", str(url.database)]
    return subprocess.run(command, check=True, capture_output=True).stdout


async def test_the_sqlite_file_and_its_log_tell_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with a_world(sqlite_url, plan=PLAN) as world:
        await live_a_little(world)
        stolen = read_files(tmp_path)

    assert b"payment.succeeded" in stolen
    assert told(stolen) == []


async def test_a_dump_of_postgresql_tells_nothing(postgresql_url: str) -> None:
    async with a_world(postgresql_url, plan=PLAN) as world:
        await live_a_little(world)
        stolen = dump(postgresql_url)

    assert b"payment.succeeded" in stolen
    assert told(stolen) == []


async def test_safaricoms_id_does_not_tell_the_phone_it_ends_with(postgresql_url: str) -> None:
    async with a_world(postgresql_url) as world:
        world.provider.pushes = [
            Accepted(
                checkout_request_id=f"ws_CO_15012026123000520{PHONE.digits[3:]}",
                merchant_request_id="29115-34620561-1",
            )
        ]
        await world.opens()

        assert told(dump(postgresql_url)) == []


async def test_what_is_erased_is_in_no_file_once_space_is_reclaimed(
    database_url: str, tmp_path: Path
) -> None:
    async with a_world(database_url) as world:
        world.db.write_here(lambda tx: tx.customers.add(WANJIKU))
        (row,) = world.rows(customers)
        sealed: list[bytes] = [row.person_sealed, row.number_index, row.phone_index]
        before = stolen_from(world, tmp_path)
        await erase_customer(world.deps, ACCOUNT, WANJIKU.id, livemode=False)
        reclaim(world)
        after = stolen_from(world, tmp_path)

    assert all(holds(before, one) for one in sealed)
    assert not any(holds(after, one) for one in sealed)
    assert holds(after, WANJIKU.id.encode())


def stolen_from(world: World, folder: Path) -> bytes:
    """A stolen file of SQLite, or a stolen dump of PostgreSQL."""
    if world.db.engine.dialect.name == "sqlite":
        return read_files(folder)
    return dump(world.db.engine.url.render_as_string(hide_password=False))


def holds(stolen: bytes, secret: bytes) -> bool:
    return secret in stolen or secret.hex().encode() in stolen


def reclaim(world: World) -> None:
    """What an operator does now and then, and PostgreSQL by itself."""
    engine = world.db.engine
    raw = engine.raw_connection()
    try:
        if engine.dialect.name == "sqlite":
            raw.cursor().execute("VACUUM")
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            raw.driver_connection.autocommit = True  # pyright: ignore[reportOptionalMemberAccess]
            raw.cursor().execute("VACUUM FULL customers")
    finally:
        raw.close()
