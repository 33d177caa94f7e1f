"""The cases for moderators, in a server's review channel: posted, told anew, closed.

Rows are the truth: what the loop did not manage before a restart it finds again. A case that is decided says
so and nothing else; the prompt and the file leave the channel with the decision.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import SPOILER, ChannelError, Post
from bot.job_documents import recipe_of
from bot.loops.clip_post import file_name, nonce
from bot.moderation.case_buttons import view_for
from bot.signals import JobSignals
from bot.supervisor import Loop
from bot.text import review_texts
from bot.text.wording import speaking
from db.files import Blobs
from db.jobs.job import Job
from db.jobs.review_requests import CaseKind
from db.moderation.cases import Case, Cases
from db.moderation.reviews import Reviews
from engine.core.recipe import Recipe, Role
from engine.provenance.seal import Sealer

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
RETRY_SECONDS = 10.0
UNREACHABLE_SECONDS = 300.0
"""Between two tries with a review channel that is not set, gone, or closed to the bot."""

LARGEST_FILE = 8_000_000
"""Bytes of a picture or clip that goes with a case; a larger one is left out."""

STRIP_HEIGHT, STRIP_GAP = 512, 8
"""Pixels of several pictures that are shown side by side, so that they are seen at one glance."""

CLIP_ROLES = frozenset({Role.REFERENCE, Role.BEFORE})
NO_PICTURES = CLIP_ROLES | {Role.SOUND}


class CaseBoard:
    """Keeps the cases true, and deletes the messages of what was taken down."""

    def __init__(
        self,
        *,
        cases: Cases,
        reviews: Reviews,
        signals: JobSignals,
        messenger: Messenger,
        blobs: Blobs,
        sealer: Sealer,
        work: Path,
    ) -> None:
        """Make one.

        Args:
            cases: what is asked and decided.
            reviews: knows the channel of each guild.
            signals: says when there may be something to show.
            messenger: the bot's hand in Discord.
            blobs: where pictures and clips are.
            sealer: signs a clip, which is shown before it is posted.
            work: a folder for what is about to be shown.
        """
        self._cases = cases
        self._reviews = reviews
        self._messenger = messenger
        self._blobs = blobs
        self._sealer = sealer
        self._work = work
        self.loop = Loop("case board", self.work, every=POLL_SECONDS)
        signals.case_changed.connect(self.loop.wake)

    async def work(self) -> None:
        """Do all that is due now."""
        for case in await self._cases.due():
            try:
                with speaking(self._messenger.language_in(case.job.guild_id)):
                    await (self._show(case) if case.open else self._close(case))
            except ChannelError as error:
                await self._answer(case, error)
        for job in await self._cases.taking_down():
            await self.delete_message(job)

    async def delete_message(self, job: Job) -> None:
        """Delete the message of a clip that was taken down; what Discord does not do now is tried again."""
        if job.message_id is None and not (job.post_attempts and job.state.ended):
            return
        try:
            message = job.message_id or await self._find(job)
            if message is not None:
                await self._messenger.delete(job.channel_id, message)
        except ChannelError as error:
            log.warning("the clip of job %s is still in its channel: %s", job.id, error)
        else:
            await self._cases.message_gone(job.id)

    async def _find(self, job: Job) -> int | None:
        """The message of an attempt to post whose answer was lost; None where there is none to be seen."""
        if not job.has_channel:
            return None
        try:
            return await self._messenger.find_own(job.channel_id, file_name(job.id), since=job.created_at)
        except ChannelError as error:
            if error.trouble is Trouble.LATER:
                raise
            log.warning("a message of job %s cannot be looked for: %s", job.id, error)
            return None

    async def _show(self, case: Case) -> None:
        content = review_texts.case(case, recipe_of(case.job), await self._cases.reasons(case.job.id))
        view = view_for(case)
        if case.channel_id is not None and case.message_id is not None:
            await self._messenger.edit(case.channel_id, case.message_id, content, view)
            await self._cases.record_shown(case, case.channel_id, case.message_id)
            return
        channel = (await self._reviews.review_rules(case.job.guild_id)).channel_id
        if channel is None:
            raise ChannelError(Trouble.GONE, "no review channel is set")
        makers = await self._cases.recipes_of_clips(case.job.inputs.values())
        files = await asyncio.to_thread(self._files, case, makers)
        file, name = files[0] if files else (None, None)
        post = Post(
            content=content,
            nonce=nonce(case.job.id, f"{case.kind} {case.round}"),
            view=view,
            file=file,
            file_name=name,
            beside=tuple(files[1:]),
        )
        try:
            message = await self._messenger.send(channel, post)
        finally:
            for made in (*map(self._sealed, case.job.inputs.values()), self._strip(case.job)):
                made.unlink(missing_ok=True)
            if case.job.clip_sha256 is not None:
                self._sealed(case.job.clip_sha256).unlink(missing_ok=True)
        await self._cases.record_shown(case, channel, message)

    async def _close(self, case: Case) -> None:
        if case.channel_id is not None and case.message_id is not None:
            text = review_texts.closed_case(case)
            await self._messenger.edit(case.channel_id, case.message_id, text, None, ())
        await self._cases.close(case)

    async def _answer(self, case: Case, error: ChannelError) -> None:
        """What follows from Discord's no: the job stays held, and moderators find it in the list."""
        if error.trouble is not Trouble.LATER and not case.open:
            log.info("cannot reach the case message of job %s: %s", case.job.id, error)
            await self._cases.close(case)
            return
        late = error.trouble is Trouble.LATER
        if not late:
            log.warning("cannot ask moderators about job %s, which is held: %s", case.job.id, error)
        pause = RETRY_SECONDS if late else UNREACHABLE_SECONDS
        await self._cases.postpone(case, pause)

    def _files(self, case: Case, makers: Mapping[str, str]) -> list[tuple[Path, str]]:
        """What moderators may look at, behind a spoiler, with its names.

        That is the finished clip; before there is one, each clip that it is to be made from, all pictures
        side by side, and the sound. A reported clip hangs in its channel already.

        Args:
            case: about which job.
            makers: the recipes of finished clips among its inputs.
        """
        if not case.with_file or case.kind is CaseKind.REPORT:
            return []
        job = case.job
        clips = [digest for role, digest in job.inputs.items() if role in CLIP_ROLES]
        if job.clip_sha256 is not None:
            clips = [job.clip_sha256]
        found = []
        for number, digest in enumerate(clips):
            path = self._blobs.path(digest)
            if self._is_small(path):
                made_from = job.recipe if digest == job.clip_sha256 else makers.get(digest)
                shown = path if made_from is None else self._seal(digest, path, made_from)
                found.append((shown, f"{SPOILER}{job.id}{f'-{number + 1}' if number else ''}.mp4"))
        pictures = None if job.clip_sha256 is not None else self._pictures(job)
        if pictures is not None:
            found.append((pictures, f"{SPOILER}{job.id}.png"))
        sound = job.inputs.get(Role.SOUND)
        # A finished clip has it.
        if sound is not None and job.clip_sha256 is None and self._is_small(self._blobs.path(sound)):
            found.append((self._blobs.path(sound), f"{SPOILER}{job.id}.wav"))
        return found

    def _pictures(self, job: Job) -> Path | None:
        """The one picture of a job as it is, several as one; None where there is none, or it is too large."""
        paths = [self._blobs.path(digest) for role, digest in job.inputs.items() if role not in NO_PICTURES]
        if len(paths) > 1:
            return self._side_by_side(job, paths)
        return next((path for path in paths if self._is_small(path)), None)

    @staticmethod
    def _is_small(path: Path) -> bool:
        return path.is_file() and path.stat().st_size <= LARGEST_FILE

    def _side_by_side(self, job: Job, paths: Sequence[Path]) -> Path | None:
        """Several pictures in one; those that are gone are left out. None if all are."""
        read = [cv2.imread(str(path)) for path in paths]
        shown = []
        for picture in read:
            if picture is not None:
                width = max(1, round(picture.shape[1] * STRIP_HEIGHT / picture.shape[0]))
                scaled = cv2.resize(picture, (width, STRIP_HEIGHT), interpolation=cv2.INTER_AREA)
                shown += [scaled, np.full((STRIP_HEIGHT, STRIP_GAP, 3), 255, np.uint8)]
        if not shown:
            return None
        self._work.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(self._strip(job)), np.concatenate(shown[:-1], axis=1))
        return self._strip(job)

    def _seal(self, digest: str, clip: Path, recipe: str) -> Path:
        """A clip as it leaves, like any other: with its signature."""
        self._work.mkdir(parents=True, exist_ok=True)
        sealed = self._sealed(digest)
        sealed.write_bytes(self._sealer.seal(clip.read_bytes(), Recipe.from_json(recipe)).mp4)
        return sealed

    def _sealed(self, digest: str) -> Path:
        return self._work / f"{digest}-case.mp4"

    def _strip(self, job: Job) -> Path:
        return self._work / f"{job.id}-case.png"
