"""Every story of the catalogue is played by a test, or it is said why not."""

import ast

from tidy.catalogue import BEGINS, IDS, LATER, played
from tidy.source import files


def test_every_story_is_played_by_a_test_or_has_a_reason_why_not() -> None:
    told = {one.id for one in played()}

    assert sorted(set(IDS) - told - LATER.keys()) == []


def test_what_is_said_to_come_later_has_not_come_yet() -> None:
    told = {one.id for one in played()}

    assert sorted(told & LATER.keys()) == []
    assert sorted(LATER.keys() - set(IDS)) == []


def test_no_test_names_a_story_of_these_groups_that_does_not_exist() -> None:
    groups = {one[0] for one in IDS}

    assert [one for one in played() if one.id[0] in groups and one.id not in IDS] == []


def test_whoever_names_a_story_says_what_is_played() -> None:
    told = {(one.path, one.name) for one in played()}
    silent = [
        f"{file.path} {test.name}"
        for file in files("tests")
        for test in file.functions()
        if BEGINS.match(ast.get_docstring(test) or "") and (file.path, test.name) not in told
    ]

    assert not silent, "write: A01: what happens"
