"""The pages of docs/sdk/: every example runs against the simulator, the codes are current."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from daraja import reference_page
from pokea.daraja import operations
from pokea.daraja.results import (
    ORGANISATION_CODES,
    PRODUCT_CODES,
    REFUSAL_CODES,
    STK_CODES,
    Meaning,
)

PAGES = Path(__file__).parents[2] / "docs" / "sdk"
INTRODUCTION = """# Codes

Generated from `pokea.daraja.results`; a test compares. A code that is not here is neither
success nor failure: the outcome stays in doubt.
"""
SDK = reference_page.SDK
# What the package's map calls "inside", and what holds no code of ours.
INSIDE = {
    "__init__", "__pycache__", "_http", "_http_async", "_http_connection", "certs",
    "classification", "clock", "exchange", "py", "reading", "strict_json",
}  # fmt: skip
EXAMPLES = [
    pytest.param(code, id=f"{page.stem} {nth}")
    for page in sorted(PAGES.glob("*.md"))
    for nth, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
]
TABLES = {
    "M-PESA Express": STK_CODES,
    "Results (payouts, business, status, balance, reversal, tax)": ORGANISATION_CODES,
    **{f"Product: {name}": codes for name, codes in PRODUCT_CODES.items()},
    "Synchronous errors": REFUSAL_CODES,
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    command = [sys.executable, "-m", "pokea.simulator", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())["simulator"]
        process.terminate()


@pytest.mark.system
@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_runs_as_it_stands(code: str, simulator: str, tmp_path: Path) -> None:
    program = code.replace("http://127.0.0.1:4100", simulator).replace("/tmp", str(tmp_path))  # noqa: S108

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_the_page_of_codes_is_current() -> None:
    assert (PAGES / "codes.md").read_text() == codes_page()


def test_the_reference_is_current() -> None:
    assert reference_page.PAGE.read_text() == reference_page.page()


def test_the_reference_has_every_public_module_and_name() -> None:
    text = reference_page.PAGE.read_text()
    modules = [path.stem for path in SDK.iterdir() if path.stem not in INSIDE]
    names = [name for module in modules for name, _ in reference_page.public_names(module)]

    assert not [module for module in modules if f"\n## {module}\n" not in text]
    assert not [name for name in names if f"\n### {name}\n" not in text]
    assert set(operations.__all__) <= set(names)


def codes_page() -> str:
    parts = [INTRODUCTION]
    for title, codes in TABLES.items():
        parts.append(f"\n## {title}\n\n")
        parts.append("| code | meaning | who acts | new attempt | our code | to the payer |\n")
        parts.append("|---|---|---|---|---|---|\n")
        parts += [row(code, meaning) for code, meaning in codes.items()]
    return "".join(parts)


def row(code: str, meaning: Meaning) -> str:
    sentence = f"{meaning.sentence.en} / {meaning.sentence.sw}"
    attempt = meaning.new_attempt.value.replace("_", " ")
    known = f"`{meaning.failure_code}`" if meaning.failure_code else meaning.kind.value
    source = f"{meaning.meaning} ({meaning.source})"
    return f"| `{code}` | {source} | {meaning.actor} | {attempt} | {known} | {sentence} |\n"
