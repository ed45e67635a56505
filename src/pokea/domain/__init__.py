"""What is true about money: values and pure decisions, without clock, randomness or I/O.

Read :mod:`~pokea.domain.attempt` first: one request to Safaricom and every way it can end.
:mod:`~pokea.domain.payment` says what that means for the merchant's payment,
:mod:`~pokea.domain.posting_rules` for the books, and :mod:`~pokea.domain.belief` which
callbacks are believed at all.
"""
