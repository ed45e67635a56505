"""The web surfaces of one ASGI app.

``app`` puts them together: the merchant API ``/v1`` (``api/``), Safaricom's callbacks ``/i``
(``callbacks``), the hosted checkout ``/pay`` (``checkout/``), and health. Handlers translate
and call a flow; they decide nothing about money.
"""
