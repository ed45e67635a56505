"""Duka la Wanjiku: a merchant who takes payments through the gateway, as any stranger would.

It imports nothing else of pokea and knows only the public API, its key and its webhook
secret, so whatever it cannot do, no merchant can. Read it as an example integration:

    goods.py     what is sold             sales.py      place, pay, ask again
    orders.py    the shop's own SQLite    webhooks.py   verify, deduplicate, mark paid
    payment.py   what the gateway says    gateway.py    POST and GET /v1/payments
    sentences.py codes in plain words     pages.py      what visitors see
    settings.py  serve.py  app.py         python -m pokea.shop --port 4003

The one rule to copy: an order is paid by the signed event or by asking the gateway, never
because somebody came back to its page.
"""
