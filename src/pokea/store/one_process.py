"""One process for one SQLite folder, kept by the operating system's own lock.

The lock ends with the process, however it ends, so a crash never leaves a stale one behind.
"""

import fcntl
import os
from pathlib import Path


class Hold:
    """A folder held for this process."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._handle)


def hold_alone(folder: Path) -> Hold | None:
    """Hold a folder for this process; None when another one does."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return Hold(handle)
