"""Every arrow of the pictures is walked by a story that a person can read.

The stories are the texts that the domain's tests tell; those that a test puts together from
parameters are not needed here and left out.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from domain.story import fast, tell
from pokea.domain.corroboration import Policy
from tidy.diagrams import attempt_edges, payment_edges

DOMAIN = Path(__file__).parent.parent / "domain"
TELLERS = {"tell": tell, "fast": fast}


def stories() -> Iterator[tuple[str, str]]:
    """The teller and the text of every story in the tests of the domain."""
    for file in sorted(DOMAIN.glob("test_*.py")):
        tree = ast.parse(file.read_text())
        known = dict(_constants(tree))
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or call.keywords or len(call.args) != 1:
                continue
            text = _text(call.args[0], known)
            if isinstance(call.func, ast.Name) and call.func.id in TELLERS and text:
                yield call.func.id, text


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for line in tree.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
            for name in line.targets:
                if isinstance(name, ast.Name) and isinstance(line.value.value, str):
                    yield name.id, line.value.value


def _text(node: ast.expr, known: dict[str, str]) -> str | None:
    """A text, with the module's own constants in it; None when it depends on anything else."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.FormattedValue(value=ast.Name(id=name)):
            return known.get(name)
        case ast.JoinedStr(values=values):
            parts = [_text(value, known) for value in values]
            whole = [part for part in parts if part is not None]
            return "".join(whole) if len(whole) == len(parts) else None
        case _:
            return None


@cache
def walked() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The changes of state of attempts, and those of payments, that any story walks."""
    worlds = [TELLERS[teller](text) for teller, text in stories()]
    return (
        {edge for world in worlds for edge in world.attempt_edges},
        {edge for world in worlds for edge in world.payment_edges},
    )


def test_every_arrow_between_states_of_an_attempt_is_walked_by_a_story() -> None:
    attempts, _ = walked()
    drawn = set(attempt_edges(Policy.STRICT)) | set(attempt_edges(Policy.FAST))

    assert sorted(drawn - attempts) == []


def test_every_arrow_between_states_of_a_payment_is_walked_by_a_story() -> None:
    _, payments = walked()

    assert sorted(set(payment_edges()) - payments) == []


def test_no_story_walks_where_the_pictures_have_no_arrow() -> None:
    attempts, payments = walked()
    drawn = set(attempt_edges(Policy.STRICT)) | set(attempt_edges(Policy.FAST))

    assert sorted(attempts - drawn) == []
    assert sorted(payments - set(payment_edges())) == []
