"""The same damage made in other ways, so that a fit does not learn one injector by heart.

Strengths mean what they mean in :mod:`benchmarks.defects`. Those held back are left out of every fit:
what is caught of them tells how far the gate carries beyond what it was taught.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.changes import Change
from benchmarks.defects import DEFECTS


@dataclass(frozen=True, kw_only=True)
class Way:
    """Another way to make a defect. ``kind`` is its name in :data:`benchmarks.defects.DEFECTS`."""

    kind: str
    change: Change
    seen: bool


OTHER_WAYS: dict[str, Way] = {}
"""By name, once :mod:`benchmarks.ways_taught` and :mod:`benchmarks.ways_held_back` are imported."""


def way(kind: str, *, seen: bool = True) -> Callable[[Change], Change]:
    """Enter a function into :data:`OTHER_WAYS`."""

    def enter(change: Change) -> Change:
        OTHER_WAYS[change.__name__] = Way(kind=kind, change=change, seen=seen)
        return change

    return enter


def kind_of(change: str) -> str:
    """The defect that a change is a way of; "" for what is none."""
    return OTHER_WAYS[change].kind if change in OTHER_WAYS else change if change in DEFECTS else ""
