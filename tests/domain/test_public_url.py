"""Addresses that Safaricom would take and never reach."""

import pytest

from pokea.domain.public_url import unreachable


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://localhost:4000", "localhost is known on this machine only"),
        ("https://pay.local", "pay.local is known on this machine only"),
        ("http://127.0.0.1:4000", "127.0.0.1 is no address of the public internet"),
        ("https://10.0.0.7", "10.0.0.7 is no address of the public internet"),
        ("https://[::1]", "::1 is no address of the public internet"),
        ("https://gateway", "gateway has no domain"),
    ],
)
def test_an_address_of_this_machine_or_network_is_never_reached(url: str, why: str) -> None:
    assert unreachable(url, production=False) == why
    assert unreachable(url, production=True) == why


@pytest.mark.parametrize("url", ["https://pay.duka.co.ke", "https://102.135.168.1"])
def test_a_public_address_is_reached(url: str) -> None:
    assert unreachable(url, production=True) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://a1b2.ngrok-free.app", 'it holds "ngrok"'),
        ("https://pay.duka.co.ke:4000", "port 4000 is not 443"),
    ],
)
def test_what_will_do_for_the_sandbox_will_not_do_in_production(url: str, why: str) -> None:
    assert unreachable(url, production=False) is None
    told = unreachable(url, production=True)
    assert told is not None
    assert told.startswith(why)
