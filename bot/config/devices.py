"""What ``FRAMEKILN_DEVICES`` says: the engines of this machine, and on which device each of them works."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.config.choices import Where
from engine.runtime.context import DEVICE_VARIABLE
from engine.runtime.gpu import ask_driver

AUTO, NONE, CPU = "auto", "none", "cpu"

VISIBLE = "CUDA_VISIBLE_DEVICES"
NUMBERING = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
"""CUDA then counts the GPUs as nvidia-smi does."""

DRIVER = Path("/proc/driver/nvidia/gpus")


@dataclass(frozen=True, kw_only=True)
class LocalDevice:
    """Where one engine of this machine works.

    Attributes:
        name: what people read.
        environment: what its process needs to know of it, beside what every engine process knows.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def gpu(self) -> str:
        """The number of its GPU as nvidia-smi counts; "" for a processor."""
        if self.environment.get(DEVICE_VARIABLE) == CPU:
            return ""
        chosen = self.environment.get(VISIBLE) or os.environ.get(VISIBLE) or "0"
        return chosen.split(",")[0].strip()


THE_ONLY = LocalDevice(name="this machine")
"""Where there is one engine, it finds its device by itself."""


def is_devices(value: str) -> bool:
    """Whether this is something that ``FRAMEKILN_DEVICES`` may be."""
    return value in {AUTO, NONE} or all(part == CPU or part.isdecimal() for part in value.split(","))


def local_devices(wanted: str, device: Where) -> tuple[LocalDevice, ...]:
    """The engines that this machine gets.

    Args:
        wanted: "auto", "none", or a list of GPUs by their number, or of "cpu".
        device: where models may run. Only with "auto" or "cuda" GPUs are counted.
    """
    if wanted == NONE:
        return ()
    if wanted == AUTO:
        gpus = _gpus() if device in {Where.AUTO, Where.CUDA} else []
        return (THE_ONLY,) if len(gpus) <= 1 else tuple(_gpu(each) for each in gpus)
    parts = wanted.split(",")
    cpus = 0
    found = []
    for part in parts:
        if part == CPU:
            cpus += 1
            found.append(LocalDevice(name=f"processor {cpus}", environment={DEVICE_VARIABLE: CPU}))
        else:
            found.append(_gpu(part))
    return tuple(found)


def _gpu(number: str) -> LocalDevice:
    name = f"GPU {number}" if number.isdecimal() else number
    return LocalDevice(name=name, environment={VISIBLE: number, **NUMBERING})


def _gpus() -> list[str]:
    """Every GPU that may be used, as CUDA names it. Torch is not asked: it takes seconds to load."""
    if (chosen := os.environ.get(VISIBLE)) is not None:
        return [part.strip() for part in chosen.split(",") if part.strip()]
    if DRIVER.is_dir():
        return [str(number) for number, _ in enumerate(DRIVER.iterdir())]
    told = ask_driver("--list-gpus") or ""
    return [str(number) for number, line in enumerate(told.splitlines()) if line.startswith("GPU ")]
