"""Where messages are sent: into a channel, or, where the channel is a forum, as a post of its own there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import discord

from bot.discord_io.containers import files_in
from bot.discord_io.post import SPOILER

LOOK_BACK_MESSAGES = 5000
"""How far an own message is looked for; a busy channel sees fewer in the time that a post can stay unsure."""

MOST_TITLE = 100
"""Characters of the title of a post in a forum."""

TAGS = ("reel", "reels", "showcase", "clips", "framekiln")
"""Names of tags of a forum, in small letters, of which the first that is there is put on a post."""

Place = discord.abc.Messageable | discord.ForumChannel


def place_of(client: discord.Client, channel_id: int) -> Place:
    """A channel, as far as Discord has told what it is."""
    known = client.get_channel(channel_id)
    return known if isinstance(known, discord.ForumChannel) else client.get_partial_messageable(channel_id)


def tag_for(forum: discord.ForumChannel) -> discord.ForumTag | None:
    """The tag of a post: one whose name fits; else any that the bot may use, where the forum wants one."""
    own = {tag.name.strip().lower(): tag for tag in forum.available_tags if not tag.moderated}
    fitting = next((own[name] for name in TAGS if name in own), None)
    if fitting is None and forum.flags.require_tag:
        return next(iter(own.values()), None)
    return fitting


async def post_in(forum: discord.ForumChannel, title: str, content: str | None, **said: Any) -> int:
    """Open a post in a forum; returns the id of its first message, which is the post's own, too."""
    tag = tag_for(forum)
    made = await forum.create_thread(
        name=title[:MOST_TITLE], content=content, applied_tags=[] if tag is None else [tag], **said
    )
    return made.message.id


IsIt = Callable[[discord.Message], bool]
"""Whether a message is the one that is looked for."""


def carries(file_name: str) -> IsIt:
    """Whether a message has a file of this name."""
    return lambda message: any(name.removeprefix(SPOILER) == file_name for name in files_in(message))


def says(content: str) -> IsIt:
    """Whether a message has this text; Discord strips what is sent."""
    return lambda message: message.content.strip() == content.strip()


async def found_in(place: Place, me: int, is_it: IsIt, oldest: int) -> int | None:
    """The id of an own message that is the one that is looked for; None: there is none.

    Args:
        place: where it is looked for.
        me: the bot.
        is_it: which one.
        oldest: no message with a smaller id is meant.
    """
    if isinstance(place, discord.ForumChannel):
        return await _found_in_forum(place, me, is_it, oldest)
    async for message in place.history(limit=LOOK_BACK_MESSAGES):
        if message.id < oldest:
            return None
        if message.author.id == me and is_it(message):
            return message.id
    return None


async def _found_in_forum(forum: discord.ForumChannel, me: int, is_it: IsIt, oldest: int) -> int | None:
    """A post that was just made is still among the active ones."""
    for thread in await forum.guild.active_threads():
        if thread.parent_id == forum.id and thread.owner_id == me and thread.id >= oldest:
            try:
                first = await thread.fetch_message(thread.id)
            except discord.NotFound:
                continue  # it was deleted, and the post stayed
            if is_it(first):
                return first.id
    return None


def missing_in(channel: discord.TextChannel | discord.ForumChannel) -> Sequence[str]:
    """What the bot may not do in a channel and has to, by the names of :class:`discord.Permissions`."""
    allowed = channel.permissions_for(channel.guild.me)
    needed = ["view_channel", "send_messages", "attach_files", "read_message_history"]
    if isinstance(channel, discord.ForumChannel):
        needed.append("send_messages_in_threads")
    return [name for name in needed if not getattr(allowed, name)]


def missing_of(allowed: discord.Permissions, *, in_thread: bool) -> tuple[str, ...]:
    """What the bot lacks to post a clip, by the names of :class:`discord.Permissions`.

    Args:
        allowed: what it may do there.
        in_thread: the clip is posted in a thread.
    """
    if allowed.administrator:
        return ()
    needed = ("view_channel", "send_messages_in_threads" if in_thread else "send_messages", "attach_files")
    return tuple(name for name in needed if not getattr(allowed, name))
