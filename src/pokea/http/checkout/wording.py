"""The page's two languages: their words, and how money and phone numbers are read.

The words are data (`copy/en.json`, `copy/sw.json`) so that a native speaker can correct them
without reading code. They are Kenyan: "nambari", "PIN".
"""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pokea.domain.language import Language

_FOLDER = Path(__file__).parent / "copy"


@cache
def words(language: Language) -> dict[str, Any]:
    """Read one language's words, once."""
    return json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))


def other(language: Language) -> Language:
    """Name the language that the page's link changes to."""
    return "en" if language == "sw" else "sw"


def pick_language(
    parameter: str | None, accept_language: str | None = None, default: Language = "en"
) -> Language:
    """Choose: what the link says, else what the browser prefers, else the merchant's."""
    if parameter in {"en", "sw"}:
        return "sw" if parameter == "sw" else "en"
    # Browsers list languages in order of preference, so weights need no reading here.
    for part in (accept_language or "").lower().split(","):
        primary = part.split(";")[0].strip().split("-")[0]
        if primary in {"en", "sw"}:
            return "sw" if primary == "sw" else "en"
    return default


def read_money(amount: str) -> str:
    """Read `"1250.00"` as a person does: `KSh 1,250`, with cents only when there are any."""
    shillings = Decimal(amount)
    return f"KSh {shillings:,.0f}" if shillings == int(shillings) else f"KSh {shillings:,.2f}"


def read_phone(masked: str) -> str:
    """Read `2547*****678` in the local spelling, `07•• ••• 678`."""
    digits = masked.replace("*", "•")
    if not digits.startswith("254"):
        return digits
    local = "0" + digits[3:]
    return f"{local[:4]} {local[4:7]} {local[7:]}"


def read_seconds(seconds: int) -> str:
    """Read 58 as `0:58`."""
    return f"{seconds // 60}:{seconds % 60:02}"
