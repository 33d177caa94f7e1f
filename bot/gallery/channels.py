"""Keeps up with Discord: which channels everybody may see, and what members are called there."""

from __future__ import annotations

import logging

from bot.discord_io.messenger import Messenger
from bot.discord_io.post import ChannelError
from bot.supervisor import Loop
from db.gallery import Gallery

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two looks. Discord tells the client of changes, so nothing is asked for channels."""

NAMES = 1
"""Members who are looked up in one look."""


class GalleryWatch:
    """Writes down what a gallery has to know of Discord, so that one can be built while the bot is away."""

    def __init__(self, gallery: Gallery, messenger: Messenger) -> None:
        """Make one from where it is written down, and what knows Discord."""
        self._gallery = gallery
        self._messenger = messenger
        self.loop = Loop("gallery watch", self._look, every=EVERY)

    async def _look(self) -> None:
        if not self._messenger.connected or not await self._gallery.any_shown():
            return
        known = await self._gallery.channels()
        seen = {
            channel: self._messenger.everybody_sees(guild, channel) for channel, (guild, _) in known.items()
        }
        changed = [
            (channel, guild, is_public)
            for channel, (guild, was_public) in known.items()
            if (is_public := seen[channel]) is not None and is_public != was_public
        ]
        if changed:
            await self._gallery.note_channels(changed)
        for nameless in await self._gallery.nameless(NAMES):
            await self._look_up(nameless.guild, nameless.user)

    async def _look_up(self, guild: int, user: int) -> None:
        try:
            member = await self._messenger.member(guild, user)
        except ChannelError as error:
            log.warning("could not look up the name of a member for the gallery: %s", error)
            return
        await self._gallery.name(guild, user, None if member is None else member.display_name)
