"""The syntax trees of our own files: several tests look through all of them, and parsing takes seconds."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def tree_of(path: Path) -> ast.Module:
    """The file's syntax tree, parsed once in a process; nobody may change it."""
    return ast.parse(path.read_text("utf-8"))
