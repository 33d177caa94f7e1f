"""What the driver says of this machine's GPU, without torch, which may be missing or unable to use it."""

from __future__ import annotations

import csv
import shutil
import subprocess
from dataclasses import dataclass, replace

from engine.core.device import Device, DeviceKind

TOOL = "nvidia-smi"
SECONDS = 20.0
"""How long the driver may take to answer: it wakes the GPU first."""

_FIELDS = ("name", "driver_version", "compute_cap", "memory.total", "memory.free")
_MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """A GPU.

    Attributes:
        name: its maker's.
        memory: bytes in all; 0: not known.
        free: bytes that nothing uses now; None: not known.
        driver: the driver's version; "": not known.
        compute: its compute capability, like "8.6"; "": not known.
    """

    name: str
    memory: int = 0
    free: int | None = None
    driver: str = ""
    compute: str = ""


def ask_driver(*options: str) -> str | None:
    """What NVIDIA's tool answers; None where it is missing or does not. It blocks, for a second or so."""
    tool = shutil.which(TOOL)
    if tool is None:
        return None
    try:
        run = subprocess.run([tool, *options], capture_output=True, text=True, check=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout


def driver_gpus() -> tuple[Gpu, ...]:
    """The GPUs that NVIDIA's driver lists; none where it is not installed, or does not answer."""
    told = ask_driver(f"--query-gpu={','.join(_FIELDS)}", "--format=csv,noheader,nounits")
    rows = csv.reader((told or "").splitlines(), skipinitialspace=True)
    return tuple(_read(*row) for row in rows if len(row) == len(_FIELDS))


def gpu_of(device: Device) -> Gpu | None:
    """The GPU that models run on, with what its driver says of it; None: they run on the processor.

    Args:
        device: where models run, as torch found it.
    """
    if not device.is_gpu:
        return None
    own = Gpu(name=device.name, memory=device.memory)
    if device.kind is not DeviceKind.CUDA:
        return own
    told = next((gpu for gpu in driver_gpus() if gpu.name == device.name), None)
    return own if told is None else replace(told, memory=device.memory)


def _read(name: str, driver: str, compute: str, total: str, free: str) -> Gpu:
    """Read a line. What the driver does not know it writes as "[N/A]"."""
    return Gpu(
        name=name,
        memory=_bytes(total) or 0,
        free=_bytes(free),
        driver="" if driver.startswith("[") else driver,
        compute="" if compute.startswith("[") else compute,
    )


def _bytes(mebibytes: str) -> int | None:
    return int(mebibytes) * _MIB if mebibytes.isdecimal() else None
