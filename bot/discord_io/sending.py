"""Sending a message in the form it has: as a container, or plainly; and remembering which it was."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import discord

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.places import Place, post_in
from bot.discord_io.post import ALT_LIMIT, ChannelError, Post

log = logging.getLogger(__name__)

T = TypeVar("T")

REMEMBERED = 1000
"""Messages of which it is remembered whether they are containers."""

Where = Callable[[], Awaitable[Place]]


class Call(Protocol):
    """Asks Discord, and turns what it refuses into a ChannelError."""

    def __call__(self, do: Callable[[], Awaitable[T]], /) -> Awaitable[T]:
        """Ask it."""
        ...


async def send_in_its_form(call: Call, where: Where, post: Post) -> tuple[int, bool]:
    """Send a message; where Discord does not take its container, plainly.

    Returns:
        Its id, and whether it is a container.

    Raises:
        ChannelError: it was not sent.
    """

    async def deliver(layout: discord.ui.LayoutView | None) -> int:
        return await _post(await where(), post, layout)

    if post.layout is not None:
        try:
            return await call(lambda: deliver(post.layout)), True
        except ChannelError as error:
            if error.trouble is not Trouble.REFUSED:
                raise
            log.warning("a message was not taken as a container, so it is sent plainly: %s", error)
    return await call(lambda: deliver(None)), False


class KnownForms:
    """Knows of messages whether they are containers; what it doesn't know, it asks Discord for, once."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, bool] = OrderedDict()

    def note(self, message: int, *, is_container: bool) -> None:
        """Remember it."""
        self._known[message] = is_container
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def look(self, message: discord.PartialMessage, call: Call) -> bool:
        """Whether a message is a container; one that the bot may not read is taken for a plain one.

        Raises:
            ChannelError: nobody could look now.
        """
        if message.id not in self._known:
            try:
                found = await call(message.fetch)
            except ChannelError as error:
                if error.trouble is not Trouble.NO_ACCESS:
                    raise
                return False
            self.note(message.id, is_container=found.flags.components_v2)
        return self._known[message.id]


def files_of(post: Post) -> list[discord.File]:
    """The files of a message, each with what it shows."""
    own = [] if post.file is None else [(post.file, post.file_name, post.alt)]
    beside = [(path, name, "") for path, name in post.beside]
    more = [(file.path, file.name, file.alt) for file in post.attached]
    return [
        discord.File(path, filename=name, description=alt[:ALT_LIMIT] or None)
        for path, name, alt in (*own, *beside, *more)
    ]


async def _post(channel: Place, post: Post, layout: discord.ui.LayoutView | None) -> int:
    allowed = discord.AllowedMentions(
        everyone=False,
        roles=False,
        replied_user=False,
        users=[discord.Object(post.ping)] if post.ping is not None else False,
    )
    extras: dict[str, Any] = {}
    if layout is not None or post.view is not None:
        extras["view"] = layout or post.view
    if files := files_of(post):
        extras["files"] = files  # discord.py closes them
    content = None if layout is not None else post.content
    if isinstance(channel, discord.ForumChannel):  # it takes no nonce
        return await post_in(channel, post.title, content, allowed_mentions=allowed, **extras)
    message = await channel.send(content, nonce=post.nonce, allowed_mentions=allowed, **extras)
    return message.id
