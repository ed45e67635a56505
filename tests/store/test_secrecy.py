"""What a stolen disk tells: no phone, no name, no secret, in any spelling or encoding."""

import base64
import subprocess
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from harness.callbacks import paid_body
from harness.examples import NOW, PHONE, SECRET
from harness.postgres import programs
from harness.world import SHOP, World, a_world
from pokea.domain.notice import Channel, NoticePlan
from pokea.flows.ports import Accepted, SaysPaid
from pokea.flows.retry_payment import retry_payment

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
)


async def live_a_little(world: World) -> None:
    world.db.write_here(lambda tx: tx.endpoints.add(SHOP, NOW))
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
