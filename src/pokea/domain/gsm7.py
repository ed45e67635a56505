"""The letters of an SMS: GSM 7-bit, 160 of them in one message.

One letter outside the alphabet makes the whole message UCS-2, 70 letters long, and so two or
three times as dear. Names are written as near as the alphabet allows.
Source: 3GPP TS 23.038, section 6.2.1.
"""

import unicodedata
from typing import Final

SMS_LENGTH: Final = 160
"""In septets; a letter of the extension table takes two."""

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("^{}\\[~]|€")
_INSTEAD: Final = {
    "‘": "'",  # noqa: RUF001 - as word processors write it
    "’": "'",  # noqa: RUF001 - likewise
    "“": '"',
    "”": '"',
    "–": "-",  # noqa: RUF001 - likewise
    "—": "-",
    "…": "...",
    "\N{MODIFIER LETTER APOSTROPHE}": "'",
    "\N{NO-BREAK SPACE}": " ",
    "`": "'",
}


def as_gsm7(text: str) -> str:
    """A text in the alphabet: accents are left off, what has no likeness is left out."""
    return " ".join("".join(map(_likeness, text)).split())


def septets(text: str) -> int:
    """How long a text is in an SMS, or more than any SMS when it is not in the alphabet."""
    if any(letter not in _BASIC and letter not in _EXTENSION for letter in text):
        return SMS_LENGTH + len(text)
    return len(text) + sum(letter in _EXTENSION for letter in text)


def _likeness(letter: str) -> str:
    if letter in _BASIC or letter in _EXTENSION:
        return letter
    if letter in _INSTEAD:
        return _INSTEAD[letter]
    if letter.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in parts if part in _BASIC)
