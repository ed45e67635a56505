"""What the shop must be told, read once, from flags or else from the environment."""

import os
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the shop stands, and how it reaches the gateway."""

    gateway: str
    api_key: str
    webhook_secret: str
    data_file: Path
    public_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 4003
    as_json: bool = False

    @property
    def url(self) -> str:
        """Where visitors find the shop."""
        return self.public_url or f"http://{self.host}:{self.port}"


def read_settings(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read flags, then the environment; leave the program with a sentence if one is missing."""
    if environment is None:
        environment = os.environ  # noqa: TID251 - the shop's own settings; it knows no other
    given = _parser(environment).parse_args(arguments)
    return Settings(
        gateway=given.gateway.rstrip("/"),
        api_key=_secret(environment, "SHOP_API_KEY"),
        webhook_secret=_secret(environment, "SHOP_WEBHOOK_SECRET"),
        data_file=Path(given.data_file),
        public_url=given.public_url and given.public_url.rstrip("/"),
        host=given.host,
        port=given.port,
        as_json=given.json,
    )


def _parser(environment: Mapping[str, str]) -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m pokea.shop",
        description="Duka la Wanjiku, the demo merchant.",
        epilog="Secrets come from the environment alone, where other users of the machine "
        "cannot list them: SHOP_API_KEY, SHOP_WEBHOOK_SECRET.",
    )
    say = parser.add_argument
    say("--port", type=int, default=int(environment.get("SHOP_PORT", "4003")))
    say("--host", default=environment.get("SHOP_HOST", "127.0.0.1"))
    say("--gateway", default=environment.get("SHOP_GATEWAY_URL", "http://127.0.0.1:4000"))
    say("--data-file", default=environment.get("SHOP_DATA_FILE", "shop.db"))
    say("--public-url", default=environment.get("SHOP_PUBLIC_URL"))
    say("--json", action="store_true", help="print the address as one line of JSON")
    return parser


def _secret(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise SystemExit(f"The shop needs {name} in its environment; see --help.")
    return value
