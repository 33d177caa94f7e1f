"""What is loaded: kept from job to job, and let go by least recent use when something else needs the room."""

from __future__ import annotations

import gc
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.core.device_faults import is_out_of_memory

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class _Held:
    thing: Any
    size: int
    park: Callable[[Any], object] | None


class ModelCache:
    """Loaded models by name. Used by the engine's one drawing thread only.

    Attributes:
        budget: bytes that what is held may take in all; None: as many as there are.
    """

    def __init__(self, budget: int | None = None) -> None:
        """Make an empty one.

        Args:
            budget: bytes that what is held may take in all; None: until somebody calls :meth:`clear`.
        """
        self.budget = budget
        self._held: OrderedDict[str, _Held] = OrderedDict()

    def get(
        self,
        name: str,
        load: Callable[[], T],
        size: Callable[[T], int],
        *,
        park: Callable[[T], object] | None = None,
    ) -> T:
        """What is held under a name; loaded first if it is not.

        Args:
            name: all that decides what is loaded: model, checkpoint, dtype.
            load: makes it. Where memory does not suffice for it, the least recently used go, one after the
                other, and it is asked again.
            size: bytes that it takes, measured once after loading.
            park: moves it from the graphics card into main memory. Who gives one puts it back on the card
                before each use. None: it is let go where others need the card.
        """
        if name in self._held:
            self._held.move_to_end(name)
        else:
            thing = self._load(load)
            self._held[name] = _Held(thing=thing, size=size(thing), park=park)
            self._keep_within_budget(newest=name)
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

    def clear_gpu(self, keep: frozenset[str]) -> None:
        """Take everything off the graphics card but what is named.

        What can be parked comes back in a moment, from main memory; the rest is let go.
        """
        for name, held in list(self._held.items()):
            if name in keep:
                continue
            if held.park is None:
                del self._held[name]
            else:
                held.park(held.thing)
        collect()

    def _load(self, load: Callable[[], T]) -> T:
        while True:
            try:
                return load()
            except Exception as error:
                if not is_out_of_memory(error) or not self._held:
                    raise
            # Out here the error is gone, and with it the frames that hold what was loaded so far.
            self._held.popitem(last=False)
            collect()

    def _keep_within_budget(self, newest: str) -> None:
        while self.budget is not None and self.size > self.budget and len(self._held) > 1:
            oldest = next(name for name in self._held if name != newest)
            self.drop(oldest)


def collect() -> None:
    """Give memory back that nobody refers to any more, the graphics card's too."""
    gc.collect()
    torch = sys.modules.get("torch")  # who has not imported it has nothing there
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
