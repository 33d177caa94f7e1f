"""The memory ladder: what is given up, in which order, when a clip does not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import torch

from engine.core.device_faults import is_out_of_memory
from engine.core.family import Hooks
from engine.core.recipe import Recipe
from engine.runtime.model_cache import collect
from engine.runtime.rung_memory import RungMemory

T = TypeVar("T")


class Phase(StrEnum):
    """What a clip is being put through."""

    DENOISE = "denoise"
    DECODE = "decode"


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One thing that can be given up.

    Attributes:
        name: as the family's code knows it.
        about: what was given up, in words a member can read.
        helps: the phases that take less memory with it.
    """

    name: str
    about: str
    helps: frozenset[Phase] = frozenset(Phase)


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where a clip begins on its ladder.

    Attributes:
        rungs: names of those in force from the start.
        worked: told with which rungs the clip was drawn, where memory ran out on the way.
    """

    rungs: frozenset[str] = frozenset()
    worked: Callable[[frozenset[str]], None] = lambda _: None


def start(
    recipe: Recipe, rungs: Sequence[Rung], costs: Sequence[int], free: int, memory: RungMemory
) -> Start:
    """Where to begin: by what the clip takes, and by how it went last time.

    Args:
        recipe: of the clip.
        rungs: in the order in which they are given up.
        costs: bytes that a take needs with the first 0, 1, 2, … rungs in force.
        free: bytes that there are.
        memory: of the clips so far.
    """
    fitting = frozenset(rung.name for rung in rungs[: first_rung(costs, free)])
    return Start(
        rungs=fitting | memory.rungs(recipe, free),
        worked=lambda names: memory.worked(recipe, names, free),
    )


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
    start: Start,
    most: int,
    hooks: Hooks,
    phase: Callable[[], Phase] | None = None,
) -> T:
    """Try; where memory runs out, give one more thing up and try again.

    Args:
        rungs: in the order in which they are given up.
        attempt: draws, with the rungs of these names in force. It leaves everything fit for the next attempt,
            also when it fails.
        start: what is in force from the start, and who is told what worked.
        most: how often to give one more thing up.
        hooks: told of each rung when it comes into force, and asked before each new attempt whether to stop.
        phase: tells what an attempt that failed was at: what does not help there is not given up. None: all
            helps.

    Returns:
        What the first attempt that succeeded gave.

    Raises:
        Exception: what ``attempt`` raised: anything but an out-of-memory at once, and that when nothing that
            helps is left or ``most`` is used up.
    """
    force = [rung for rung in rungs if rung.name in start.rungs]
    for rung in force:
        hooks.gave_up(rung.about)
    begun = len(force)
    while True:
        try:
            drawn = attempt(tuple(rung.name for rung in rungs if rung in force))
        except Exception as error:
            left = [rung for rung in rungs if rung not in force and _helps(rung, phase)]
            if not is_out_of_memory(error) or not left or len(force) == begun + most:
                raise
        else:
            if len(force) > begun:
                start.worked(frozenset(rung.name for rung in force))
            return drawn
        # Out here the error is gone, and with it the frames that held what filled the memory.
        force.append(left[0])
        collect()
        hooks.cancel.check()
        hooks.gave_up(left[0].about)


def _helps(rung: Rung, phase: Callable[[], Phase] | None) -> bool:
    return phase is None or phase() in rung.helps


def free_bytes() -> int:
    """Bytes that CUDA has free, with those that torch holds and does not use."""
    unused: int = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    free: int = torch.cuda.mem_get_info()[0]
    return free + unused
