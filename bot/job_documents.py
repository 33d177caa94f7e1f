"""A job's recipe and receipt, parsed once per row.

The database keeps both as text that it does not read. A row that is handed from function to function is
parsed at the first use, and what was parsed is dropped together with the row: nothing of a member's words
stays in memory after that.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

from db.jobs.job import Job
from engine.core.recipe import Receipt, Recipe

T = TypeVar("T")


class _Parsed(Generic[T]):
    """Remembers what was made of each row for as long as the row is in use."""

    def __init__(self, parse: Callable[[Job], T]) -> None:
        self._parse = parse
        self._made: dict[int, T] = {}

    def of(self, job: Job) -> T:
        key = id(job)  # a row is not hashable
        if key not in self._made:
            self._made[key] = self._parse(job)
            weakref.finalize(job, self._made.pop, key, None)
        return self._made[key]


_recipes = _Parsed(lambda job: Recipe.from_json(job.recipe))
_receipts = _Parsed(lambda job: Receipt.from_json(job.receipt or ""))


def recipe_of(job: Job) -> Recipe:
    """The recipe of a job.

    Raises:
        ValueError: its words were cleared away, or a newer version wrote it.
    """
    return _recipes.of(job)


def receipt_of(job: Job) -> Receipt:
    """The receipt of a job that was rendered.

    Raises:
        ValueError: it has none, or a newer version wrote it.
    """
    return _receipts.of(job)
