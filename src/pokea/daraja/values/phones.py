"""Phone numbers of payers: known, masked by Safaricom, or hashed by Safaricom.

Three types, because only a known one can be prompted or paid. All of them are personal data, so
their representation hides the middle; ask for `digits` where the wire needs them.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from typing_extensions import override

from pokea.daraja.errors import InvalidValue

# Kenya's mobile ranges; no finer rule, because numbers are ported and ranges are opened.
_MOBILE = re.compile(r"254[17][0-9]{8}", re.ASCII)
# The spellings people use. ASCII only: digits of other scripts look alike and are refused.
_SPELLING = re.compile(r"\+?[0-9][0-9 ().\-]{7,22}", re.ASCII)
_MASKED = re.compile(r"([0-9]{0,9})(\*{2,12})([0-9]{0,9})", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Msisdn:
    """A Kenyan mobile number, always as 12 digits: 2547... or 2541..."""

    digits: str

    def __post_init__(self) -> None:
        """Refuse what breaks the rule, with the field's name."""
        if type(self.digits) is not str or _MOBILE.fullmatch(self.digits) is None:
            raise InvalidValue("phone", "must be a Kenyan mobile number: 2547... or 2541...")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number as people write it: 0712 345 678, +254712345678, 254712345678."""
        if type(text) is not str:
            raise InvalidValue("phone", "must be text")
        text = text.strip(" ")
        if _MOBILE.fullmatch(text):
            return cls(text)
        if _SPELLING.fullmatch(text) is None:
            raise InvalidValue("phone", "must be a phone number such as 0712 345 678")
        return cls(_international(text))

    @property
    def masked(self) -> str:
        """`2547*****678`: enough for its owner to recognise."""
        return f"{self.digits[:4]}*****{self.digits[-3:]}"

    @override
    def __repr__(self) -> str:
        return f"Msisdn({self.masked})"

    @override
    def __str__(self) -> str:
        return self.masked


def _international(text: str) -> str:
    """Return the 12 digits by Google's rules; `InvalidValue` where they know none."""
    # Loaded here: its tables cost 40 ms, and the wire's own spelling never needs them.
    import phonenumbers  # noqa: PLC0415

    # People leave the plus away before 254, which no library reads as a country code.
    bare = text if text.startswith(("+", "0")) or not text.startswith("254") else f"+{text}"
    try:
        number = phonenumbers.parse(bare, "KE")
    except phonenumbers.NumberParseException:
        raise InvalidValue("phone", "is not a phone number") from None
    return f"{number.country_code}{number.national_number}"


@dataclass(frozen=True, slots=True)
class MaskedMsisdn:
    """A number with its middle hidden by Safaricom: `2547 ***** 126`, `254708***430`."""

    head: str
    tail: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read Safaricom's masks; spaces inside them mean nothing."""
        masked = _MASKED.fullmatch(text.replace(" ", "")) if len(text) <= 40 else None  # noqa: PLR2004
        if masked is None or not 3 <= len(masked[1] + masked[3]) <= 11:  # noqa: PLR2004
            raise InvalidValue("phone", "is not a masked phone number")
        return cls(head=masked[1], tail=masked[3])

    def agrees_with(self, phone: Msisdn) -> bool:
        """Whether the digits that can be seen are those of the phone."""
        return phone.digits.startswith(self.head) and phone.digits.endswith(self.tail)

    @property
    def masked(self) -> str:
        """The mask itself, padded to the length of a number."""
        return self.head.ljust(12 - len(self.tail), "*") + self.tail


@dataclass(frozen=True, slots=True, repr=False)
class HashedMsisdn:
    """SHA-256 of the 12 digits, as C2B version 1 sends it. Unsalted: still personal data."""

    sha256: str

    def __post_init__(self) -> None:
        """Refuse what breaks the rule, with the field's name."""
        if type(self.sha256) is not str or _SHA256.fullmatch(self.sha256) is None:
            raise InvalidValue("phone", "is not a hashed phone number (64 hex digits)")

    def agrees_with(self, phone: Msisdn) -> bool:
        """Whether this is the hash of the phone."""
        return hashlib.sha256(phone.digits.encode()).hexdigest() == self.sha256

    @property
    def masked(self) -> str:
        """The first digits of the hash, to tell two apart."""
        return f"sha256:{self.sha256[:6]}..."

    @override
    def __repr__(self) -> str:
        return f"HashedMsisdn({self.masked})"


Payer = Msisdn | MaskedMsisdn | HashedMsisdn


def parse_payer(value: str | int) -> Payer:
    """Read the payer in whichever of its forms Safaricom sent (all three seen, 2017-2026)."""
    if isinstance(value, int):
        # A number of thousands of digits is refused by length before it becomes text.
        return Msisdn(str(value) if 0 < value < 10**15 else "")
    if type(value) is not str:
        raise InvalidValue("phone", "must be text or a number")
    if "*" in value:
        return MaskedMsisdn.parse(value)
    if len(value) == 64:  # noqa: PLR2004 - hexadecimal digits of SHA-256
        return HashedMsisdn(value.lower())
    return Msisdn.parse(value)
