"""A fake of Discord with the members who use it, and all that was ever posted there."""

from __future__ import annotations

import asyncio
import collections
import time
from collections.abc import Callable
from typing import Any

from benchmarks.chaos import picture
from tests.fake_discord import FakeDiscord, Upload
from tests.fake_discord.interactions import Interaction
from tests.fake_discord.message import LOADING, Message

PATIENCE = 6.0
"""Seconds that a member waits for something to appear; then the story goes on without it."""


class Town:
    """One channel, one member who asks, and what came of it. A server can hold several.

    Attributes:
        asked: what the member asked for, by a command or by a button.
        posted: all messages that ever stood in the channel, or went to the member in private.
        on_first: called before the first request.
    """

    def __init__(self, discord: FakeDiscord) -> None:
        self.discord = discord
        self.channel = discord.channel()
        self.ada = discord.member("ada")
        self.asked: list[Interaction] = []
        self.posted: list[Message] = []
        self.on_first: Callable[[], None] = lambda: None
        post = discord.world.post

        def note(message: Message) -> Message:
            if message.channel in (self.channel, discord.world.direct.get(self.ada.user.id)):
                self.posted.append(message)
            return post(message)

        discord.world.post = note  # type: ignore[method-assign]
        self._png = picture()

    async def sees(self, what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Wait for something; None where it never comes."""
        end = time.monotonic() + seconds
        while not (found := what()) and time.monotonic() < end:  # noqa: ASYNC110 - it may look at anything
            await asyncio.sleep(0.02)
        return found or None

    async def ask(
        self, prompt: str, *, with_picture: bool = False, patience: float = 20.0
    ) -> Interaction | None:
        """Ask for a clip, as soon as there is a bot that hears it."""
        if not await self.sees(lambda: self.discord.gateway.connected and self._knows("animate"), patience):
            return None
        if not self.asked:
            self.on_first()
        options: dict[str, Any] = {"prompt": prompt, "quality": "fast", "length": "short"}
        command = "text2video"
        if with_picture:
            command = "animate"
            options["image"] = Upload("p.png", self._png)
        self.asked.append(await self.discord.slash(self.ada, self.channel, command, **options))
        return self.asked[-1]

    async def click(self, message: Message | None, label: str) -> Interaction | None:
        """Click a button, where it is there."""
        if message is None or message.deleted or not self.discord.gateway.connected:
            return None
        return await self.discord.click(self.ada, message, label)

    async def clip(self, count: int = 1) -> Message | None:
        """Wait until so many clips stand in the channel, or the member was told that there will be none."""
        await self.sees(lambda: len(self.clips()) >= count or self.is_over(count))
        return self.clips()[-1] if len(self.clips()) >= count else None

    def clips(self) -> list[Message]:
        """The clips that stand in the channel."""
        return [one for one in self.discord.messages(self.channel) if one.attachments]

    def is_over(self, count: int) -> bool:
        """Whether so many requests have an answer that no clip will follow."""
        return len(self.asked) >= count and all(self.refused(one) for one in self.asked[-count:])

    @staticmethod
    def refused(asked: Interaction) -> bool:
        """Whether the member was told in private that it was not taken."""
        return any(one.ephemeral for one in asked.messages)

    def times_posted(self) -> collections.Counter[str]:
        """How often each clip was posted, by its file's name, deleted ones too."""
        return collections.Counter(
            file.filename for message in self.posted for file in message.history[0].attachments
        )

    def thinking(self) -> list[Message]:
        """The messages that still say "thinking…"."""
        return [one for one in self.discord.messages(self.channel) if one.now.flags & LOADING]

    def status_with(self, button: str) -> Message | None:
        """A message with this button."""
        found = [one for one in self.discord.messages(self.channel) if has_button(one, button)]
        return found[0] if found else None

    def _knows(self, command: str) -> bool:
        known = self.discord.world.commands.values()
        return any(one["name"] == command for commands in known for one in commands)


def has_button(message: Message, action: str) -> bool:
    """Whether a message carries a button of ours that does this."""
    return any(
        str(item.get("custom_id", "")).startswith(f"fk:{action}:")
        for row in message.components
        for item in (row, *row.get("components", ()))
    )
