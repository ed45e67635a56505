"""A database knows its keys: another ring is refused at the start, not at the first payment."""

from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from harness.databases import sqlalchemy_url
from pokea.settings import BadSettings, Settings, read_settings
from pokea.store.database import open_engine
from pokea.store.key_ring import sealer_of
from pokea.store.tables import key_checks

OLD, NEW, OTHER = (bytes(range(start, start + 32)).hex() for start in (0, 40, 80))


@pytest.fixture
def engine(database_url: str) -> Generator[Engine]:
    engine = open_engine(sqlalchemy_url(database_url))
    yield engine
    engine.dispose()


def with_keys(keys: str, folder: Path) -> Settings:
    """Settings with a key ring, or with none and a data folder for the key file."""
    return read_settings(
        mpesa_env="simulator",
        mpesa_base_url="http://127.0.0.1:9",
        pokea_secret_keys=keys,
        pokea_data_dir=folder,
    )


def test_the_same_ring_is_accepted_again(engine: Engine, tmp_path: Path) -> None:
    first, again = (sealer_of(with_keys(OLD, tmp_path), engine) for _ in range(2))

    assert first.key_id == again.key_id
    with engine.connect() as connection:
        assert connection.execute(select(key_checks.c.key_id)).scalars().all() == [first.key_id]


def test_another_ring_is_refused_and_the_lost_key_named(engine: Engine, tmp_path: Path) -> None:
    lost = sealer_of(with_keys(OLD, tmp_path), engine).key_id

    with pytest.raises(BadSettings, match=f"the key {lost}, which is not there. Put that key"):
        sealer_of(with_keys(OTHER, tmp_path), engine)


def test_a_new_key_before_the_old_one_is_accepted(engine: Engine, tmp_path: Path) -> None:
    sealer_of(with_keys(OLD, tmp_path), engine)

    sealer_of(with_keys(f"{NEW},{OLD}", tmp_path), engine)
    sealer_of(with_keys(f"{NEW},{OLD}", tmp_path), engine)


def test_no_key_that_ever_sealed_may_be_dropped(engine: Engine, tmp_path: Path) -> None:
    sealer_of(with_keys(OLD, tmp_path), engine)
    sealer_of(with_keys(f"{NEW},{OLD}", tmp_path), engine)

    for left in (OLD, NEW):
        with pytest.raises(BadSettings, match="does not open this database"):
            sealer_of(with_keys(left, tmp_path), engine)


def test_a_new_key_after_the_old_one_is_refused(engine: Engine, tmp_path: Path) -> None:
    sealer_of(with_keys(OLD, tmp_path), engine)

    with pytest.raises(BadSettings, match="the oldest key stays the last"):
        sealer_of(with_keys(f"{OLD},{NEW}", tmp_path), engine)


def test_a_lost_key_file_is_not_made_anew(engine: Engine, tmp_path: Path) -> None:
    sealer_of(with_keys("", tmp_path), engine)
    (tmp_path / "secret-keys").unlink()

    with pytest.raises(BadSettings, match="is missing, and the database was sealed"):
        sealer_of(with_keys("", tmp_path), engine)
    assert not (tmp_path / "secret-keys").exists()


def test_a_key_file_of_another_database_is_refused(engine: Engine, tmp_path: Path) -> None:
    sealer_of(with_keys("", tmp_path), engine)
    (tmp_path / "secret-keys").write_text(OTHER)

    with pytest.raises(BadSettings, match="secret-keys does not open this database"):
        sealer_of(with_keys("", tmp_path), engine)
