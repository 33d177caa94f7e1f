"""The parent's side of looking at a picture: in a process of its own, watched and limited."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import asdict

from bot.intake import sandbox
from bot.intake.decoder import Pixels
from engine.core.sight import Sight
from engine.untrusted.look import Look
from engine.vision.eyes import Eye
from engine.weights.store import Store

log = logging.getLogger(__name__)

_PROGRAM = sandbox.program("engine.untrusted.look")


class Looker:
    """Looks at pictures, each in a process of its own. How many at once, the caller decides."""

    def __init__(self, store: Store | None, *, seconds: float, memory: int) -> None:
        """Make one.

        Args:
            store: where the eyes' networks are; None: nothing is looked at.
            seconds: on the clock, for a picture.
            memory: bytes that the process may have.
        """
        self._store = store
        self._models = "" if store is None else str(store.folder.absolute())
        self._seconds = seconds
        self._memory = memory

    async def look(self, pixels: Pixels) -> Sight | None:
        """Look at a picture.

        Returns:
            What was seen. None where the eye for faces is not installed, and where looking failed or took too
            long: the log says so, and the picture is taken all the same.
        """
        if self._store is None or not self._store.path(Eye.FACES.value).is_dir():
            return None
        order = Look(
            models=self._models,
            width=pixels.width,
            height=pixels.height,
            cpu_seconds=max(1, round(self._seconds)),
            memory=self._memory,
        )
        try:
            return await sandbox.ask(
                _PROGRAM,
                json.dumps(asdict(order)),
                data=pixels.data,
                seconds=self._seconds,
                listen=_listen,
            )
        except sandbox.OutOfTime:
            log.warning("looking at a picture took longer than %.0f s; it is taken unseen", self._seconds)
        except sandbox.Died as died:
            # A fault of the eyes is never called a fault of the picture.
            log.error("looking at a picture ended with status %s %s", died.status, died.last_words)  # noqa: TRY400 - its own words are the traceback
        return None


async def _listen(answers: asyncio.StreamReader) -> Sight:
    return Sight.from_json((await answers.readline()).decode())
