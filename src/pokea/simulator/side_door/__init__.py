"""The side door at ``/_sim``: what Safaricom does not have and every tester wants.

``phones`` and ``customers`` what people do, ``cruelty`` and ``scenarios`` what goes wrong,
``time_travel`` the clock, ``truth`` what really happened, ``setup`` who exists. ``deps`` is how
a route reaches the engine. Every route is ``async``, so that it runs on the engine's
loop and not in a thread beside it.
"""
