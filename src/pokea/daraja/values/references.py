"""Shortcodes, receipts and the short texts that travel with money: each with its own rule."""

import re
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from pokea.daraja.errors import InvalidValue

_SHORTCODE = re.compile(r"[0-9]{5,7}", re.ASCII)
_RECEIPT = re.compile(r"[A-Z0-9]{10}", re.ASCII)
# Letters, digits and marks that were never seen to upset Safaricom's web firewall.
_SAFE_TEXT = re.compile(r"[A-Za-z0-9#./_:,&+\- ]+", re.ASCII)
_CONVERSATION = re.compile(r"[A-Za-z0-9_\-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shortcode:
    """A pay bill, till, store or organisation number: 5 to 7 digits."""

    digits: str

    def __post_init__(self) -> None:
        """Refuse what breaks the rule, with the field's name."""
        if type(self.digits) is not str or _SHORTCODE.fullmatch(self.digits) is None:
            raise InvalidValue("shortcode", "must be 5 to 7 digits")

    @override
    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True)
class Receipt:
    """Safaricom's transaction code, such as NLJ7RT61SV; unique over all channels."""

    code: str

    def __post_init__(self) -> None:
        """Refuse what breaks the rule, with the field's name."""
        if type(self.code) is not str or _RECEIPT.fullmatch(self.code) is None:
            raise InvalidValue("receipt", "must be 10 capital letters and digits")

    @override
    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True, slots=True)
class _Text:
    text: str

    field: ClassVar[str] = "text"
    longest: ClassVar[int] = 100
    shortest: ClassVar[int] = 1

    def __post_init__(self) -> None:
        """Refuse what breaks the rule, with the field's name."""
        if type(self.text) is not str or not self.shortest <= len(self.text) <= self.longest:
            raise InvalidValue(
                self.field, f"must be {self.shortest} to {self.longest} characters"
            )
        if _SAFE_TEXT.fullmatch(self.text) is None:
            raise InvalidValue(self.field, "may hold letters, digits, spaces and #./_:,&+-")
        if self.text != self.text.strip(" "):
            raise InvalidValue(self.field, "must not begin or end with a space")

    @override
    def __str__(self) -> str:
        return self.text


class AccountReference(_Text):
    """What the prompt shows as the account: 1 to 12 characters (portal, 2025).

    Null is answered with "Invalid Remarks", and a long prompt with result code 1025.
    """

    __slots__ = ()
    field = "account_reference"
    longest = 12


class TransactionDescription(_Text):
    """What the payment is for: 1 to 13 characters. Documented as optional, but required."""

    __slots__ = ()
    field = "description"
    longest = 13


class Remarks(_Text):
    """A remark on a payout, reversal or query: 2 to 100 characters."""

    __slots__ = ()
    field = "remarks"
    shortest = 2


@dataclass(frozen=True, slots=True)
class OriginatorConversationId:
    """Our own id of a payout; Safaricom refuses to accept the same one twice."""

    text: str

    def __post_init__(self) -> None:
        """Refuse what breaks the rule, with the field's name."""
        if type(self.text) is not str or _CONVERSATION.fullmatch(self.text) is None:
            raise InvalidValue(
                "originator_conversation_id", "must be 1 to 64 letters, digits, - and _"
            )

    @override
    def __str__(self) -> str:
        return self.text


class Occasion(_Text):
    """A second, optional remark: 1 to 100 characters."""

    __slots__ = ()
    field = "occasion"


class BillerAccount(_Text):
    """Our account at the business that we pay: 1 to 13 characters."""

    __slots__ = ()
    field = "account"
    longest = 13


class BillReference(_Text):
    """What a customer types as the account of a pay bill: 1 to 20 characters."""

    __slots__ = ()
    field = "bill_reference"
    longest = 20
