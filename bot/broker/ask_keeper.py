"""Asking a broker on another machine how it stands: whether it takes the bot's key, and what keeps it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from bot.broker.keeping import ASKED, Kept, NoList, answer_subject
from bot.link.connection import Line, Login
from bot.link.errors import LoginRefused, NoAnswer, NobodyThere

AGAIN_AFTER = 0.2
"""Seconds between two questions that find nobody."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of it.

    Attributes:
        login: the broker takes the bot's key.
        kept: how its keeper stands; None: nothing answers that could say.
    """

    login: bool
    kept: Kept | None = None


async def ask(login: Login, *, seconds: float) -> Answer:
    """Dial, ask, and hang up. A running bot's own line does not mind.

    Args:
        login: the bot's, at the broker.
        seconds: for each of the two.

    Raises:
        LinkError: it cannot be reached in that time; it says why, as far as that is known.
    """
    where = answer_subject()
    why: list[Exception] = []
    line = Line(login, answers=where, hears={}, on_down=why.append)
    dialling = asyncio.create_task(line.run())
    try:
        return await _ask(line, where, why, seconds)
    finally:
        dialling.cancel()
        await asyncio.gather(dialling, return_exceptions=True)


async def _ask(line: Line, where: str, why: list[Exception], seconds: float) -> Answer:
    try:
        async with asyncio.timeout(seconds):
            await line.up.wait()
    except TimeoutError:
        if any(isinstance(error, LoginRefused) for error in why):
            return Answer(login=False)
        raise NoAnswer(str(why[-1]) if why else f"no answer in {seconds:g} s") from None
    end = time.monotonic() + seconds
    while True:
        try:
            answer = await line.request(ASKED, b"", reply=where, seconds=seconds)
            return Answer(login=True, kept=Kept.from_json(answer.data))
        except NobodyThere:  # it may have begun just now, and have no line yet
            if time.monotonic() > end:
                return Answer(login=True)
            await asyncio.sleep(AGAIN_AFTER)
        except (NoAnswer, NoList):
            return Answer(login=True)
