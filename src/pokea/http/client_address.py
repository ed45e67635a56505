"""Who is calling: the right-most hop that is not a proxy of our own.

Whatever stands further left in ``X-Forwarded-For`` was written by the caller and proves
nothing; other headers of that kind are not read at all.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The caller's address; ``forwarded`` is all X-Forwarded-For values, joined by commas."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    caller = peer
    while hops and is_listed(caller, trusted):
        caller = hops.pop()
    return caller


def is_listed(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks; what is no address is in none."""
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parse(address: str) -> Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
