"""Mobile data offers: three known paths, and no published shape (SPEC 1.1, source S).

So the gate refuses them as Safaricom refuses an app without the product (401.003.01). With the
switch ``data_offers`` they answer in the portal's header-and-body envelope, which is a guess.
"""

from pokea.simulator.world import iot
from pokea.simulator.world.answer import Answer
from pokea.simulator.world.scene import Accepted, Order

PRODUCT = "data_offers"
PATHS = (
    "/v1/dynamic-offers/fetch",
    "/v1/dynamic-offers/facebook-bundle/purchase",
    "/v2/bundles/get/status",
)


def handle(order: Order) -> Answer | Accepted:
    """Nothing on offer; the envelope is all there is."""
    return Accepted(lambda _: iot.envelope(order, {}))
