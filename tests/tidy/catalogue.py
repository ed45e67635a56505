"""The catalogue of stories that a gateway must survive, and which test plays each of them.

A test that plays a story begins its docstring with the story's id, ``A01: …``; where all tests
of a file play one story, the file's own docstring begins so. What is in the catalogue, and why
some of it is not played yet, is written down here; everything else is read from the tests.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from tidy.source import FunctionNode, SourceFile, files

GROUPS: Final = {
    "A": ("Callbacks that come again, and are kept", 13),
    "B": ("Order, lateness, mismatch", 12),
    "C": ("Safaricom's faults, and doubt", 14),
    "F": ("Whose callback it is", 16),
    "L": ("Books, reconciliation, recovery", 12),
}
"""Each group's subject, and how many stories it has."""

IDS: Final = tuple(
    f"{group}{number:02d}"
    for group, (_, how_many) in GROUPS.items()
    for number in range(1, how_many + 1)
)

LATER: Final = {
    "B04": "Results of payouts; payouts come later.",
    "C12": "Payouts to customers come later.",
    "C13": "Payouts to customers come later.",
    "C14": "Payments to businesses come later.",
    "L08": "Reversals come later.",
}
"""Stories that no test plays yet, and why."""

BEGINS: Final = re.compile(r"[A-M]\d\d\b")
"""How a docstring begins that is about a story."""

_NAMED: Final = re.compile(r"([A-Z]\d\d(?:, [A-Z]\d\d)*)(?:,? ([^:]{1,60}))?: (.+)")
_ALWAYS, _LONGER, _PROVE = "`make test`", "`make test`, longer `make prove`", "`make prove`"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Played:
    """One test of a story: where it is, what it says of itself, and which command runs it."""

    id: str
    path: str
    line: int
    name: str
    sentence: str
    runs: str


@cache
def played() -> tuple[Played, ...]:
    """Every test that names a story, in the order of stories and files."""
    return tuple(sorted(one for file in files("tests") for one in _played_in(file)))


def _played_in(file: SourceFile) -> Iterator[Played]:
    if not file.path.rpartition("/")[2].startswith("test_"):
        return
    constants = _constants(file.tree)
    always = _PROVE if "mark.prove" in constants.get("pytestmark", "") else _ALWAYS
    for name, sentence in _read(file.tree):
        yield Played(id=name, path=file.path, line=1, name="", sentence=sentence, runs=always)
    for test in file.functions():
        if test.name.startswith("test_"):
            for name, sentence in _read(test):
                yield Played(
                    id=name,
                    path=file.path,
                    line=test.lineno,
                    name=test.name,
                    sentence=sentence,
                    runs=_runs(test, constants) if always == _ALWAYS else always,
                )


def _read(node: ast.Module | FunctionNode) -> list[tuple[str, str]]:
    """The ids at the start of a docstring, each with the rest of its first paragraph."""
    docstring = ast.get_docstring(node) or ""
    found = _NAMED.match(" ".join(docstring.split("\n\n")[0].split()))
    if found is None:
        return []
    beside, sentence = found[2], found[3]
    told = f"{beside}: {sentence}" if beside else sentence
    return [(name, told) for name in found[1].split(", ")]


def _constants(tree: ast.Module) -> dict[str, str]:
    """The file's own constants, as they are written."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            found[ast.unparse(node.target)] = ast.unparse(node.value)
        elif isinstance(node, ast.Assign):
            found |= {ast.unparse(name): ast.unparse(node.value) for name in node.targets}
    return found


def _runs(test: FunctionNode, constants: dict[str, str]) -> str:
    marks = [ast.unparse(mark) for mark in test.decorator_list]
    if "pytest.mark.prove" in marks:
        return _PROVE
    used = {
        constants.get(node.id, "")
        for mark in test.decorator_list
        for node in ast.walk(mark)
        if isinstance(node, ast.Name)
    }
    longer = any("mark.prove" in text for text in (*marks, *used))
    return _LONGER if longer else _ALWAYS
