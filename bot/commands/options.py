"""The options that commands share: their choices, and how a member's words become a wish."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.intake.download import Attachment
from bot.requests.style_names import styles_of
from engine.core.errors import UserError
from engine.core.recipe import Camera, Follow, Kind, Motion, Quality, Role
from engine.core.request import SECONDS, Length, Request, choose

MAX_SEED = 2**32 - 1
Seed = app_commands.Range[int, 0, MAX_SEED]

MOTIONS = [app_commands.Choice(name=motion.value, value=motion.value) for motion in Motion]
CAMERAS = [app_commands.Choice(name=camera.value, value=camera.value) for camera in Camera]
FOLLOWS = [app_commands.Choice(name=follow.value, value=follow.value) for follow in Follow]
LENGTHS = [
    app_commands.Choice(name=f"{length.value} ({SECONDS[length]:g} s)", value=length.value)
    for length in Length
]
SMOOTH = (24, 30, 60)
"""Frames per second that a member may choose. What is drawn at fewer is smoothed up to it."""
RATES = [app_commands.Choice(name=f"{fps} frames a second", value=fps) for fps in SMOOTH]
DESCRIPTIONS = {
    "motion": "How much should move. Default: normal",
    "camera": "How the camera moves. Default: auto",
    "length": "Length of the clip. Default: 4 s, or as long as the clip you give me",
    "smooth": "How smoothly it plays. Default: set by this bot's owner",
    "quality": "Better quality takes longer; the list shows the current wait. Default: balanced",
    "seed": "A whole number. The same request with the same seed makes the same clip",
    "engine": "The engine that makes the clip. Default: auto, the best one for your request",
    "style": "A style from the list. Separate several with commas; add a strength like ink:0.8",
    "model": "A model from the list. Default: the one that fits best",
    "negative": "What to avoid in the clip. Default: what works best for the model",
    "raw": "Use my prompt exactly as written, with nothing added. Default: no",
}


def described(*names: str, **own: str) -> dict[str, str]:
    """What Discord shows beside a command's options: its own, and the shared ones by name."""
    return {**own, **{name: DESCRIPTIONS[name] for name in names}}


def request_of(
    kind: Kind,
    *,
    engine: str,
    prompt: str | None = None,
    motion: str | None = None,
    camera: str | None = None,
    length: str | None = None,
    smooth: int | None = None,
    quality: str | None = None,
    seed: int | None = None,
    style: str | None = None,
    model: str | None = None,
    negative: str | None = None,
    raw: bool | None = None,
    follow: str | None = None,
    strength: float | None = None,
) -> Request:
    """Turn a command's options into a wish.

    Raises:
        UserError: one of them is not a choice.
    """
    return Request(
        kind=kind,
        prompt=prompt or "",
        motion=choose(Motion, motion, Motion.NORMAL),
        camera=choose(Camera, camera, Camera.AUTO),
        quality=choose(Quality, quality, Quality.BALANCED),
        seconds=seconds_of(length),
        fps=None if smooth is None else float(smooth),
        seed=seed,
        engine=engine,
        styles=styles_of(style),
        model=(model or "").strip(),
        negative=negative,
        raw=bool(raw),
        follow=None if follow is None else choose(Follow, follow, Follow.DEPTH),
        strength=strength,
    )


def seconds_of(length: str | None) -> float | None:
    """How long a clip is to be; None where it was left open.

    Raises:
        UserError: it is not one of the lengths.
    """
    return None if length is None else SECONDS[choose(Length, length, Length.NORMAL)]


def attached(
    *,
    picture: Attachment | None = None,
    like: Attachment | None = None,
    reference: Attachment | None = None,
) -> dict[Role, Attachment]:
    """The files of a command by what they are for; what was not attached is left out."""
    given = {Role.PICTURE: picture, Role.LIKE: like, Role.REFERENCE: reference}
    return {role: file for role, file in given.items() if file is not None}


async def answer_refusal(interaction: discord.Interaction[Any], error: UserError) -> None:
    """Say in private why a command was not taken."""
    await interaction.response.send_message(str(error), ephemeral=True)
