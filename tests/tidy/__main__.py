"""Writes the generated parts of the documentation again: ``python -m tidy`` in ``tests/``."""

import sys

from tidy.pages import as_it_should_be, pages
from tidy.reference import PARTS
from tidy.source import ROOT

for page in pages():
    written = as_it_should_be(page, PARTS)
    if written != page.read_text(encoding="utf-8"):
        page.write_text(written, encoding="utf-8")
        sys.stdout.write(f"{page.relative_to(ROOT)}\n")
