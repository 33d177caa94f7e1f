"""The calls of Windows that the standard library has no name for: job objects, priorities, memory.

A job object holds processes and all that they start. When its last handle is closed, which the kernel does
for a process that ends in whatever way, everything in it is ended.
"""

from __future__ import annotations

import ctypes
from typing import Any

_SIZE, _COUNT, _TIME = ctypes.c_size_t, ctypes.c_uint32, ctypes.c_int64

DIES_WITH_HANDLE = 0x2000
"""``JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE``."""

PROCESS_TIME = 0x2
PROCESS_MEMORY = 0x100
NO_CRASH_WINDOW = 0x400

_ACCOUNTING, _EXTENDED_LIMITS = 1, 9
_SET_QUOTA_AND_TERMINATE = 0x0100 | 0x0001
_INHERITABLE = False


class _Basics(ctypes.Structure):
    _fields_ = (
        ("process_time", _TIME),
        ("job_time", _TIME),
        ("flags", _COUNT),
        ("least_working_set", _SIZE),
        ("most_working_set", _SIZE),
        ("processes", _COUNT),
        ("affinity", _SIZE),
        ("priority", _COUNT),
        ("scheduling", _COUNT),
    )


class Bounds(ctypes.Structure):
    """``JOBOBJECT_EXTENDED_LIMIT_INFORMATION``."""

    _fields_ = (
        ("basic", _Basics),
        ("io", ctypes.c_uint64 * 6),
        ("process_memory", _SIZE),
        ("job_memory", _SIZE),
        ("peak_process_memory", _SIZE),
        ("peak_job_memory", _SIZE),
    )


class Accounting(ctypes.Structure):
    """``JOBOBJECT_BASIC_ACCOUNTING_INFORMATION``."""

    _fields_ = (
        ("times", _TIME * 4),
        ("page_faults", _COUNT),
        ("processes", _COUNT),
        ("active_processes", _COUNT),
        ("terminated_processes", _COUNT),
    )


class MemoryCounters(ctypes.Structure):
    """``PROCESS_MEMORY_COUNTERS``."""

    _fields_ = (
        ("size", _COUNT),
        ("faults", _COUNT),
        ("peak_working_set", _SIZE),
        ("working_set", _SIZE),
        ("quota", _SIZE * 4),
        ("pagefile", _SIZE),
        ("peak_pagefile", _SIZE),
    )


def library() -> Any:
    """``kernel32.dll``, with the types of its handles: as plain numbers they would be cut to 32 bits."""
    found = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    handle = ctypes.c_void_p
    for name, result, arguments in (
        ("CreateJobObjectW", handle, (handle, ctypes.c_wchar_p)),
        ("SetInformationJobObject", ctypes.c_int, (handle, ctypes.c_int, handle, _COUNT)),
        ("QueryInformationJobObject", ctypes.c_int, (handle, ctypes.c_int, handle, _COUNT, handle)),
        ("AssignProcessToJobObject", ctypes.c_int, (handle, handle)),
        ("TerminateJobObject", ctypes.c_int, (handle, ctypes.c_uint)),
        ("OpenProcess", handle, (_COUNT, ctypes.c_int, _COUNT)),
        ("GetCurrentProcess", handle, ()),
        ("SetPriorityClass", ctypes.c_int, (handle, _COUNT)),
        ("K32GetProcessMemoryInfo", ctypes.c_int, (handle, handle, _COUNT)),
        ("CloseHandle", ctypes.c_int, (handle,)),
    ):
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found


def last_error() -> OSError:
    """Why the last call failed."""
    number = ctypes.get_last_error()  # type: ignore[attr-defined,unused-ignore]
    return ctypes.WinError(number)  # type: ignore[attr-defined,no-any-return,unused-ignore]


class JobObject:
    """A job object, which is ended when this program ends or forgets it.

    Args:
        flags: which of the limits count.
        process_time: units of 100 ns that each process may compute.
        process_memory: bytes that each process may have committed.

    Raises:
        OSError: Windows refuses it.
    """

    def __init__(self, flags: int, *, process_time: int = 0, process_memory: int = 0) -> None:
        self._handle = None
        self._kernel = library()
        self._handle = self._kernel.CreateJobObjectW(None, None)
        if not self._handle:
            raise last_error()
        bounds = Bounds()
        bounds.basic.flags = flags
        bounds.basic.process_time = process_time
        bounds.process_memory = process_memory
        if not self._kernel.SetInformationJobObject(
            self._handle, _EXTENDED_LIMITS, ctypes.byref(bounds), ctypes.sizeof(bounds)
        ):
            error = last_error()
            self.close()
            raise error

    def take_in(self, pid: int) -> None:
        """Put a process into it; what that starts from now on is in it as well.

        Raises:
            OSError: it has ended, or may not be touched.
        """
        process = self._kernel.OpenProcess(_SET_QUOTA_AND_TERMINATE, _INHERITABLE, pid)
        if not process:
            raise last_error()
        try:
            if not self._kernel.AssignProcessToJobObject(self._handle, process):
                raise last_error()
        finally:
            self._kernel.CloseHandle(process)

    def take_in_myself(self) -> None:
        """Put this process into it.

        Raises:
            OSError: Windows refuses it.
        """
        if not self._kernel.AssignProcessToJobObject(self._handle, self._kernel.GetCurrentProcess()):
            raise last_error()

    def end(self, status: int) -> None:
        """End all that is in it. Nothing happens where nothing is."""
        if self._handle:
            self._kernel.TerminateJobObject(self._handle, status)

    def running(self) -> int:
        """How many processes in it have not ended.

        Raises:
            OSError: Windows does not say.
        """
        if not self._handle:
            return 0
        counted = Accounting()
        if not self._kernel.QueryInformationJobObject(
            self._handle, _ACCOUNTING, ctypes.byref(counted), ctypes.sizeof(counted), None
        ):
            raise last_error()
        return int(counted.active_processes)

    def close(self) -> None:
        """Let go of it."""
        if self._handle:
            self._kernel.CloseHandle(self._handle)
            self._handle = None

    def __del__(self) -> None:
        self.close()


def set_priority(priority: int) -> None:
    """Set the priority class of this process."""
    kernel = library()
    if not kernel.SetPriorityClass(kernel.GetCurrentProcess(), priority):
        raise last_error()


def memory() -> MemoryCounters:
    """What this process occupies."""
    kernel, counters = library(), MemoryCounters()
    counters.size = ctypes.sizeof(counters)
    if not kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.size):
        raise last_error()
    return counters
