"""A database that hangs, is full, read-only or gone is unavailable: never a 500, no waits."""

import socket
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine, text

from harness.databases import sqlalchemy_url
from harness.examples import CountingIds, a_payment
from harness.stores import KEY, Handed, open_store
from pokea.flows.errors import Unavailable
from pokea.flows.ports import Tx
from pokea.store.database import SqlDatabase, SqlTx, open_engine
from pokea.store.health import (
    Found,
    Health,
    Standing,
    is_durable,
    is_migrated,
    standing,
)
from pokea.store.sealing import Sealer


@contextmanager
def store_on(engine: Engine, *, patience_s: float = 20) -> Generator[SqlDatabase]:
    """A store over an engine of the test's own."""
    db = SqlDatabase(
        engine, sealer=Sealer([KEY]), ids=CountingIds(), carrier=Handed(), patience_s=patience_s
    )
    yield db
    db.close()


def let(url: str, change: str) -> None:
    """Change the defaults of a database, as its administrator would."""
    with open_store(url) as db, db.engine.connect() as connection:
        name = connection.execute(text("select current_database()")).scalar_one()
        connection.execute(text(f"alter database {name} set {change}"))
        connection.commit()


def sleep(tx: Tx) -> None:
    """Work that takes a second."""
    assert isinstance(tx, SqlTx)
    tx.connection.execute(text("select pg_sleep(1)"))


@pytest.fixture
def silent_url() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql+psycopg://nobody@127.0.0.1:{server.getsockname()[1]}/none"


def test_every_connection_waits_for_the_disk_and_not_for_ever(postgresql_url: str) -> None:
    let(postgresql_url, "synchronous_commit = off")

    with open_store(postgresql_url) as db, db.engine.connect() as connection:
        names = ("synchronous_commit", "statement_timeout", "lock_timeout")
        shown = {name: connection.execute(text(f"show {name}")).scalar_one() for name in names}

    assert shown == {
        "synchronous_commit": "on",
        "statement_timeout": "15s",
        "lock_timeout": "10s",
    }


def test_a_host_that_vanished_is_noticed(postgresql_url: str) -> None:
    engine = open_engine(sqlalchemy_url(postgresql_url))

    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        told = driver.info.get_parameters()
    engine.dispose()

    assert {name: told[name] for name in ("tcp_user_timeout", "keepalives_idle")} == {
        "tcp_user_timeout": "15000",
        "keepalives_idle": "5",
    }


def test_a_read_only_database_is_unavailable_and_not_fit_for_money(postgresql_url: str) -> None:
    let(postgresql_url, "default_transaction_read_only = on")

    with open_store(postgresql_url) as db:
        with pytest.raises(Unavailable):
            db.write_here(lambda tx: tx.payments.add(a_payment()))
        assert standing(db.engine) is Standing.AWAY
        assert is_migrated(db.engine)


def test_a_disk_that_refuses_in_a_way_without_a_name_is_unavailable(
    postgresql_url: str,
) -> None:
    refusal = (
        "do $$ begin raise exception 'could not extend file: Disk quota exceeded'"
        " using errcode = 'internal_error'; end $$"
    )

    def over_quota(tx: Tx) -> None:
        assert isinstance(tx, SqlTx)
        tx.connection.execute(text(refusal))

    with open_store(postgresql_url) as db, pytest.raises(Unavailable):
        db.write_here(over_quota)


def test_after_a_failover_the_old_primary_is_left(postgresql_url: str) -> None:
    with open_store(postgresql_url) as db:
        with db.engine.connect() as connection:
            before = connection.execute(text("select pg_backend_pid()")).scalar_one()
        with pytest.raises(Unavailable):
            db.write_here(set_aside)

        with db.engine.connect() as connection:
            after = connection.execute(text("select pg_backend_pid()")).scalar_one()

    assert before != after


def set_aside(tx: Tx) -> None:
    """Write on a primary that has become a standby meanwhile."""
    assert isinstance(tx, SqlTx)
    tx.connection.execute(text("set transaction read only"))
    tx.payments.add(a_payment())


def test_a_connection_that_an_administrator_ended_is_unavailable(postgresql_url: str) -> None:
    def end_it(tx: Tx) -> None:
        assert isinstance(tx, SqlTx)
        tx.connection.execute(text("select pg_terminate_backend(pg_backend_pid())"))

    with open_store(postgresql_url) as db:
        with pytest.raises(Unavailable):
            db.write_here(end_it)
        db.write_here(lambda tx: tx.payments.add(a_payment()))


def test_without_a_free_connection_it_is_unavailable(postgresql_url: str) -> None:
    engine = create_engine(
        sqlalchemy_url(postgresql_url), pool_size=1, max_overflow=0, pool_timeout=0.1
    )

    with store_on(engine) as db, engine.connect():
        with pytest.raises(Unavailable):
            db.write_here(lambda tx: tx.payments.get(a_payment().id))
        assert not is_durable(engine)


@pytest.mark.anyio
async def test_nobody_waits_for_ever_for_a_silent_database(postgresql_url: str) -> None:
    with store_on(open_engine(sqlalchemy_url(postgresql_url)), patience_s=0.1) as db:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await db.write(sleep)
        with pytest.raises(Unavailable):
            await db.read(sleep)

        assert time.monotonic() - started < 0.9


@pytest.mark.anyio
async def test_a_probe_of_a_silent_database_says_not_ready_in_time(silent_url: str) -> None:
    health = Health(open_engine(silent_url), within_s=0.2)
    started = time.monotonic()

    first, second = await health.look(), await health.look()

    assert first == second == Found(standing=Standing.AWAY, migrated=False)
    assert time.monotonic() - started < 2


@pytest.mark.anyio
async def test_a_database_of_ours_is_ready(database_url: str) -> None:
    with open_store(database_url) as db:
        found = await Health(db.engine).look()
        assert found == Found(standing=Standing.FIT, migrated=True)
