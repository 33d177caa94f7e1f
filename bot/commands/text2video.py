"""``/text2video``: words become a clip, with a picture's look or a clip's moves where they are given."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.commands.autocomplete import complete
from bot.commands.options import (
    CAMERAS,
    FOLLOWS,
    LENGTHS,
    MOTIONS,
    RATES,
    Seed,
    answer_refusal,
    attached,
    described,
    request_of,
)
from bot.services import Services
from bot.text import messages
from engine.core.errors import UserError
from engine.core.recipe import Kind


def setup(tree: app_commands.CommandTree[Any], services: Services) -> None:
    """Add the command."""

    @tree.command(name="text2video", description="Turn words into a short clip")
    @app_commands.guild_only()
    @app_commands.describe(
        **described(
            *(
                "motion",
                "camera",
                "length",
                "smooth",
                "quality",
                "style",
                "model",
                "negative",
                "raw",
                "engine",
                "seed",
            ),
            prompt="What the clip should show. You can change it by frame: 0: a bud | 8: a flower",
            like="A picture to take the look from",
            reference="A clip whose motion it should follow",
            follow="What to follow in the reference. Default: depth where possible",
            image="A picture to start the clip with",
        )
    )
    @app_commands.choices(motion=MOTIONS, camera=CAMERAS, length=LENGTHS, follow=FOLLOWS)
    @app_commands.choices(smooth=RATES)
    async def text2video(
        interaction: discord.Interaction[Any],
        *,
        prompt: str,
        motion: str | None = None,
        camera: str | None = None,
        length: str | None = None,
        smooth: int | None = None,
        quality: str | None = None,
        style: str | None = None,
        model: str | None = None,
        like: discord.Attachment | None = None,
        reference: discord.Attachment | None = None,
        follow: str | None = None,
        image: discord.Attachment | None = None,
        negative: str | None = None,
        raw: bool | None = None,
        engine: str | None = None,
        seed: Seed | None = None,
    ) -> None:
        try:
            if follow is not None and reference is None:
                raise UserError("E_REFERENCE", messages.NEEDS_A_CLIP)  # noqa: TRY301 - refused as the others are
            request = request_of(
                Kind.TEXT2VIDEO,
                engine=services.submissions.engine_for(Kind.TEXT2VIDEO, engine),
                prompt=prompt,
                motion=motion,
                camera=camera,
                length=length,
                smooth=smooth,
                quality=quality,
                style=style,
                model=model,
                follow=follow,
                negative=negative,
                raw=raw,
                seed=seed,
            )
        except UserError as error:
            await answer_refusal(interaction, error)
            return
        await services.submissions.ask(
            interaction, request, attached(picture=image, like=like, reference=reference)
        )

    complete(text2video, services, Kind.TEXT2VIDEO)
