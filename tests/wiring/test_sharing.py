"""What processes share: one token and one budget; and each its own if it must."""

from collections.abc import AsyncGenerator, Generator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from harness.examples import NOW, SHORTCODE
from harness.fakes import StageClock
from harness.redis_server import redis_server
from harness.stores import open_store
from pokea.daraja.tokens import MemoryTokenCache, Token, TokenCache
from pokea.domain.query_budget import QUESTION, Urgency
from pokea.settings import Settings, read_settings
from pokea.store.database import SqlDatabase
from pokea.wiring.budget import OwnPurse
from pokea.wiring.redis_sharing import RedisPurse, redis_tokens
from pokea.wiring.sharing import Sharing, share
from pokea.wiring.tokens import postgresql_tokens

pytestmark = pytest.mark.anyio

TOKEN = Token(value="c9SQxWWhmdVRlyh0zh8gZDTkubVF", renew_at=NOW + timedelta(hours=1))
NOWHERE = "unix:///nowhere/redis.sock"
CUSTOMER = Urgency.CUSTOMER


@pytest.fixture
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["redis", "postgresql"])
def both(request: pytest.FixtureRequest) -> list[TokenCache]:
    """The caches of two processes."""
    if request.param == "redis":
        url: str = request.getfixturevalue("redis_url")
        return [redis_tokens(url), redis_tokens(url)]
    url = request.getfixturevalue("postgresql_url")
    return [postgresql_tokens(url), postgresql_tokens(url)]


def test_one_process_uses_the_token_that_another_minted(both: list[TokenCache]) -> None:
    one, other = both

    one.store("app", TOKEN)

    assert other.load("app") == TOKEN


def test_only_one_process_mints_at_a_time(both: list[TokenCache]) -> None:
    one, other = both
    one.discard("app", TOKEN.value)

    assert one.lease("app", "one", NOW)
    assert not other.lease("app", "other", NOW)
    one.release("app", "one")
    assert other.lease("app", "other", NOW)
    other.release("app", "other")


@pytest.mark.parametrize("kind", ["redis", "postgresql"])
def test_a_cache_that_is_away_leaves_each_process_its_own_token(kind: str) -> None:
    caches = {
        "redis": lambda: redis_tokens(NOWHERE),
        "postgresql": lambda: postgresql_tokens("postgresql://127.0.0.1:9/nowhere"),
    }
    cache = caches[kind]()

    with capture_logs() as logs:
        assert cache.lease("app", "me", NOW)
        cache.store("app", TOKEN)
        assert cache.load("app") == TOKEN
        cache.discard("app", TOKEN.value)
        cache.release("app", "me")

    assert cache.load("app") is None
    assert {one["event"] for one in logs} == {"tokens.not_shared"}


@pytest.fixture
async def two_purses(redis_url: str) -> AsyncGenerator[tuple[RedisPurse, RedisPurse]]:
    own = OwnPurse(120, StageClock())
    purses = RedisPurse(120, redis_url, own), RedisPurse(120, redis_url, own)
    yield purses
    for purse in purses:
        await purse.close()


async def test_processes_count_in_redis_together_and_keep_the_reserves(
    two_purses: tuple[RedisPurse, RedisPurse],
) -> None:
    async def count(urgency: Urgency) -> int:
        had, turn = 0, 0
        while not await two_purses[turn % 2].take(SHORTCODE, urgency, QUESTION):
            had, turn = had + 1, turn + 1
        return had

    counted = [await count(urgency) for urgency in (Urgency.SPARE, Urgency.DOUBT, CUSTOMER)]

    assert counted == [60, 30, 30]
    wait = await two_purses[0].take(SHORTCODE, CUSTOMER, QUESTION)
    assert wait == timedelta(seconds=0.5)


async def test_without_redis_each_process_counts_for_itself() -> None:
    purse = RedisPurse(120, NOWHERE, OwnPurse(120, StageClock()))

    with capture_logs() as logs:
        had = 0
        while not await purse.take(SHORTCODE, CUSTOMER, QUESTION):
            had += 1
    await purse.close()

    assert had == 40
    assert logs[0]["event"] == "queries.not_shared"


# ── which of them these settings ask for ─────────────────────────────────────────────────


@pytest.fixture
def db(database_url: str) -> Generator[SqlDatabase]:
    with open_store(database_url) as store:
        yield store


def settings(url: str, folder: Path, **more: str) -> Settings:
    return read_settings(
        _env_file=None, database_url=url, pokea_data_dir=folder, mpesa_env="sandbox", **more
    )


async def taken_by_two(sharing: list[Sharing]) -> int:
    """How many questions two processes have together."""
    had = 0
    for one in sharing:
        while not await one.budget.take(SHORTCODE, CUSTOMER):
            had += 1
        await one.close()
    return had


async def test_on_postgresql_two_processes_have_one_budget_and_one_token(
    postgresql_url: str, tmp_path: Path
) -> None:
    with open_store(postgresql_url) as db:
        wanted = settings(postgresql_url, tmp_path, pokea_queries_per_minute="120")
        both = [share(wanted, db, StageClock()) for _ in range(2)]
        both[0].tokens.store("app", TOKEN)

        assert both[1].tokens.load("app") == TOKEN
        assert await taken_by_two(both) == 40


async def test_with_redis_the_budget_and_the_token_are_there(
    db: SqlDatabase, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    more = {"redis_url": redis_url, "pokea_queries_per_minute": "7"}
    wanted = settings(database_url, tmp_path, **more)
    both = [share(wanted, db, StageClock()) for _ in range(2)]
    both[0].tokens.store("app", TOKEN)

    assert both[1].tokens.load("app") == TOKEN
    assert await taken_by_two(both) == 7


async def test_one_process_on_sqlite_needs_nobody(sqlite_url: str, tmp_path: Path) -> None:
    with open_store(sqlite_url) as db:
        sharing = share(settings(sqlite_url, tmp_path), db, StageClock())

        assert isinstance(sharing.tokens, MemoryTokenCache)
        assert await taken_by_two([sharing]) == 2
