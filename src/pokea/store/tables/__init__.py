"""The schema. The constraints here carry the guarantees (STATE_MACHINES section 13).

Money is whole cents. Phones, raw callbacks and Safaricom's answers are sealed; a phone also has
a keyed blind index, because equality is all that anybody may ask of it. ``version`` makes every
change compare-and-swap. ``due_at`` is all that the engine knows of a row.

One file for each kind of thing; everything is imported from here.
"""

from pokea.store.tables.asking import inquiries, mpesa_balances, query_budgets, routines
from pokea.store.tables.books import book_checks, journal_chain, journals, postings
from pokea.store.tables.collecting import attempts, payments, receipt_parts, receipts
from pokea.store.tables.customers import customers
from pokea.store.tables.evidence import inbox, provider_calls
from pokea.store.tables.keys import idempotency, key_checks
from pokea.store.tables.merchants import accounts, api_keys, shortcodes
from pokea.store.tables.notices import notices
from pokea.store.tables.reconciling import (
    breaks,
    closed_days,
    statement_faults,
    statement_lines,
    statements,
)
from pokea.store.tables.schema import metadata
from pokea.store.tables.validations import validations
from pokea.store.tables.webhooks import deliveries, events, webhook_endpoints

__all__ = [
    "accounts",
    "api_keys",
    "attempts",
    "book_checks",
    "breaks",
    "closed_days",
    "customers",
    "deliveries",
    "events",
    "idempotency",
    "inbox",
    "inquiries",
    "journal_chain",
    "journals",
    "key_checks",
    "metadata",
    "mpesa_balances",
    "notices",
    "payments",
    "postings",
    "provider_calls",
    "query_budgets",
    "receipt_parts",
    "receipts",
    "routines",
    "shortcodes",
    "statement_faults",
    "statement_lines",
    "statements",
    "validations",
    "webhook_endpoints",
]
