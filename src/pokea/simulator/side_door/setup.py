"""Who exists: the app that is ready for use; more apps, shortcodes and initiators."""

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pokea.simulator.side_door.deps import Sim
from pokea.simulator.world import genesis, money
from pokea.simulator.world.model import (
    PUBLIC_PASSKEY,
    App,
    Initiator,
    Organisation,
    World,
    organisation_account,
)
from pokea.simulator.world.scene import Scene

router = APIRouter(prefix="/_sim", tags=["setup"])


class Credentials(BaseModel):
    """One app ready for use (DESIGN 5)."""

    consumer_key: str
    consumer_secret: str
    passkey: str
    shortcode: str
    store: str
    till: str
    b2c_shortcode: str
    initiator_name: str
    initiator_password: str
    certificate_pem: str
    security_credential: str


@router.get("/credentials")
async def show_credentials(sim: Sim) -> Credentials:
    """Everything a client needs to call this Safaricom."""
    vault = sim.vault
    # From here on somebody seals with this key, so it belongs to the world.
    sim.change(lambda scene: setattr(scene.world, "private_key_pem", vault.private_key_pem))
    return Credentials(
        consumer_key=genesis.CONSUMER_KEY,
        consumer_secret=genesis.CONSUMER_SECRET,
        passkey=PUBLIC_PASSKEY,
        shortcode=genesis.PAYBILL,
        store=genesis.STORE,
        till=genesis.TILL,
        b2c_shortcode=genesis.B2C_SHORTCODE,
        initiator_name=genesis.INITIATOR,
        initiator_password=genesis.INITIATOR_PASSWORD,
        certificate_pem=vault.certificate_pem,
        security_credential=vault.seal(genesis.INITIATOR_PASSWORD),
    )


Shillings = Annotated[str, StringConstraints(pattern=r"^\d{1,12}(\.\d{2})?$")]
Number = Annotated[str, StringConstraints(pattern=r"^\d{5,7}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewApp(_Strict):
    """A Daraja app; ``products`` are the names in GET /_sim/products."""

    consumer_key: str = Field(min_length=1, max_length=200, pattern=r"^[^:]+$")
    consumer_secret: str = Field(min_length=1, max_length=200)
    products: set[str] = set(genesis.PRODUCTS)


class NewOrganisation(_Strict):
    """A paybill, or a store with its till; ``accounts`` sets balances in shillings."""

    shortcode: Number
    name: str = Field(min_length=1, max_length=60)
    kind: Literal["paybill", "till"] = "paybill"
    till: Number | Literal[""] = ""
    passkey: str = PUBLIC_PASSKEY
    fee_payer: Literal["business", "customer", "shared", "nobody"] = "business"
    validates: bool = True
    accounts: dict[Literal["utility", "working", "merchant"], Shillings] = {}


class NewInitiator(_Strict):
    """An API operator; sending it again sets its password and unlocks it."""

    name: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=1, max_length=60)


@router.get("/products")
async def list_products() -> list[str]:
    """What an app may be allowed, and what a fault rule may name."""
    return sorted(genesis.PRODUCTS)


@router.post("/apps", status_code=201)
async def add_app(sim: Sim, wanted: NewApp) -> NewApp:
    """Add an app, or change its products; tokens keep those of their minute."""
    unknown = wanted.products - genesis.PRODUCTS
    if unknown:
        raise HTTPException(422, f"unknown products: {', '.join(sorted(unknown))}")
    app = App(
        consumer_key=wanted.consumer_key,
        consumer_secret=wanted.consumer_secret,
        products=frozenset(wanted.products),
    )
    sim.change(lambda scene: scene.world.apps.update({app.consumer_key: app}))
    return wanted


@router.post("/organisations", status_code=201)
async def add_organisation(sim: Sim, wanted: NewOrganisation) -> NewOrganisation:
    """Add a shortcode, or change one; registered addresses stay."""
    if (wanted.kind == "till") != bool(wanted.till):
        raise HTTPException(422, "a store has a till number, a paybill has none")
    sim.change(lambda scene: _add(scene, wanted))
    return wanted


def _add(scene: Scene, wanted: NewOrganisation) -> None:
    world = scene.world
    before = world.organisations.get(wanted.shortcode)
    world.organisations[wanted.shortcode] = Organisation(
        shortcode=wanted.shortcode,
        name=wanted.name,
        kind=wanted.kind,
        till=wanted.till,
        passkey=wanted.passkey,
        fee_payer=wanted.fee_payer,
        validates=wanted.validates,
        urls=before.urls if before else None,
    )
    for account, shillings in wanted.accounts.items():
        whole, _, cents = shillings.partition(".")
        amount = int(whole) * 100 + int(cents or "0")
        money.open_account(world, organisation_account(wanted.shortcode, account), amount)


@router.post("/initiators", status_code=201)
async def add_initiator(sim: Sim, wanted: NewInitiator) -> NewInitiator:
    """Add an initiator, or unlock one."""
    made = Initiator(name=wanted.name, password=wanted.password)
    sim.change(lambda scene: scene.world.initiators.update({made.name: made}))
    return wanted


@router.post("/reset", status_code=204)
async def reset(sim: Sim) -> None:
    """Begin again: the same people and shortcodes, nothing that happened since."""
    sim.begin_again(_fresh(sim.world))


def _fresh(old: World) -> World:
    world = genesis.new_world(old.seed, old.clock_at, rates=old.tariff)
    world.private_key_pem = old.private_key_pem
    # Receipts of the old world must not come again: merchants remember them.
    world.counter = old.counter
    return world
