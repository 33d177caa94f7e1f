"""``/animate``; *Animate this* on a message's menu, *Animate avatar* on a member's: a clip of it."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.commands.shared.clip_command import add_clip_command
from bot.discord_io.door import SLOT, Slot
from bot.discord_io.interactions import Interaction
from bot.intake.avatars import avatar_of
from bot.intake.download import Attachment
from bot.requests.options import ANIMATE, request_of
from bot.services import Services
from bot.text import messages, privacy_texts
from engine.core.recipe import Kind, Role


def setup(tree: app_commands.CommandTree[Any], services: Services) -> None:
    """Add the command and both menus."""
    add_clip_command(tree, services, ANIMATE)

    @tree.context_menu(name="Animate this", extras={SLOT: Slot.CLIP})
    @app_commands.guild_only()
    async def animate_this(interaction: Interaction, message: discord.Message) -> None:
        picture = first_picture(message)
        if picture is None:
            await interaction.response.send_message(messages.NO_PICTURE, ephemeral=True)
            return
        if await services.rights.may_animate(
            interaction, message.author.id, privacy_texts.NOT_THEIRS_TO_ANIMATE
        ):
            await ask(interaction, picture)

    @tree.context_menu(name="Animate avatar", extras={SLOT: Slot.CLIP})
    @app_commands.guild_only()
    async def animate_avatar(interaction: Interaction, member: discord.Member | discord.User) -> None:
        avatar = avatar_of(member)
        if avatar is None:
            await interaction.response.send_message(messages.NO_AVATAR, ephemeral=True)
            return
        if await services.rights.may_animate(interaction, member.id, privacy_texts.NOT_THEIR_AVATAR):
            await ask(interaction, avatar)

    async def ask(interaction: Interaction, picture: Attachment) -> None:
        request = request_of(Kind.ANIMATE, engine=services.submissions.engine_for(Kind.ANIMATE))
        await services.submissions.ask(interaction, request, {Role.PICTURE: picture})


def first_picture(message: discord.Message) -> discord.Attachment | None:
    """The first attachment that says it is a picture; a forwarded message's count too."""
    attached = [*message.attachments, *(a for snap in message.message_snapshots for a in snap.attachments)]
    for attachment in attached:
        if (attachment.content_type or "image/").startswith("image/"):
            return attachment
    return None
