"""The options that commands share: their choices, and how a member's word becomes a value."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot import texts
from bot.parts import Parts
from engine.errors import UserError
from engine.plan import plan
from engine.recipe import Camera, Kind, Motion, Quality
from engine.wish import SECONDS, Length, Subject, Wish, choose

MOTIONS = [app_commands.Choice(name=motion.value, value=motion.value) for motion in Motion]
CAMERAS = [app_commands.Choice(name=camera.value, value=camera.value) for camera in Camera]
LENGTHS = [
    app_commands.Choice(name=f"{length.value} ({SECONDS[length]:g} s)", value=length.value)
    for length in Length
]
CHOICE_LIMIT = 100
"""Characters of the name of a choice."""

EXAMPLES = {Kind.ANIMATE: Subject(sha256="0" * 64, width=1600, height=900), Kind.TEXT2VIDEO: None}
"""A picture of the usual shape, for an estimate before there is one."""

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
    parts: Parts, interaction: discord.Interaction[Any], kind: Kind, current: str
) -> list[app_commands.Choice[str]]:
    """The qualities that start with what was typed, each with the wait as it is now."""
    try:
        length = choose(Length, getattr(interaction.namespace, "length", None), Length.NORMAL)
    except UserError:
        length = Length.NORMAL  # while somebody types, Discord sends options that it has not checked
    forecast = await parts.waits.forecast()
    means = await parts.desk.means()
    choices = []
    for quality in Quality:
        if not quality.startswith(current.strip().lower()):
            continue
        wish = Wish(
            kind=kind,
            quality=quality,
            seconds=SECONDS[length],
            fps=parts.desk.rules.fps,
            engine=parts.desk.engine_for(kind),
        )
        wait = await parts.waits.for_new(plan(wish, EXAMPLES[kind], means=means).profile)
        name = texts.quality_choice(quality.value, wait, forecast.ahead)[:CHOICE_LIMIT]
        choices.append(app_commands.Choice(name=name, value=quality.value))
    return choices


async def answer_refusal(interaction: discord.Interaction[Any], error: UserError) -> None:
    """Say in private why a command was not taken."""
    await interaction.response.send_message(str(error), ephemeral=True)
