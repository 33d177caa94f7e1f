"""Giving up what a process does not need before it reads a stranger's file."""

from __future__ import annotations

import ctypes
import resource
import sys
from contextlib import suppress
from pathlib import Path

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS = 38


def confine(*, cpu_seconds: int, memory: int, open_files: int, file_bytes: int) -> None:
    """Limit this process and all that it starts: no network, no more time, memory and files than is fair.

    Where a system does not know a limit (macOS has no working one for address space; containers often forbid
    a network of one's own), the other limits and the parent's clock remain.

    Args:
        cpu_seconds: of processor time, for each process.
        memory: bytes of address space, for each process.
        open_files: how many may be open at once.
        file_bytes: the largest file that may be written; 0: none.
    """
    for what, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, file_bytes, file_bytes),
        (resource.RLIMIT_NOFILE, open_files, open_files),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_AS, memory, memory),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, hard))
    with suppress(OSError, AttributeError):
        # os.unshare is newer than the oldest Python that we run on. A failure is not read.
        system = ctypes.CDLL(None)
        system.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        system.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def peak_bytes() -> int:
    """Bytes of memory that this process held at most.

    Linux's ``ru_maxrss`` counts what the parent held when it forked, so the kernel's own mark is read first.
    """
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
