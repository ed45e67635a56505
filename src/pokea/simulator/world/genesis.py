"""The world on its first day: who exists before anybody has called (DESIGN 5, SPEC 12)."""

from datetime import datetime

from pokea.simulator.world import money
from pokea.simulator.world.model import (
    App,
    Initiator,
    Organisation,
    Phone,
    Switches,
    World,
    organisation_account,
    phone_account,
)
from pokea.simulator.world.tariff import Tariff

CONSUMER_KEY = "PokeaSimulatorConsumerKey0123456789"
CONSUMER_SECRET = "PokeaSimulatorSecret"  # noqa: S105 a fixed key to a pretend Safaricom
PAYBILL = "174379"
STORE = "4123456"
TILL = "5123456"
B2C_SHORTCODE = "600992"
INITIATOR = "testapi"
INITIATOR_PASSWORD = "Safaricom123#"  # noqa: S105 as above
TEST_MSISDN = "254708374149"
KRA = "572572"

PRODUCTS = frozenset(
    {
        *("stk_push", "stk_query", "c2b_v1", "c2b_v2", "c2b_simulate", "b2c", "b2pochi", "b2b"),
        *("tax", "b2b_express", "status", "balance", "reversal", "qr", "bill_manager"),
        *("ratiba", "pull", "lookup", "iot", "data_offers"),
    }
)
_PEOPLE = (
    ("254712345678", "Wanjiku Kamau", 5_000_00),
    ("254722000111", "Otieno Ouma", 120_00),
    ("254110555010", "Amina Hassan", 98_400_00),
    (TEST_MSISDN, "John Doe", 50_000_00),
)
_ORGANISATION_OPENING = 10_000_000_00


def new_world(
    seed: int, now: datetime, switches: Switches | None = None, rates: Tariff | None = None
) -> World:
    """A world with its people, shortcodes and one app."""
    world = World(
        seed=seed,
        dice=seed,
        switches=switches or Switches(),
        tariff=rates or Tariff(),
        clock_at=now,
    )
    app = App(consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, products=PRODUCTS)
    world.apps[app.consumer_key] = app
    for msisdn, name, balance in _PEOPLE:
        world.phones[msisdn] = Phone(msisdn=msisdn, name=name)
        money.open_account(world, phone_account(msisdn), balance)
    # Sandbox fact: nobody ever answers the shared test number (SPEC 12).
    world.phones[TEST_MSISDN].on = False
    for organisation in _organisations():
        world.organisations[organisation.shortcode] = organisation
        _open_accounts(world, organisation)
    world.initiators[INITIATOR] = Initiator(name=INITIATOR, password=INITIATOR_PASSWORD)
    return world


def _organisations() -> list[Organisation]:
    return [
        Organisation(shortcode=PAYBILL, name="DUKA LA WANJIKU"),
        Organisation(shortcode=STORE, name="MAMA MBOGA STORE", kind="till", till=TILL),
        Organisation(shortcode="600000", name="Safaricom Daraja 000"),
        *(
            Organisation(shortcode=str(number), name=f"Safaricom Daraja {number % 1000}")
            for number in range(600978, 601000)
        ),
        Organisation(shortcode=KRA, name="Kenya Revenue Authority"),
    ]


def _open_accounts(world: World, organisation: Organisation) -> None:
    funded = organisation.shortcode.startswith("600")
    for account in ("utility", "working", "merchant", "charges"):
        opening = _ORGANISATION_OPENING if funded and account in {"utility", "working"} else 0
        money.open_account(
            world, organisation_account(organisation.shortcode, account), opening
        )
