"""The generated parts of the pages: tables made from the code that they describe."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import typer.core
import typer.main
from fastapi import APIRouter, FastAPI
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from pokea.cli.main import app as command_line
from pokea.daraja.results.stk import STK_CODES
from pokea.domain.corroboration import Policy
from pokea.domain.event import EventType
from pokea.domain.invariant import DAMAGE, Invariant
from pokea.domain.ledger import LedgerAccount
from pokea.http import api
from pokea.http.errors import ERRORS
from pokea.settings import Settings
from pokea.store.invariants import STATEMENTS
from tidy import diagrams
from tidy.catalogue import GROUPS, IDS, LATER, played


def settings() -> str:
    """Every setting with its default."""
    rows = [
        (f"`{name.upper()}`", _default(field.default), _cell(field.description or ""))
        for name, field in Settings.model_fields.items()
    ]
    return _table(("variable", "default", "what it is"), rows)


def _default(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ("", ()) or value is PydanticUndefined:
        return "none"
    return f"`{getattr(value, 'value', value)}`"


def command_group() -> typer.core.TyperGroup:
    """The command line, as Typer builds it."""
    group = typer.main.get_command(command_line)
    if not isinstance(group, typer.core.TyperGroup):
        raise TypeError("the command line has one command only")
    return group


def commands() -> str:
    """Every command with its options."""
    return "\n\n".join(_commands(command_group()))


def _commands(group: typer.core.TyperGroup, before: str = "") -> Iterator[str]:
    for name, one in sorted(group.commands.items()):
        if isinstance(one, typer.core.TyperGroup):
            yield f"### `pokea {before}{name}`\n\n{' '.join((one.help or '').split())}"
            yield from _commands(one, f"{before}{name} ")
        else:
            yield _command(before + name, one)


def _command(name: str, command: Any) -> str:
    told, _, example = (command.help or "").partition("Example: ")
    rows = [
        (f"`{' '.join(one.opts)}`", _default(one.default or None), _cell(one.help))
        for one in command.params
        if one.name != "help"
    ]
    parts = [f"### `pokea {name}`", " ".join(told.split())]
    if rows:
        parts.append(_table(("option", "default", "what it does"), rows))
    if example:
        parts.append(f"```sh\n{' '.join(example.split())}\n```")
    return "\n\n".join(parts)


def errors() -> str:
    """Every error code of the API."""
    rows = [
        (f"`{code}`", str(kind.status), kind.title, "yes" if kind.retryable else "no")
        for code, kind in sorted(ERRORS.items())
    ]
    return _table(("code", "status", "title", "worth repeating"), rows)


def results() -> str:
    """Every result code of M-PESA Express that ends an attempt."""
    rows = [
        (f"`{code}`", f"`{one.failure_code}`", _cell(one.meaning), _cell(one.sentence.en))
        for code, one in STK_CODES.items()
    ]
    return _table(("M-PESA", "`failure.code`", "what happened", "what the payer reads"), rows)


def event_names() -> str:
    """Every event that a merchant may receive, one a line."""
    return "\n".join(f"- `{kind.value}`" for kind in EventType)


def operations() -> str:
    """Every operation of the API, from its own OpenAPI document."""
    document = openapi()
    rows = [
        (f"`{method.upper()} {path}`", _cell(one["description"].split("\n\n")[0]))
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    ]
    return _table(("operation", "what it does"), rows)


def payment_fields() -> str:
    """What a payment is asked for with."""
    schema: Mapping[str, Any] = openapi()["components"]["schemas"]["PaymentRequest"]
    rows = [
        (f"`{name}`", "yes" if name in schema["required"] else "no", _limits(one))
        for name, one in schema["properties"].items()
    ]
    return _table(("field", "needed", "what it may be"), rows)


def openapi() -> dict[str, Any]:
    """The API's document, from every router below ``pokea.http.api``."""
    app = FastAPI(telemetry={"auto_configure": False})
    for found in pkgutil.iter_modules(api.__path__, f"{api.__name__}."):
        router = getattr(importlib.import_module(found.name), "router", None)
        if isinstance(router, APIRouter):
            app.include_router(router)
    return app.openapi()


def _limits(field: Mapping[str, Any]) -> str:
    said = [_limit(one) for one in field.get("anyOf", [field]) if one.get("type") != "null"]
    told = " ".join(
        one["description"] for one in [field, *field.get("anyOf", [])] if "description" in one
    )
    default = f"; default `{field['default']}`" if "default" in field else ""
    return _cell(f"{' or '.join(said)}{default}. {told}".strip())


def _limit(one: Mapping[str, Any]) -> str:
    if "const" in one:
        return f"`{one['const']}`"
    low = one.get("minLength", one.get("minimum"))
    high = one.get("maxLength", one.get("maximum"))
    known = [
        f"{word} {int(number)}" for word, number in (("from", low), ("to", high)) if number
    ]
    unit = " characters" if "maxLength" in one else ""
    kind = "object of texts" if "patternProperties" in one else one["type"]
    return " ".join([kind, *known]) + unit


def attempt_diagram() -> str:
    """The attempt's states under ``strict``."""
    edges = diagrams.attempt_edges(Policy.STRICT)
    drawn = diagrams.mermaid(edges, diagrams.ATTEMPT_STATES, first="created")
    return f"```mermaid\n{drawn}\n```"


def attempt_differences() -> str:
    """What ``fast`` changes."""
    strict, fast = (diagrams.attempt_edges(policy) for policy in (Policy.STRICT, Policy.FAST))
    rows = [
        (
            f"`{before}` → `{after}`",
            _causes(strict, (before, after)),
            _causes(fast, (before, after)),
        )
        for before, after in sorted(strict.keys() | fast.keys())
        if strict.get((before, after)) != fast.get((before, after))
    ]
    return _table(("change", "`strict`", "`fast`"), rows)


def _causes(edges: diagrams.Edges, edge: tuple[str, str]) -> str:
    return ", ".join(edges.get(edge, ["never"]))


def attempt_table() -> str:
    """What each event can make of each state under ``strict``."""
    rows = [
        (event, *(_outcomes(outcomes) for outcomes in states.values()))
        for event, states in diagrams.attempt_answers(Policy.STRICT).items()
    ]
    return _table(("", *(f"`{state}`" for state in diagrams.ATTEMPT_STATES)), rows)


def _outcomes(outcomes: Iterable[str]) -> str:
    words = sorted({"·" if one in {"", "repeated"} else one for one in outcomes})
    return " or ".join(sorted(words, key="·".__eq__)) or "·"


def payment_diagram() -> str:
    """The payment's states."""
    drawn = diagrams.mermaid(diagrams.payment_edges(), diagrams.PAYMENT_STATES, first="open")
    return f"```mermaid\n{drawn}\n```"


def chart() -> str:
    """The chart of accounts."""
    rows = [
        (str(account.value), f"`{account.name.lower()}`", account.type.value, account.meaning)
        for account in LedgerAccount
    ]
    return _table(("number", "name", "type", "what it is"), rows)


def invariants() -> str:
    """What is always true, in the order of the numbers."""
    rows = [
        (
            str(invariant.number),
            f"`{invariant.value}`",
            STATEMENTS[invariant][1] if invariant in STATEMENTS else "the hash chain holds",
            "yes" if invariant in DAMAGE else "no",
        )
        for invariant in Invariant
    ]
    return _table(("number", "name", "what holds", "damage"), rows)


def catalogue() -> str:
    """Every story of the catalogue, and the tests that play it."""
    return "\n\n".join(
        f"### {group}. {subject}\n\n" + _table(_CATALOGUE_HEAD, _stories_of(group))
        for group, (subject, _) in GROUPS.items()
    )


def _stories_of(group: str) -> Iterator[Sequence[str]]:
    for name in IDS:
        if name[0] != group:
            continue
        found = [one for one in played() if one.id == name]
        for one in found:
            file = one.path.rpartition("/")[2]
            link = f"[`{file}`](../../{one.path})"
            test = f"{link} `{one.name}`" if one.name else link
            yield name, _cell(one.sentence), test, one.runs
        if not found:
            yield name, LATER.get(name, ""), "none yet", ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").replace("|", "\\|").split())


_CATALOGUE_HEAD: Final = ("id", "what happens", "test", "run by")

PARTS: Final = {
    "settings": settings,
    "commands": commands,
    "errors": errors,
    "results": results,
    "event names": event_names,
    "operations": operations,
    "payment fields": payment_fields,
    "attempt diagram": attempt_diagram,
    "attempt differences": attempt_differences,
    "attempt table": attempt_table,
    "payment diagram": payment_diagram,
    "chart": chart,
    "invariants": invariants,
    "catalogue": catalogue,
}
