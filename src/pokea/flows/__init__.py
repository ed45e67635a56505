"""What happens, one verb per file, in the order money moves.

::

    open_payment → push_payment → (Safaricom) → receive_callback → apply_callback:
        decode, match, decide, record → event → deliver_event

with ``retry_payment`` and ``cancel_payment`` for the merchant, ``resolve_attempt`` for silence,
``expire_payment`` for time, ``run_routine`` for duties that come round, and ``Sweep`` for work
that the engine lost. ``ports`` is what they need from
the world. Every flow may run twice, late, or be killed between any two lines.
"""
