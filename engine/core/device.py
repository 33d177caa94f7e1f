"""Where models run: a GPU if there is one that works, else the CPU."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

GIB = 2**30

NVIDIAS_DRIVER, AMDS_DRIVER = "libcuda.so.1", Path("/dev/kfd")
"""The library of the one and the device of the other, on Linux."""


class DeviceKind(StrEnum):
    """What torch calls them."""

    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


@dataclass(frozen=True, kw_only=True)
class Device:
    """A place to run models.

    Attributes:
        kind: as torch calls it.
        name: the card's; "" for a CPU.
        memory: bytes of its memory in all; 0 where it has none of its own.
    """

    kind: DeviceKind = DeviceKind.CPU
    name: str = ""
    memory: int = 0

    @property
    def is_gpu(self) -> bool:
        """Whether models run here in a time that a member would wait."""
        return self.kind is not DeviceKind.CPU


def find_device(wanted: str = "auto") -> Device:
    """Look for a GPU; without torch there is none.

    Where there is no driver for one, torch is not asked: to import it takes seconds.

    Args:
        wanted: "auto", "cuda", "mps" or "cpu".
    """
    if wanted == DeviceKind.CPU or importlib.util.find_spec("torch") is None or not _has_driver():
        return Device()
    import torch  # noqa: PLC0415 - seconds, and not installed everywhere

    if wanted != DeviceKind.MPS and torch.cuda.is_available():
        facts = torch.cuda.get_device_properties(0)
        return Device(kind=DeviceKind.CUDA, name=facts.name, memory=facts.total_memory)
    if wanted != DeviceKind.CUDA and torch.backends.mps.is_available():
        return Device(kind=DeviceKind.MPS, name="Apple GPU", memory=int(torch.mps.recommended_max_memory()))
    return Device()


def _has_driver() -> bool:
    """Whether there may be a GPU that torch can use; certain only where it says no."""
    if sys.platform != "linux" or AMDS_DRIVER.exists():
        return True
    try:
        ctypes.CDLL(NVIDIAS_DRIVER)  # as torch does
    except OSError:
        return False
    return True
