"""Members of servers, as Discord knows them, for requests that come by no interaction."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

import discord

from bot.discord_io.messenger import Messenger
from bot.discord_io.places import missing_of

FRESH_SECONDS = 60.0
"""How long an answer of Discord's is used: roles and permissions seldom change."""

MOST = 1000
"""Members that are remembered."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A channel, as a member sees it.

    Attributes:
        member_may_post: they may see it, speak there and use commands.
        bot_lacks: permissions that the bot would need to post files there.
        adults_only: it is age-restricted.
    """

    member_may_post: bool
    bot_lacks: tuple[str, ...]
    adults_only: bool


class Members:
    """Asks Discord for members, and remembers them for a minute."""

    def __init__(self, messenger: Messenger) -> None:
        """Make one from the bot's hand in Discord."""
        self._messenger = messenger
        self._known: OrderedDict[tuple[int, int], tuple[float, discord.Member | None]] = OrderedDict()

    async def get(self, guild: int, user: int) -> discord.Member | None:
        """A member of a server; None: the bot is not there, or they are not.

        Raises:
            ChannelError: Discord cannot be asked now, and was not asked within the last minute.
        """
        now = time.monotonic()
        known = self._known.get((guild, user))
        if known is not None and now - known[0] < FRESH_SECONDS:
            return known[1]
        member = await self._messenger.member(guild, user)
        self._known[guild, user] = (now, member)
        self._known.move_to_end((guild, user))
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return member


def place_of(member: discord.Member, channel_id: int) -> Place | None:
    """A channel of a member's server; None: there is none that the bot can see."""
    channel = member.guild.get_channel_or_thread(channel_id)
    if channel is None or not isinstance(channel, discord.abc.Messageable):
        return None
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    if place is None:
        return None
    thread = channel if isinstance(channel, discord.Thread) else None
    private = thread is not None and thread.is_private()
    own = place.permissions_for(member)
    may_ask = own.use_application_commands and _may_speak(own, in_thread=thread is not None)
    here = place.permissions_for(member.guild.me)
    return Place(
        # Nothing says whether they are in a private thread.
        member_may_post=own.administrator or (may_ask and (not private or own.manage_threads)),
        bot_lacks=missing_of(here, in_thread=thread is not None),
        adults_only=bool(getattr(place, "nsfw", False)),
    )


def _may_speak(allowed: discord.Permissions, *, in_thread: bool) -> bool:
    return allowed.view_channel and (allowed.send_messages_in_threads if in_thread else allowed.send_messages)
