"""The project's own Python files, read once and parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
TREES: Final = ("src", "tests", "benchmarks")
MIGRATIONS: Final = "src/pokea/store/migrations/versions/"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: where it is, what it says, and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    @property
    def is_migration(self) -> bool:
        """Migrations are written once and read never: sizes do not matter there."""
        return self.path.startswith(MIGRATIONS)

    def functions(self) -> Iterator[FunctionNode]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, FunctionNode):
                yield node

    def imports(self) -> Iterator[str]:
        """The dotted names of everything it imports."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield node.module


@cache
def files(*under: str) -> tuple[SourceFile, ...]:
    """The files below some folders, by path."""
    found: list[SourceFile] = []
    for folder in under or TREES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(ROOT).as_posix()
            found.append(SourceFile(name, text, ast.parse(text, name)))
    return tuple(found)


def body_lines(function: FunctionNode) -> int:
    """Lines of a function's body without its docstring."""
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    if not body:
        return 0
    return (body[-1].end_lineno or 0) - body[0].lineno + 1
