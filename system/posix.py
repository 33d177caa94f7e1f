"""Linux and macOS."""

from __future__ import annotations

import ctypes
import fcntl
import io
import os
import resource
import signal
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from system.line import Begun, Line

assert sys.platform != "win32"  # noqa: S101 - for mypy, which reads this file for Windows as well

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

_ENDS = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})


def lock(descriptor: int) -> None:
    """Lock an open file, or folder, for this process alone, until it is closed or the process ends.

    Raises:
        BlockingIOError: another process holds it.
        OSError: this file system locks nothing.
    """
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def hold_folder(folder: Path) -> int | None:
    """Open a folder, so that it can be locked; None where a system has no such thing.

    Raises:
        OSError: it cannot be opened.
    """
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def sync(path: Path) -> None:
    """Make a file's content, or a folder's names, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def set_mode(descriptor: int, mode: int) -> None:
    """Set the permissions of an open file."""
    os.fchmod(descriptor, mode)


def others_may(mode: int) -> int:
    """What the group and everybody else may do, of a file's mode; 0 where a mode does not say it."""
    return mode & (stat.S_IRWXG | stat.S_IRWXO)


def other_owner(path: Path) -> tuple[str, str]:
    """The names of a file's owner and of this account; two empty ones where they are the same.

    Raises:
        OSError: there is no such file.
    """
    owner, we = path.stat().st_uid, os.geteuid()
    return ("", "") if owner == we else (_user(owner), _user(we))


def take_back(folder: Path) -> str:
    """The command that makes a folder this account's, with all that is in it."""
    return f"sudo chown -R {_user(os.geteuid())} {folder}"


def _user(number: int) -> str:
    import pwd  # noqa: PLC0415 - a reader of strangers' files starts without it

    try:
        return str(pwd.getpwuid(number).pw_name)
    except KeyError:
        return f"user {number}"


def nameless_file(folder: Path | None = None) -> io.BufferedRandom:
    """Open a file that has no name, or none for longer than the program lives.

    Args:
        folder: where its bytes are; None: in the system's folder for such files.

    Raises:
        OSError: it cannot be written there.
    """
    import tempfile  # noqa: PLC0415 - a reader of strangers' files starts without it

    return tempfile.TemporaryFile(dir=folder)


@contextmanager
def file_of_bytes(data: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """Have a program that is about to start read bytes that it can seek in.

    Yields:
        Where the program finds them, as ffmpeg understands it, and options for :class:`subprocess.Popen`.
    """
    import tempfile  # noqa: PLC0415 - a reader of strangers' files starts without it

    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        yield f"pipe:{file.fileno()}", {"pass_fds": (file.fileno(),)}


def reader_is_gone(error: OSError) -> bool:
    """Whether writing to a pipe failed because nobody reads it any more."""
    return isinstance(error, BrokenPipeError)


def print_unicode() -> None:
    """Have standard output take any character; here the owner's locale decides."""


def apart() -> dict[str, Any]:
    """Options that start a process out of reach of the terminal's Ctrl-C; :class:`Group` can end it."""
    return {"start_new_session": True}


def writes_no_file() -> dict[str, Any]:
    """Options that start a process which may write to pipes and to no file. The caller has one thread."""
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))}


def bare_environment() -> dict[str, str]:
    """The least that a program needs of an environment."""
    return {}


class Group:
    """A process that was started :func:`apart`, and all that it starts.

    Args:
        pid: the number of the process, which nobody has waited for yet.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def ask(self) -> None:
        """Ask all of them to end; where a system can't ask, they are ended."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End all of them. Nothing happens where they have ended."""
        self._signal(signal.SIGKILL)

    def running(self) -> bool:
        """Whether any of them runs still, killed or not; one that only waits to be collected does not."""
        try:
            os.killpg(self._pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        if sys.platform != "linux":
            return True
        # Linux counts the dead that nobody has collected, and in a container perhaps nobody ever does.
        return any(map(self._runs, Path("/proc").glob("[0-9]*/stat")))

    def _runs(self, stat: Path) -> bool:
        """Whether a process is one of these and lives, by Linux's ``/proc/<pid>/stat``."""
        try:  # behind the name, which may hold anything: the state, the parent, the group
            state, _, group, *_ = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return int(group) == self._pid and state not in {"Z", "X"}

    def _signal(self, number: signal.Signals) -> None:
        # macOS answers "not permitted" for a group of zombies.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, number)


def ask_to_reread(pid: int) -> None:
    """Ask a server to read its configuration again.

    Raises:
        ProcessLookupError: there is no such process.
    """
    os.kill(pid, signal.SIGHUP)


def end_process(pid: int) -> None:
    """End one process, without asking it.

    Raises:
        ProcessLookupError: there is no such process.
    """
    os.kill(pid, signal.SIGKILL)


def die_with(parent: int) -> None:
    """Have this process ended when the thread that started it ends; on Linux the kernel does it.

    On macOS the end of the line does it, unless a call that holds the interpreter's lock is under way.

    Args:
        parent: the process that wanted this one.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(0)


def give_way(niceness: int) -> None:
    """Lower the priority of this process.

    Args:
        niceness: 1 … 19.
    """
    os.nice(niceness)


def limit_memory(memory: int | None) -> None:
    """Hold no more memory than this, and leave no core file.

    Args:
        memory: bytes of address space; None: no limit.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


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
        kernel = ctypes.CDLL(None)
        kernel.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def resident_bytes() -> int:
    """Bytes of memory that this process occupies (where there is no /proc: the most it ever did)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def peak_bytes() -> int:
    """Bytes of memory that this process held at most.

    Linux's ``ru_maxrss`` counts what the parent held when it forked, so the kernel's own mark is read first.
    """
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
    return _peak(resource.RUSAGE_SELF)


def peak_bytes_of_children() -> int:
    """Bytes that one of the ended processes that this one has started held at most."""
    return _peak(resource.RUSAGE_CHILDREN)


def _peak(whose: int) -> int:
    peak = resource.getrusage(whose).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def was_ended(status: int | None) -> bool:
    """Whether a process that does not do so itself was ended by somebody, by its exit status."""
    return status in _ENDS


def killed_outright(status: int | None) -> bool:
    """Whether a process was killed without being asked, by its exit status."""
    return status == -signal.SIGKILL


def ran_out_of_time(status: int | None) -> bool:
    """Whether a process used all the processor time that it may, by its exit status."""
    return status == -signal.SIGXCPU


def crashed(status: int) -> bool:
    """Whether a process ended through a fault or a signal, by its exit status."""
    return status < 0


def on_stop(heard: Callable[[], None]) -> None:
    """Be told, in the running loop, each time that somebody asks this program to end."""
    import asyncio  # noqa: PLC0415 - a reader of strangers' files starts without it

    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, heard)


async def begin_line(
    command: Sequence[str],
    options: Callable[[int], Sequence[str]],
    environment: Mapping[str, str],
    limit: int,
) -> Begun:
    """Start a process :func:`apart`, with a private line to it.

    Args:
        command: what to run.
        options: what to put behind it, by the number with which the process calls :func:`open_line`.
        environment: all that it sees of one.
        limit: bytes of the longest line that is read.

    Raises:
        OSError: the command cannot be run.
    """
    import asyncio  # noqa: PLC0415 - a reader of strangers' files starts without it
    import socket  # noqa: PLC0415 - a reader of strangers' files starts without it

    ours, theirs = socket.socketpair()
    output_read, output_write = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            *options(theirs.fileno()),
            stdin=asyncio.subprocess.DEVNULL,
            # A pipe of our own: with asyncio's, the end of the process would be held back for as long as
            # something that it started keeps its output open.
            stdout=output_write,
            stderr=output_write,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
            env=dict(environment),
        )
    except BaseException:
        ours.close()
        os.close(output_read)
        raise
    finally:
        theirs.close()
        os.close(output_write)
    reader, writer = await asyncio.open_unix_connection(sock=ours, limit=limit)
    output = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(output), os.fdopen(output_read, "rb", 0)
    )
    return Begun(process=process, reader=reader, writer=writer, output=output, close_output=transport.close)


def open_line(number: int) -> Line:
    """The line to the parent, in the process that it started."""
    import socket  # noqa: PLC0415 - a reader of strangers' files starts without it

    line = socket.socket(fileno=number)
    # Else a program that this one starts would hold the line open after its end.
    line.set_inheritable(False)
    return Line(lines=line.makefile("rb"), send=line.sendall)
