"""Settings that cannot work, or that would be dangerous, are refused in one sentence."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from harness.examples import SECRET
from pokea.cli.serving import warn
from pokea.daraja.values import Money
from pokea.domain.corroboration import Rules
from pokea.settings import SAFARICOM_ADDRESSES, BadSettings, Settings, read_settings

PRODUCTION = {"mpesa_env": "production", "base_url": "https://pay.example"}
SANDBOX = {"mpesa_env": "sandbox"}


def read(**changes: Any) -> Settings:
    """Settings of the sandbox, with changes, whatever the folder's own .env says."""
    return read_settings(**(SANDBOX | {"_env_file": None} | changes))


def test_an_empty_allow_list_is_the_default() -> None:
    settings = read(pokea_callback_allowlist="")

    assert [str(network) for network in settings.allowlist] == [
        f"{address}/32" for address in SAFARICOM_ADDRESSES
    ]


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "196.201.214.200, ::/0"])
def test_in_production_callbacks_are_not_believed_from_everywhere(everybody: str) -> None:
    with pytest.raises(BadSettings, match="whole internet"):
        read(**PRODUCTION, pokea_callback_allowlist=everybody)


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0", "10.0.0.0/8,0.0.0.0/0"])
def test_a_proxy_that_is_everybody_is_refused(everybody: str) -> None:
    with pytest.raises(BadSettings, match="POKEA_TRUSTED_PROXIES: names the whole internet"):
        read(pokea_trusted_proxies=everybody)


@pytest.mark.parametrize("proxies", ["196.201.214.0/24", "128.0.0.0/1", "196.201.212.74"])
def test_a_proxy_at_safaricoms_addresses_is_refused(proxies: str) -> None:
    with pytest.raises(BadSettings, match=r"overlaps 196\.201\."):
        read(pokea_trusted_proxies=proxies)


def test_a_proxy_on_the_own_machine_may_call_back_in_tests_only() -> None:
    loopback = {
        "pokea_trusted_proxies": "127.0.0.1,::1",
        "pokea_callback_allowlist": "127.0.0.0/8",
    }

    assert read(**loopback).pokea_trusted_proxies
    with pytest.raises(BadSettings, match="Name your own proxies only"):
        read(**PRODUCTION, **loopback)


def test_a_proxy_of_ones_own_is_accepted_in_production() -> None:
    assert read(**PRODUCTION, pokea_trusted_proxies="10.0.0.0/8, fd00::/8")


def test_an_empty_base_url_is_refused() -> None:
    with pytest.raises(BadSettings, match="BASE_URL is empty"):
        read(base_url="")


@pytest.mark.parametrize("word", ["mpesa", "Safaricom", "sql", "query", "cmd", "exe"])
def test_a_base_url_with_a_word_that_daraja_refuses_is_refused(word: str) -> None:
    with pytest.raises(BadSettings, match=f'BASE_URL holds "{word}", and Daraja refuses'):
        read(base_url=f"https://{word}.duka.example")


@pytest.mark.parametrize("bad", ["ftp://x.example", "https://", "https://u:p@x.example"])
def test_a_base_url_that_is_no_address_is_refused(bad: str) -> None:
    with pytest.raises(BadSettings, match="BASE_URL must"):
        read(base_url=bad)


def test_a_maximum_above_safaricoms_is_refused() -> None:
    assert read(pokea_payment_max=250_000).pokea_payment_max == 250_000
    with pytest.raises(BadSettings, match="POKEA_PAYMENT_MAX"):
        read(pokea_payment_max=250_001)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://u@h/d", "pg", "postgresql://u:p@h:x/d"]
)
def test_a_database_that_forgets_or_that_we_do_not_know_is_refused(url: str) -> None:
    with pytest.raises(BadSettings, match="DATABASE_URL"):
        read(database_url=url)


def test_a_database_urls_password_is_not_repeated() -> None:
    with pytest.raises(BadSettings) as refused:
        read(database_url="mysql://user:opensesame@host/db")

    assert "opensesame" not in str(refused.value)


def test_the_rules_of_belief_have_the_domains_defaults() -> None:
    settings, rules = read(), Rules()

    assert Money.shillings(settings.pokea_receipt_witness_above) == rules.receipt_witness_above
    assert Money.shillings(settings.pokea_single_witness_max) == rules.single_witness_max


@pytest.mark.parametrize(
    ("changes", "warnings"),
    [
        (PRODUCTION, []),
        (PRODUCTION | {"pokea_queries_per_minute": 119}, ["settings.asks_too_seldom"]),
        (
            PRODUCTION | {"pokea_queries_per_minute": 5, "pokea_corroboration": "fast"},
            [],
        ),
        (SANDBOX | {"pokea_corroboration": "strict"}, []),
    ],
)
def test_strict_in_production_needs_questions(
    changes: dict[str, Any], warnings: list[str]
) -> None:
    with capture_logs() as logs:
        warn(read(**changes))

    assert [line["event"] for line in logs] == warnings


@pytest.mark.parametrize(
    "half",
    [
        {"mpesa_initiator_name": "testapi"},
        {"mpesa_initiator_password": "Safaricom123#"},
        {"mpesa_security_credential": "abc="},
    ],
)
def test_half_an_initiator_is_refused(half: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="MPESA_INITIATOR_NAME goes with"):
        read(**half)


def test_an_initiator_has_a_password_or_its_credential() -> None:
    assert not read().may_ask
    assert read(mpesa_initiator_name="testapi", mpesa_initiator_password="x").may_ask
    assert read(mpesa_initiator_name="testapi", mpesa_security_credential="x=").may_ask


def test_another_database_is_no_redis() -> None:
    assert read(redis_url="").redis_url is None
    with pytest.raises(BadSettings, match="REDIS_URL: must be redis"):
        read(redis_url="postgresql://127.0.0.1/pokea")


def test_production_is_never_killed_for_a_test() -> None:
    with pytest.raises(BadSettings, match="POKEA_FAILPOINT kills the gateway"):
        read(**PRODUCTION, pokea_failpoint="before_ack")


@pytest.mark.parametrize(
    "hook", ["duka", "duka:", ":may_pay", "ftp://shop.example", "duka:may pay", "duka.py:x()"]
)
def test_a_hook_is_a_url_or_a_function(hook: str) -> None:
    with pytest.raises(BadSettings, match="POKEA_VALIDATION_HOOK must be"):
        read(pokea_validation_hook=hook, pokea_validation_secret=SECRET)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_no base64"])
def test_questions_to_a_url_are_signed_with_a_real_secret(secret: str) -> None:
    with pytest.raises(BadSettings, match="POKEA_VALIDATION_SECRET must be"):
        read(pokea_validation_hook="https://shop.example/ask", pokea_validation_secret=secret)


def test_real_money_is_not_asked_about_in_plain_text() -> None:
    plain = {
        "pokea_validation_hook": "http://shop.example/ask",
        "pokea_validation_secret": SECRET,
    }

    assert read(**plain).pokea_validation_hook
    with pytest.raises(BadSettings, match="POKEA_VALIDATION_HOOK must be"):
        read(**PRODUCTION, **plain)


def test_a_function_needs_no_secret_and_an_empty_hook_is_none() -> None:
    assert read(pokea_validation_hook="shop.money:may_pay").pokea_validation_hook
    assert read(pokea_validation_hook="").pokea_validation_hook is None
    assert read(pokea_validation_accounts="").pokea_validation_accounts is None


@pytest.mark.parametrize(
    "bad",
    [
        {"pokea_validation_accounts": "ADM/["},
        {"pokea_validation_hook_timeout_ms": 801},
        {"pokea_validation_default": "maybe"},
        {"pokea_validation_min": 0},
    ],
    ids=str,
)
def test_validation_settings_that_cannot_work_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(BadSettings, match=next(iter(bad)).upper()):
        read(**bad)
