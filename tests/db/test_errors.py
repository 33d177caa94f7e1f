"""The tree of errors is the one that its module draws."""

from __future__ import annotations

import importlib
import pkgutil

import db
from db import errors
from db.errors import StoreError

Tree = dict[str, "Tree"]
"""Names of classes, each with those below it."""


def below(kind: type[Exception]) -> Tree:
    """The tree under a class, by names."""
    return {
        child.__name__: below(child) for child in kind.__subclasses__() if child.__module__.startswith("db")
    }


def drawn() -> Tree:
    """The tree of the docstring: four characters for each step down."""
    tree: Tree = {}
    open_at = [tree]
    for line in errors.__doc__.splitlines():
        name = line.strip("│├└─ ").split(" ")[0]
        if "──" in line or name == "StoreError":
            depth = 0 if name == "StoreError" else (line.index("──") - 5) // 4 + 1
            made: Tree = {}
            open_at[depth][name] = made
            open_at[depth + 1 :] = [made]
    return tree


def every_module():
    return [importlib.import_module(found.name) for found in pkgutil.walk_packages(db.__path__, "db.")]


def test_the_tree_is_the_one_that_is_drawn():
    every_module()
    assert drawn() == {"StoreError": below(StoreError)}


def test_every_error_of_the_package_is_in_the_tree():
    own = {
        value
        for module in every_module()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__.startswith("db")
    }
    assert [kind.__name__ for kind in own if not issubclass(kind, StoreError)] == []
