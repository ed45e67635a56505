"""What tests of more than one folder stand on: real databases, real processes, and fakes.

Nothing here knows what is tested. ``postgres`` and ``databases`` give a fresh database to every
test; ``processes`` starts the programs as a user would; ``world`` is a gateway's flows over a
real database with a clock, a Safaricom and merchants that a test scripts.
"""
