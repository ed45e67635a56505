"""Builds everything from settings; the only package that constructs edges.

``open_gateway`` gives a :class:`Gateway`; the command line serves it, works for it, or both.
``open_beside`` gives the flows alone, to a command that runs while another process serves.
"""

from pokea.wiring.gateway import Gateway, open_beside, open_gateway
from pokea.wiring.notices import Carrier, open_notifier
from pokea.wiring.opening import OpenDatabase, open_database, open_tools

__all__ = [
    "Carrier",
    "Gateway",
    "OpenDatabase",
    "open_beside",
    "open_database",
    "open_gateway",
    "open_notifier",
    "open_tools",
]
