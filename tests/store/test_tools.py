"""Commands open the database beside a running gateway, or say why they cannot."""

from pathlib import Path

import pytest
from sqlalchemy import text

from harness.installation import Installation
from pokea.settings import BadSettings, Settings, read_settings
from pokea.wiring import open_beside, open_database, open_tools


def settings_of(url: str, folder: Path) -> Settings:
    environment = Installation(url, folder).environment
    return read_settings(**{name.lower(): value for name, value in environment.items()})


def test_a_command_works_beside_the_process_that_serves(
    database_url: str, tmp_path: Path
) -> None:
    settings = settings_of(database_url, tmp_path)
    serving = open_database(settings)

    beside = open_beside(settings)

    assert beside.db.write_here(lambda tx: tx.accounts.first()) is None
    beside.close()
    serving.close()


def test_a_command_does_not_migrate(database_url: str, tmp_path: Path) -> None:
    settings = settings_of(database_url, tmp_path)
    database = open_tools(settings)
    with database.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '0001'"))
    database.close()

    with pytest.raises(BadSettings, match="pokea migrate"):
        open_tools(settings)


def test_where_nothing_ever_served_there_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "nowhere.db"

    with pytest.raises(BadSettings, match="pokea serve"):
        open_tools(settings_of(f"sqlite:///{file}", tmp_path))

    assert not file.exists()
