"""``/text2video``: words become a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.commands.options import (
    CAMERAS,
    DESCRIPTIONS,
    LENGTHS,
    MOTIONS,
    answer_refusal,
    quality_choices,
    wish_of,
)
from engine.errors import UserError
from engine.recipe import Kind

if TYPE_CHECKING:
    from bot.client import Framekiln

MAX_SEED = 2**32 - 1


def setup(client: Framekiln) -> None:
    """Add the command."""

    @client.tree.command(name="text2video", description="Turn words into a short clip")
    @app_commands.guild_only()
    @app_commands.describe(prompt="What the clip should show", **DESCRIPTIONS)
    @app_commands.choices(motion=MOTIONS, camera=CAMERAS, length=LENGTHS)
    async def text2video(
        interaction: discord.Interaction[Any],
        prompt: str,
        motion: str | None = None,
        camera: str | None = None,
        length: str | None = None,
        quality: str | None = None,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
    ) -> None:
        try:
            wish = wish_of(
                Kind.TEXT2VIDEO,
                engine=client.engine_for(Kind.TEXT2VIDEO),
                prompt=prompt,
                motion=motion,
                camera=camera,
                length=length,
                quality=quality,
                seed=seed,
            )
        except UserError as error:
            await answer_refusal(interaction, error)
            return
        await client.desk.ask(interaction, wish)

    @text2video.autocomplete("quality")
    async def choose_quality(
        interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        return await quality_choices(client, interaction, Kind.TEXT2VIDEO, current)
