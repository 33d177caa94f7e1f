"""The memory ladder: what is given up, in which order, when a clip does not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

from engine.core.device_faults import is_out_of_memory
from engine.core.family import Hooks
from engine.runtime.model_cache import collect

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One thing that can be given up.

    Attributes:
        name: as the family's code knows it.
        about: what was given up, in words a member can read.
    """

    name: str
    about: str


def first_rung(costs: Sequence[int], free: int) -> int:
    """How many rungs to go down before the start.

    Args:
        costs: bytes that a take needs with the first 0, 1, 2, … rungs in force.
        free: bytes that there are.

    Returns:
        The fewest that fit; where nothing does, all of them: it may still go well.
    """
    return next((rung for rung, cost in enumerate(costs) if cost <= free), len(costs) - 1)


def descend(
    rungs: Sequence[Rung],
    attempt: Callable[[tuple[str, ...]], T],
    *,
    first: int,
    most: int,
    hooks: Hooks,
) -> T:
    """Try; where memory runs out, give one more thing up and try again.

    Args:
        rungs: in the order in which they are given up.
        attempt: draws, with the rungs of these names in force. It leaves everything fit for the next attempt,
            also when it fails.
        first: how many rungs are in force from the start.
        most: how often to go one further down.
        hooks: told of each rung when it comes into force, and asked before each new attempt whether to stop.

    Returns:
        What the first attempt that succeeded gave.

    Raises:
        Exception: what ``attempt`` raised: anything but an out-of-memory at once, and that when there is no
            rung left or ``most`` is used up.
    """
    told = 0
    depth = last = min(first, len(rungs))
    last = min(last + most, len(rungs))
    while True:
        for rung in rungs[told:depth]:
            hooks.gave_up(rung.about)
        told = depth
        try:
            return attempt(tuple(rung.name for rung in rungs[:depth]))
        except Exception as error:
            if not is_out_of_memory(error) or depth == last:
                raise
        # Out here the error is gone, and with it the frames that held what filled the memory.
        depth += 1
        collect()
        hooks.cancel.check()


def free_bytes() -> int:
    """Bytes that CUDA has free, with those that torch holds and does not use."""
    unused: int = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    free: int = torch.cuda.mem_get_info()[0]
    return free + unused
