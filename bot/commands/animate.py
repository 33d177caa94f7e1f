"""``/animate``; *Animate this* on a message's menu, *Animate avatar* on a member's: a clip of it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import discord
from discord import app_commands

from bot.app import App
from bot.commands.shared.clip_command import add_clip_command
from bot.commands.shared.offering import offered
from bot.discord_io.door import SLOT, Slot
from bot.discord_io.interactions import Interaction
from bot.intake.attachment import Attachment
from bot.intake.avatars import avatar_of
from bot.intake.reception import FirstOf
from bot.requests.options import ANIMATE, request_of
from bot.text import messages, privacy_texts
from engine.core.recipe import Kind, Role

_UNKNOWN_TYPES = frozenset({"application/octet-stream", "binary/octet-stream"})
_SUFFIXES = frozenset(
    {
        ".png",
        ".apng",
        ".jpg",
        ".jpeg",
        ".jfif",
        ".webp",
        ".avif",
        ".heic",
        ".heif",
        ".gif",
        ".bmp",
        ".tif",
        ".tiff",
    }
)
"""How names of files end that are taken."""


def setup(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add the command and both menus."""
    add_clip_command(tree, app, ANIMATE)

    @tree.context_menu(name="Animate this", extras={SLOT: Slot.CLIP})
    async def animate_this(interaction: Interaction, message: discord.Message) -> None:
        pictures = pictures_of(message)
        if not pictures:
            await interaction.response.send_message(why_no_picture(message), ephemeral=True)
            return
        if await app.rights.may_animate(interaction, message.author.id, privacy_texts.NOT_THEIRS_TO_ANIMATE):
            await ask(interaction, FirstOf(pictures))

    @tree.context_menu(name="Animate avatar", extras={SLOT: Slot.CLIP})
    async def animate_avatar(interaction: Interaction, member: discord.Member | discord.User) -> None:
        avatar = avatar_of(member)
        if avatar is None:
            await interaction.response.send_message(messages.NO_AVATAR, ephemeral=True)
            return
        if await app.rights.may_animate(interaction, member.id, privacy_texts.NOT_THEIR_AVATAR):
            await ask(interaction, avatar)

    offered(animate_this, app.settings)
    offered(animate_avatar, app.settings)

    async def ask(interaction: Interaction, picture: Attachment) -> None:
        request = request_of(Kind.ANIMATE, engine=app.submissions.engine_for(Kind.ANIMATE))
        await app.submissions.ask(interaction, request, {Role.PICTURE: picture})


def pictures_of(message: discord.Message) -> tuple[discord.Attachment, ...]:
    """The attachments that may be pictures, in their order; a forwarded message's count too.

    Where Discord gives a file no type, it is tried; where it gives one that says nothing, the name decides.
    """
    attached = [*message.attachments, *(a for snap in message.message_snapshots for a in snap.attachments)]
    return tuple(filter(_may_be_a_picture, attached))


def _may_be_a_picture(attachment: discord.Attachment) -> bool:
    kind = (attachment.content_type or "image/").split(";")[0].strip().lower()
    named = PurePath(attachment.filename.lower()).suffix in _SUFFIXES
    return kind.startswith("image/") or (kind in _UNKNOWN_TYPES and named)


def why_no_picture(message: discord.Message) -> str:
    """What to tell a member who chose a message without a picture that can be taken."""
    every: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    if any(part.stickers for part in every):
        return messages.ONLY_A_STICKER
    if any(embed.image or embed.thumbnail for part in every for embed in part.embeds):
        return messages.ONLY_A_PREVIEW
    return messages.NO_PICTURE
