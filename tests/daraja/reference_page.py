"""Writes docs/sdk/reference.md from the SDK's own signatures and docstrings.

    .venv/bin/python tests/daraja/reference_page.py

The sources are read, not run, so that every version of Python writes the same page.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
SDK = ROOT / "src" / "pokea" / "daraja"
PAGE = ROOT / "docs" / "sdk" / "reference.md"
INTRODUCTION = """# Reference

Generated from signatures and docstrings; a test compares. Write it anew with
`.venv/bin/python tests/daraja/reference_page.py`. Explanations and examples are on the
[other pages](index.md); what the codes mean is on a [page of its own](codes.md).

Values, operations and answers are frozen dataclasses, made by keyword where the table says so.
Every operation has `encode()`, which writes the request, and `decode(reply)`, which
reads the answer; `Client.send` calls both.
"""
# Beside the map's: where tokens may be kept, and what a transport of your own needs.
BESIDE = ("tokens_sql", "tokens_redis", "transport", "wire")
LONGEST_VALUE = 60

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Assign | ast.AnnAssign
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Source:
    """One file: what it defines by name, and its comments."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.lines = self.text.splitlines()
        self.defined: dict[str, Definition] = {}
        for node in self.tree.body:
            if isinstance(node, Definition):
                names = [] if is_type_variable(node) else names_of(node)
                self.defined |= dict.fromkeys(names, node)

    def comment_above(self, node: ast.AST) -> str:
        """Return the comment that stands directly above a definition."""
        end = getattr(node, "lineno", 1) - 1
        start = end
        while start and self.lines[start - 1].startswith("# "):
            start -= 1
        return "\n".join(line.removeprefix("# ") for line in self.lines[start:end])


def names_of(node: Definition) -> list[str]:
    if isinstance(node, ast.AnnAssign):
        return [ast.unparse(node.target)]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [node.name]


def is_type_variable(node: Definition) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("TypeVar(")


def mapped_modules() -> list[str]:
    """Return the modules of the map in the package's docstring, in its order."""
    public = (ast.get_docstring(ast.parse((SDK / "__init__.py").read_text())) or "").partition(
        "inside:"
    )[0]
    return re.findall(r"^    (\w+) {2,}", public, re.MULTILINE)


def public_names(module: str) -> Iterator[tuple[str, Source]]:
    """Yield the public names of a module, each with the file that defines it."""
    package = SDK / module / "__init__.py"
    if not package.exists():
        source = Source(SDK / f"{module}.py")
        yield from ((name, source) for name in source.defined if not name.startswith("_"))
        return
    for node in ast.parse(package.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            source = Source(SDK / Path(*node.module.split(".")[2:]).with_suffix(".py"))
            wanted = {alias.name for alias in node.names}
            yield from ((name, source) for name in source.defined if name in wanted)


def page() -> str:
    modules = [*mapped_modules(), *BESIDE]
    links = ", ".join(f"[{module}](#{module})" for module in modules)
    return "\n".join([INTRODUCTION, links, "", *(section(module) for module in modules)])


def section(module: str) -> str:
    path = SDK / module / "__init__.py"
    path = path if path.exists() else SDK / f"{module}.py"
    about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    entries = [entry(name, source) for name, source in public_names(module)]
    title = f"## {module}\n\n`from pokea.daraja.{module} import ...`\n"
    return "\n".join([title, prose(about), "", *entries])


def entry(name: str, source: Source) -> str:
    node = source.defined[name]
    match node:
        case ast.ClassDef():
            parts = class_parts(node, source)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            parts = [block(signature(node)), documented(node)]
        case _:
            parts = [block(value_of(node)), source.comment_above(node)]
    body = "\n\n".join(part for part in parts if part)
    return f"### {name}\n\n{body}\n"


def class_parts(node: ast.ClassDef, source: Source) -> list[str]:
    family = [*reversed(private_bases(node, source)), node]
    members = [member for each in family for member in each.body]
    methods = {
        member.name: member
        for member in members
        if isinstance(member, Function) and not member.name.startswith("_")
    }
    parts = [kind(node), documented(node), attributes(node, members)]
    if is_operation(methods):
        answer = methods["decode"].returns
        parts.append(f"Answered with `{ast.unparse(answer) if answer else 'None'}`.")
        methods = {name: m for name, m in methods.items() if name not in ("encode", "decode")}
    constructor = next((m for m in members if is_constructor(m)), None)
    if isinstance(constructor, ast.FunctionDef):
        parts.insert(0, block(signature(constructor, node.name)))
    shown = [method(each) for each in methods.values() if not is_property(each)]
    parts.append("\n".join(shown))
    return parts


def private_bases(node: ast.ClassDef, source: Source) -> list[ast.ClassDef]:
    """Return the bases that only this file knows: their members belong to the class."""
    bases = [source.defined.get(ast.unparse(base)) for base in node.bases]
    return [
        inner
        for base in bases
        if isinstance(base, ast.ClassDef) and base.name.startswith("_")
        for inner in (base, *private_bases(base, source))
    ]


def is_operation(methods: dict[str, Function]) -> bool:
    return {"encode", "decode"} <= methods.keys()


def is_constructor(member: ast.stmt) -> bool:
    return isinstance(member, ast.FunctionDef) and member.name == "__init__"


def kind(node: ast.ClassDef) -> str:
    """Say which public classes it is one of."""
    bases = [ast.unparse(base) for base in node.bases]
    if any(base.startswith("Protocol") for base in bases):
        return "A protocol: any class with these methods will do."
    known = [f"`{base}`" for base in bases if not base.startswith("_")]
    return f"A kind of {', '.join(known)}." if known else ""


def attributes(node: ast.ClassDef, members: list[ast.stmt]) -> str:
    """Return the table of fields, or of the members of an enumeration."""
    is_enum = any("Enum" in ast.unparse(base) for base in node.bases)
    rows: dict[str, tuple[str, str, str]] = {}
    for member in members:
        name, kind_of, more = row(member, is_enum=is_enum)
        if name and not name.startswith("_"):
            rows[name] = (f"`{name}`", kind_of, more)
    if is_enum:
        return table(("member", "value"), [(name, value) for name, _, value in rows.values()])
    keywords = ", by keyword" if "kw_only=True" in decorators(node) else ""
    if any(last for _, _, last in rows.values()):
        return table((f"field{keywords}", "type", "default, meaning"), list(rows.values()))
    return table(
        (f"field{keywords}", "type"), [(name, type_) for name, type_, _ in rows.values()]
    )


def row(member: ast.stmt, *, is_enum: bool) -> tuple[str, str, str]:
    """Return name, type and what else there is to say; no name for what is no attribute."""
    match member:
        case ast.AnnAssign(target=ast.Name(id=name)) if "ClassVar" not in ast.unparse(member):
            return name, code(member.annotation), default(member)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=bool())):
            return name, "`bool`", code(member.value)
        case ast.Assign(targets=[ast.Name(id=name)]) if is_enum:
            return name, "", code(member.value)
        case ast.FunctionDef(name=name) if is_property(member):
            return name, code(member.returns), first_sentence(member)
        case _:
            return "", "", ""


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def decorators(node: ast.ClassDef | Function) -> str:
    return " ".join(ast.unparse(decorator) for decorator in node.decorator_list)


def is_property(member: ast.stmt) -> bool:
    return isinstance(member, ast.FunctionDef) and "property" in decorators(member)


def default(member: ast.AnnAssign) -> str:
    """Return what a field is where nothing is given; secrets only hide themselves."""
    if member.value is None:
        return ""
    written = ast.unparse(member.value)
    if not written.startswith("field("):
        return code(member.value)
    found = re.search(r"default(?:_factory)?=(\w+|\(\))", written)
    return f"`{found[1]}`" if found else "not shown by `repr`"


def method(node: Function) -> str:
    return f"- `{signature(node)}`: {lowered(first_sentence(node))}"


def signature(node: Function, name: str = "") -> str:
    """Return a signature without `self`; long ones get a line for each parameter."""
    arguments = node.args
    first = arguments.args[0].arg if arguments.args else ""
    shown = re.sub(r"(?<=[\w\]])=(?=\S)", " = ", ast.unparse(arguments))
    if first in ("self", "cls"):
        shown = shown.removeprefix(first).removeprefix(", ")
    prefix = "await " if isinstance(node, ast.AsyncFunctionDef) else ""
    returned = f" -> {ast.unparse(node.returns)}" if node.returns and not name else ""
    return f"{prefix}{name or node.name}({shown}){returned}"


def value_of(node: ast.Assign | ast.AnnAssign) -> str:
    head = names_of(node)[0]
    if isinstance(node, ast.AnnAssign):
        head += f": {ast.unparse(node.annotation)}"
    value = ast.unparse(node.value) if node.value else ""
    is_alias = isinstance(node.value, ast.BinOp)
    is_short = len(value) <= LONGEST_VALUE and re.search(r"\b_", value) is None
    return f"{head} = {value}" if is_alias or is_short else f"{head} = ..."


def block(text: str) -> str:
    """Return a block of code; not marked `python`, because examples marked so are run."""
    if len(text) > 96 and "(" in text:
        head, _, rest = text.partition("(")
        inner, closing, tail = rest.rpartition(")")
        arguments = re.split(r", (?![^\[]*\])", inner)
        text = f"{head}(\n    " + ",\n    ".join(arguments) + f",\n{closing}{tail}"
    return f"```py\n{text}\n```"


def documented(node: ast.ClassDef | Function) -> str:
    return prose(ast.get_docstring(node) or "")


def prose(text: str) -> str:
    """Return a docstring as Markdown: what stands indented under `::` is a block."""
    out: list[str] = []
    inside = False
    for line in text.splitlines():
        if line == "::":
            inside = True
            out.append("```text")
        elif inside and line and not line.startswith(" "):
            inside = False
            out[-1:] = ["```", "", line]
        elif not (inside and not line and out[-1] == "```text"):
            out.append(line.removeprefix("    ") if inside else line)
    return "\n".join([*out, "```"] if inside else out)


def first_sentence(node: Function) -> str:
    paragraph = (ast.get_docstring(node) or "").split("\n\n")[0]
    return " ".join(paragraph.split())


def lowered(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def code(node: ast.expr | None) -> str:
    """Return code for a table, where a bar would end the cell."""
    return "`" + ast.unparse(node).replace("|", "\\|") + "`" if node else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
