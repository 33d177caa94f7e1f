"""Strangers' files of one kind, each read by a process of its own; what that says where one is not taken."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any, BinaryIO, TypeVar

from bot.intake import sandbox
from engine.core.errors import EngineError
from engine.untrusted.clip_headers import ClipLimits
from engine.untrusted.headers import PictureLimits, Refusal
from engine.untrusted.sound_headers import SoundLimits

T = TypeVar("T")
Limits = PictureLimits | ClipLimits | SoundLimits

log = logging.getLogger(__name__)


class FileReader:
    """Has files read.

    Attributes:
        peak_bytes: the most memory that any of the processes said it held.
    """

    def __init__(
        self,
        kind: str,
        limits: Limits,
        of: type[Limits],
        *,
        seconds: float,
        reasons: type[StrEnum],
        refused: Callable[..., EngineError],
    ) -> None:
        """Make it.

        Args:
            kind: of the files, for the log.
            limits: of a file; a process is told those of the class ``of``.
            of: see ``limits``.
            seconds: of a process, on the clock.
            reasons: why a file may not be taken.
            refused: the error that says so, made of one of them and of what its words need.
        """
        own = {field.name for field in fields(of)}
        self._limits = json.dumps({name: value for name, value in asdict(limits).items() if name in own})
        self._kind = kind
        self._seconds = seconds
        self._reasons = reasons
        self._refused = refused
        self.peak_bytes = 0

    async def ask(
        self,
        program: str,
        *arguments: str,
        data: bytes | BinaryIO,
        take: Callable[[dict[str, Any], asyncio.StreamReader], Awaitable[T]],
    ) -> T:
        """Hand a file to a process, and hear what it says.

        Args:
            program: as :func:`bot.intake.sandbox.program` gives it.
            arguments: of the program, after the limits.
            data: the file, given as its bytes or open.
            take: makes something of the answer's first line and of the bytes after it. It raises ValueError,
                KeyError, TypeError or EOFError where that is no answer.

        Raises:
            EngineError: the file is refused, with the reason.
        """

        async def listen(answers: asyncio.StreamReader) -> T:
            answer: dict[str, Any] = json.loads(await answers.readline())
            if "peak_bytes" in answer:
                self.peak_bytes = max(self.peak_bytes, answer["peak_bytes"])
            if "code" not in answer:
                return await take(answer, answers)
            if "detail" in answer:
                log.error("%s %s: the decoder failed\n%s", *self._named(data), answer["detail"])
            raise self._refused(self._reasons(answer["code"]), **answer["facts"])

        try:
            return await sandbox.ask(
                program, self._limits, *arguments, data=data, seconds=self._seconds, listen=listen
            )
        except sandbox.OutOfTime as error:
            raise self._refused(self._reasons(Refusal.TIME)) from error
        except sandbox.Died as died:
            # A broken decoder is never called a broken file.
            ended = "%s %s: the decoder ended with status %s %s"
            log.exception(ended, *self._named(data), died.status, died.last_words)
            raise self._refused(self._reasons(Refusal.DECODER)) from died

    def _named(self, data: bytes | BinaryIO) -> tuple[str, str]:
        return self._kind, sandbox.digest_of(data)
