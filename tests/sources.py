"""The syntax trees of our own files: several tests look through all of them, and parsing takes seconds."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterable
from functools import cache
from pathlib import Path


@cache
def tree_of(path: Path) -> ast.Module:
    """The file's syntax tree, parsed once in a process; nobody may change it."""
    return ast.parse(path.read_text("utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of the file's tree, from its top down."""
    return tuple(ast.walk(tree_of(path)))


def read_ahead(paths: Iterable[Path]) -> None:
    """Parse many files, and leave their trees out of every search for garbage: a million nodes that all stay.

    The searches took longer than the parsing.
    """
    gc.collect()
    gc.disable()
    try:
        for path in paths:
            nodes_of(path)
    finally:
        gc.enable()
        gc.freeze()
