"""The migrations make exactly the tables that the code knows, also from several processes."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlalchemy.sql.schema import SchemaItem

from harness.databases import PostgresTemplate, sqlalchemy_url
from pokea.engine.procrastinate import apply_schema
from pokea.store.database import open_engine
from pokea.store.health import is_migrated
from pokea.store.migrate import upgrade
from pokea.store.tables import metadata


@pytest.fixture
def engine(database_url: str) -> Generator[Engine]:
    engine = open_engine(sqlalchemy_url(database_url))
    yield engine
    engine.dispose()


def ours(_item: SchemaItem, name: str | None, kind: str, _reflected: bool, _to: object) -> bool:  # noqa: FBT001 - Alembic's own signature
    engines_own = kind == "table" and (name or "").startswith("procrastinate_")
    return not engines_own


def test_migrations_and_tables_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": ours}
        )
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_the_unique_indexes_that_money_needs_are_there(engine: Engine) -> None:
    names = {
        index["name"]
        for table in ("attempts", "events")
        for index in inspect(engine).get_indexes(table)
        if index["unique"]
    }

    assert names >= {
        "uq_attempts_one_in_flight",
        "uq_attempts_checkout_request_id",
        "uq_events_one_success",
    }


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    if engine.dialect.name == "postgresql":
        apply_schema(engine)

    assert is_migrated(engine)


def test_processes_that_start_at_once_migrate_once(
    postgres_template: PostgresTemplate,
) -> None:
    def start(url: str) -> bool:
        engine = open_engine(sqlalchemy_url(url))
        upgrade(engine)
        apply_schema(engine)
        migrated = is_migrated(engine)
        engine.dispose()
        return migrated

    with postgres_template.empty() as url, ThreadPoolExecutor(4) as pool:
        assert all(pool.map(start, [url] * 4))
