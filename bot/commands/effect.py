"""``/effect``, and two menus of a message: *Effect…* and, for moderators, *Make an effect of this*."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
from discord import app_commands

from bot.app import App
from bot.clips.choose_effect import open_menu
from bot.clips.make_effect import ask_for_name, is_finished
from bot.commands.animate import pictures_of, why_no_picture
from bot.commands.shared.autocomplete import LIST_SECONDS, LONGEST, MOST
from bot.discord_io.door import SLOT, Slot
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.permissions import is_moderator, may_see
from bot.discord_io.whereabouts import guild_of
from bot.intake.reception import FirstOf
from bot.text import effect_texts, messages, privacy_texts
from bot.text.foreign import refusal
from engine.core.errors import UserError
from engine.effects.effect_recipe import MAX_NAME


def setup(tree: app_commands.CommandTree[Any], app: App) -> None:
    """Add the command and both menus."""

    @tree.command(
        name="effect",
        description="Turn a picture into a clip with one of this server's effects",
        extras={SLOT: Slot.CLIP},
    )
    @app_commands.guild_only()
    @app_commands.describe(effect="The effect; start typing to see the list", image="The picture")
    async def effect(
        interaction: Interaction, *, effect: app_commands.Range[str, 1, 100], image: discord.Attachment
    ) -> None:
        try:
            found = await app.effects.named(guild_of(interaction), effect)
        except UserError as error:
            await say(interaction, refusal(error))
            return
        await app.effects.use(interaction, found, image)

    @effect.autocomplete("effect")
    async def effects(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        try:
            async with asyncio.timeout(LIST_SECONDS):
                return await listed(app, interaction, current)
        except TimeoutError:
            return []

    @tree.context_menu(name="Effect…")
    @app_commands.guild_only()
    async def effect_menu(interaction: Interaction, message: discord.Message) -> None:
        await choose_for(app, interaction, message)

    @tree.context_menu(name="Make an effect of this")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def make_effect(interaction: Interaction, message: discord.Message) -> None:
        await make_of(app, interaction, message)


async def choose_for(app: App, interaction: Interaction, message: discord.Message) -> None:
    """Show the effects for the picture of a message, where its author allows it."""
    pictures = pictures_of(message)
    if not pictures:
        await interaction.response.send_message(why_no_picture(message), ephemeral=True)
        return
    giver = message.author.id
    if await app.rights.may_animate(interaction, giver, privacy_texts.NOT_THEIRS_TO_ANIMATE):
        await open_menu(interaction, FirstOf(pictures), giver)


async def make_of(app: App, interaction: Interaction, message: discord.Message) -> None:
    """Ask a moderator for the name of the effect that the clip of a message becomes."""
    roles = app.settings.moderator_roles
    if not is_moderator(interaction, roles):
        await say(interaction, messages.NOT_A_MODERATOR)
        return
    job = await app.queue.jobs.posted_as(guild_of(interaction), message.id)
    if job is None or not may_see(interaction, job, roles):
        await say(interaction, effect_texts.NO_CLIP_HERE)
    elif not is_finished(job):
        await say(interaction, effect_texts.NOT_FINISHED)
    else:
        await ask_for_name(interaction, job)


async def listed(app: App, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """The effects whose name or line holds what was typed, each with the wait as it is now."""
    typed = typed.strip().lower()[:MAX_NAME]
    every = (await app.effects.all_of(guild_of(interaction))).values()
    found = [one for one in every if any(typed in words.lower() for words in effect_texts.words_of(one))][
        :MOST
    ]
    choices = []
    for one in found:
        line = effect_texts.choice(one.name, one.about, await app.effects.wait(interaction, one))
        choices.append(app_commands.Choice(name=line[:LONGEST], value=one.name))
    return choices
