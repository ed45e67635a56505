"""The shortcode that commands are about: the one of the settings, with its merchant."""

from pokea.daraja.values import Shortcode
from pokea.domain.receipt import Collector
from pokea.flows.know_shortcode import know_shortcode
from pokea.flows.open_payment import Merchant
from pokea.flows.ports import Tx
from pokea.settings import BadSettings
from pokea.wiring import Gateway


def collector_of(gateway: Gateway) -> Collector:
    """The row of MPESA_SHORTCODE, made where it is missing.

    Raises:
        BadSettings: there is no merchant yet.
    """
    return gateway.db.write_here(lambda tx: _collector(tx, gateway))


def _collector(tx: Tx, gateway: Gateway) -> Collector:
    settings, account_id = gateway.settings, tx.accounts.first()
    if account_id is None:
        raise BadSettings("There is no merchant yet. Make one: pokea init")
    merchant = Merchant(
        account_id=account_id,
        livemode=settings.livemode,
        shortcode=Shortcode(settings.mpesa_shortcode),
        till=Shortcode(settings.mpesa_till) if settings.mpesa_till else None,
    )
    return know_shortcode(tx, gateway.deps, merchant)
