"""The spool on disk: what is kept is found again, whatever happened to file and writer."""

import os
import resource
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from harness.examples import a_callback, named
from harness.stores import KEY, NEWER_KEY
from pokea.domain.ids import InboxId
from pokea.domain.inbox import ReceivedCallback
from pokea.flows.errors import Unavailable
from pokea.store.sealing import Sealer
from pokea.store.spool import FileSpool

pytestmark = pytest.mark.anyio

PHONE = b"254712345678"
PLENTY = 1024 * 1024


def callback(number: int, body: bytes = b'{"PhoneNumber":254712345678}') -> ReceivedCallback:
    return replace(
        a_callback(),
        id=InboxId(named("inb", number)),
        body=body,
        body_sha256=sha256(body).digest(),
        source_ip="196.201.214.200",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "spool"


@pytest.fixture
def spool(folder: Path) -> Iterator[FileSpool]:
    made = open_at(folder)
    yield made
    made.close()


def open_at(folder: Path, *, key: bytes = KEY, **limits: int) -> FileSpool:
    return FileSpool(folder, Sealer([key]), **{"bytes_max": PLENTY} | limits)


async def all_of(spool: FileSpool, limit: int = 100) -> list[ReceivedCallback]:
    """Everything it holds, forgotten as it is read."""
    found: list[ReceivedCallback] = []
    while batch := await spool.oldest(limit):
        found += batch
        await spool.forget(refused=0)
    return found


def files(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir())


def the_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def is_private(path: Path) -> bool:
    return path.stat().st_mode & 0o077 == 0


def size_of(path: Path) -> int:
    return path.stat().st_size


def put(path: Path, contents: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)


async def test_what_is_kept_is_found_as_it_came_and_in_order(spool: FileSpool) -> None:
    kept = [callback(number, os.urandom(number)) for number in range(1, 40)]

    await spool.keep(kept[:30])
    await spool.keep(kept[30:])

    assert await all_of(spool, limit=7) == kept


async def test_what_is_not_forgotten_is_given_again(spool: FileSpool) -> None:
    await spool.keep([callback(1), callback(2), callback(3)])

    assert await spool.oldest(2) == await spool.oldest(2) == (callback(1), callback(2))
    await spool.forget(refused=0)

    assert await spool.oldest(2) == (callback(3),)


async def test_an_emptied_file_is_gone_and_the_next_callback_makes_another(
    spool: FileSpool, folder: Path
) -> None:
    await spool.keep([callback(1)])
    await all_of(spool)
    assert files(folder) == []

    await spool.keep([callback(2)])

    assert await all_of(spool) == [callback(2)]


async def test_callbacks_go_on_coming_while_older_ones_are_moved(spool: FileSpool) -> None:
    await spool.keep([callback(1), callback(2)])
    assert await spool.oldest(1) == (callback(1),)

    await spool.keep([callback(3)])

    await spool.forget(refused=0)
    assert await all_of(spool) == [callback(2), callback(3)]


async def test_a_stolen_disk_tells_no_phone(spool: FileSpool, folder: Path) -> None:
    await spool.keep([callback(1)])

    file = the_file(folder)
    assert PHONE not in file.read_bytes()
    assert is_private(file)
    assert is_private(folder)


async def test_a_large_file_is_followed_by_another(folder: Path) -> None:
    spool = open_at(folder, file_max=1000)
    kept = [callback(number) for number in range(1, 20)]

    for one in kept:
        await spool.keep([one])

    assert len(files(folder)) > 3
    assert await all_of(spool) == kept
    spool.close()


# ── several processes ────────────────────────────────────────────────────────────────────


async def test_two_writers_have_files_of_their_own_and_leave_each_others_alone(
    folder: Path,
) -> None:
    one, two = open_at(folder), open_at(folder)

    await one.keep([callback(1)])
    await two.keep([callback(2)])

    assert len(files(folder)) == 2
    assert await all_of(two) == [callback(2)]
    assert await all_of(one) == [callback(1)]
    one.close()
    two.close()


async def test_the_file_of_a_dead_process_is_adopted_oldest_first(folder: Path) -> None:
    dead, living = open_at(folder), open_at(folder)
    await dead.keep([callback(1)])
    await living.keep([callback(2)])

    dead.close()  # what the system does for a killed process: its locks are gone

    assert await all_of(living) == [callback(1), callback(2)]
    living.close()


async def test_a_process_that_died_before_it_wrote_leaves_nothing_behind(
    spool: FileSpool, folder: Path
) -> None:
    put(folder / f"{callback(1).id}.spool", b"")

    assert await spool.oldest(10) == ()
    assert files(folder) == []


# ── power cuts and bad disks ─────────────────────────────────────────────────────────────


async def written(folder: Path, how_many: int) -> Path:
    """A file that a process left which is dead now."""
    dead = open_at(folder)
    await dead.keep([callback(number) for number in range(1, how_many + 1)])
    dead.close()
    return the_file(folder)


@pytest.mark.parametrize("lost", [1, 3, 40, 100, 10_000])
async def test_a_torn_tail_costs_only_the_record_that_was_never_finished(
    spool: FileSpool, folder: Path, lost: int
) -> None:
    file = await written(folder, 3)
    record = file.stat().st_size // 3
    os.truncate(file, file.stat().st_size - min(lost, record - 1))

    assert await all_of(spool) == [callback(1), callback(2)]
    assert files(folder) == []


async def test_a_file_that_grew_before_its_bytes_were_on_disk_loses_nothing(
    spool: FileSpool, folder: Path
) -> None:
    file = await written(folder, 2)
    os.truncate(file, file.stat().st_size + 4096)

    assert await all_of(spool) == [callback(1), callback(2)]
    assert files(folder) == []


@pytest.mark.parametrize("where", [0, 5, 9, 13, 50, 120, 190])
async def test_a_flipped_byte_costs_one_record_and_the_file_is_kept_for_a_person(
    spool: FileSpool, folder: Path, where: int
) -> None:
    file = await written(folder, 3)
    contents = bytearray(file.read_bytes())
    contents[len(contents) // 3 + where] ^= 0x20
    file.write_bytes(contents)

    assert await all_of(spool) == [callback(1), callback(3)]
    assert files(folder) == [".aside"]


async def test_a_file_under_another_key_is_kept_for_a_person(folder: Path) -> None:
    await written(folder, 2)
    spool = open_at(folder, key=NEWER_KEY)

    assert await spool.oldest(10) == ()
    assert files(folder) == [".aside"]
    spool.close()


async def test_what_the_database_refuses_for_good_is_kept_for_a_person(
    spool: FileSpool, folder: Path
) -> None:
    await spool.keep([callback(1), callback(2)])

    await spool.oldest(10)
    await spool.forget(refused=1)

    assert await spool.oldest(10) == ()
    assert files(folder) == [".aside"]


# ── limits ───────────────────────────────────────────────────────────────────────────────


async def test_at_its_limit_it_takes_nothing_more_and_says_so(folder: Path) -> None:
    spool = open_at(folder, bytes_max=1000)
    assert await spool.is_fit()
    await spool.keep([callback(1), callback(2)])

    with pytest.raises(Unavailable):
        await spool.keep([callback(3), callback(4), callback(5)])

    assert await all_of(spool) == [callback(1), callback(2)]
    await spool.keep([callback(3)])  # there is room again
    spool.close()


async def test_a_folder_that_cannot_be_made_is_unfit_and_holds_nothing(folder: Path) -> None:
    put(folder, b"a file where the folder should be")
    spool = open_at(folder)

    with pytest.raises(Unavailable):
        await spool.keep([callback(1)])

    assert not await spool.is_fit()
    assert await spool.oldest(10) == ()
    spool.close()


@contextmanager
def files_of_at_most(size: int) -> Generator[None]:
    """A disk that takes a part of what is written and refuses the rest, as a full one does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        with capture_logs():  # the test's own log is a file, too
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_takes_no_callback_in_part(folder: Path) -> None:
    spool = open_at(folder)
    await spool.keep([callback(1)])
    size = size_of(the_file(folder))

    with files_of_at_most(size + size // 2), pytest.raises(Unavailable):
        await spool.keep([callback(2)])
    assert size_of(the_file(folder)) == size
    await spool.keep([callback(3)])

    assert await all_of(spool) == [callback(1), callback(3)]
    assert files(folder) == []
    spool.close()


async def test_after_a_failed_flush_another_file_is_begun(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_at(folder)
    await spool.keep([callback(1)])
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", _input_output_error)
        with pytest.raises(Unavailable):
            await spool.keep([callback(2)])

    await spool.keep([callback(3)])

    assert len(files(folder)) == 2
    assert await all_of(spool) == [callback(1), callback(3)]
    spool.close()


def _input_output_error(_handle: int) -> None:
    raise OSError(5, "Input/output error")
