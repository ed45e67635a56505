"""What is on the shelf. Prices are decimal strings of shillings, as the API writes them."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from markupsafe import Markup

_PICTURES = Path(__file__).parent / "pictures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """One thing for sale; `key` is its address and names its picture."""

    key: str
    name: str
    about: str
    price: str

    @property
    def picture(self) -> Markup:
        """Its drawing, to stand in a page."""
        return _picture(self.key)


SHELF = (
    Good(
        key="kahawa",
        name="Kahawa ya Nyeri",
        about="Medium roast from the slopes of Mount Kenya, 250 g.",
        price="250.00",
    ),
    Good(
        key="kiondo",
        name="Kiondo",
        about="A sisal basket, woven by hand in Machakos. Leather straps.",
        price="1250.00",
    ),
    Good(
        key="chai",
        name="Chai na mandazi",
        about="A cup of milk tea and two warm mandazi.",
        price="80.00",
    ),
    Good(
        key="pikipiki",
        name="Pikipiki",
        about="A 125 cc motorbike, ready for the road. More than one M-PESA payment can carry.",
        price="285000.00",
    ),
)


def find(key: str) -> Good | None:
    """Find a good by its key."""
    return next((good for good in SHELF if good.key == key), None)


def read_price(amount: str) -> str:
    """Read `"1250.00"` as `KSh 1,250`; nothing here is sold in cents."""
    return f"KSh {Decimal(amount):,.0f}"


@cache
def _picture(key: str) -> Markup:
    return Markup((_PICTURES / f"{key}.svg").read_text(encoding="utf-8"))  # noqa: S704 - ours
