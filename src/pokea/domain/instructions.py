"""How to pay by hand, at M-PESA's own menu: the way that works when a prompt does not.

The steps read as the menus do. What the payer must enter stands apart from the words, so that a
page can offer it for copying. Source: M-PESA's menu on SIM cards and in its app, 2026.
"""

from dataclasses import dataclass
from typing import Final

from pokea.daraja.values import AccountReference, Money, Shortcode
from pokea.domain.language import Language
from pokea.domain.payment import Payment, PaymentState


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what to do, and what to enter there if anything."""

    say: str
    enter: str | None = None

    @property
    def text(self) -> str:
        """Both in one sentence."""
        return self.say if self.enter is None else f"{self.say} {self.enter}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """Where and what to pay by hand. A till asks for no account number.

    ``parts`` are the amounts to pay one after the other: one, unless M-PESA moves less at once.
    """

    business: Shortcode
    account: AccountReference | None
    parts: tuple[int, ...]

    @property
    def amount(self) -> int:
        """Whole shillings, all in all."""
        return sum(self.parts)


_PAYABLE: Final = frozenset(
    {PaymentState.OPEN, PaymentState.PROCESSING, PaymentState.PARTIALLY_PAID}
)

_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "open": "On your phone, open M-PESA and choose Lipa na M-PESA",
        "paybill": "Choose Pay Bill",
        "till": "Choose Buy Goods and Services",
        "business": "Enter business no.",
        "till_number": "Enter till no.",
        "account": "Enter account no.",
        "amount": "Enter amount",
        "pin": "Enter your M-PESA PIN and confirm",
        "parts": "M-PESA moves at most KSh {most:,} at once. Pay {parts}, one after the other,"
        " each in the same way.",
        "and": "and",
    },
    "sw": {
        "open": "Kwenye simu yako, fungua M-PESA uchague Lipa na M-PESA",
        "paybill": "Chagua Pay Bill",
        "till": "Chagua Buy Goods and Services",
        "business": "Weka nambari ya biashara",
        "till_number": "Weka nambari ya till",
        "account": "Weka nambari ya akaunti",
        "amount": "Weka kiasi",
        "pin": "Weka PIN yako ya M-PESA uthibitishe",
        "parts": "M-PESA hutuma KSh {most:,} pekee kwa mara moja. Lipa {parts}, moja baada ya"
        " nyingine, kwa njia hiyohiyo.",
        "and": "na",
    },
}


def instructions(
    payment: Payment, till: Shortcode | None, *, most: Money
) -> Instructions | None:
    """How to pay what is left of a payment, or None when nobody should pay for it any more.

    ``most`` is what M-PESA moves at once.
    """
    if payment.state not in _PAYABLE:
        return None
    return Instructions(
        business=till or payment.shortcode,
        account=None if till else payment.account_reference,
        parts=_parts(payment.owed, most),
    )


def steps(how: Instructions, language: Language) -> tuple[Step, ...]:
    """What to do, in order."""
    words = _WORDS[language]
    amount = Step(words["amount"], str(how.parts[0]))
    begin, end = Step(words["open"]), Step(words["pin"])
    number = how.business.digits
    if how.account is None:
        till = (Step(words["till"]), Step(words["till_number"], number))
        return (begin, *till, amount, end)
    paybill = (
        Step(words["paybill"]),
        Step(words["business"], number),
        Step(words["account"], how.account.text),
    )
    return (begin, *paybill, amount, end)


def note(how: Instructions, language: Language) -> str | None:
    """How to pay an amount that M-PESA does not move at once."""
    if len(how.parts) == 1:
        return None
    words = _WORDS[language]
    *before, last = (f"KSh {part:,}" for part in how.parts)
    listed = f"{', '.join(before)} {words['and']} {last}"
    return words["parts"].format(most=how.parts[0], parts=listed)


def _parts(left: Money, most: Money) -> tuple[int, ...]:
    # Nobody can type cents; the shilling above them pays the rest.
    shillings, largest = -(-left.in_cents // 100), most.whole_shillings()
    whole, rest = divmod(shillings, largest)
    return (largest,) * whole + ((rest,) if rest or not whole else ())
