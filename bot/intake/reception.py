"""A member's files on their way in: read by the intakes, kept as blobs, described as a plan needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.intake.attachment import Attachment
from bot.intake.clip_intake import CleanClip, ClipIntake
from bot.intake.picture_intake import CleanPicture, Intake
from db.files import Blobs
from engine.core.errors import UserError
from engine.core.recipe import Role
from engine.core.request import Subject
from engine.untrusted.foreign_recipe import ForeignRecipe

CLIPS = frozenset({Role.REFERENCE})
"""Roles whose files are clips; the others are pictures."""


@dataclass(frozen=True)
class FirstOf:
    """Several pictures, of which the first that can be taken is wanted; to others, an attachment.

    Attributes:
        files: at least one, in the order in which they are tried.
    """

    files: tuple[Attachment, ...]

    @property
    def url(self) -> str:
        """Where the first of them is."""
        return self.files[0].url

    @property
    def size(self) -> int:
        """Bytes of the smallest: if that is too large, all are."""
        return min(file.size for file in self.files)


def each_of(files: Iterable[Attachment]) -> Iterator[Attachment]:
    """Every file that may be taken, those inside a :class:`FirstOf` too."""
    for file in files:
        yield from file.files if isinstance(file, FirstOf) else (file,)


class Reception:
    """Takes files in by what they are for."""

    def __init__(self, *, pictures: Intake, clips: ClipIntake, blobs: Blobs) -> None:
        """Make one from the intakes, and from where what they made is kept."""
        self._pictures = pictures
        self._clips = clips
        self._blobs = blobs

    def check_sizes(self, files: Mapping[Role, Attachment]) -> None:
        """Look at the sizes of files as Discord says them, before any is fetched.

        Raises:
            UserError: one of them is too large.
        """
        for role, file in files.items():
            (self._clips if role in CLIPS else self._pictures).check_size(file.size)

    async def attachments(self, files: Mapping[Role, Attachment]) -> dict[Role, Subject]:
        """Fetch files and take them in, one after the other.

        Raises:
            UserError: one of them was not taken; the text says why, and what to do.
        """
        return {
            role: await self._keep_clip(await self._clips.from_attachment(file))
            if role in CLIPS
            else await self._keep_picture(await self._first_picture(file))
            for role, file in files.items()
        }

    async def _first_picture(self, wanted: Attachment) -> CleanPicture:
        """Take in the first picture that can be taken; where none can, say what is wrong with the first."""
        refusal: UserError | None = None
        for file in each_of([wanted]):
            try:
                return await self._pictures.from_attachment(file)
            except UserError as error:
                refusal = refusal or error
        raise refusal or ValueError("no picture was given")

    async def recipe(self, file: Attachment) -> ForeignRecipe:
        """Fetch a clip and read the recipe in it; the clip itself is not taken in.

        Raises:
            UserError: there is none; the text says why.
        """
        return await self._clips.recipe_of(file)

    async def files(self, files: Mapping[Role, bytes]) -> dict[Role, Subject]:
        """Take files in that are here already.

        Raises:
            UserError: as :meth:`attachments`.
        """
        return {
            role: await self._keep_clip(await self._clips.from_bytes(data))
            if role in CLIPS
            else await self._keep_picture(await self._pictures.from_bytes(data))
            for role, data in files.items()
        }

    async def _keep_picture(self, clean: CleanPicture) -> Subject:
        return clean.facts.subject(await asyncio.to_thread(self._blobs.put, clean.png))

    async def _keep_clip(self, clean: CleanClip) -> Subject:
        return Subject(
            sha256=await asyncio.to_thread(self._blobs.put, clean.mp4),
            width=clean.width,
            height=clean.height,
            seconds=clean.seconds,
        )
