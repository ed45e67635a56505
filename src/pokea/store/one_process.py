"""One process for one SQLite file, kept by the operating system's own lock.

The lock ends with the process, however it ends, so a crash never leaves a stale one behind. It
is on a file beside the database and not on the database: a process that closes any handle of
that file loses SQLite's own locks on it (https://sqlite.org/howtocorrupt.html, section 2.2).
"""

import fcntl
import os
from pathlib import Path


class Hold:
    """A database file held for this process."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._handle)


def hold_alone(database: Path) -> Hold | None:
    """Hold a database file for this process; None when another one does.

    The file is what is held, whatever folder or link it was reached by.
    """
    file = database.resolve()
    lock = file.with_name(f"{file.name}.lock")
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return Hold(handle)
