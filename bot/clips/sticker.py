"""A clip as files for a sticker and for an emoji, within Discord's limits."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass

import discord

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place
from bot.clips.clip_actions import clip_of
from bot.concurrency import Turns
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.replies import think
from bot.job_documents import picture_seen, recipe_of
from bot.text import clip_texts
from bot.text.foreign import refusal
from db.files import Blobs
from db.jobs.job import Job
from engine.clips.animated import animated
from engine.clips.read_clip import read_clip
from engine.core.errors import UserError
from engine.provenance.statement import metadata

KIB = 1024


@dataclass(frozen=True, kw_only=True)
class Small:
    """What Discord takes.

    Attributes:
        name: of the file.
        side: pixels of its square.
        max_bytes: that it may have.
        seconds: that it may last.
    """

    name: str
    side: int
    max_bytes: int
    seconds: float


SMALL = (
    Small(name="sticker.gif", side=320, max_bytes=512 * KIB, seconds=5.0),
    Small(name="emoji.gif", side=128, max_bytes=256 * KIB, seconds=5.0),
)


class Stickers:
    """Makes stickers and emojis of clips, one clip at a time."""

    def __init__(self, *, blobs: Blobs, turns: Turns) -> None:
        """Make one.

        Args:
            blobs: where clips are.
            turns: who is next.
        """
        self._blobs = blobs
        self._turns = turns

    async def made_of(self, clip: str, *, comment: str) -> list[tuple[Small, bytes]]:
        """The files, as far as they fit.

        Args:
            clip: digest of the clip.
            comment: stands in the files.

        Raises:
            UserError: too many wait already.
        """
        async with self._turns.turn():
            return await asyncio.to_thread(_made, self._blobs, clip, comment)


class Sticker(JobButton):
    """Make files of a clip that a moderator can add to the server."""

    action = "sticker"
    look = Look("Sticker, emoji", "🏷️")
    place = Place.MORE
    order = 50
    needs_words = True

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Answer with both files, as far as they fit."""
        try:
            clip = await clip_of(job, interaction.client.part(Blobs))
        except UserError as error:
            await say(interaction, refusal(error))
            return
        await think(interaction)
        comment = metadata(recipe_of(job))["description"]
        try:
            made = await interaction.client.part(Stickers).made_of(clip, comment=comment)
        except UserError as error:
            await interaction.edit_original_response(content=refusal(error))
            return
        files = [
            discord.File(
                io.BytesIO(data), small.name, description=clip_texts.alt(recipe_of(job), picture_seen(job))
            )
            for small, data in made
        ]
        text = clip_texts.STICKER if files else clip_texts.NO_STICKER
        await interaction.edit_original_response(content=text, attachments=files)


def _made(blobs: Blobs, clip: str, comment: str) -> list[tuple[Small, bytes]]:
    source = read_clip(blobs.path(clip))
    found = (
        (
            small,
            animated(
                source.frames,
                source.fps,
                side=small.side,
                max_bytes=small.max_bytes,
                max_seconds=small.seconds,
                comment=comment,
            ),
        )
        for small in SMALL
    )
    return [(small, data) for small, data in found if data is not None]
