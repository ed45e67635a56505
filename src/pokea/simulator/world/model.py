"""What exists in the simulated world. Plain data, so that it can be saved and compared.

Money is whole cents in one flat ledger, ``World.accounts``; every opening balance comes from
the account ``outside``, so the sum over all accounts is zero, always.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from pokea.simulator.world.agenda import Due
from pokea.simulator.world.plans import Plan, Rule
from pokea.simulator.world.tariff import Tariff

EAT = timezone(timedelta(hours=3), "EAT")
OUTSIDE = "outside"
FEES = "fees"
# The sandbox's public passkey: it decodes from the portal's own sample password (SPEC 12).
PUBLIC_PASSKEY = "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919"

OrganisationKind = Literal["paybill", "till"]
PromptState = Literal["open", "settled"]


@dataclass(slots=True, kw_only=True)
class Sms:
    """One message in a phone's inbox."""

    at: datetime
    text: str


@dataclass(slots=True, kw_only=True)
class Phone:
    """A subscriber. The balance lives in the ledger, under :func:`phone_account`."""

    msisdn: str
    name: str = ""
    on: bool = True
    language: Literal["en", "sw"] = "en"
    wrong_pins: int = 0
    locked: bool = False
    registered: bool = True
    pochi: bool = True
    inbox: list[Sms] = field(default_factory=list[Sms])
    script: list[Plan] = field(default_factory=list[Plan])
    spent_on: str = ""
    spent: int = 0
    last_checkout_ms: int = 0


@dataclass(slots=True, kw_only=True)
class Urls:
    """The C2B addresses an organisation registered."""

    confirmation: str
    validation: str
    response_type: Literal["Completed", "Cancelled"]
    version: Literal["v1", "v2"]


@dataclass(slots=True, kw_only=True)
class Organisation:
    """A paybill, or a store with its till (SPEC 7.1: the store signs, the till is paid)."""

    shortcode: str
    name: str
    kind: OrganisationKind = "paybill"
    till: str = ""
    passkey: str = PUBLIC_PASSKEY
    fee_payer: Literal["business", "customer", "shared", "nobody"] = "business"
    urls: Urls | None = None
    validates: bool = True
    pull_registered: bool = False


@dataclass(slots=True, kw_only=True)
class App:
    """A Daraja app: a key, a secret and the products ticked for it."""

    consumer_key: str
    consumer_secret: str
    products: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Token:
    """An access token; it carries the products its app had when it was minted (SPEC 2)."""

    value: str
    consumer_key: str
    expires_at: datetime
    products: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Initiator:
    """An API operator of an organisation, with its password and failure counter."""

    name: str
    password: str
    wrong_passwords: int = 0
    locked: bool = False


@dataclass(slots=True, kw_only=True)
class Prompt:
    """One STK push: what was asked, and how it ended."""

    checkout_id: str
    merchant_request_id: str
    shortcode: str
    credited: str
    phone: str
    amount: int
    reference: str
    description: str
    callback_url: str
    transaction_type: str
    opened_at: datetime
    expires_at: datetime
    plan: Plan
    state: PromptState = "open"
    shown: bool = False
    result_code: str = ""
    result_desc: str = ""
    receipt: str = ""
    settled_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Movement:
    """Money that really moved: the truth that an auditor compares with."""

    number: int
    receipt: str
    kind: str
    at: datetime
    amount: int
    debit: str
    credit: str
    fee: int = 0
    phone: str = ""
    shortcode: str = ""
    reference: str = ""
    checkout_id: str = ""
    merchant_request_id: str = ""
    conversation_id: str = ""
    originator_conversation_id: str = ""
    reverses: str = ""
    reversed_by: str = ""
    debit_balance: int = 0
    credit_balance: int = 0
    fee_from: str = ""
    fee_balance: int = 0


@dataclass(slots=True, kw_only=True)
class Command:
    """An accepted B2C, B2B, status, balance or reversal request, and its end."""

    product: str
    conversation_id: str
    originator_conversation_id: str
    # A Body; said as Any, because pydantic cannot save a type that contains itself.
    body: dict[str, Any]
    initiator: str
    password_is_right: bool
    accepted_at: datetime
    plan: Plan
    finished_at: datetime | None = None
    result_code: str = ""
    receipt: str = ""


@dataclass(slots=True, kw_only=True)
class HandPayment:
    """A customer pays a bill or a shop from the menu: C2B, validated before money moves."""

    number: str
    msisdn: str
    shortcode: str
    amount: int
    reference: str
    receipt: str
    at: datetime
    plan: Plan
    third_party_id: str = ""
    state: Literal["validating", "paid", "refused"] = "validating"
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Invoice:
    """A Bill Manager invoice."""

    external_reference: str
    account: str
    name: str
    amount: int
    paid: int = 0


@dataclass(slots=True, kw_only=True)
class Biller:
    """A shortcode that opted in to Bill Manager."""

    shortcode: str
    app_key: str
    callback_url: str
    invoices: dict[str, Invoice] = field(default_factory=dict[str, Invoice])


@dataclass(slots=True, kw_only=True)
class StandingOrder:
    """A Ratiba standing order."""

    name: str
    msisdn: str
    shortcode: str
    amount: int
    reference: str
    callback_url: str
    frequency: str
    start: str
    end: str
    request_id: str
    plan: Plan
    active: bool = False


@dataclass(slots=True, kw_only=True)
class Switches:
    """How this Safaricom behaves where documentation, sandbox and production differ."""

    habits: Literal["sandbox", "production"] = "sandbox"
    reissue_retires_token: bool = False
    token_life_s: int = 3600
    auto_answer_s: float = 1.0
    prompt_life_s: float = 60.0
    unreachable_s: float = 14.0
    result_delay_s: float = 1.0
    query_unknown: Literal["500", "400"] = "500"
    query_per_minute: int = 0
    spike_arrest_per_s: int = 0
    quota_per_day: int = 0
    hang_s: float = 30.0
    shuffle_items: bool = False
    result_codes_as_strings: bool = False
    refuse_b2c_v3: bool = False
    twin_confirmations: bool = True
    action_type_in_balance: bool = True
    middle_and_last_names: bool = False
    data_offers: bool = False
    callback_source: str = ""
    autopilot_percent: int = 0


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Recent calls, for spike arrest and quota."""

    recent: dict[str, list[datetime]] = field(default_factory=dict[str, list[datetime]])
    day: str = ""
    today: int = 0


@dataclass(slots=True, kw_only=True)
class World:
    """Everything. One ``step`` at a time changes it."""

    seed: int
    clock_at: datetime
    dice: int = 0
    accounts: dict[str, int] = field(default_factory=dict[str, int])
    phones: dict[str, Phone] = field(default_factory=dict[str, Phone])
    organisations: dict[str, Organisation] = field(default_factory=dict[str, Organisation])
    apps: dict[str, App] = field(default_factory=dict[str, App])
    initiators: dict[str, Initiator] = field(default_factory=dict[str, Initiator])
    tokens: dict[str, Token] = field(default_factory=dict[str, Token])
    prompts: dict[str, Prompt] = field(default_factory=dict[str, Prompt])
    open_prompts: dict[str, Prompt] = field(default_factory=dict[str, Prompt])
    movements: list[Movement] = field(default_factory=list[Movement])
    receipts: dict[str, int] = field(default_factory=dict[str, int])
    commands: dict[str, Command] = field(default_factory=dict[str, Command])
    originators: dict[str, str] = field(default_factory=dict[str, str])
    hand_payments: dict[str, HandPayment] = field(default_factory=dict[str, HandPayment])
    billers: dict[str, Biller] = field(default_factory=dict[str, Biller])
    standing_orders: dict[str, StandingOrder] = field(default_factory=dict[str, StandingOrder])
    tariff: Tariff = field(default_factory=Tariff)
    agenda: list[Due] = field(default_factory=list[Due])
    rules: list[Rule] = field(default_factory=list[Rule])
    switches: Switches = field(default_factory=Switches)
    traffic: Traffic = field(default_factory=Traffic)
    revoked_for: set[str] = field(default_factory=set[str])
    private_key_pem: str = ""
    counter: int = 0


def phone_account(msisdn: str) -> str:
    """The ledger account of a phone."""
    return f"phone:{msisdn}"


def organisation_account(shortcode: str, account: str) -> str:
    """The ledger account of an organisation: utility, working, charges, merchant."""
    return f"org:{shortcode}:{account}"
