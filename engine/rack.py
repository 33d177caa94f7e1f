"""What is loaded: kept from job to job, and let go by least recent use when something else needs the room."""

from __future__ import annotations

import gc
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class _Held:
    thing: Any
    size: int


class Rack:
    """Loaded models by name. Used by the engine's one drawing thread only."""

    def __init__(self, budget: int | None = None) -> None:
        """Make an empty one.

        Args:
            budget: bytes that what is held may take in all; None: until somebody calls :meth:`clear`.
        """
        self._budget = budget
        self._held: OrderedDict[str, _Held] = OrderedDict()

    def get(self, name: str, load: Callable[[], T], size: Callable[[T], int]) -> T:
        """What is held under a name; loaded first if it is not.

        Args:
            name: all that decides what is loaded: model, checkpoint, dtype.
            load: makes it.
            size: bytes that it takes, measured once after loading.
        """
        if name in self._held:
            self._held.move_to_end(name)
        else:
            thing = load()
            self._held[name] = _Held(thing=thing, size=size(thing))
            self._make_room(keep=name)
        held: T = self._held[name].thing
        return held

    def names(self) -> tuple[str, ...]:
        """What is held, the least recently used first."""
        return tuple(self._held)

    @property
    def size(self) -> int:
        """Bytes of all that is held."""
        return sum(held.size for held in self._held.values())

    def drop(self, name: str) -> None:
        """Let one go, if it is held."""
        if self._held.pop(name, None) is not None:
            collect()

    def clear(self, keep: frozenset[str] = frozenset()) -> None:
        """Let everything go but what is named."""
        for name in [name for name in self._held if name not in keep]:
            del self._held[name]
        collect()

    def _make_room(self, keep: str) -> None:
        while self._budget is not None and self.size > self._budget and len(self._held) > 1:
            oldest = next(name for name in self._held if name != keep)
            del self._held[oldest]
            collect()


def collect() -> None:
    """Give memory back that nobody refers to any more, the graphics card's too."""
    gc.collect()
    torch = sys.modules.get("torch")  # who has not imported it has nothing there
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
