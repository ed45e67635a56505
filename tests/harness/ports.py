"""Ports for programs whose address must be known before they start."""

import socket
from contextlib import closing


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def free_row(length: int) -> int:
    """The first of some ports in a row that nobody listened on a moment ago."""
    while True:
        first = free_port()
        if all(_is_free(port) for port in range(first, first + length)):
            return first


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
