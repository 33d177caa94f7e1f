"""Whether an error says that the machine ran short of something: room, file handles, memory.

A shortage is nobody's fault and passes. The job that met it waits and is tried again. This table is the only
place that says so; the bot, the engine process and the loops all ask it. A GPU that is out of memory is no
shortage: the memory ladder deals with it.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from engine.core.device_faults import is_out_of_memory
from engine.core.errors import EngineError


class Shortage(StrEnum):
    """What there was too little of. The values cross the wire."""

    DISK = "disk"
    """No room, or no more of the quota."""

    READ_ONLY = "read-only"
    """The file system takes no writes."""

    STORAGE = "storage"
    """The disk does not answer as it should, or another program holds the file."""

    HANDLES = "handles"
    """Too many open files."""

    PROCESSES = "processes"
    """No more processes or threads."""

    MEMORY = "memory"
    """Of the machine, not of a GPU."""


OF_THE_MACHINE = frozenset({Shortage.HANDLES, Shortage.PROCESSES, Shortage.MEMORY})
"""What a call over the network can run short of, too; its other errors are the network's."""

BY_ERRNO: Mapping[int, Shortage] = MappingProxyType(
    {
        errno.ENOSPC: Shortage.DISK,
        errno.EDQUOT: Shortage.DISK,
        errno.EROFS: Shortage.READ_ONLY,
        errno.EACCES: Shortage.READ_ONLY,
        errno.EPERM: Shortage.READ_ONLY,
        errno.EIO: Shortage.STORAGE,
        errno.EBUSY: Shortage.STORAGE,
        errno.ESTALE: Shortage.STORAGE,
        errno.ENOTCONN: Shortage.STORAGE,
        errno.EMFILE: Shortage.HANDLES,
        errno.ENFILE: Shortage.HANDLES,
        errno.EAGAIN: Shortage.PROCESSES,
        errno.ENOMEM: Shortage.MEMORY,
        errno.ENOBUFS: Shortage.MEMORY,
    }
)
"""A mount that is remounted read-only, or belongs to another user for a while, also answers with EACCES or
EPERM; a disk that is unplugged or away with EIO, ESTALE or ENOTCONN."""

_NO_THREAD = "can't start new thread"
_SPEAKS_OF_THE_SYSTEM = frozenset({"c2pa", "safetensors", "torch"})
_RUST = re.compile(r"\(os error (\d+)\)")


class RanShort(EngineError):
    """The engine process ran short of something; the job is as good as before.

    Attributes:
        shortage: of what.
        detail: a traceback for the log; never shown to a member.
    """

    def __init__(self, shortage: Shortage, detail: str = "") -> None:
        super().__init__(f"the engine process ran short of something: {shortage}")
        self.shortage = shortage
        self.detail = detail


def shortage_of(error: BaseException | None) -> Shortage | None:
    """What an error, or one that it was raised over, says the machine ran short of; None: nothing."""
    while error is not None:
        if type(error).__name__ == "OutOfMemoryError":  # torch's: the GPU's memory, which has its ladder
            return None
        if (found := _said_by(error)) is not None:
            return found
        hidden = None if error.__suppress_context__ else error.__context__
        error = hidden if error.__cause__ is None else error.__cause__
    return None


def in_words_of_the_system(text: str) -> int | None:
    """The errno whose text a program printed last, such as “No space left on device”; None: none of ours."""
    lines = [(text.rfind(os.strerror(code)), code) for code in BY_ERRNO]
    place, code = max(lines)
    return code if place >= 0 else None


def _said_by(error: BaseException) -> Shortage | None:
    if isinstance(error, RanShort):
        return error.shortage
    if is_out_of_memory(error):
        return Shortage.MEMORY
    if isinstance(error, RuntimeError) and _NO_THREAD in str(error):
        return Shortage.PROCESSES
    return BY_ERRNO.get(_errno_of(error) or 0)


def _errno_of(error: BaseException) -> int | None:
    """What the operating system said, as far as an error tells; None: nothing."""
    if isinstance(error, FileNotFoundError) and error.errno is None:
        return _why_it_was_not_found(Path(str(error).rpartition(": ")[2]))
    if isinstance(error, OSError):
        return error.errno
    if isinstance(error, ImportError):  # the loader's words for a library that it could not open
        return in_words_of_the_system(str(error))
    speaks = type(error).__module__.split(".")[0] in _SPEAKS_OF_THE_SYSTEM
    told = _RUST.search(str(error)) if speaks or isinstance(error, RuntimeError) else None
    return None if told is None else int(told[1])


def _why_it_was_not_found(path: Path) -> int | None:
    """To safetensors, each file that it could not open is missing; most often no handle was free."""
    if not path.is_file():
        return None
    try:
        with path.open("rb"):
            return errno.EMFILE
    except OSError as error:
        return error.errno
