"""Kenya shillings as one integer of cents. There is no way in for a binary fraction."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from typing_extensions import override

from pokea.daraja.errors import InvalidValue

# What a signed 64-bit database column holds; a larger number is a mistake, not an amount.
_MAX_CENTS = 2**63 - 1
_DECIMALS = (-2, -1, 0)
_PLAIN = re.compile(r"([0-9]{1,17})(?:\.([0-9]{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of Kenya shillings, never negative; direction is a side of the ledger.

    A second currency would be a second type, not a field of this one.
    """

    in_cents: int

    def __post_init__(self) -> None:
        """Refuse what breaks the rule, with the field's name."""
        if type(self.in_cents) is not int:
            raise InvalidValue("amount", "must be a whole number of cents")
        if self.in_cents < 0:
            raise InvalidValue("amount", "must not be negative")
        if self.in_cents > _MAX_CENTS:
            raise InvalidValue("amount", "is larger than any amount of money")

    @classmethod
    def zero(cls) -> Self:
        """No money."""
        return cls(0)

    @classmethod
    def cents(cls, number: int) -> Self:
        """`Money.cents(1050)` is 10.50."""
        return cls(number)

    @classmethod
    def shillings(cls, number: int) -> Self:
        """`Money.shillings(10)` is 10.00."""
        if type(number) is not int:
            raise InvalidValue("amount", "must be a whole number of shillings")
        return cls(number * 100)

    @classmethod
    def parse(cls, value: str | int | Decimal) -> Self:
        """Read shillings: "10.50", 10 or Decimal("10.5").

        Binary fractions, signs, exponents, NaN and a third decimal are refused, never rounded.
        """
        if isinstance(value, Decimal):
            return cls._from_decimal(value)
        if isinstance(value, int):
            return cls.shillings(value)
        if type(value) is not str:
            raise InvalidValue("amount", "must be decimal text or a whole number")
        plain = _PLAIN.fullmatch(value)
        if plain is None:
            raise InvalidValue("amount", 'must look like "10" or "10.50"')
        shillings, cents = plain.groups()
        return cls(int(shillings) * 100 + int((cents or "").ljust(2, "0")))

    @classmethod
    def _from_decimal(cls, value: Decimal) -> Self:
        sign, digits, exponent = value.as_tuple()
        # An exponent above zero ("1E+2") is not how a till writes money; text marks NaN.
        if exponent not in _DECIMALS:
            raise InvalidValue("amount", "must have at most two decimals and no exponent")
        if len(digits) > 19:  # noqa: PLR2004 - the digits of 2**63
            raise InvalidValue("amount", "is larger than any amount of money")
        if sign:
            raise InvalidValue("amount", "must not be negative")
        return cls(int(value.scaleb(2)))

    def whole_shillings(self) -> int:
        """Return the shillings, for Daraja takes no cents; refuse rather than round."""
        shillings, cents = divmod(self.in_cents, 100)
        if cents:
            raise InvalidValue("amount", f"{self} has cents, and M-PESA moves whole shillings")
        return shillings

    def __add__(self, other: "Money") -> "Money":
        """Add two amounts."""
        return Money(self.in_cents + other.in_cents)

    def __sub__(self, other: "Money") -> "Money":
        """Subtract; a result below zero is refused."""
        return Money(self.in_cents - other.in_cents)

    def __bool__(self) -> bool:
        """Whether there is any money."""
        return self.in_cents > 0

    @override
    def __str__(self) -> str:
        return f"{self.in_cents // 100}.{self.in_cents % 100:02d}"

    @override
    def __repr__(self) -> str:
        return f"Money({self})"
