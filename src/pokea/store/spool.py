"""The spool: files on this host's disk that hold callbacks while the database is away.

Each process writes a file of its own and holds the operating system's lock on it, so a lock
that can be had means that the writer is dead: its file is then adopted, and read like one's
own. A file is named after its first callback, so names sort by time. It is removed when all of
it is in the database, and not before: a process that dies between the two reads it once more,
and the inbox counts repeats.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import structlog
from prometheus_client import Gauge

from pokea.domain.inbox import ReceivedCallback
from pokea.flows.errors import Unavailable
from pokea.store.sealing import Sealer
from pokea.store.spool_records import as_record, read_records

PATIENCE_S: Final = 2.0
"""A disk that hangs for longer keeps nobody's promise; the caller must hear 503."""

FILE_MAX: Final = 16 * 1024 * 1024
"""A file is read as a whole, and read again after a crash: this bounds both."""

WRITING, ASIDE = ".spool", ".aside"
"""Ends of names: files that are written and read; files with something that nobody can read."""

BYTES: Final = Gauge("pokea_spool_bytes", "Bytes of callbacks that wait on this host's disk")

Result = TypeVar("Result")
_log = structlog.get_logger()


class SpoolFull(OSError):
    """The spool has grown to its limit."""


@dataclass(slots=True)
class _Reading:
    """A file on its way into the database."""

    path: Path
    callbacks: tuple[ReceivedCallback, ...]
    unreadable: int
    place: int = 0
    taken: int = 0


class FileSpool:
    """Keeps callbacks in files below a folder; everything happens on one thread."""

    def __init__(
        self, folder: Path, sealer: Sealer, *, bytes_max: int, file_max: int = FILE_MAX
    ) -> None:
        self._folder = folder
        self._sealer = sealer
        self._bytes_max = bytes_max
        self._file_max = file_max
        self._held: dict[Path, int] = {}
        self._writing: Path | None = None
        self._reading: _Reading | None = None
        self._refuses = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")

    async def keep(self, callbacks: Sequence[ReceivedCallback]) -> None:
        """Return when they are on disk: all of them with one flush.

        Raises:
            Unavailable: the disk does not take them, or there is no room left.
        """
        try:
            await self._within(lambda: self._append(callbacks))
        except (OSError, TimeoutError) as error:
            if not self._refuses:
                _log.exception("spool.refuses", folder=str(self._folder))
            self._refuses = True
            raise Unavailable from error
        self._refuses = False

    async def oldest(self, limit: int) -> Sequence[ReceivedCallback]:
        """The oldest ones of this process and of dead ones; they stay until forgotten.

        A folder that cannot be read holds nothing: the database must be tried all the same.
        """
        try:
            return await self._on_thread(lambda: self._oldest(limit))
        except OSError:
            _log.exception("spool.not_read", folder=str(self._folder))
            return ()

    async def forget(self, *, refused: int) -> None:
        """The oldest ones are in the database, all but some that it refuses for good."""
        await self._on_thread(lambda: self._forget(refused))

    async def is_fit(self) -> bool:
        """Whether it would take a callback now."""
        try:
            return await self._within(self._try_out)
        except (OSError, TimeoutError):
            return False

    def close(self) -> None:
        """Let another process have the files."""
        self._thread.shutdown()
        for handle in self._held.values():
            os.close(handle)
        self._held.clear()

    async def _on_thread(self, act: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)

    async def _within(self, act: Callable[[], Result]) -> Result:
        async with asyncio.timeout(PATIENCE_S):
            return await self._on_thread(act)

    # ── writing ──────────────────────────────────────────────────────────────────────

    def _append(self, callbacks: Sequence[ReceivedCallback]) -> None:
        written = b"".join(as_record(callback, self._sealer) for callback in callbacks)
        if self._size() + len(written) > self._bytes_max:
            raise SpoolFull
        path = self._writing or self._begin(callbacks[0].id)
        handle = self._held[path]
        end = os.fstat(handle).st_size
        try:
            _write_all(handle, written)
            os.fsync(handle)
        except OSError:
            # What a failed flush left on disk is anybody's guess: this file is only read now.
            self._writing = None
            with suppress(OSError):
                os.ftruncate(handle, end)
            raise
        if end + len(written) >= self._file_max:
            self._writing = None
        self._size()

    def _begin(self, name: str) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / (name + WRITING)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        handle = os.open(path, flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_nlink == 0:
                # Taken for a dead process's, in the moment before it was locked.
                raise FileNotFoundError(path)
            _flush_folder(self._folder)
        except OSError:
            os.close(handle)
            raise
        self._held[path] = handle
        self._writing = path
        return path

    def _size(self) -> int:
        """How much waits here, of all processes together."""
        size = 0
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    size += entry.stat().st_size
        BYTES.set(size)
        return size

    def _try_out(self) -> bool:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = self._folder / f"probe-{os.getpid()}"
        try:
            probe.write_bytes(b"?")
        finally:
            probe.unlink(missing_ok=True)
        return self._size() < self._bytes_max

    # ── reading ──────────────────────────────────────────────────────────────────────

    def _oldest(self, limit: int) -> Sequence[ReceivedCallback]:
        while True:
            reading = self._reading = self._reading or self._next_file()
            if reading is None:
                self._size()
                return ()
            batch = reading.callbacks[reading.place : reading.place + limit]
            if batch:
                reading.taken = len(batch)
                return batch
            self._finish(reading)

    def _forget(self, refused: int) -> None:
        reading = self._reading
        if reading is None:
            return
        reading.place += reading.taken
        reading.unreadable += refused
        reading.taken = 0
        if reading.place >= len(reading.callbacks):
            self._finish(reading)

    def _next_file(self) -> _Reading | None:
        for path in sorted(self._folder.glob(f"*{WRITING}")):
            handle = self._held[path] if path in self._held else self._adopt(path)
            if handle is None:
                continue
            if path == self._writing:
                self._writing = None  # what comes from here on goes into another file
            found = read_records(_read_all(handle), self._sealer)
            return _Reading(path, found.callbacks, found.unreadable)
        return None

    def _adopt(self, path: Path) -> int | None:
        """Hold the file of a dead process; None when its writer lives, or it is gone."""
        try:
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        if os.fstat(handle).st_nlink == 0:
            os.close(handle)
            return None
        self._held[path] = handle
        _log.info("spool.adopted", file=path.name)
        return handle

    def _finish(self, reading: _Reading) -> None:
        if reading.unreadable:
            aside = reading.path.with_suffix(ASIDE)
            reading.path.rename(aside)
            _log.error("spool.set_aside", file=aside.name, unreadable=reading.unreadable)
        else:
            reading.path.unlink(missing_ok=True)
        os.close(self._held.pop(reading.path))
        self._reading = None
        self._size()


def _write_all(handle: int, written: bytes) -> None:
    rest = memoryview(written)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _read_all(handle: int) -> bytes:
    with os.fdopen(os.dup(handle), "rb") as file:
        file.seek(0)
        return file.read()


def _flush_folder(folder: Path) -> None:
    """Make a new file's name durable: its bytes are no use without it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
