"""One process for one SQLite file, whatever folder or link it is reached by."""

from pathlib import Path

import pytest

from pokea.settings import BadSettings, Settings, read_settings
from pokea.store.one_process import hold_alone
from pokea.wiring import open_database


def installed(folder: Path, database: Path) -> Settings:
    """The settings of a process with a data folder of its own."""
    return read_settings(
        mpesa_env="simulator",
        mpesa_base_url="http://127.0.0.1:9",
        pokea_data_dir=folder,
        database_url=f"sqlite:///{database}",
    )


def test_a_file_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    first = hold_alone(tmp_path / "pokea.db")

    assert first is not None
    assert hold_alone(tmp_path / "pokea.db") is None
    first.release()
    again = hold_alone(tmp_path / "pokea.db")
    assert again is not None
    again.release()


def test_a_link_to_a_held_file_is_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "pokea.db")
    first = hold_alone(tmp_path / "pokea.db")
    assert first is not None

    assert hold_alone(tmp_path / "link.db") is None
    first.release()


def test_two_data_folders_with_one_database_are_refused(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    first = open_database(installed(tmp_path / "one", database))

    with pytest.raises(BadSettings, match="Another pokea process is using"):
        open_database(installed(tmp_path / "two", database))
    first.close()


def test_a_database_in_no_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="there is no folder"):
        open_database(installed(tmp_path / "data", tmp_path / "missing" / "pokea.db"))
