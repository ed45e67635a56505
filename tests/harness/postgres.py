"""A private PostgreSQL: its own folder, its own port, gone when its program ends.

PostgreSQL refuses to run as root, so a root process runs it as the ``postgres`` user, which
every Debian package makes. ``fsync`` stays on: what is tested is durability.

``python -m harness.postgres COMMAND…`` runs a command beside one, with its address in
``POKEA_TEST_POSTGRES``.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import psycopg

from harness.ports import free_port

VARIABLE: Final = "POKEA_TEST_POSTGRES"
START_S: Final = 30
_USER: Final = "postgres"
_SMALL: Final = {
    "listen_addresses": "127.0.0.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "autovacuum_naptime": "10min",
}


class NoPostgres(Exception):
    """There is no PostgreSQL to test on; the message says what to do."""


def programs() -> Path:
    """The folder of the newest PostgreSQL on this machine.

    Raises:
        NoPostgres: there is none.
    """
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(versions, key=lambda path: int(path.parts[-3]))
    if newest:
        return newest[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NoPostgres("PostgreSQL is missing. On Debian: apt-get install postgresql")
    return Path(on_path).resolve().parent


class Cluster:
    """One cluster, which a test may stop in mid-air and start again."""

    def __init__(self, data: Path, owner: str | None) -> None:
        self._data = data
        self._owner = owner
        self._port = free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://{_USER}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start it; it ends with the thread that did."""
        self._server = _launch(self._data, self._port, self._owner)

    def wait(self) -> None:
        """Wait until it answers."""
        assert self._server is not None
        _wait_for(self._server, self.url)

    def revive(self) -> None:
        """Start it again if it has ended by itself, as a service manager does."""
        if self._server is not None and self._server.poll() is not None:
            self.launch()
        self.wait()

    def stop_at_once(self) -> None:
        """What ``pg_ctl stop -m immediate`` does: no goodbye, recovery at the next start."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """Stop it, without waiting for clients."""
        if self._server is not None and self._server.poll() is None:
            self._end(signal.SIGINT)

    def _end(self, number: signal.Signals) -> None:
        assert self._server is not None
        self._server.send_signal(number)
        try:
            self._server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait()


@contextmanager
def a_cluster(within: Path | None = None) -> Generator[Cluster]:
    """A running cluster, gone afterwards; in a folder of the test's, if it names one."""
    owner = _USER if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pokea-postgres-", dir=within))
    try:
        if owner is not None:
            shutil.chown(folder, owner, owner)
        _initialise(folder / "data", owner)
        made = Cluster(folder / "data", owner)
        try:
            made.start()
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def cluster() -> Generator[str]:
    """A running cluster; the value is the URL of its ``postgres`` database."""
    with a_cluster() as made:
        yield made.url


def _initialise(data: Path, owner: str | None) -> None:
    command = [programs() / "initdb", "--pgdata", data, "--username", _USER]
    command += ["--auth", "trust", "--encoding", "UTF8", "--no-sync", "--locale", "C"]
    made = subprocess.run(
        command, user=owner, capture_output=True, text=True, check=False, cwd="/"
    )
    if made.returncode != 0:
        raise NoPostgres(f"initdb failed: {made.stderr.strip()}")


def _launch(data: Path, port: int, owner: str | None) -> subprocess.Popen[bytes]:
    command: list[str | Path] = []
    if shutil.which("setpriv"):
        # Should the tests be killed, it stops by itself.
        command = ["setpriv", "--pdeathsig", "INT"]
    command += [programs() / "postgres", "-D", data, "-p", str(port), "-k", data.parent]
    for name, value in _SMALL.items():
        command += ["-c", f"{name}={value}"]
    with (data.parent / "log").open("ab") as log:
        return subprocess.Popen(
            command, user=owner, stdout=log, stderr=log, cwd="/", start_new_session=True
        )


def _wait_for(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise NoPostgres("PostgreSQL was started and does not answer.")


def main() -> int:
    """Run a command beside a cluster; its exit code is ours."""
    signal.signal(signal.SIGTERM, _stop)
    with cluster() as url:
        environment = {**os.environ, VARIABLE: url}  # noqa: TID251 - passed on as it came
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
