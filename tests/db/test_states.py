"""The states of a job: every set of them, and every move, is in one module."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import db
from db import states
from db.states import ENDS, MOVES, OPEN, State, sql_list
from tests.sources import tree_of

MODULES = sorted(path for path in Path(db.__path__[0]).rglob("*.py") if path.name != "states.py")
NAMES = "|".join(State)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_other_module_types_a_list_of_states(path):
    tree = tree_of(path)
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    listed = re.compile(rf"'(?:{NAMES})'\s*,\s*'(?:{NAMES})'")
    assert [text for text in texts if listed.search(text)] == []
    typed = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.List | ast.Tuple | ast.Set)
        and len(node.elts) > 1
        and all(isinstance(one, ast.Attribute) and ast.unparse(one.value) == "State" for one in node.elts)
    ]
    assert typed == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_statement_that_sets_a_state_checks_the_move(path):
    """``transition`` does it for all; a function with a statement of its own does it itself."""
    tree = tree_of(path)
    constants = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }

    def sets_state(node: ast.AST) -> bool:
        texts = [
            one.value
            for one in ast.walk(node)
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        return any(re.search(r"\bjob\s+SET\s+state\b", text) for text in texts)

    raw = {name for name, value in constants.items() if sets_state(value)}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        if sets_state(function) or names & raw:
            assert "check_move" in names, f"{path.stem}.{function.name}"


def test_a_job_is_open_or_has_ended():
    assert set(OPEN) | set(ENDS) == set(State)
    assert not set(OPEN) & set(ENDS)
    assert set(MOVES) == set(State)


def test_every_set_is_of_states_that_its_move_allows():
    for old in states.HOLDABLE:
        assert State.HELD in MOVES[old]
    for old in states.FAILS_UNCLAIMED:
        assert State.FAILED in MOVES[old]
    for old in states.SET_ASIDE_FROM:
        assert State.QUARANTINED in MOVES[old]
    for old in states.RETRIED:
        assert {State.QUEUED, State.RENDERED} <= MOVES[old]
    for old in (*states.WAITING, *OPEN):
        assert State.CANCELLED in MOVES[old]


def test_states_are_written_for_sql_as_they_stand_in_the_table():
    assert sql_list((State.QUEUED, State.HELD)) == "'queued', 'held'"
