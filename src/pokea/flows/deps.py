"""The ports that flows share, in one value that ``wiring.py`` builds."""

import re
from dataclasses import dataclass
from typing import Protocol

from pokea.daraja.values import Money, Msisdn, Payer, Shortcode
from pokea.domain.corroboration import Rules
from pokea.domain.ids import AccountId
from pokea.domain.prompting import PromptLimit
from pokea.domain.query_budget import Urgency
from pokea.flows.ports import (
    Auditor,
    Clock,
    Database,
    Ids,
    Inquirer,
    Notifier,
    Provider,
    Puller,
    WebhookSender,
)


class PhoneNames(Protocol):
    """Names merchants' payers without telling who they are."""

    def phone_token(self, account: AccountId, phone: Msisdn) -> str:
        """A merchant's own stable name for a phone."""
        ...

    def payer_token(self, account: AccountId, payer: Payer | None) -> str | None:
        """The same name for a payer as Safaricom writes one; None when it is masked."""
        ...

    def payer_index(self, payer: Payer | None) -> bytes | None:
        """What a payer's phone is found by; None when it is masked."""
        ...


class QueryBudget(Protocol):
    """How often Safaricom may be asked; its limits are per shortcode and unpublished."""

    async def take(self, shortcode: Shortcode, urgency: Urgency) -> int:
        """Use one question and answer 0, or say in how many seconds to try again."""
        ...

    def slow_down(self, shortcode: Shortcode, retry_after_s: int | None) -> None:
        """Safaricom says that it is asked too often."""
        ...

    def take_spare(self, shortcode: Shortcode) -> bool:
        """Set a question aside that nobody waits for, or False when there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Everything a flow needs from the world.

    Without an initiator there is no ``inquirer``, without Safaricom's approval no ``puller``.
    """

    db: Database
    provider: Provider
    sender: WebhookSender
    notifier: Notifier
    clock: Clock
    ids: Ids
    phones: PhoneNames
    budget: QueryBudget
    auditor: Auditor
    path_keys: tuple[bytes, ...]
    rules: Rules
    prompt_limit: PromptLimit
    payment_max: Money
    account_pattern: re.Pattern[str] | None = None
    livemode: bool = False
    inquirer: Inquirer | None = None
    puller: Puller | None = None
