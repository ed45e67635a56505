"""Private servers for measuring: a PostgreSQL cluster, and programs of our own."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil


@contextmanager
def postgresql() -> Generator[str]:
    """A fresh cluster on a free port, durable as by default; yields its URL."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="pokea-bench-"))
    port = free_port()
    as_user = _as_ordinary_user(folder)
    subprocess.run(
        [*as_user, binaries / "initdb", "-D", folder / "data", "-A", "trust", "-U", "pokea"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    options = f"-p {port} -k {folder} -c max_connections=100 -c shared_buffers=512MB"
    options += " -c max_wal_size=4GB -c log_min_messages=fatal"
    control = [*as_user, binaries / "pg_ctl", "-D", folder / "data"]
    log = folder / "log"
    subprocess.run(
        [*control, "-w", "-l", log, "-o", options, "start"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"postgresql://pokea@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL
        )
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def program(
    arguments: list[str], environment: Mapping[str, str], *, errors: Path
) -> Generator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A program that prints one JSON line when it answers."""
    with errors.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=os.environ | dict(environment),  # noqa: TID251 - benchmarks are programs
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
        )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError(errors.read_text()[-2000:])
        yield process, json.loads(line)
    finally:
        process.terminate()
        process.wait(15)


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of processes and their children, living and gone."""
    total = 0.0
    for pid in pids:
        times = psutil.Process(pid).cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def postgres_pids(url: str) -> list[int]:
    """The server processes of a cluster."""
    port = url.rpartition(":")[2].partition("/")[0]
    for process in psutil.process_iter(["name", "cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if process.info["name"] == "postgres" and f"-p {port}" in line:
            return [process.pid, *(child.pid for child in process.children(recursive=True))]
    return []


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent


def _as_ordinary_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
