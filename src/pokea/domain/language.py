"""The languages of what customers and operators read."""

from typing import Final, Literal, get_args

Language = Literal["en", "sw"]
"""English and Kiswahili, as Kenyans write them."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
