"""The simulator imports nothing else of pokea, and its world does no input or output."""

import ast
from pathlib import Path

import pokea.simulator

_HERE = Path(pokea.simulator.__file__).parent
# No clock, no randomness, no environment, no network, no files. (A datetime is only a value.)
_PURE = {
    "base64", "binascii", "collections", "dataclasses", "datetime", "decimal", "hashlib",
    "heapq", "hmac", "io", "json", "re", "segno", "typing", "urllib",
}  # fmt: skip


def _trees(folder: Path) -> list[ast.Module]:
    return [ast.parse(path.read_text()) for path in sorted(folder.rglob("*.py"))]


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module or "")
    return names


def test_it_imports_nothing_else_of_pokea() -> None:
    names = {name for tree in _trees(_HERE) for name in _imported(tree)}

    ours = {name for name in names if name.split(".")[0] == "pokea"}
    assert {name for name in ours if not name.startswith("pokea.simulator")} == set()


def test_the_world_is_a_pure_model() -> None:
    trees = _trees(_HERE / "world")

    names = {name for tree in trees for name in _imported(tree)}
    nodes = [node for tree in trees for node in ast.walk(tree)]
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    called = {found.attr for found in calls if isinstance(found, ast.Attribute)}
    called |= {found.id for found in calls if isinstance(found, ast.Name)}
    ours = {name for name in names if name.startswith("pokea.")}
    assert {name.split(".")[0] for name in names - ours} <= _PURE
    assert {name for name in ours if not name.startswith("pokea.simulator.world")} == set()
    # ``scene.now`` is a value that was handed in; a call of ``now`` would be a clock.
    assert called & {"now", "today", "utcnow", "open", "print"} == set()
    assert attributes & {"environ", "urandom"} == set()
