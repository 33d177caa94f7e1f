"""What strangers' machines have drawn: read in confined processes, held against the order, made anew.

Nothing of the stranger's file is left: the clip is encoded from its pixels, its tags are the bot's, and the
receipt says what the bot has found. What cannot be checked is left out: words, for one, are never taken over.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import imageio_ffmpeg

from bot.fleet.result_check import (
    believable_takes,
    check_shape,
    check_tried,
    same_shape,
    size_of,
    true_receipt,
)
from bot.fleet.results import Unfit
from bot.intake import sandbox
from bot.intake.clip_intake import CleanClip, ClipIntake
from bot.intake.decoder import Decoder
from bot.intake.sound_intake import SoundIntake
from bot.job_documents import recipe_of
from db.files import Blobs
from db.fleet.workers import Worker
from db.jobs.job import Job
from engine.core.errors import UserError
from engine.core.receipt import Receipt
from engine.core.recipe import Kind, Recipe, Role, SoundSource
from engine.effects.refusal import flashes_too_often
from engine.process.remake import Remade, Remake
from engine.provenance.statement import metadata
from engine.rendering.limits import DRAFT_BYTES
from engine.untrusted.headers import Refused
from engine.weights.store import Store

_PROGRAM = sandbox.program("engine.process.remake")
REMEMBERED = 1000
"""Clips whose pixels are remembered, the latest."""
JUDGED_BY = (Role.PICTURE, Role.END, Role.BEFORE, Role.SOUND)
_SHEET_QUALITY = 80
_DRAFT_SIDE = 768
"""Pixels; a first look is small."""


@dataclass(frozen=True, kw_only=True)
class CheckPolicy:
    """How closely strangers' clips are looked at.

    Attributes:
        first: so many clips of a worker are judged again, every one.
        share: of those that follow, 0 … 1.
        seconds: on the clock, for making a clip anew and judging it.
        max_bytes: of a clip.
        max_takes: of a clip; more are no receipt.
        max_wasted_seconds: in discarded takes; a worker that stops before has drawn as many as it may.
        nudity: score from which a first look, or the picture of a discarded take, is not shown.
    """

    first: int
    share: float
    seconds: float
    max_bytes: int
    max_takes: int
    max_wasted_seconds: float
    nudity: float


class Checking:
    """Looks at what strangers' machines drew, one thing at a time; see :class:`bot.fleet.results.Checks`."""

    def __init__(
        self,
        policy: CheckPolicy,
        *,
        clips: ClipIntake,
        sounds: SoundIntake,
        pictures: Decoder,
        blobs: Blobs,
        store: Store,
        calibration: Path,
        work: Path,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Make it.

        Args:
            policy: how closely it looks.
            clips: keep every frame as it is.
            sounds: keep all of a clip's sound.
            pictures: read pictures of discarded takes.
            blobs: where the jobs' pictures are.
            store: where weights are.
            calibration: what this house's gate has learnt, if it has.
            work: a folder for what is made.
            chance: a number in 0 … 1, by which clips are chosen.
        """
        self._policy = policy
        self._clips = clips
        self._sounds = sounds
        self._pictures = pictures
        self._blobs = blobs
        self._store = store
        self._calibration = calibration
        self._work = work
        self._chance = chance
        self._one = asyncio.Lock()
        self._pixels: dict[str, str] = {}

    async def clip(self, clip: Path, receipt: Receipt, job: Job, worker: Worker) -> tuple[Path, Receipt]:
        """Make a clip anew.

        Args:
            clip: the stranger's file; it is left as it is.
            receipt: the stranger's.
            job: that it was drawn for.
            worker: that drew it.

        Returns:
            The clip, whose file is the caller's, and a receipt that is true of it.

        Raises:
            Unfit: it is not what was ordered.
            UserError: it is, and with the effect that was asked for it cannot be shown.
            OSError: it cannot be stored.
        """
        recipe, policy = recipe_of(job), self._policy
        takes = believable_takes(receipt, recipe, policy.max_takes)
        if receipt.forced:
            check_tried(takes, policy.max_takes, policy.max_wasted_seconds)
        async with self._one:
            data = await asyncio.to_thread(_read, clip, policy.max_bytes)
            clean = await self._clean(data)
            check_shape(clean, recipe)
            await self._check_origin(data, recipe)
            self._check_repeated(clean.sha256, recipe)
            sound = await self._sound(data, recipe, clean)
            with tempfile.TemporaryDirectory(prefix="check-", dir=self._folder()) as name:
                folder = Path(name)
                order = Remake(
                    clip=str(folder / "pixels.mp4"),
                    sound="" if sound is None else str(folder / "sound.wav"),
                    made=str(folder / "clip.mp4"),
                    fps=recipe.fps,
                    max_bytes=policy.max_bytes,
                    metadata=metadata(recipe),
                    whole=recipe.kind is Kind.UPSCALE and not recipe.only_remade,
                    models=str(self._store.folder.absolute()),
                    ffmpeg=imageio_ffmpeg.get_ffmpeg_exe(),
                    recipe=recipe.to_json(),
                    judged=self._is_judged(worker),
                    take=max(1, receipt.kept),
                    calibration=str(self._calibration.absolute()),
                    inputs=self._made_from(recipe),
                )
                await asyncio.to_thread(_write, order, clean.mp4, sound)
                made = await self._remade(order)
                if made.strange:
                    raise Unfit("it does not show the clip that it was to be made from")
                if made.by_effect:
                    raise flashes_too_often(made.flashes, made.flashes_from)
                if made.too_many:
                    raise Unfit(f"it flashes {made.flashes} times within a second")
                if made.rejects and not receipt.forced:
                    raise Unfit(f"the gate rejects it: {'; '.join(made.reasons)}")
                kept = clip.with_name(f"{clip.name}.anew.mp4")
                await asyncio.to_thread(Path(order.made).replace, kept)
        return kept, true_receipt(made, receipt, takes, recipe)

    async def draft(self, mp4: bytes, job: Job) -> bytes:
        """Make a first look anew, without tags and sound.

        Raises:
            Unfit: it cannot be read, is of another shape than the clip, or is not to be shown unseen.
        """
        recipe = recipe_of(job)
        async with self._one:
            clean = await self._clean(mp4)
            if max(clean.width, clean.height) > _DRAFT_SIDE or not same_shape(clean, recipe):
                raise Unfit(f"a first look of {clean.width}×{clean.height}")
            with tempfile.TemporaryDirectory(prefix="check-", dir=self._folder()) as name:
                folder = Path(name)
                order = Remake(
                    clip=str(folder / "pixels.mp4"),
                    made=str(folder / "draft.mp4"),
                    fps=clean.fps,
                    max_bytes=DRAFT_BYTES,
                    models=str(self._store.folder.absolute()),
                    ffmpeg=imageio_ffmpeg.get_ffmpeg_exe(),
                )
                await asyncio.to_thread(_write, order, clean.mp4, None)
                made = await self._remade(order)
                self._check_nudity(made.nudity)
                if made.too_many:
                    raise Unfit("a first look that flashes")
                return await asyncio.to_thread(Path(order.made).read_bytes)

    async def sheet(self, jpeg: bytes) -> bytes:
        """Make the picture of a discarded take anew, without tags.

        Raises:
            Unfit: it cannot be read, or is not to be shown unseen.
        """
        async with self._one:
            try:
                pixels = await self._pictures.decode(jpeg)
            except Refused as refused:
                raise Unfit(f"the picture of a take cannot be read: {refused.code}") from refused
            made, nudity = await asyncio.to_thread(
                _picture_anew, pixels.data, pixels.width, pixels.height, self._store
            )
        self._check_nudity(nudity)
        return made

    async def _clean(self, data: bytes) -> CleanClip:
        try:
            return await self._clips.from_bytes(data)
        except UserError as error:
            raise Unfit(f"it is no readable clip: {error}") from error

    async def _check_origin(self, data: bytes, recipe: Recipe) -> None:
        """See that the file says of itself that it is this job's: a worker may have mixed two up.

        Raises:
            Unfit: it says something else, or nothing.
        """
        try:
            told = await self._clips.recipe_in(data)
        except UserError as error:
            raise Unfit("the file does not say what it was made by") from error
        asked = (recipe.kind, recipe.engine, recipe.seed, recipe.prompt, dict(recipe.inputs))
        if (told.kind, told.engine, told.seed, told.prompt, told.digests) != asked:
            raise Unfit("the file was made for another job")

    def _check_repeated(self, pixels: str, recipe: Recipe) -> None:
        """See that nobody hands in one clip for several jobs, whatever it says of itself.

        Raises:
            Unfit: the same pixels came for another recipe.
        """
        made_by = recipe.to_json()
        if self._pixels.setdefault(pixels, made_by) != made_by:
            raise Unfit("the same pixels were handed in for another job")
        if len(self._pixels) > REMEMBERED:
            del self._pixels[next(iter(self._pixels))]

    async def _sound(self, data: bytes, recipe: Recipe, clean: CleanClip) -> bytes | None:
        """The sound, as bare samples. What was not ordered is left out, and so is what the bot has itself.

        Raises:
            Unfit: it is missing. Only a clip that was made smaller, to fit, may have lost it.
        """
        own = recipe.sound is SoundSource.GIVEN or recipe.kind is Kind.UPSCALE
        if not recipe.sounds or (own and not recipe.only_remade):
            return None
        sound, _ = await self._sounds.of_clip(data)
        if sound is None and (clean.width, clean.height) == size_of(recipe):
            raise Unfit("the sound is missing")
        return None if sound is None else sound.wav

    async def _remade(self, order: Remake) -> Remade:
        try:
            return await sandbox.ask(
                _PROGRAM,
                json.dumps(asdict(order)),
                data=b"",
                seconds=self._policy.seconds,
                listen=_listen,
            )
        except sandbox.OutOfTime as error:
            raise OSError(f"making a clip anew took longer than {self._policy.seconds:.0f} s") from error
        except sandbox.Died as died:
            # A fault of ours is never called one of the worker's: the clip is asked for again.
            raise OSError(f"a clip could not be made anew: {died}") from died

    def _is_judged(self, worker: Worker) -> bool:
        """Whether the gate looks again, whatever kind of clip it is."""
        return worker.clips < self._policy.first or self._chance() < self._policy.share

    def _made_from(self, recipe: Recipe) -> dict[str, str]:
        """Role → path of what the clip is judged by; what was only followed or looked at tells nothing."""
        wanted = {role: recipe.inputs[role] for role in JUDGED_BY if role in recipe.inputs}
        return {str(role): str(self._blobs.path(digest).absolute()) for role, digest in wanted.items()}

    def _check_nudity(self, score: float | None) -> None:
        if score is not None and score >= self._policy.nudity:
            raise Unfit("it may show nudity, and nobody has looked at it")

    def _folder(self) -> Path:
        self._work.mkdir(parents=True, exist_ok=True)
        return self._work


def _picture_anew(data: bytes, width: int, height: int, store: Store) -> tuple[bytes, float | None]:
    """A JPEG of bare pixels, and how likely it shows nudity."""
    import cv2  # noqa: PLC0415 - slow to import, and most bots never need it here
    import numpy as np  # noqa: PLC0415

    from engine.vision.nudity import highest_score  # noqa: PLC0415

    picture = np.frombuffer(data, np.uint8).reshape(height, width, 3)
    _, packed = cv2.imencode(
        ".jpg", np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, _SHEET_QUALITY]
    )
    return packed.tobytes(), highest_score([picture], store)


def _read(path: Path, most: int) -> bytes:
    """No more than is needed to see that it is too large."""
    with path.open("rb") as file:
        return file.read(most + 1)


def _write(order: Remake, pixels: bytes, sound: bytes | None) -> None:
    Path(order.clip).write_bytes(pixels)
    if sound is not None:
        Path(order.sound).write_bytes(sound)


async def _listen(answers: asyncio.StreamReader) -> Remade:
    return Remade.from_json(await answers.readline())
