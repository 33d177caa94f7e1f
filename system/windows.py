"""Windows, 10 or later. It has never run there by our hands; docs/setup.md says what was tried, and how.

Every name has the meaning that its namesake in :mod:`system.posix` documents; what Windows can't do is said
here. Nothing is imported that other systems lack until a function needs it, so that tests can read this file
everywhere.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from system import kernel32
from system.line import Begun, Line

_NEW_GROUP_WITHOUT_WINDOW = 0x200 | 0x0800_0000
"""``CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW``."""

_BELOW_NORMAL = 0x4000
_TEMPORARY = 0x40 | 0x8000
"""``O_TEMPORARY | O_BINARY``: the file is deleted when its last handle is closed, also by a kill."""

_LOCKED_BYTE = 0x7FFF_0000
"""Far behind the end of every lock file: on Windows nobody else can read a byte that is locked."""

_HELD = frozenset({errno.EACCES, errno.EDEADLK, 36})
"""What ``locking`` answers where another process has the byte; 36 is Microsoft's ``EDEADLOCK``."""

_ENDED = 0xF1
"""Exit status of what a group ended."""

_TIME_IS_UP = 1816
"""``ERROR_NOT_ENOUGH_QUOTA``: how the kernel ends a process that has used its time."""

_FAULTS = range(0xC000_0000, 0xD000_0000)
"""NTSTATUS of errors: an access violation, a stack overflow, Ctrl-C."""

_UNITS_A_SECOND = 10_000_000
_NO_LINE = -1


def lock(descriptor: int) -> None:
    """Lock one byte of the file. The file can't be deleted while it is open."""
    os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
    crt = import_module("msvcrt")
    try:
        crt.locking(descriptor, crt.LK_NBLCK, 1)
    except OSError as error:
        if error.errno in _HELD:
            raise BlockingIOError(errno.EWOULDBLOCK, "another process holds the lock") from error
        raise
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)


def hold_folder(folder: Path) -> int | None:  # noqa: ARG001 - the interface's
    """No folder can be locked, and none needs to be: Windows deletes no file that is open."""
    return None


def sync(path: Path) -> None:
    """Flush a file. A folder can't be flushed; NTFS writes names to its journal by itself."""
    if path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR)  # to read is not enough to flush
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def set_mode(descriptor: int, mode: int) -> None:
    """Do nothing: a file inherits from its folder who may read it."""


def others_may(mode: int) -> int:  # noqa: ARG001 - the interface's
    """Return 0: a mode does not say it."""
    return 0


def other_owner(path: Path) -> tuple[str, str]:
    """Two empty names: a file does not tell whose it is without the security interface."""
    path.stat()
    return "", ""


def take_back(folder: Path) -> str:
    """The command that gives this account all rights on a folder."""
    import getpass  # noqa: PLC0415 - a reader of strangers' files starts without it

    return f'icacls "{folder}" /grant "{getpass.getuser()}:(OI)(CI)F" /T'


def nameless_file(folder: Path | None = None) -> io.BufferedRandom:
    """Open a file that is deleted when it is closed. It has a name until then, which nobody is told.

    ``tempfile`` gives a wrapper around such a file, which discord.py takes for a path.
    """
    import tempfile  # noqa: PLC0415 - a reader of strangers' files starts without it

    path = Path(tempfile.gettempdir() if folder is None else folder) / f"framekiln-{secrets.token_hex(8)}"
    how = os.O_RDWR | os.O_CREAT | os.O_EXCL | _TEMPORARY
    return os.fdopen(os.open(path, how, 0o600), "w+b")


@contextmanager
def file_of_bytes(data: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """A file with a name, which is deleted when the block ends: no descriptor can be handed over."""
    import tempfile  # noqa: PLC0415 - a reader of strangers' files starts without it

    descriptor, name = tempfile.mkstemp(prefix="framekiln-")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        yield name, {}
    finally:
        path.unlink(missing_ok=True)


def reader_is_gone(error: OSError) -> bool:
    """Whether it is a broken pipe, which Windows calls an invalid argument."""
    return isinstance(error, BrokenPipeError) or error.errno == errno.EINVAL


def print_unicode() -> None:
    """Write UTF-8 where the output is a file or a pipe; a console takes every character anyway."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


def apart() -> dict[str, Any]:
    """A process group of its own, without a window."""
    return {"creationflags": _NEW_GROUP_WITHOUT_WINDOW}


def writes_no_file() -> dict[str, Any]:
    """No options: Windows has no such limit."""
    return {}


def bare_environment() -> dict[str, str]:
    """Where the system is: without it, Python can't start and no socket can be opened."""
    kept = ("SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP")
    return {name: os.environ[name] for name in kept if name in os.environ}


class Group:
    """A job object around a process. It is ended with this program, in whatever way that ends.

    What the process started before it was put into the group, in the first milliseconds of its life, is not
    in it. The interpreter of a virtual environment does that: it is a small program that starts the real one,
    but it has a job object of its own for it, so both end together.
    """

    def __init__(self, pid: int) -> None:
        self._job = kernel32.JobObject(kernel32.DIES_WITH_HANDLE | kernel32.NO_CRASH_WINDOW)
        with suppress(OSError):  # it has ended already
            self._job.take_in(pid)

    def ask(self) -> None:
        """End all of them: a process without a window can't be asked."""
        self.kill()

    def kill(self) -> None:
        """End all of them."""
        self._job.end(_ENDED)

    def running(self) -> bool:
        """Whether any of them runs still.

        Raises:
            OSError: Windows does not say.
        """
        return self._job.running() > 0


def ask_to_reread(pid: int) -> None:
    """Refuse: no signal says so. The broker, which it is for, does not run on Windows."""
    raise OSError(errno.ENOTSUP, f"process {pid} can't be asked to read its configuration again")


def end_process(pid: int) -> None:
    """End one process."""
    try:
        os.kill(pid, signal.SIGTERM)  # which Windows has no other meaning for than TerminateProcess
    except OSError as error:
        if error.errno == errno.EINVAL:  # the number of no process
            raise ProcessLookupError(errno.ESRCH, "no such process") from error
        raise


def die_with(parent: int) -> None:
    """Do nothing: the parent's :class:`Group` ends this process."""


def give_way(niceness: int) -> None:  # noqa: ARG001 - the interface's
    """Lower the priority by one class; there are no finer steps."""
    kernel32.set_priority(_BELOW_NORMAL)


_own: list[kernel32.JobObject] = []
"""The limits of this process, which last until it ends."""


def limit_memory(memory: int | None) -> None:
    """Limit what it may have committed. Windows writes no core file unless somebody has set that up."""
    if memory is not None:
        _limit(kernel32.PROCESS_MEMORY, process_memory=memory)


def confine(*, cpu_seconds: int, memory: int, open_files: int, file_bytes: int) -> None:  # noqa: ARG001
    """Limit time and memory. Windows limits neither open files, nor what is written, nor the network."""
    _limit(
        kernel32.PROCESS_TIME | kernel32.PROCESS_MEMORY | kernel32.NO_CRASH_WINDOW,
        process_time=cpu_seconds * _UNITS_A_SECOND,
        process_memory=memory,
    )


def _limit(flags: int, *, process_time: int = 0, process_memory: int = 0) -> None:
    job = kernel32.JobObject(flags, process_time=process_time, process_memory=process_memory)
    job.take_in_myself()
    _own.append(job)


def resident_bytes() -> int:
    """Bytes of its working set."""
    return int(kernel32.memory().working_set)


def peak_bytes() -> int:
    """Bytes of its largest working set."""
    return int(kernel32.memory().peak_working_set)


def peak_bytes_of_children() -> int:
    """Return 0: Windows forgets what a process used when that has ended."""
    return 0


def was_ended(status: int | None) -> bool:
    """Whether Ctrl-C ended it. The task manager leaves the status 1, as an ordinary error does."""
    return status == 0xC000_013A  # noqa: PLR2004 - STATUS_CONTROL_C_EXIT


def killed_outright(status: int | None) -> bool:  # noqa: ARG001 - the interface's
    """Return False: Windows refuses memory, and kills nobody for it."""
    return False


def ran_out_of_time(status: int | None) -> bool:
    """Whether the kernel ended it for its time."""
    return status == _TIME_IS_UP


def crashed(status: int) -> bool:
    """Whether it is the status of a fault."""
    return status in _FAULTS


def on_stop(heard: Callable[[], None]) -> None:
    """Be told of Ctrl-C and Ctrl-Break. A window that is closed ends the program at once, as a kill does."""
    import asyncio  # noqa: PLC0415 - a reader of strangers' files starts without it

    loop = asyncio.get_running_loop()

    def pass_on(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the interface's
        loop.call_soon_threadsafe(heard)

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if (which := getattr(signal, name, None)) is not None:
            signal.signal(which, pass_on)


async def begin_line(
    command: Sequence[str],
    options: Callable[[int], Sequence[str]],
    environment: Mapping[str, str],
    limit: int,
) -> Begun:
    """Use standard input and output for the line; what the process prints goes to standard error.

    A virtual environment's interpreter passes nothing else on to the real one.
    """
    import asyncio  # noqa: PLC0415 - a reader of strangers' files starts without it
    import subprocess  # noqa: PLC0415 - a reader of strangers' files starts without it

    process = await asyncio.create_subprocess_exec(
        *command,
        *options(_NO_LINE),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**bare_environment(), **environment},
        limit=limit,
        **apart(),
    )
    reader, writer, output = process.stdout, process.stdin, process.stderr
    if reader is None or writer is None or output is None:
        raise OSError(errno.EPIPE, "the process has no pipes")
    return Begun(process=process, reader=reader, writer=writer, output=output, close_output=_nothing)


def _nothing() -> None:
    """Asyncio closes the pipes of a process that has ended."""


def open_line(number: int) -> Line:  # noqa: ARG001 - the interface's
    """Take standard input and output for the line; from then on, what is printed goes to standard error."""
    lines, written = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    pipe = os.fdopen(written, "wb", 0)

    def send(data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[pipe.write(left) or 0 :]

    return Line(lines=os.fdopen(lines, "rb"), send=send)
