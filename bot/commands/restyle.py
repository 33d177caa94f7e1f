"""``/restyle``: a clip is drawn anew, as words say."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.commands.autocomplete import complete
from bot.commands.options import LENGTHS, RATES, Seed, answer_refusal, attached, described, request_of
from bot.services import Services
from engine.core.errors import UserError
from engine.core.recipe import Kind

WEAKEST, STRONGEST = 0.1, 1.0
"""Less leaves the clip as it was; more than all is not to be had."""


def setup(tree: app_commands.CommandTree[Any], services: Services) -> None:
    """Add the command."""

    @tree.command(name="restyle", description="Give a clip a new look and keep its motion")
    @app_commands.guild_only()
    @app_commands.describe(
        **described(
            *("style", "model", "quality", "length", "smooth", "negative", "raw", "engine", "seed"),
            video="The clip: MP4, WebM, MOV or GIF",
            prompt="What it should look like",
            strength="How much to change: 0.3 a little, 0.9 almost everything. Default: set by the model",
        )
    )
    @app_commands.choices(length=LENGTHS)
    @app_commands.choices(smooth=RATES)
    async def restyle(
        interaction: discord.Interaction[Any],
        *,
        video: discord.Attachment,
        prompt: str,
        strength: app_commands.Range[float, WEAKEST, STRONGEST] | None = None,
        style: str | None = None,
        model: str | None = None,
        quality: str | None = None,
        length: str | None = None,
        smooth: int | None = None,
        negative: str | None = None,
        raw: bool | None = None,
        engine: str | None = None,
        seed: Seed | None = None,
    ) -> None:
        try:
            request = request_of(
                Kind.RESTYLE,
                engine=services.submissions.engine_for(Kind.RESTYLE, engine),
                prompt=prompt,
                strength=strength,
                style=style,
                model=model,
                quality=quality,
                length=length,
                smooth=smooth,
                negative=negative,
                raw=raw,
                seed=seed,
            )
        except UserError as error:
            await answer_refusal(interaction, error)
            return
        await services.submissions.ask(interaction, request, attached(reference=video))

    complete(restyle, services, Kind.RESTYLE)
