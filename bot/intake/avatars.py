"""A member's avatar as a picture that can be submitted."""

from __future__ import annotations

from dataclasses import dataclass

import discord

SIDE = 1024
"""Pixels that are asked for; Discord sends what it has where that is smaller."""


@dataclass(frozen=True, kw_only=True)
class Avatar:
    """An :class:`bot.intake.download.Attachment`.

    Attributes:
        url: on Discord's own file host.
        size: bytes; Discord tells none for an avatar, so the download alone holds it to its limit.
    """

    url: str
    size: int = 0


def avatar_of(member: discord.Member | discord.User) -> Avatar | None:
    """The avatar that is seen in this server, standing still, as PNG; None for Discord's own picture."""
    shown = member.display_avatar
    if shown == member.default_avatar:
        return None
    return Avatar(url=shown.replace(size=SIDE, format="png").url)
