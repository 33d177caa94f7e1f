"""Tell moderators once when nothing can be drawn, and once when drawing works again.

The message goes to the channel of ``/queue review``. Servers without one see it in ``/queue show``, owners
in the log.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.discord_io.messenger import ChannelError, Messenger, Post
from bot.discord_io.messenger import Trouble as Refusal
from bot.loops.engine_loop import EngineLoop
from bot.supervisor import Loop
from bot.text import moderation_texts
from db.moderation.reviews import Reviews
from engine.process.host import EngineHost, HostState

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


def trouble_of(engine_loop: EngineLoop, host: EngineHost) -> Trouble | None:
    """The reason why no clips can be drawn now; None if they can."""
    since = engine_loop.gpu.trouble_since
    if since is None and host.state is not HostState.DOWN:
        return None
    return Trouble(since=since)


class EngineAlerts:
    """Watches the engine, and tells moderators when its state changes."""

    def __init__(self, *, reviews: Reviews, messenger: Messenger, look: Callable[[], Trouble | None]) -> None:
        """Make one.

        Args:
            reviews: knows each server's review channel.
            messenger: sends the messages.
            look: as :func:`trouble_of`.
        """
        self._reviews = reviews
        self._messenger = messenger
        self._look = look
        self._told: dict[int, int] = {}
        self._last_trouble: float | None = None
        self.loop = Loop("engine alerts", self._one_look, every=EVERY)

    async def _one_look(self) -> None:
        now = time.monotonic()
        trouble = self._look()
        if trouble is not None:
            self._last_trouble = now
            text = moderation_texts.engine_trouble(trouble.since)
            for guild, channel in (await self._reviews.review_channels()).items():
                if guild not in self._told and await self._say(channel, text):
                    self._told[guild] = channel
        elif self._last_trouble is not None and now - self._last_trouble >= OVER_AFTER:
            self._last_trouble = None
            while self._told:
                await self._say(self._told.popitem()[1], moderation_texts.ENGINE_BACK)

    async def _say(self, channel: int, text: str) -> bool:
        """False where it should be tried again."""
        try:
            await self._messenger.send(channel, Post(content=text, nonce=secrets.token_hex(12)))
        except ChannelError as error:
            log.warning("could not report on the engine in channel %d: %s", channel, error)
            return error.trouble is not Refusal.LATER
        return True
