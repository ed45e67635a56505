"""A disk that a test fills and frees again.

With the right to mount it is a small file system in memory, which a file of the test's fills to
its last byte. Without that right the programs that write are held to a size that none of their
files may outgrow, which refuses the same writes with another error; a limit says nothing of new
files, so the spool is filled to its own limit then.
"""

import os
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

MEGABYTE: Final = 1024 * 1024
SPOOL_MAX: Final = {"POKEA_SPOOL_MAX": "1"}
"""For the gateway on it: what the spool holds at most, in megabytes."""

_BLOCK: Final = bytes(64 * 1024)
_LIMIT: Final = str(256 * 1024)


class SmallDisk(Protocol):
    """A folder whose disk can be full."""

    folder: Path

    def fill(self) -> None:
        """From now on nothing can be written that was not there before."""
        ...

    def free(self) -> None:
        """There is room again."""
        ...


class _Mounted:
    """A file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Write until there is no room for one byte more."""
        with self._ballast.open("wb", buffering=0) as ballast:
            for block in (_BLOCK, b"."):
                _write_until_full(ballast.fileno(), block)

    def free(self) -> None:
        """Remove what fills it."""
        self._ballast.unlink()


class _Limited:
    """A limit on the programs of this test that have begun."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "run" / "data" / "spool" / "ballast"

    def fill(self) -> None:
        """No file of theirs may grow past a limit; the spool is full."""
        self._ballast.parent.mkdir(exist_ok=True)
        self._ballast.write_bytes(bytes(MEGABYTE))
        self._limit(_LIMIT)

    def free(self) -> None:
        """Lift the limit."""
        self._limit("unlimited")
        self._ballast.unlink()

    def _limit(self, size: str) -> None:
        for pid in _descendants(os.getpid()):
            # As its own user, for root may not do it to others where root may not mount.
            with suppress(FileNotFoundError):
                owner = Path(f"/proc/{pid}").stat().st_uid
                command = ["prlimit", f"--pid={pid}", f"--fsize={size}:"]
                subprocess.run(command, user=owner, capture_output=True, check=False)


@contextmanager
def a_small_disk(megabytes: int) -> Generator[SmallDisk]:
    """An empty one, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pokea-disk-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL is another user
        options = f"size={megabytes}m,mode=755"
        mounted = _run("mount", "-t", "tmpfs", "-o", options, "pokea-test", name)
        try:
            yield _Mounted(folder) if mounted else _Limited(folder)
        finally:
            if mounted and not _run("umount", name):
                _run("umount", "--lazy", name)


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _write_until_full(handle: int, block: bytes) -> None:
    try:
        while True:
            os.write(handle, block)
    except OSError:
        return


def _descendants(pid: int) -> Iterator[int]:
    """A process's children, and theirs, as they are now."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue  # it has ended meanwhile
        parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        found = [child for child, its in parents.items() if its == parent]
        waiting += found
        yield from found
