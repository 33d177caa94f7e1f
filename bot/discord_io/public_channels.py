"""Whether a channel is public, as Discord told the client."""

from __future__ import annotations

import discord


def is_public(guild: discord.Guild, channel_id: int) -> bool:
    """Whether whoever joins a server may read a channel, of any age."""
    if guild.nsfw_level in {discord.NSFWLevel.explicit, discord.NSFWLevel.age_restricted}:
        return False
    channel = guild.get_channel_or_thread(channel_id)
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    if place is None or getattr(place, "nsfw", False):
        return False
    if isinstance(channel, discord.Thread) and channel.is_private():
        return False
    everybody = place.permissions_for(guild.default_role)
    return everybody.view_channel and everybody.read_message_history
