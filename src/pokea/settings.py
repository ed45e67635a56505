"""Every setting, once: from the environment or ``.env``, checked before anything starts.

The seed guide's names are kept (``MPESA_ENV``, ``MPESA_CONSUMER_KEY``, …). Nothing else in the
gateway reads the environment.
"""

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pokea.daraja.errors import InvalidValue
from pokea.daraja.operations.encoding import LARGEST
from pokea.daraja.values import CallbackUrl
from pokea.domain.corroboration import Policy, Rules
from pokea.domain.notice import Language

Network = IPv4Network | IPv6Network

SAFARICOM_ADDRESSES: Final = (
    "196.201.214.200",
    "196.201.214.206",
    "196.201.214.207",
    "196.201.214.208",
    "196.201.213.114",
    "196.201.213.44",
    "196.201.212.127",
    "196.201.212.128",
    "196.201.212.129",
    "196.201.212.132",
    "196.201.212.136",
    "196.201.212.138",
    "196.201.212.69",
    "196.201.212.74",
)
"""Where callbacks come from: the union of the published lists (SPEC section 9)."""

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")

QUESTIONS_IN_PRODUCTION: Final = 120
"""A minute. With fewer, a busy hour's customers wait for the second witness of ``strict``."""

_BETWEEN_URLS: Final = re.compile(r"[\s,]+(?=[A-Za-z0-9]+://)")
_LONGEST_PATH: Final = "/i/s/" + "0" * 64


class MpesaEnv(StrEnum):
    """Which Daraja this installation talks to."""

    SIMULATOR = "simulator"
    SANDBOX = "sandbox"
    PRODUCTION = "production"


class BadSettings(Exception):
    """Settings that cannot work; the message says which, and what to do."""


class Settings(BaseSettings):
    """One frozen value with everything that can be set."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    mpesa_env: MpesaEnv = Field(
        default=MpesaEnv.SANDBOX, description="`simulator`, `sandbox` or `production`."
    )
    mpesa_base_url: str | None = Field(
        default=None, description="Another Daraja host, for instance a simulator's."
    )
    mpesa_consumer_key: str = Field(default="", description="The Daraja app's key.")
    mpesa_consumer_secret: SecretStr = Field(
        default=SecretStr(""), description="The Daraja app's secret."
    )
    mpesa_shortcode: str = Field(
        default="", description="The paybill, or for a till its store number."
    )
    mpesa_passkey: SecretStr = Field(
        default=SecretStr(""), description="The shortcode's M-PESA Express passkey."
    )
    mpesa_till: str | None = Field(
        default=None, description="The till number, when customers pay a till."
    )
    mpesa_initiator_name: str = Field(
        default="",
        description="The API operator who may ask for balances and a receipt's status.",
    )
    mpesa_initiator_password: SecretStr = Field(
        default=SecretStr(""), description="The API operator's password."
    )
    mpesa_security_credential: SecretStr = Field(
        default=SecretStr(""), description="That password, encrypted already; instead of it."
    )
    mpesa_certificate: Path | None = Field(
        default=None,
        description="The certificate that encrypts it; default: the environment's own.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:4000",
        description="Where the world reaches this gateway; callbacks come here.",
    )
    database_url: str | None = Field(
        default=None, description="`postgresql://…`; without it, SQLite in the data folder."
    )
    redis_url: str | None = Field(
        default=None,
        description="`redis://…`: shares the access token and the query budget; default: the"
        " database does, where several processes may use it.",
    )
    pokea_data_dir: Path = Field(
        default=Path("pokea-data"),
        description="Folder of the SQLite file, the key file, and the spool.",
    )
    pokea_spool_max: int = Field(
        default=1024,
        ge=1,
        description="Megabytes of callbacks kept in the data folder while the database is away;"
        " each takes about one thousandth of one.",
    )
    pokea_secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Master keys, newest first, separated by commas; 64 hex digits each.",
    )
    pokea_merchant_name: str = Field(
        default="Your shop", description="What customers read at the checkout."
    )
    pokea_trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(), description="Networks of your own reverse proxies, separated by commas."
    )
    pokea_callback_allowlist: Annotated[tuple[Network, ...] | None, NoDecode] = Field(
        default=None,
        description="Networks that callbacks may come from; default: Safaricom's addresses.",
    )
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
    pokea_notify_operators: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="Apprise URLs that alerts go to, separated by commas; secret."
    )
    pokea_notify_customers: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Apprise URLs with `{phone}` or `{email}` in them, for receipts; secret.",
    )
    pokea_notify_language: Language = Field(
        default="en", description="`en` or `sw`: the language of receipts and alerts."
    )
    pokea_log_level: str = Field(default="info", description="`debug`, `info`, `warning`.")

    @field_validator("pokea_secret_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return _split(value)

    @field_validator("pokea_notify_operators", "pokea_notify_customers", mode="before")
    @classmethod
    def _split_urls(cls, value: object) -> object:
        # A comma may also stand inside of such a URL, between two of its targets.
        return _BETWEEN_URLS.split(value.strip(" ,")) if isinstance(value, str) else value

    @field_validator("pokea_notify_customers")
    @classmethod
    def _to_somebody(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        held = [
            [mark for mark in ("{phone}", "{email}") if mark in url.get_secret_value()]
            for url in value
        ]
        if any(len(marks) != 1 for marks in held) or len({*map(str, held)}) != len(held):
            raise ValueError("needs one URL with {phone}, or one with {email}, or both")
        return value

    @field_validator("pokea_trusted_proxies", "pokea_callback_allowlist", mode="before")
    @classmethod
    def _read_networks(cls, value: object) -> object:
        parts = _split(value)
        return parts if parts is None else tuple(ip_network(str(part)) for part in parts)

    @field_validator("pokea_callback_allowlist")
    @classmethod
    def _empty_is_unset(cls, value: tuple[Network, ...] | None) -> tuple[Network, ...] | None:
        # "POKEA_CALLBACK_ALLOWLIST=" in a file of settings is meant as "none of my own".
        return value or None

    @field_validator("pokea_trusted_proxies")
    @classmethod
    def _not_everybody(cls, value: tuple[Network, ...]) -> tuple[Network, ...]:
        if any(network.prefixlen == 0 for network in value):
            raise ValueError("names the whole internet; anybody could then say who calls")
        return value

    @field_validator("database_url")
    @classmethod
    def _a_database_we_know(cls, value: str | None) -> str | None:
        if not value:
            return None
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):
            raise ValueError("is not a URL; is its password percent-encoded?") from None
        match url.get_backend_name():
            case "postgresql":
                return value
            case "sqlite" if url.database and not url.database.startswith((":", "file:")):
                return value
            case _:
                raise ValueError("must be postgresql://… or sqlite:////folder/file.db")

    @field_validator("redis_url")
    @classmethod
    def _a_redis(cls, value: str | None) -> str | None:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must be redis://…, rediss://… or unix://…")
        return value or None

    @field_validator("base_url", "mpesa_base_url")
    @classmethod
    def _no_slash(cls, value: str | None) -> str | None:
        return value if value is None else value.rstrip("/")

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.mpesa_env is MpesaEnv.SIMULATOR and not self.mpesa_base_url:
            raise ValueError("MPESA_ENV=simulator also needs MPESA_BASE_URL")
        if self.livemode and not self.base_url.startswith("https://"):
            raise ValueError("BASE_URL must begin with https:// in production")
        if self.livemode and any(network.prefixlen == 0 for network in self.allowlist):
            raise ValueError(
                "POKEA_CALLBACK_ALLOWLIST names the whole internet; in production callbacks"
                " are believed from Safaricom's addresses only"
            )
        if not self.base_url:
            raise ValueError("BASE_URL is empty; write where the world reaches this gateway")
        if self.may_ask is not bool(self.mpesa_initiator_name):
            raise ValueError(
                "MPESA_INITIATOR_NAME goes with MPESA_INITIATOR_PASSWORD, or with"
                " MPESA_SECURITY_CREDENTIAL"
            )
        try:
            CallbackUrl.parse(self.base_url + _LONGEST_PATH, allow_http=not self.livemode)
        except InvalidValue as error:
            raise ValueError(f"BASE_URL {error.reason}") from None
        self._check_proxies()
        return self

    def _check_proxies(self) -> None:
        """A proxy of ours at Safaricom's addresses would let callers name themselves."""
        for proxy in self.pokea_trusted_proxies:
            if not self.livemode and _is_within(proxy, LOOPBACK):
                continue
            for network in self.allowlist:
                if proxy.version == network.version and proxy.overlaps(network):
                    raise ValueError(
                        f"POKEA_TRUSTED_PROXIES: {proxy} overlaps {network}, from where"
                        " callbacks come. Name your own proxies only"
                    )

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""
        return self.mpesa_env is MpesaEnv.PRODUCTION

    @property
    def may_ask(self) -> bool:
        """Whether there is an initiator, who asks for balances and statuses."""
        secrets = (self.mpesa_initiator_password, self.mpesa_security_credential)
        return any(secret.get_secret_value() for secret in secrets)

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.pokea_data_dir / 'pokea.db'}"

    @property
    def allowlist(self) -> tuple[Network, ...]:
        """Networks that callbacks are believed from."""
        if self.pokea_callback_allowlist is not None:
            return self.pokea_callback_allowlist
        simulated = self.mpesa_env is MpesaEnv.SIMULATOR
        return tuple(
            ip_network(one) for one in (LOOPBACK if simulated else SAFARICOM_ADDRESSES)
        )

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


def read_settings(**changes: object) -> Settings:
    """Read and check all settings.

    Raises:
        BadSettings: with one sentence for each setting that cannot work.
    """
    try:
        return Settings(**changes)  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        sentences = [
            f"{'.'.join(str(part) for part in one['loc']).upper() or 'Settings'}:"
            f" {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        ]
        raise BadSettings("\n".join(sentences)) from None


def environment_with(changes: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with changes, for a process that it starts."""
    return {**os.environ, **changes}  # noqa: TID251 - only this file reads it


def _is_within(network: Network, others: tuple[str, ...]) -> bool:
    return any(
        network.version == other.version
        and network.network_address in other
        and network.broadcast_address in other
        for other in map(ip_network, others)
    )


def _split(value: object) -> tuple[object, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, (list, tuple)):
        return tuple(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return (value,)
