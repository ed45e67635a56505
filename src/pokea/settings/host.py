"""Where this gateway runs: its address, its database and keys, and who may call it."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pokea.daraja.errors import InvalidValue
from pokea.daraja.values import CallbackUrl
from pokea.settings.daraja import DarajaSettings, MpesaEnv

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

_LONGEST_PATH: Final = "/i/s/" + "0" * 64


class HostSettings(DarajaSettings):
    """The host and what stands around it."""

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
    pokea_path_keys: int | None = Field(
        default=None,
        ge=1,
        description="How many of these keys, newest first, open the paths of callbacks and"
        " checkouts; default: all of them.",
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

    @field_validator("pokea_secret_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return _split(value)

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

    @field_validator("base_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _know_the_world(self) -> Self:
        if self.livemode and not self.base_url.startswith("https://"):
            raise ValueError("BASE_URL must begin with https:// in production")
        if self.livemode and any(network.prefixlen == 0 for network in self.allowlist):
            raise ValueError(
                "POKEA_CALLBACK_ALLOWLIST names the whole internet; in production callbacks"
                " are believed from Safaricom's addresses only"
            )
        if not self.base_url:
            raise ValueError("BASE_URL is empty; write where the world reaches this gateway")
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
