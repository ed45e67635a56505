"""Safaricom as the gateway needs it: the SDK's errors become the flows' outcomes.

The tables of what an answer means are closed and live in :mod:`pokea.daraja.classification`;
this package only names the outcomes. Whatever is not listed there is *unanswered*.

::

    express       prompts, and what became of them
    organisation  questions that are answered later: a receipt's status, a balance
    pull          what was paid to a shortcode
    registering   where Safaricom is to announce payments made by hand
    gate          before them all: shut while no access token can be had
"""

from pokea.provider.express import DarajaProvider
from pokea.provider.gate import Caller, GatedCaller
from pokea.provider.organisation import DarajaInquirer
from pokea.provider.pull import DarajaPuller
from pokea.provider.registering import DarajaRegistrar

__all__ = [
    "Caller",
    "DarajaInquirer",
    "DarajaProvider",
    "DarajaPuller",
    "DarajaRegistrar",
    "GatedCaller",
]
