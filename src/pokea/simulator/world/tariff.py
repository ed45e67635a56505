"""Fees from the tariff file; see ``tariff.toml`` for where the figures come from."""

from dataclasses import dataclass, field

Band = tuple[int, int, int]


@dataclass(slots=True, kw_only=True)
class Tariff:
    """Charges in whole shillings by band of whole shillings."""

    paybill: tuple[Band, ...] = ()
    shared: tuple[Band, ...] = ()
    b2c: tuple[Band, ...] = ()
    b2b: tuple[Band, ...] = field(default=())
    till_per_mille: int = 0
    till_free: int = 0
    till_max: int = 0


def fee(bands: tuple[Band, ...], amount: int) -> int:
    """The fee in cents for an amount in cents."""
    shillings = amount // 100
    return next((cost * 100 for low, high, cost in bands if low <= shillings <= high), 0)


def till_fee(tariff: Tariff, amount: int) -> int:
    """The merchant's share of a sale, in whole cents, rounded down."""
    if amount <= tariff.till_free * 100:
        return 0
    return min(amount * tariff.till_per_mille // 1000, tariff.till_max * 100)
