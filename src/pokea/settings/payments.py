"""How payments are settled, and what bounds them."""

import re
from datetime import timedelta
from typing import Final, Literal

from pydantic import Field, field_validator

from pokea.daraja.operations.encoding import LARGEST
from pokea.domain.corroboration import Policy, Rules
from pokea.settings.daraja import MpesaEnv
from pokea.settings.host import HostSettings

QUESTIONS_IN_PRODUCTION: Final = 120
"""A minute. With fewer, a busy hour's customers wait for the second witness of ``strict``."""


SAME_AMOUNT_S: Final = 120
"""Safaricom's own rule: result 17 (SPEC 5.1)."""

UNPAID_A_DAY: Final = 10
"""Nobody forgets to pay more often than that; somebody else is being annoyed."""


class PaymentSettings(HostSettings):
    """Witnesses, budgets and limits."""

    pokea_corroboration: Policy | None = Field(
        default=None,
        description="`strict` or `fast`; default: `fast` in the sandbox, else `strict`.",
    )
    pokea_queries_per_minute: int | None = Field(
        default=None,
        ge=1,
        description="How often STK Query is asked; default: 5 sandbox, 120 production.",
    )
    pokea_pull: bool = Field(
        default=False,
        description="Whether Pull Transactions may be used; Safaricom approves it by itself.",
    )
    pokea_prompts_per_phone: int | None = Field(
        default=None,
        ge=1,
        description="Prompts to one phone in ten minutes; default: 3, simulator 60.",
    )
    pokea_same_prompt_after: int | None = Field(
        default=None,
        ge=0,
        description="Seconds before a phone is prompted for the same amount again, which"
        " M-PESA refuses; default: 120 production, else 0.",
    )
    pokea_unpaid_prompts_a_day: int | None = Field(
        default=None,
        ge=1,
        description="Prompts in a day to a phone that pays none; default: 10, simulator none.",
    )
    pokea_payment_max: int = Field(
        default=LARGEST.in_cents // 100,
        ge=1,
        le=LARGEST.in_cents // 100,
        description="The largest payment, in shillings; default: Safaricom's own limit.",
    )
    pokea_receipt_witness_above: int = Field(
        default=Rules().receipt_witness_above.in_cents // 100,
        ge=0,
        description="From this many shillings, a second witness must name the receipt.",
    )
    pokea_single_witness_max: int = Field(
        default=Rules().single_witness_max.in_cents // 100,
        ge=0,
        description="Up to this many shillings, one callback settles while Safaricom cannot"
        " be asked.",
    )

    pokea_c2b_release: Literal["received", "verified"] = Field(
        default="received",
        description="When money paid by hand counts: `received`, below"
        " POKEA_RECEIPT_WITNESS_ABOVE as soon as it is believed, or always `verified`.",
    )
    pokea_account_pattern: str | None = Field(
        default=None,
        description="A regular expression whose first group is the account number in what"
        " payers type; default: all of it.",
    )

    @field_validator("pokea_account_pattern")
    @classmethod
    def _an_expression(cls, value: str | None) -> str | None:
        if not value:
            return None
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        return value

    @property
    def account_pattern(self) -> re.Pattern[str] | None:
        """How an account number is found in what a payer typed."""
        pattern = self.pokea_account_pattern
        return None if pattern is None else re.compile(pattern, re.IGNORECASE)

    @property
    def same_prompt_after(self) -> timedelta:
        """How soon a phone may be prompted for the same amount again."""
        if self.pokea_same_prompt_after is not None:
            return timedelta(seconds=self.pokea_same_prompt_after)
        return timedelta(seconds=SAME_AMOUNT_S if self.livemode else 0)

    @property
    def unpaid_prompts_a_day(self) -> int | None:
        """How often a phone that never pays is prompted in a day."""
        simulated = self.mpesa_env is MpesaEnv.SIMULATOR
        return self.pokea_unpaid_prompts_a_day or (None if simulated else UNPAID_A_DAY)

    @property
    def policy(self) -> Policy:
        """How many witnesses release money."""
        if self.pokea_corroboration is not None:
            return self.pokea_corroboration
        # The sandbox's STK Query is unreliable and limited to five a minute (SPEC 8.3).
        return Policy.FAST if self.mpesa_env is MpesaEnv.SANDBOX else Policy.STRICT

    @property
    def queries_per_minute(self) -> int:
        """The budget of questions."""
        defaults = {
            MpesaEnv.SIMULATOR: 60_000,
            MpesaEnv.SANDBOX: 5,
            MpesaEnv.PRODUCTION: QUESTIONS_IN_PRODUCTION,
        }
        return self.pokea_queries_per_minute or defaults[self.mpesa_env]

    @property
    def asks_too_seldom(self) -> bool:
        """Whether real customers will wait for questions that may not be asked yet."""
        return (
            self.livemode
            and self.policy is Policy.STRICT
            and self.queries_per_minute < QUESTIONS_IN_PRODUCTION
        )

    @property
    def prompts_per_phone(self) -> int:
        """Prompts to one phone in ten minutes."""
        defaults = {MpesaEnv.SIMULATOR: 60, MpesaEnv.SANDBOX: 3, MpesaEnv.PRODUCTION: 3}
        return self.pokea_prompts_per_phone or defaults[self.mpesa_env]
