"""Pages whose middle is generated: what stands between two marks is made by the code.

::

    <!-- made: settings -->
    ...
    <!-- end -->

``cd tests && ../.venv/bin/python -m tidy`` writes them again.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tidy.source import ROOT

DOCS: Final = ROOT / "docs"
HOW: Final = "run: cd tests && ../.venv/bin/python -m tidy"
_MADE: Final = re.compile(r"<!-- made: ([a-z ]+) -->\n(.*?)<!-- end -->", re.DOTALL)


def pages() -> list[Path]:
    """Every page with a generated part."""
    return [
        page
        for page in sorted(DOCS.rglob("*.md"))
        if _MADE.search(page.read_text(encoding="utf-8"))
    ]


def parts_of(page: Path) -> list[str]:
    """The names of a page's generated parts."""
    return [found[1] for found in _MADE.finditer(page.read_text(encoding="utf-8"))]


def as_it_should_be(page: Path, parts: Mapping[str, Callable[[], str]]) -> str:
    """A page with its generated parts made again."""

    def make(found: re.Match[str]) -> str:
        return f"<!-- made: {found[1]} -->\n\n{parts[found[1]]()}\n\n<!-- end -->"

    return _MADE.sub(make, page.read_text(encoding="utf-8"))
