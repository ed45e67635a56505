"""A customer's money on its way to an organisation, with the fee of the shortcode's tariff."""

from pokea.simulator.world import tariff
from pokea.simulator.world.model import (
    Organisation,
    World,
    organisation_account,
    phone_account,
)
from pokea.simulator.world.money import Transfer


def transfer(
    world: World, organisation: Organisation, msisdn: str, *, amount: int, reference: str
) -> Transfer:
    """What a payment of this amount moves, and who pays for it.

    Under the shared tariff one movement carries the customer's share; the business's share is
    settled outside the day's statement and is not simulated.
    """
    till = organisation.kind == "till"
    business = organisation_account(organisation.shortcode, "charges")
    fee, payer = _fee(world, organisation, amount)
    return Transfer(
        kind="c2b",
        amount=amount,
        debit=phone_account(msisdn),
        credit=organisation_account(organisation.shortcode, "merchant" if till else "utility"),
        fee=fee,
        fee_from=phone_account(msisdn) if payer == "customer" else business,
        phone=msisdn,
        shortcode=organisation.shortcode,
        reference="" if till else reference,
    )


def _fee(world: World, organisation: Organisation, amount: int) -> tuple[int, str]:
    rates = world.tariff
    if organisation.fee_payer == "nobody":
        return 0, "business"
    if organisation.kind == "till":
        return tariff.till_fee(rates, amount), "business"
    if organisation.fee_payer == "shared":
        return tariff.fee(rates.shared, amount), "customer"
    return tariff.fee(rates.paybill, amount), organisation.fee_payer
