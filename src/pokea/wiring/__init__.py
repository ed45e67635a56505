"""Builds everything from settings; the only package that constructs edges.

``open_gateway`` gives a :class:`Gateway`; the command line serves it, works for it, or both.
"""

from pokea.wiring.gateway import Gateway, open_gateway
from pokea.wiring.notices import Carrier, open_notifier
from pokea.wiring.opening import OpenDatabase, open_database

__all__ = [
    "Carrier",
    "Gateway",
    "OpenDatabase",
    "open_database",
    "open_gateway",
    "open_notifier",
]
