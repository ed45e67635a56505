"""Safaricom on one machine: an independent reading of Daraja, with a phone in the browser.

Imports nothing else of pokea; it is written from the wire reference alone, and meets the SDK
only over HTTP. Map:

- ``world/`` the pure model: ``step(world, request, now)``, no input or output, a seed;
- ``clock`` the only place that reads a real clock; ``engine`` runs the world on it;
- ``courier`` the only place that posts to anybody; ``keeper`` the world's file on disk;
- ``tariff.toml`` the fees, and where the figures come from;
- ``app`` the ASGI application; ``side_door`` what tests and operators ask for at ``/_sim``;
- ``phone_page`` the simulated phone at ``/phone``; ``serve`` starts it all.
"""
