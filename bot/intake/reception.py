"""A member's files on their way in: read by the intakes, kept as blobs, described as a plan needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.intake.attachment import Attachment
from bot.intake.clip_intake import CleanClip, ClipIntake
from bot.intake.picture_intake import CleanPicture, Intake
from bot.intake.sound_intake import CleanSound, SoundIntake
from db.files import Blobs
from engine.core.errors import UserError
from engine.core.recipe import Role
from engine.core.request import Subject
from engine.core.sentence import Sentence
from engine.untrusted.foreign_recipe import ForeignRecipe

CLIPS = frozenset({Role.REFERENCE})
"""Roles whose files are clips; the others are pictures, or the sound."""

SILENT = Sentence("the sound you gave is silent")
"""What a member reads of a sound that was taken all the same."""


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

    def __init__(self, *, pictures: Intake, clips: ClipIntake, sounds: SoundIntake, blobs: Blobs) -> None:
        """Make one from the intakes, and from where what they made is kept."""
        self._pictures = pictures
        self._clips = clips
        self._sounds = sounds
        self._blobs = blobs

    def check_sizes(self, files: Mapping[Role, Attachment]) -> None:
        """Look at the sizes of files as Discord says them, before any is fetched.

        Raises:
            UserError: one of them is too large.
        """
        for role, file in files.items():
            self._intake_for(role).check_size(file.size)

    def max_bytes(self, role: Role) -> int:
        """The most bytes that a file for this role may have."""
        return self._intake_for(role).max_bytes

    def _intake_for(self, role: Role) -> Intake | ClipIntake | SoundIntake:
        if role is Role.SOUND:
            return self._sounds
        return self._clips if role in CLIPS else self._pictures

    async def attachments(
        self, files: Mapping[Role, Attachment], *, clips_sound: bool = False
    ) -> dict[Role, Subject]:
        """Fetch files and take them in, one after the other.

        Args:
            files: by what they are for.
            clips_sound: whether a clip's sound is taken in, too; it is then among what is returned.

        Raises:
            UserError: one of them was not taken; the text says why, and what to do.
        """
        taken: dict[Role, Subject] = {}
        for role, file in files.items():
            if role is Role.SOUND:
                taken[role] = await self._keep_sound(await self._sounds.from_attachment(file))
            elif role in CLIPS:
                taken |= await self._clip(role, file, clips_sound=clips_sound)
            else:
                taken[role] = await self._keep_picture(await self._first_picture(file))
        return taken

    async def _clip(self, role: Role, given: Attachment | bytes, *, clips_sound: bool) -> dict[Role, Subject]:
        """A clip, and its sound if that is wanted and it has any."""
        if clips_sound:
            clip, sound = await self._clips.with_sound(given, self._sounds)
        elif isinstance(given, bytes):
            clip, sound = await self._clips.from_bytes(given), None
        else:
            clip, sound = await self._clips.from_attachment(given), None
        kept = {role: await self._keep_clip(clip)}
        return kept if sound is None else {**kept, Role.SOUND: await self._keep_sound(sound)}

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

    async def files(self, files: Mapping[Role, bytes], *, clips_sound: bool = False) -> dict[Role, Subject]:
        """Take files in that are here already; arguments and errors are those of :meth:`attachments`."""
        taken: dict[Role, Subject] = {}
        for role, data in files.items():
            if role is Role.SOUND:
                taken[role] = await self._keep_sound(await self._sounds.from_bytes(data))
            elif role in CLIPS:
                taken |= await self._clip(role, data, clips_sound=clips_sound)
            else:
                taken[role] = await self._keep_picture(await self._pictures.from_bytes(data))
        return taken

    async def _keep_picture(self, clean: CleanPicture) -> Subject:
        return clean.facts.subject(await asyncio.to_thread(self._blobs.put, clean.png))

    async def _keep_clip(self, clean: CleanClip) -> Subject:
        return Subject(
            sha256=await asyncio.to_thread(self._blobs.put, clean.mp4),
            width=clean.width,
            height=clean.height,
            seconds=clean.seconds,
            fps=clean.fps,
            notes=clean.notes,
        )

    async def _keep_sound(self, clean: CleanSound) -> Subject:
        return Subject(
            sha256=await asyncio.to_thread(self._blobs.put, clean.wav),
            width=0,
            height=0,
            seconds=clean.seconds,
            notes=(SILENT,) if clean.silent else (),
        )
