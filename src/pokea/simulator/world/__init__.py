"""The world: phones, organisations, money and Safaricom's rules; pure, seeded, no I/O.

Read ``step`` first, then ``gate`` (what every call passes), then a product, ``stk_push``.
"""
