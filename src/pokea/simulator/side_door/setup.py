"""Who exists: the app that is ready for use, and its shortcodes."""

from fastapi import APIRouter
from pydantic import BaseModel

from pokea.simulator.side_door.deps import Sim
from pokea.simulator.world import genesis
from pokea.simulator.world.model import PUBLIC_PASSKEY

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
