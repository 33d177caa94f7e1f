"""The menu *Effect…*: a private message with a button for each effect of the server."""

from __future__ import annotations

import re
from typing import Any, Self

import discord

from bot.buttons.button import Button, Look
from bot.buttons.rows import ROW
from bot.discord_io.door import Manner, Slot
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.whereabouts import guild_of
from bot.intake.attachment import Attachment
from bot.privacy.rights import Rights
from bot.requests.server_effects import ServerEffects
from bot.text import effect_texts, privacy_texts
from bot.text.foreign import refusal
from bot.text.wording import in_words
from engine.core.errors import UserError
from engine.effects.effect_recipe import MAX_NAME, EffectRecipe


class UseEffect(Button):
    """Use an effect on the picture that the menu was opened for."""

    action = "effect"
    look = Look("Effect", "🎞️")
    manner = Manner(slot=Slot.CLIP)

    def __init__(self, menu: int, name: str, *, row: int | None = None) -> None:
        """Make the button of one effect.

        Args:
            menu: the number of the menu.
            name: of the effect. One that ships is shown in the language that is spoken now.
        """
        self.menu, self.name = menu, name
        super().__init__(f"fk:{self.action}:{menu}:{name}", row=row)
        self.item.label = in_words(name)
        self.item.emoji = None

    @classmethod
    def pattern(cls) -> str:
        """Match ``fk:effect:<menu>:<name>``."""
        return f"fk:{cls.action}:(?P<menu>[0-9]{{1,20}}):(?P<name>.{{1,{MAX_NAME}}})"

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Make the button again from what a click brings back."""
        return cls(int(match["menu"]), match["name"])

    async def click(self, interaction: Interaction) -> None:
        """Submit the clip; the rights are looked at again, because a custom id can be forged."""
        effects = interaction.client.part(ServerEffects)
        pick = effects.held(interaction, self.menu)
        if pick is None:
            await say(interaction, effect_texts.TOO_OLD)
            return
        rights = interaction.client.part(Rights)
        if not await rights.may_animate(interaction, pick.giver, privacy_texts.NOT_THEIRS_TO_ANIMATE):
            return
        try:
            effect = await effects.named(guild_of(interaction), self.name)
        except UserError as error:
            await say(interaction, refusal(error))
            return
        await effects.use(interaction, effect, pick.picture)


async def open_menu(interaction: Interaction, picture: Attachment, giver: int) -> None:
    """Show the server's effects, each as a button, to the member who asked."""
    effects = interaction.client.part(ServerEffects)
    listed = await effects.all_of(guild_of(interaction))
    menu = effects.hold(interaction, picture, giver)
    view = menu_of(menu, list(listed.values()))
    await interaction.response.send_message(effect_texts.CHOOSE, view=view, ephemeral=True)


def menu_of(menu: int, effects: list[EffectRecipe]) -> discord.ui.View:
    """The buttons, in Discord's five rows of five."""
    view: Any = discord.ui.View(timeout=None)
    for place, effect in enumerate(effects[: ROW * ROW]):
        view.add_item(UseEffect(menu, effect.name, row=place // ROW))
    view.stop()
    return view  # type: ignore[no-any-return]
