"""``/text2video``: words become a clip."""

from __future__ import annotations

from typing import Any

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
from bot.parts import Parts
from engine.errors import UserError
from engine.recipe import Kind

MAX_SEED = 2**32 - 1


def setup(tree: app_commands.CommandTree[Any], parts: Parts) -> None:
    """Add the command."""

    @tree.command(name="text2video", description="Turn words into a short clip")
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
                engine=parts.desk.engine_for(Kind.TEXT2VIDEO),
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
        await parts.desk.ask(interaction, wish)

    @text2video.autocomplete("quality")
    async def choose_quality(
        interaction: discord.Interaction[Any], current: str
    ) -> list[app_commands.Choice[str]]:
        return await quality_choices(parts, interaction, Kind.TEXT2VIDEO, current)
