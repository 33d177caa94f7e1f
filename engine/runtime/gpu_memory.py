"""Who holds the memory of this machine's GPUs, as NVIDIA's driver tells it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.runtime.gpu import ask_driver

_MIB = 2**20
GPUS = ("--query-gpu=index,uuid,memory.used", "--format=csv,noheader,nounits")
PROGRAMS = ("--query-compute-apps=gpu_uuid,pid,used_memory", "--format=csv,noheader,nounits")


@dataclass(frozen=True, kw_only=True)
class HeldMemory:
    """What is held of a GPU's memory.

    Attributes:
        used: bytes, by all programs. Games are in it, and in no list of programs that the driver gives.
        by_program: bytes by process id, of programs that calculate; None where the driver does not tell.
    """

    used: int
    by_program: Mapping[int, int | None] = field(default_factory=dict)

    def by_others(self, is_own: Callable[[int], bool]) -> int | None:
        """Bytes that other programs hold; None where it can't be told.

        Args:
            is_own: says of a process id whether it is one of ours.
        """
        own = [held for pid, held in self.by_program.items() if is_own(pid)]
        if None in own:
            return None
        return max(0, self.used - sum(held for held in own if held is not None))


def held_memory() -> Mapping[str, HeldMemory]:
    """Ask the driver. It blocks, for a second or so.

    Returns:
        By the GPU's number, in the order of nvidia-smi; empty where the driver is missing or does not answer.
    """
    gpus = ask_driver(*GPUS)
    programs = None if gpus is None else ask_driver(*PROGRAMS)
    return {} if gpus is None or programs is None else read(gpus, programs)


def read(gpus: str, programs: str) -> Mapping[str, HeldMemory]:
    """Read the driver's two answers, to :data:`GPUS` and :data:`PROGRAMS`."""
    held: dict[str, dict[int, int | None]] = {}
    for uuid, pid, memory in _rows(programs, 3):
        if pid.isdecimal():
            held.setdefault(uuid, {})[int(pid)] = int(memory) * _MIB if memory.isdecimal() else None
    return {
        number: HeldMemory(used=int(used) * _MIB, by_program=held.get(uuid, {}))
        for number, uuid, used in _rows(gpus, 3)
        if used.isdecimal()
    }


def _rows(text: str, columns: int) -> Iterator[list[str]]:
    rows = csv.reader(text.splitlines(), skipinitialspace=True)
    return ([each.strip() for each in row] for row in rows if len(row) == columns)
