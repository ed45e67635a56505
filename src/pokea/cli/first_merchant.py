"""The first merchant and its key, which is all that most installations need."""

import base64
import json
import secrets
from dataclasses import dataclass

from pokea.domain.api_key import RANDOM_BYTES, ApiKey, hint, key_sha256, new_key
from pokea.domain.delivery import Endpoint
from pokea.domain.ids import AccountId, EndpointId, KeyId
from pokea.flows.ports import Tx
from pokea.settings import Settings
from pokea.wiring import Gateway, open_gateway
from pokea.wiring.gateway import know_own_shortcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made; the secrets are shown this once."""

    account_id: AccountId
    api_key: str
    webhook_secret: str | None = None


def make(settings: Settings, name: str) -> Made:
    """Make a merchant (unless there is one) and a new key for it."""
    gateway = open_gateway(settings)
    try:
        made = gateway.db.write_here(lambda tx: _make(tx, gateway, name))
        know_own_shortcode(gateway)
    finally:
        gateway.close()
    return made


def make_demo(settings: Settings, name: str, *, url: str, known_key: str | None) -> Made:
    """A merchant with one endpoint, as it was yesterday where there was a yesterday."""
    gateway = open_gateway(settings)
    try:
        made = gateway.db.write_here(
            lambda tx: _demo(tx, gateway, name, url=url, known_key=known_key)
        )
        know_own_shortcode(gateway)
    finally:
        gateway.close()
    return made


def as_text(made: Made, *, as_json: bool) -> str:
    """What the command prints."""
    if as_json:
        return json.dumps({"account": made.account_id, "api_key": made.api_key})
    return (
        f"Merchant  {made.account_id}\n"
        f"API key   {made.api_key}\n"
        "Keep the key where your site keeps its secrets: it is not shown again."
    )


def _make(tx: Tx, gateway: Gateway, name: str) -> Made:
    account_id = _account(tx, gateway, name)
    text = new_key(secrets.token_bytes(RANDOM_BYTES), livemode=gateway.settings.livemode)
    key = ApiKey(
        id=KeyId(gateway.deps.ids.new("key")),
        account_id=account_id,
        livemode=gateway.settings.livemode,
        sha256=key_sha256(text),
        hint=hint(text),
    )
    tx.api_keys.add(key, gateway.deps.clock.now())
    return Made(account_id=account_id, api_key=text)


def _account(tx: Tx, gateway: Gateway, name: str) -> AccountId:
    account_id = tx.accounts.first()
    if account_id is None:
        account_id = AccountId(gateway.deps.ids.new("account"))
        tx.accounts.add(account_id, name, gateway.deps.clock.now())
    return account_id


def _demo(tx: Tx, gateway: Gateway, name: str, *, url: str, known_key: str | None) -> Made:
    account_id = _account(tx, gateway, name)
    known = known_key and tx.api_keys.find(key_sha256(known_key))
    key = known_key if known and known_key else _make(tx, gateway, name).api_key
    secret = _listen_only_at(tx, gateway, account_id, url)
    return Made(account_id=account_id, api_key=key, webhook_secret=secret)


def _listen_only_at(tx: Tx, gateway: Gateway, account_id: AccountId, url: str) -> str:
    """The secret of the one endpoint that is called; the shop may have changed its port."""
    secret = None
    for endpoint in tx.endpoints.of_account(account_id, livemode=False):
        tx.endpoints.switch(endpoint.id, enabled=endpoint.url == url)
        secret = endpoint.secret if endpoint.url == url else secret
    if secret is None:
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(RANDOM_BYTES)).decode()
        tx.endpoints.add(
            Endpoint(
                id=EndpointId(gateway.deps.ids.new("endpoint")),
                account_id=account_id,
                livemode=False,
                url=url,
                secret=secret,
            ),
            gateway.deps.clock.now(),
        )
    return secret
