"""A job's recipe and receipt, parsed once per row, and what was seen in its pictures.

The database keeps them as text that it does not read. A row that is handed from function to function is
parsed at the first use, and what was parsed is dropped together with the row: nothing of a member's words
stays in memory after that.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from db.jobs.job import Job
from engine.core.receipt import Receipt
from engine.core.recipe import Recipe, Role
from engine.core.request import Subject
from engine.core.sight import Sight

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


def seen_of(job: Job) -> dict[str, Sight]:
    """What was seen in a job's pictures, by their digests; a newer version's words are left out."""
    try:
        told = json.loads(job.seen or "{}")
        return {digest: Sight.from_json(json.dumps(sight)) for digest, sight in told.items()}
    except (ValueError, AttributeError):
        return {}


def picture_seen(job: Job) -> Sight | None:
    """What was seen in the picture that a job is made from; None: it has none, or nobody looked."""
    digest = job.inputs.get(Role.PICTURE)
    return None if digest is None else seen_of(job).get(digest)


def seen_document(recipe: Recipe, subjects: Iterable[Subject], origin: Job | None = None) -> str | None:
    """What is stored with a new job of what was seen in its pictures.

    Args:
        recipe: of the job; only pictures that it is drawn from count.
        subjects: the files that were taken in for it.
        origin: the job that it is made from; its pictures were looked at then.

    Returns:
        JSON; None where nothing was seen.
    """
    known = {} if origin is None else seen_of(origin)
    known |= {subject.sha256: subject.sight for subject in subjects if subject.sight is not None}
    kept = {digest: known[digest] for digest in sorted(set(recipe.inputs.values()) & set(known))}
    return (
        json.dumps({digest: json.loads(sight.to_json()) for digest, sight in kept.items()}) if kept else None
    )
