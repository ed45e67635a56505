"""A Redis of the tests' own, on a socket file and nowhere on disk."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def redis_server(folder: Path) -> Generator[str]:
    """Its URL; it ends with the context."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    assert program, "redis-server is missing: install it (apt-get install redis-server)"
    path = folder / "s"
    arguments = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    with subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert any("ready to accept" in line.lower() for line in server.stdout)
        try:
            yield f"unix://{path}"
        finally:
            server.terminate()
