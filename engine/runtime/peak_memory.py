"""The most memory that drawing a clip took: of the GPU where there is one, else of the process."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from engine.core.device import Device, DeviceKind

_CLEAR, _RESET_PEAK = Path("/proc/self/clear_refs"), "5"
_STATUS = Path("/proc/self/status")


def forget_peak(device: Device) -> bool:
    """Begin to count anew.

    Returns:
        Whether that can be done here; otherwise what :func:`peak` says is of earlier clips as well.
    """
    if device.kind is DeviceKind.CUDA:
        if (torch := sys.modules.get("torch")) is not None:
            torch.cuda.reset_peak_memory_stats()
        return True
    try:
        _CLEAR.write_text(_RESET_PEAK, "ascii")
    except OSError:  # not Linux, or not allowed
        return False
    return True


def peak(device: Device) -> int | None:
    """Bytes at most since :func:`forget_peak`.

    Of a CUDA GPU: what torch had handed out; the CUDA context comes on top. On a processor: all of the
    process, with its libraries and with models that stayed loaded. None: not known.
    """
    if device.kind is DeviceKind.CUDA:
        torch = sys.modules.get("torch")  # if torch was never imported, nothing was drawn with it
        return 0 if torch is None else int(torch.cuda.max_memory_allocated())
    if device.kind is not DeviceKind.CPU:
        return None
    try:
        said = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text("ascii"), re.MULTILINE)
    except OSError:  # not Linux
        return None
    return None if said is None else int(said[1]) * 1024
