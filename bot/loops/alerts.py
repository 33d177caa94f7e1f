"""Tell moderators once when work stands still, and once when it goes on.

The message goes to the channel of ``/queue review``. Servers without one see it in ``/queue show``, owners
in the log.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.discord_io.discord_errors import Trouble as Refusal
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError, Post
from bot.loops.engines import Draws, Engines
from bot.ops.shortages import Shortages
from bot.supervisor import Loop
from bot.text import moderation_texts, owner_texts
from bot.text.wording import speaking
from db.moderation.reviews import Reviews
from engine.process.host import HostState

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two looks."""

OVER_AFTER = 120.0
"""Seconds without a fault until it counts as over: a restarted engine looks fine for a moment."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Nothing can be drawn.

    Attributes:
        since: Unix seconds; None where unknown.
    """

    since: float | None = None


def trouble_of(engine_loop: Draws) -> Trouble | None:
    """The reason why this engine can draw no clips now; None if it can."""
    since = engine_loop.outcomes.gpu.trouble_since
    if since is None and engine_loop.seat.engine.state is not HostState.DOWN:
        return None
    return Trouble(since=since)


def engine_trouble(engine_loop: Draws, *, named: bool) -> str | None:
    """What moderators read while an engine can't draw.

    Args:
        engine_loop: the engine's, or a worker.
        named: there are others, so it is named.
    """
    name = engine_loop.seat.name if named else None
    if (trouble := trouble_of(engine_loop)) is not None:
        return moderation_texts.engine_trouble(trouble.since, name)
    if (away := engine_loop.outcomes.absence.where) is not None:
        return moderation_texts.cannot_be_reached(away, engine_loop.outcomes.absence.since)
    return None


def engines_trouble(engines: Engines, *, here: bool = False) -> str | None:
    """What people read of all engines that can't draw now; None: all can.

    Args:
        engines: all of them.
        here: workers are left out.
    """
    looked_at = engines.loops if here else engines.all()
    found = [engine_trouble(loop, named=engines.are_several) for loop in looked_at]
    return "\n".join(filter(None, found)) or None


def faulty_workers(engines: Engines) -> dict[str, str]:
    """What the owner reads of each worker that fails in whatever it is given, by a name of the trouble."""
    return {
        f"worker {worker.seat.name}": owner_texts.worker(worker.seat.name, gpu.in_a_row, gpu.since or 0.0)
        for worker in engines.workers()
        if (gpu := worker.outcomes.gpu).trouble_since is not None
    }


def shortage(shortages: Shortages) -> str | None:
    """What moderators read while the machine is short of something."""
    found = shortages.anywhere()
    return None if found is None else moderation_texts.shortage(*found)


class Alerts:
    """Watches one kind of trouble, and tells moderators when it begins and when it is over."""

    def __init__(
        self,
        name: str,
        *,
        reviews: Reviews,
        messenger: Messenger,
        look: Callable[[], str | None],
        over: Callable[[], str],
    ) -> None:
        """Make one.

        Args:
            name: of its loop.
            reviews: knows each server's review channel.
            messenger: sends the messages.
            look: says what is wrong, in the language that is spoken; None: nothing.
            over: says that nothing is wrong any more.
        """
        self._reviews = reviews
        self._messenger = messenger
        self._look = look
        self._over = over
        self._told: dict[int, int] = {}
        self._last_trouble: float | None = None
        self.loop = Loop(name, self._one_look, every=EVERY)

    async def _one_look(self) -> None:
        now = time.monotonic()
        if self._look() is not None:
            self._last_trouble = now
            for guild, channel in (await self._reviews.review_channels()).items():
                if guild not in self._told and await self._say(guild, channel, self._look):
                    self._told[guild] = channel
        elif self._last_trouble is not None and now - self._last_trouble >= OVER_AFTER:
            self._last_trouble = None
            while self._told:
                await self._say(*self._told.popitem(), self._over)

    async def _say(self, guild: int, channel: int, words: Callable[[], str | None]) -> bool:
        """Say it in the server's language; False where it should be tried again."""
        with speaking(self._messenger.language_in(guild)):
            text = words()
        if text is None:  # since the question was asked
            return False
        try:
            await self._messenger.send(channel, Post(content=text, nonce=secrets.token_hex(12)))
        except ChannelError as error:
            log.warning("could not report trouble in channel %d: %s", channel, error)
            return error.trouble is not Refusal.LATER
        return True


def moderator_alerts(
    engines: Engines, shortages: Shortages, *, reviews: Reviews, messenger: Messenger
) -> tuple[Alerts, ...]:
    """Everything that moderators are told of by itself."""
    named = len(engines.loops) > 1
    of_engines = (
        Alerts(
            f"engine alerts, {loop.seat.name}" if named else "engine alerts",
            reviews=reviews,
            messenger=messenger,
            look=partial(engine_trouble, loop, named=named),
            over=partial(moderation_texts.engine_back, loop.seat.name if named else None),
        )
        for loop in engines.loops
    )
    return (
        *of_engines,
        Alerts(
            "shortage alerts",
            reviews=reviews,
            messenger=messenger,
            look=partial(shortage, shortages),
            over=lambda: str(moderation_texts.SHORTAGE_OVER),
        ),
    )
