"""What a worker prints: a few plain lines for a person who only lent a machine."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.link.messages import Told
from bot.worker.work import Work

AWAY_AFTER = 15.0
"""Seconds without an answer of the bot before it is mentioned: it may only be starting again."""

GIGABYTE = 1e9


class Voice:
    """Says what has changed, once."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Make one from what shows a line."""
        self._say = say
        self._clips = 0
        self._away: bool | None = None
        self._since = time.monotonic()
        self._unwelcome = False

    def begins(self, address: str, caps: Told) -> None:
        """The engine is ready."""
        memory = f" ({caps.memory / GIGABYTE:.0f} GB)" if caps.memory else ""
        device = f"{caps.name}{memory}" if caps.name else "this machine's processor"
        self._say(f"Draws on {device} with {', '.join(caps.families)}. Bot: {address}. To stop: Ctrl-C.")

    def clip(self, _: Work, seconds: float) -> None:
        """A clip is finished."""
        self._clips += 1
        count = "1 clip" if self._clips == 1 else f"{self._clips} clips"
        self._say(f"Drew a clip in {seconds:.0f} s; {count} so far.")

    def contact(self, heard: float | None) -> None:
        """Look at when the bot spoke last (monotonic seconds), and say if it is away, or back."""
        now = time.monotonic()
        self._unwelcome = False
        if now - (heard or self._since) <= AWAY_AFTER and heard is not None:
            if self._away is not False:
                self._say("Connected; waits for jobs." if self._away is None else "Connected again.")
            self._away = False
        elif now - (heard or self._since) > AWAY_AFTER and self._away is not True:
            self._say("The bot cannot be reached now. This goes on trying; what is being drawn is kept.")
            self._away = True

    def unwelcome(self, words: str) -> None:
        """The login is refused, which is something else than a bot that is away."""
        if not self._unwelcome:
            self._say(words)
        self._unwelcome = self._away = True
