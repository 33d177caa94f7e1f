"""A separate process for each untrusted file: started bare, listened to, and always ended.

A fresh interpreter costs about 60 ms and holds nothing over from one file to the next. It gets no
environment, so no token; no path, so no file; and its process group is ended when it takes too long. What it
may use of the machine, it limits itself, before it looks at the file (:func:`system.confine`).
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

import system

T = TypeVar("T")

_ROOT = str(Path(__file__).resolve().parents[2])
_LAST_WORDS = 4096


class OutOfTime(Exception):
    """It took longer than it may: on the clock, or of the processor."""


class Died(Exception):
    """It ended without an answer, or with one that makes no sense.

    Attributes:
        status: its exit status; negative for a signal, as in :mod:`subprocess`.
        last_words: the end of what it wrote to standard error, for the log.
    """

    def __init__(self, status: int | None, last_words: str) -> None:
        super().__init__(f"the process ended with status {status}: {last_words}")
        self.status = status
        self.last_words = last_words


def program(module: str) -> str:
    """The code that runs ``main`` of one of our modules in a bare interpreter; for :func:`ask`.

    The program's own folder comes last on its path, so that it cannot stand in for anything of the standard
    library.
    """
    return f"import sys; sys.path.append(sys.argv.pop()); from {module} import main; sys.exit(main())"


def digest_of(data: bytes | BinaryIO) -> str:
    """The hex SHA-256 of a file, to name it in the log."""
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    data.seek(0)
    return hashlib.sha256(data.read()).hexdigest()


async def ask(
    code: str,
    *arguments: str,
    data: bytes | BinaryIO,
    seconds: float,
    listen: Callable[[asyncio.StreamReader], Awaitable[T]],
) -> T:
    """Run code in a process of its own, hand it a file, and hear what it says.

    Args:
        code: Python.
        arguments: ``sys.argv[1:]``; the program's folder follows as the last.
        data: what it reads from standard input: bytes, or an open file, which the bot never reads itself.
        seconds: on the clock, until it is ended together with all that it started.
        listen: reads its answer from standard output, and raises ValueError, KeyError, TypeError or EOFError
            where that is none.

    Raises:
        OutOfTime: it took too long.
        Died: it gave no answer.
    """
    process = await asyncio.create_subprocess_exec(
        # -I leaves out the current folder and all that an environment could add. -B: nothing is written.
        *(sys.executable, "-I", "-B", "-c", code, *arguments, _ROOT),
        stdin=asyncio.subprocess.PIPE if isinstance(data, bytes) else data,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=system.bare_environment(),
        **system.apart(),
    )
    group = system.Group(process.pid)
    try:
        async with asyncio.timeout(seconds):
            return await _talk(process, group, data, listen)
    except TimeoutError:
        raise OutOfTime from None
    finally:
        await _end(process, group)


async def _talk(
    process: asyncio.subprocess.Process,
    group: system.Group,
    data: bytes | BinaryIO,
    listen: Callable[[asyncio.StreamReader], Awaitable[T]],
) -> T:
    assert process.stdout is not None  # noqa: S101 - for mypy: it is a pipe
    if isinstance(data, bytes):
        assert process.stdin is not None  # noqa: S101 - same
        # It may end before it has read everything; what it said before counts.
        with suppress(ConnectionError):
            process.stdin.write(data)
            await process.stdin.drain()
        process.stdin.close()
    try:
        return await listen(process.stdout)
    except (ValueError, KeyError, TypeError, EOFError) as error:
        # It may still be writing output that is not read. A process that has ended keeps its own status.
        _kill(process, group)
        _, last_words = await process.communicate()
        if system.ran_out_of_time(process.returncode):
            raise OutOfTime from error
        words = last_words[-_LAST_WORDS:].decode("utf-8", "replace")
        raise Died(process.returncode, f"({error}): {words}") from error


async def _end(process: asyncio.subprocess.Process, group: system.Group) -> None:
    _kill(process, group)
    # Shielded: the caller may be gone, the process must still be waited for. What it left in its pipes is
    # read away: asyncio calls a process ended only when its pipes are.
    await asyncio.shield(process.communicate())


def _kill(process: asyncio.subprocess.Process, group: system.Group) -> None:
    if process.returncode is None:
        group.kill()
