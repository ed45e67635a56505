"""A gateway that starts in a tenth of the time, for tests that kill it again and again.

``python -m harness.spare`` imports everything once and then forks: each child is a process of
its own that runs ``pokea`` with its own arguments and environment, and can be killed by its
number like any other. Only the import is shared; nothing is open or running yet.

One JSON object a line comes in: ``{"arguments", "environment", "output", "errors"}``; the
child's process number goes out. With a ``"clock"`` the child's clock runs ahead of the
machine's, by as much as that file says at the moment (see :mod:`harness.time_travel`).
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

from harness.clocks import run_ahead
from harness.installation import Gateway
from harness.processes import START_S, DidNotStart
from pokea.cli.main import app


class DidNotEnd(AssertionError):
    """A process lives that should be dead; the message shows its own words."""


class Spares:
    """The program that forks gateways."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "harness.spare"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": str(Path(__file__).parents[1])},
            text=True,
        )

    def fork(self, order: dict[str, Any]) -> int:
        """A new process; its number."""
        _pipe(self._parent.stdin).write(json.dumps(order) + "\n")
        _pipe(self._parent.stdin).flush()
        return int(_pipe(self._parent.stdout).readline())

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> str:
        """A command of ``pokea``, until it ends; what it printed."""
        output, errors = folder / "printed", folder / f"{arguments[0]}.err"
        output.write_text("")
        order = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "output": str(output),
            "errors": str(errors),
            "clock": None,
        }
        pid = self.fork(order)
        _wait_for_end(pid, errors)
        return output.read_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _pipe(self._parent.stdin).close()
        self._parent.wait(10)
        _pipe(self._parent.stdout).close()


class SpareGateway:
    """A gateway that is forked instead of started."""

    def __init__(self, like: Gateway, spares: Spares, clock: Path | None = None) -> None:
        self._like = like
        self._clock = clock
        self._spares = spares
        self._pid = 0
        self.url = ""

    def start(self) -> Self:
        """Fork it and wait for its first line."""
        self.url = json.loads(self._line(self.launch()))["gateway"]
        return self

    def launch(self) -> Path:
        """Fork it; where its first line will be."""
        self._like.folder.mkdir(parents=True, exist_ok=True)
        output = self._like.folder / "first-line"
        output.write_text("")
        order = {
            "arguments": self._like.arguments,
            "environment": self._like.environment,
            "output": str(output),
            "errors": str(self._like.errors),
            "clock": None if self._clock is None else str(self._clock),
        }
        self._pid = self._spares.fork(order)
        return output

    def kill(self) -> None:
        """SIGKILL: no handler runs, no buffer is flushed."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        self.wait_for_end()

    def wait_for_end(self) -> None:
        """Wait until it is gone: forked elsewhere, its locks are free when its number is."""
        _wait_for_end(self._pid, self._like.errors)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _line(self, output: Path) -> str:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and _is_there(self._pid):
            line = output.read_text()
            if line.endswith("\n"):
                return line
            time.sleep(0.01)
        raise DidNotStart(self._like.errors.read_text()[-4000:])


def _wait_for_end(pid: int, errors: Path) -> None:
    deadline = time.monotonic() + START_S
    while _is_there(pid):
        if time.monotonic() > deadline:
            raise DidNotEnd(errors.read_text()[-4000:])
        time.sleep(0.002)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _become(order: dict[str, Any]) -> None:
    """Be ``pokea``, in a forked child; does not return."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()  # noqa: TID251 - a process is given its environment
    os.environ.update(order["environment"])  # noqa: TID251
    os.chdir(Path(order["errors"]).parent)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in ((1, order["output"]), (2, order["errors"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    if order["clock"]:
        run_ahead(Path(order["clock"]))
    app(order["arguments"])


def main() -> None:
    """Fork a child for every line, until there are no more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets ended children at once
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
