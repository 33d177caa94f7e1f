"""``/queue effects``: this server's own effects: list, rename, remove, share as a file, import one."""

from __future__ import annotations

import io

import discord
from discord import app_commands

from bot.clips.make_effect import add_effect
from bot.commands.shared.moderator_group import REASON_LIMIT, ModeratorGroup, Reason
from bot.discord_io.interactions import Interaction
from bot.discord_io.permissions import is_moderator
from bot.discord_io.replies import think
from bot.discord_io.whereabouts import guild_of
from bot.text import effect_texts
from bot.text.foreign import refusal
from bot.text.prompts import clean_prompt
from db.community.effects import Kept
from engine.core.errors import UserError
from engine.effects.effect_recipe import MAX_ABOUT, MAX_NAME, SUFFIX, EffectRecipe
from engine.effects.shipped import SHIPPED

Name = app_commands.Range[str, 1, 100]
NewName = app_commands.Range[str, 1, MAX_NAME]
About = app_commands.Range[str, 1, MAX_ABOUT]


class EffectsGroup(ModeratorGroup, name="effects", description="This server's own effects"):
    """The effects that moderators made or imported."""

    order = 75

    @app_commands.command(name="list", description="Show this server's own effects")
    async def show(self, interaction: Interaction) -> None:
        """List them."""
        own = await self._app.effects.own_of(guild_of(interaction))
        await self._say(interaction, effect_texts.page({one.name: one.about for one in own.values()}))

    @app_commands.command(description="Give one of this server's effects another name or explanation")
    @app_commands.describe(
        effect="The effect", name="Its new name", about="The line in the list", reason="Reason, for the log"
    )
    async def rename(
        self,
        interaction: Interaction,
        effect: Name,
        name: NewName,
        about: About | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Rename an effect."""
        found = await self._own(interaction, effect)
        if found is None:
            return
        try:
            changed = found.renamed(name, about)
        except UserError as error:
            await self._say(interaction, refusal(error))
            return
        if changed.name.lower() in SHIPPED:
            await self._say(interaction, effect_texts.TAKEN)
            return
        entry = self._audit_entry(interaction, "effect rename", f"{found.name} → {changed.name}", reason)
        outcome = await self._app.queue.effects.rename(found.name, changed.name, changed.to_json(), entry)
        told = {Kept.TAKEN: effect_texts.TAKEN, Kept.GONE: effect_texts.GONE}
        await self._say(interaction, told.get(outcome, effect_texts.renamed(found.name, changed.name)))

    @app_commands.command(description="Remove one of this server's effects")
    @app_commands.describe(effect="The effect", reason="Reason, for the log")
    async def remove(self, interaction: Interaction, effect: Name, reason: Reason | None = None) -> None:
        """Remove an effect."""
        found = await self._own(interaction, effect)
        if found is None:
            return
        entry = self._audit_entry(interaction, "effect remove", found.name, reason)
        gone = await self._app.queue.effects.remove(found.name, entry)
        await self._say(interaction, effect_texts.removed(found.name) if gone else effect_texts.GONE)

    @app_commands.command(description="Get an effect as a file, for another server")
    @app_commands.describe(effect="The effect")
    async def share(self, interaction: Interaction, effect: Name) -> None:
        """Answer with the file."""
        try:
            found = await self._app.effects.named(guild_of(interaction), effect)
        except UserError as error:
            await self._say(interaction, refusal(error))
            return
        name = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in found.name.lower())
        file = discord.File(io.BytesIO(found.to_json().encode()), f"{name.strip('-') or 'effect'}{SUFFIX}")
        await interaction.response.send_message(effect_texts.shared(found.name), file=file, ephemeral=True)

    @app_commands.command(name="import", description="Add an effect from a file of another server")
    @app_commands.describe(file="A .framekiln-effect file", reason="Reason, for the log")
    async def bring(
        self, interaction: Interaction, file: discord.Attachment, reason: Reason | None = None
    ) -> None:
        """Read the file and keep what it says."""
        await think(interaction)
        try:
            effect = await self._app.effects.read(file)
            # What this machine cannot draw is told now, and not to each member who tries it.
            await self._app.effects.check(effect)
            why = clean_prompt(reason or "", limit=REASON_LIMIT)
            text = await add_effect(interaction, effect, job=None, reason=why)
        except UserError as error:
            text = refusal(error)
        await interaction.edit_original_response(content=text)

    @rename.autocomplete("effect")
    @remove.autocomplete("effect")
    async def own_names(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The server's own effects."""
        if not is_moderator(interaction, self._app.settings.moderator_roles):
            return []
        own = await self._app.effects.own_of(guild_of(interaction))
        return _choices([*own.values()], typed)

    @share.autocomplete("effect")
    async def names(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Every effect."""
        if not is_moderator(interaction, self._app.settings.moderator_roles):
            return []
        return _choices([*(await self._app.effects.all_of(guild_of(interaction))).values()], typed)

    async def _own(self, interaction: Interaction, name: str) -> EffectRecipe | None:
        """One of the server's own effects. Where it is none of them, they are told so."""
        try:
            found = await self._app.effects.named(guild_of(interaction), name)
        except UserError as error:
            await self._say(interaction, refusal(error))
            return None
        if found.name.lower() in SHIPPED:
            await self._say(interaction, effect_texts.SHIPS)
            return None
        return found


def _choices(effects: list[EffectRecipe], typed: str) -> list[app_commands.Choice[str]]:
    found = [one.name for one in effects if typed.strip().lower() in one.name.lower()]
    return [app_commands.Choice(name=name, value=name) for name in found[:25]]
