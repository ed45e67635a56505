"""What flows need from the world, as protocols; ``wiring.py`` chooses who answers.

The one rule: work on the database is a *synchronous* function that gets a :class:`Tx`. It
cannot await, so no network call can ever happen inside a transaction, and ``write`` returns
only after the commit.
"""

from pokea.flows.ports.asking import (
    Asked,
    AskOutcome,
    Balances,
    Declined,
    Inquirer,
    Inquiries,
    Pulled,
    Puller,
    PullOutcome,
    PutOff,
    QueryBudgets,
    Routines,
    Unheard,
)
from pokea.flows.ports.books import Auditor, BookChecks, Chain, JournalFilter, Journals, Window
from pokea.flows.ports.collecting import (
    Attempts,
    PaymentFilter,
    Payments,
    ReceiptFilter,
    Receipts,
    Shortcodes,
    Standing,
)
from pokea.flows.ports.customers import CustomerFilter, Customers
from pokea.flows.ports.database import Database, Tx
from pokea.flows.ports.evidence import Answer, Call, Calls, Inbox, InboxKey
from pokea.flows.ports.merchants import Accounts, ApiKeys, Idempotency
from pokea.flows.ports.notices import Notices, Notifier
from pokea.flows.ports.provider import (
    Accepted,
    Deferred,
    Provider,
    PushOutcome,
    QueryOutcome,
    Refused,
    SaysFailed,
    SaysNothing,
    SaysPaid,
    Unanswered,
)
from pokea.flows.ports.reconciling import (
    BreakFilter,
    Breaks,
    Days,
    JudgedLine,
    Reversal,
    StatementFilter,
    Statements,
    Unshown,
)
from pokea.flows.ports.registering import (
    NotRegistered,
    Registered,
    RegisterOutcome,
    Registrar,
    UrlsWanted,
)
from pokea.flows.ports.spool import Spool
from pokea.flows.ports.validating import HookFailed, ValidationHook, Validations
from pokea.flows.ports.webhooks import Deliveries, Endpoints, Events, Listener, WebhookSender
from pokea.flows.ports.work import Work, WorkKind
from pokea.flows.ports.world import Clock, Ids

__all__ = [
    "Accepted",
    "Accounts",
    "Answer",
    "ApiKeys",
    "AskOutcome",
    "Asked",
    "Attempts",
    "Auditor",
    "Balances",
    "BookChecks",
    "BreakFilter",
    "Breaks",
    "Call",
    "Calls",
    "Chain",
    "Clock",
    "CustomerFilter",
    "Customers",
    "Database",
    "Days",
    "Declined",
    "Deferred",
    "Deliveries",
    "Endpoints",
    "Events",
    "HookFailed",
    "Idempotency",
    "Ids",
    "Inbox",
    "InboxKey",
    "Inquirer",
    "Inquiries",
    "JournalFilter",
    "Journals",
    "JudgedLine",
    "Listener",
    "NotRegistered",
    "Notices",
    "Notifier",
    "PaymentFilter",
    "Payments",
    "Provider",
    "PullOutcome",
    "Pulled",
    "Puller",
    "PushOutcome",
    "PutOff",
    "QueryBudgets",
    "QueryOutcome",
    "ReceiptFilter",
    "Receipts",
    "Refused",
    "RegisterOutcome",
    "Registered",
    "Registrar",
    "Reversal",
    "Routines",
    "SaysFailed",
    "SaysNothing",
    "SaysPaid",
    "Shortcodes",
    "Spool",
    "Standing",
    "StatementFilter",
    "Statements",
    "Tx",
    "Unanswered",
    "Unheard",
    "Unshown",
    "UrlsWanted",
    "ValidationHook",
    "Validations",
    "WebhookSender",
    "Window",
    "Work",
    "WorkKind",
]
