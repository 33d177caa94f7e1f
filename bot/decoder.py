"""The parent's side of reading a picture: one process for each file, watched and limited.

A fresh interpreter costs about 60 ms and holds nothing over from one picture to the next. It gets no
environment, so no token; no path, so no file; and its process group is ended when it takes too long.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from engine.headers import PictureLimits, Refusal, Refused

log = logging.getLogger(__name__)

_ROOT = str(Path(__file__).resolve().parent.parent)
# -I leaves out the current folder and all that an environment could add; the program's own folder comes last,
# so that it cannot stand in for anything of the standard library. -B: nothing is written.
_PROGRAM = (
    "import sys; sys.path.append(sys.argv.pop()); from engine.decode_picture import main; sys.exit(main())"
)
_LAST_WORDS = 4096


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """A decoded picture: ``data`` is RGB, 8 bits a channel, row by row, ``3 * width * height`` bytes."""

    width: int
    height: int
    data: bytes


class Decoder:
    """Reads pictures, each in a process of its own.

    Attributes:
        peak_bytes: the most memory that any of the processes said it held.
    """

    def __init__(self, limits: PictureLimits, *, wall_seconds: float, at_once: int) -> None:
        own = {field.name for field in fields(PictureLimits)}
        self._limits = limits
        self._argument = json.dumps({name: value for name, value in asdict(limits).items() if name in own})
        self._wall_seconds = wall_seconds
        self._free = asyncio.Semaphore(at_once)
        self.peak_bytes = 0

    async def decode(self, data: bytes) -> Pixels:
        """Decode a file; waits while ``at_once`` others are being read.

        Raises:
            Refused: with the reason.
        """
        async with self._free:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-B", "-c", _PROGRAM, self._argument, _ROOT),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={},
                start_new_session=True,
            )
            try:
                async with asyncio.timeout(self._wall_seconds):
                    return await self._talk(process, data)
            except TimeoutError:
                raise Refused(Refusal.TIME) from None
            finally:
                await _end(process)

    async def _talk(self, process: asyncio.subprocess.Process, data: bytes) -> Pixels:
        assert process.stdin is not None  # noqa: S101 - for mypy: all three are pipes
        assert process.stdout is not None  # noqa: S101 - same
        # It may end before it has read everything; what it said before counts.
        with suppress(ConnectionError):
            process.stdin.write(data)
            await process.stdin.drain()
        process.stdin.close()
        try:
            answer: dict[str, Any] = json.loads(await process.stdout.readline())
            self.peak_bytes = max(self.peak_bytes, answer["peak_bytes"])
            if "code" in answer:
                self._log_fault(data, answer)
                raise Refused(Refusal(answer["code"]), **answer["facts"])
            width, height = self._size(answer)
            pixels = await process.stdout.readexactly(3 * width * height)
        except (ValueError, KeyError, TypeError, EOFError) as error:
            raise await _died(process, data, error) from error
        return Pixels(width=width, height=height, data=pixels)

    def _size(self, answer: dict[str, Any]) -> tuple[int, int]:
        width, height = int(answer["width"]), int(answer["height"])
        if not (min(width, height) > 0 and max(width, height) <= self._limits.max_working_side):
            raise ValueError(f"the decoder answered with {width}×{height}")
        return width, height

    def _log_fault(self, data: bytes, answer: dict[str, Any]) -> None:
        if "detail" in answer:
            log.error("picture %s: the decoder failed\n%s", _digest(data), answer["detail"])


async def _died(process: asyncio.subprocess.Process, data: bytes, error: Exception) -> Refused:
    """Tell a spent limit from a broken decoder, which is never called a broken picture."""
    # It may still be writing what nobody will read. One that has ended keeps its own status.
    _kill(process)
    _, last_words = await process.communicate()
    status = process.returncode
    if status == -signal.SIGXCPU:
        return Refused(Refusal.TIME)
    log.error(
        "picture %s: the decoder ended with status %s (%s): %s",
        *(_digest(data), status, error, last_words[-_LAST_WORDS:].decode("utf-8", "replace")),
    )
    return Refused(Refusal.DECODER)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def _end(process: asyncio.subprocess.Process) -> None:
    _kill(process)
    # Shielded: whoever asked may be gone, the process must still be waited for. What it left in its pipes is
    # read away: asyncio calls a process ended only when its pipes are.
    await asyncio.shield(process.communicate())


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
