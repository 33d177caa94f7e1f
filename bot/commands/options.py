"""The options that commands share: their choices, and how a member's word becomes a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot import texts
from engine.errors import UserError
from engine.plan import SECONDS, Length, Wish, choose, plan
from engine.recipe import Camera, Kind, Motion, Quality

if TYPE_CHECKING:
    from bot.client import Framekiln

MOTIONS = [app_commands.Choice(name=motion.value, value=motion.value) for motion in Motion]
CAMERAS = [app_commands.Choice(name=camera.value, value=camera.value) for camera in Camera]
LENGTHS = [
    app_commands.Choice(name=f"{length.value} ({SECONDS[length]:g} s)", value=length.value)
    for length in Length
]
CHOICE_LIMIT = 100
"""Characters of the name of a choice."""

DESCRIPTIONS = {
    "motion": "How much should move (normal)",
    "camera": "Where the camera goes (it chooses)",
    "length": "How long the clip is (4 s)",
    "quality": "How much time to take; the list shows the wait now (balanced)",
    "seed": "A whole number: the same one makes the same clip again",
}


def wish_of(
    kind: Kind,
    *,
    engine: str,
    prompt: str | None,
    motion: str | None,
    camera: str | None,
    length: str | None,
    quality: str | None,
    seed: int | None,
) -> Wish:
    """Turn a command's options into a wish.

    Raises:
        UserError: one of them is not a choice.
    """
    return Wish(
        kind=kind,
        prompt=prompt or "",
        motion=choose(Motion, motion, Motion.NORMAL),
        camera=choose(Camera, camera, Camera.AUTO),
        quality=choose(Quality, quality, Quality.BALANCED),
        seconds=SECONDS[choose(Length, length, Length.NORMAL)],
        seed=seed,
        engine=engine,
    )


async def quality_choices(
    client: Framekiln, interaction: discord.Interaction[Any], kind: Kind, current: str
) -> list[app_commands.Choice[str]]:
    """The qualities that start with what was typed, each with the wait as it is now."""
    try:
        length = choose(Length, getattr(interaction.namespace, "length", None), Length.NORMAL)
    except UserError:
        length = Length.NORMAL  # while somebody types, Discord sends options that it has not checked
    forecast = await client.waits.forecast()
    choices = []
    for quality in Quality:
        if not quality.startswith(current.strip().lower()):
            continue
        wish = Wish(
            kind=kind,
            quality=quality,
            seconds=SECONDS[length],
            fps=client.desk.rules.fps,
            engine=client.engine_for(kind),
        )
        wait = await client.waits.for_new(plan(wish, client.example_subject(kind)).profile)
        name = texts.quality_choice(quality.value, wait, forecast.ahead)[:CHOICE_LIMIT]
        choices.append(app_commands.Choice(name=name, value=quality.value))
    return choices


async def answer_refusal(interaction: discord.Interaction[Any], error: UserError) -> None:
    """Say in private why a command was not taken."""
    await interaction.response.send_message(str(error), ephemeral=True)
