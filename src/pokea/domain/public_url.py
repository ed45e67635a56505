"""Whether Safaricom would take an address of ours: said before it is asked.

In production an address is registered once, and one that does not work stays. What Daraja
refuses by itself (words such as ``mpesa`` or ``sql``) is checked by its own type; here is what
it takes and then never reaches. Source: SPEC sections 9 and 10.1.
"""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

TUNNELS: Final = ("ngrok", "mockbin", "requestbin")
"""Refused in production, by these names (SPEC 9)."""

PORTS: Final = frozenset({None, 80, 443})
"""Nothing else was ever seen to be called in production."""


def unreachable(url: str, *, production: bool) -> str | None:
    """Why Safaricom could not call this address, or None."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".test")):
        return f"{host} is known on this machine only"
    if not _is_public(host):
        return f"{host} is no address of the public internet"
    if "." not in host and ":" not in host:
        return f"{host} has no domain"
    if not production:
        return None
    if tunnel := next((name for name in TUNNELS if name in host), None):
        return f'it holds "{tunnel}", and Daraja refuses tunnels in production'
    if parts.port not in PORTS:
        return f"port {parts.port} is not 443"
    return None


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return True  # a name
