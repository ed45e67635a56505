"""One transaction and its nouns; the one rule of the package stands here."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from pokea.flows.ports.asking import QueryBudgets, Routines
from pokea.flows.ports.books import BookChecks, Chain, Journals
from pokea.flows.ports.collecting import Attempts, Payments, Receipts, Shortcodes
from pokea.flows.ports.customers import Customers
from pokea.flows.ports.evidence import Calls, Inbox
from pokea.flows.ports.merchants import Accounts, ApiKeys, Idempotency
from pokea.flows.ports.notices import Notices
from pokea.flows.ports.reconciling import Breaks, Days, Statements
from pokea.flows.ports.validating import Validations
from pokea.flows.ports.webhooks import Deliveries, Endpoints, Events
from pokea.flows.ports.work import Work

Result = TypeVar("Result")


class Tx(Protocol):
    """One open transaction."""

    @property
    def attempts(self) -> Attempts: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def customers(self) -> Customers: ...
    @property
    def shortcodes(self) -> Shortcodes: ...
    @property
    def journals(self) -> Journals: ...
    @property
    def chain(self) -> Chain: ...
    @property
    def book_checks(self) -> BookChecks: ...
    @property
    def statements(self) -> Statements: ...
    @property
    def breaks(self) -> Breaks: ...
    @property
    def days(self) -> Days: ...
    @property
    def events(self) -> Events: ...
    @property
    def endpoints(self) -> Endpoints: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def validations(self) -> Validations: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def calls(self) -> Calls: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def routines(self) -> Routines: ...
    @property
    def query_budgets(self) -> QueryBudgets: ...

    def overdue(self, before: datetime, limit: int) -> list[Work]:
        """Rows that were due before a time, oldest first: what the sweep hands over again."""
        ...

    def hand_over(self, work: Work) -> None:
        """Give work to the engine in this very transaction."""
        ...


class Database(Protocol):
    """Transactions, run on a thread so that the event loop never waits for a disk."""

    async def write(self, work: Callable[[Tx], Result]) -> Result:
        """Run ``work`` in one transaction; returns after the commit is durable."""
        ...

    async def read(self, work: Callable[[Tx], Result]) -> Result:
        """Run ``work`` without writing."""
        ...
