"""``pokea doctor``: what an examination found, for people and for programs."""

import json
import sys
from typing import Final

from rich.console import Console
from rich.markup import escape

from pokea.observe import set_up_logs
from pokea.settings import Settings
from pokea.wiring.examining import Examination, examine

_MARKS: Final = {True: "[green]ok[/]  ", False: "[red]FAIL[/]"}


def run(settings: Settings, *, as_json: bool) -> bool:
    """Examine, print, and say whether all is well."""
    set_up_logs(level="CRITICAL")  # what it would log is what is printed
    if as_json:
        found = examine(settings)
        print(json.dumps(_document(found)))
        return found.ok
    quiet = not sys.stderr.isatty()
    with Console(stderr=True, quiet=quiet).status("Looking at all the books…"):
        found = examine(settings)
    _show(found)
    return found.ok


def _show(found: Examination) -> None:
    out = Console(soft_wrap=True, highlight=False)
    for check in found.checks:
        out.print(f"{_MARKS[check.ok]}  {check.name:26}{escape(check.detail)}")
        for words in check.offending[1:]:
            out.print(f"{'':32}{escape(words)}")
    if found.report is not None and not found.report.intact:
        out.print(
            "The books are damaged: no new payment is opened until a look finds them sound."
        )


def _document(found: Examination) -> dict[str, object]:
    head = None if found.report is None else found.report.head
    return {
        "ok": found.ok,
        "at": found.at.isoformat(),
        "opens_payments": found.report is None or found.report.intact,
        "chain": None if head is None else {"number": head.number, "hash": head.hash.hex()},
        "checks": [
            {
                "name": check.name,
                "ok": check.ok,
                "detail": check.detail,
                "offending": list(check.offending),
            }
            for check in found.checks
        ],
    }
