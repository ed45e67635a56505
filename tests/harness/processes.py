"""Real programs on real sockets, started as a user would and killed as a power cut would.

Each runs in an empty environment and folder of its own, so nothing of the machine's can leak
into a test; what it writes to standard error is kept and shown when it does not start.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

START_S: Final = 30
STOP_S: Final = 15


class DidNotStart(AssertionError):
    """A program did not print its first line in time; the message shows its own words."""


class Program:
    """One program: its process, its first line, and its words."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        module: str = "pokea.cli",
    ) -> None:
        self.arguments = list(arguments)
        self.environment = dict(environment)
        self.module = module
        self.folder = folder
        self.errors = folder / f"{arguments[0]}.err"
        self.first_line = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it and wait for its first line."""
        self.launch()
        self.wait_for_line()
        return self

    def launch(self) -> None:
        """Start it without waiting."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.arguments],
                stdout=subprocess.PIPE,
                stderr=errors,
                env={"HOME": str(self.folder), **self.environment},
                cwd=self.folder,
                start_new_session=True,
            )

    def wait_for_line(self) -> str:
        """Its first line, which says that it answers."""
        stdout = self.process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(stdout, selectors.EVENT_READ)
            line = stdout.readline() if waiting.select(START_S) else b""
        if not line:
            self.kill()
            raise DidNotStart(f"{self.arguments}: {self.errors.read_text()[-4000:]}")
        self.first_line = line.decode()
        return self.first_line

    @property
    def said(self) -> dict[str, Any]:
        """The first line, of a program that was started with ``--json``."""
        found: dict[str, Any] = json.loads(self.first_line)
        return found

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process."""
        assert self._process is not None
        return self._process

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    def words(self) -> str:
        """What it wrote to standard error."""
        return self.errors.read_text()

    def kill(self) -> None:
        """SIGKILL: no handler runs, no buffer is flushed."""
        self.process.kill()
        self._reap()

    def interrupt(self) -> int:
        """Ctrl-C, to the whole group as a terminal sends it; the exit code."""
        os.killpg(self.pid, signal.SIGINT)
        return self._reap()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that does not help."""
        if self._process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._reap()

    def _reap(self) -> int:
        code = self.process.wait(STOP_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def run_to_end(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run a command of ``pokea`` until it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "pokea.cli", *arguments],
        env={"HOME": str(folder), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )


def eventually(is_true: Any, *, within_s: float = 20, every_s: float = 0.05) -> Any:
    """Ask again and again until the answer is true, and return it.

    Raises:
        AssertionError: it was not true in time.
    """
    deadline = time.monotonic() + within_s
    while True:
        answer = is_true()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {is_true} said {answer!r}")
        time.sleep(every_s)
