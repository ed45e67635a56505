"""A file is called after what it holds, and says so in its first line."""

import ast

from tidy.source import ROOT, TREES, files

EMPTY_NAMES = {"utils", "helpers", "common", "misc", "base", "core", "shared"}


def test_no_module_or_folder_has_a_name_that_says_nothing() -> None:
    named = {
        path.relative_to(ROOT).as_posix()
        for tree in TREES
        for path in (ROOT / tree).rglob("*")
        if (path.is_dir() or path.suffix == ".py") and _says_nothing(path.stem.strip("_"))
    }

    assert not named


def _says_nothing(stem: str) -> bool:
    return stem in EMPTY_NAMES or f"{stem}s" in EMPTY_NAMES


def test_every_module_of_the_package_says_what_it_holds() -> None:
    silent = [
        file.path
        for file in files("src")
        if not ast.get_docstring(file.tree) and file.text.strip()
    ]

    assert not silent


def test_a_test_is_a_sentence() -> None:
    short = [
        f"{file.path}:{function.lineno} {function.name}"
        for file in files("tests")
        if file.path.rpartition("/")[2].startswith("test_")
        for function in file.functions()
        if function.name.startswith("test_") and function.name.count("_") < 3
    ]

    assert not short
