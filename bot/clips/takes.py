"""Takes to choose from: drafts are put in the queue, shown in one message, and one of them is finished.

Rows are the truth: each look reads what is choosing, and does the next thing for it. Whatever it does can be
done twice: drafts have keys, their message is looked for before it is posted, and a choice is fenced.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.clips.choosing import buttons_for, choose, container_for, to_show
from bot.clips.drafting import DraftPolicy, draft_of, points_of
from bot.clips.private_choosing import private_buttons_for
from bot.discord_io.discord_errors import Trouble
from bot.discord_io.messenger import Messenger
from bot.discord_io.post import SPOILER, Attached, ChannelError, Post
from bot.job_documents import picture_seen, receipt_of, recipe_of
from bot.loops.answer_post import become_answer
from bot.loops.clip_post import nonce
from bot.signals import JobSignals
from bot.supervisor import Loop
from bot.text import clip_texts, private_texts, take_texts
from bot.text.messages import SHOWN_PROMPT
from bot.text.prompts import show_prompt
from bot.text.wording import in_words, speaking
from db.codes import BotCode
from db.errors import BlobDamaged
from db.files import Blobs
from db.jobs.choices import Choices, NewDraft
from db.jobs.claims import Claims
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.states import JobId
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.planning.plan import PlanLimits
from engine.provenance.seal import Sealer

log = logging.getLogger(__name__)

EVERY = 1.0
PAUSE = 10.0
"""Seconds until the drafts of a job are looked at again after something went wrong with them."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Where drafts are: a message of the bot's, or the answer, which is found by its token alone."""

    channel: int | None = None
    message: int | None = None


IN_ANSWER = Shown()


class TakesToChoose:
    """Sees every choice to its end."""

    def __init__(
        self,
        *,
        choices: Choices,
        jobs: JobQueries,
        claims: Claims,
        blobs: Blobs,
        messenger: Messenger,
        sealer: Sealer,
        signals: JobSignals,
        policy: DraftPolicy,
        plan: PlanLimits,
        capabilities: Callable[[], Awaitable[Capabilities]],
        containers: bool,
        work: Path,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            choices: knows what is chosen from.
            jobs: knows the drafts.
            claims: ends a job none of whose drafts can be shown.
            blobs: where clips are.
            messenger: the bot's hand in Discord.
            sealer: marks drafts as made by a machine.
            signals: told what became of a job.
            policy: how drafts are drawn, and how long a member may choose.
            plan: what may be asked for.
            capabilities: what this machine has.
            containers: whether drafts are shown in a container.
            work: a folder for what is about to be posted.
            clock: returns Unix seconds.
        """
        self._choices = choices
        self._jobs = jobs
        self._claims = claims
        self._blobs = blobs
        self._messenger = messenger
        self._sealer = sealer
        self._signals = signals
        self._policy = policy
        self._plan = plan
        self._capabilities = capabilities
        self._containers = containers
        self._work = work
        self._clock = clock
        self._not_before: dict[JobId, float] = {}
        self._done: dict[JobId, int] = {}
        self.loop = Loop("takes", self._look, every=EVERY)
        signals.queued.connect(self.loop.wake)

    async def _look(self) -> None:
        jobs = await self._choices.open()
        for known in self._not_before.keys() | self._done.keys():
            if known not in {job.id for job in jobs}:
                self._not_before.pop(known, None)
                self._done.pop(known, None)
        for job in jobs:
            if self._clock() < self._not_before.get(job.id, 0.0):
                continue
            try:
                with speaking(job.language):
                    await self._move(job)
            except Exception:
                log.exception("the drafts of job %s could not be seen to", job.id)
                self._not_before[job.id] = self._clock() + PAUSE

    async def _move(self, job: Job) -> None:
        """Do what comes next for one job."""
        drafts = await self._jobs.drafts_of(job.id)
        done = sum(draft.state.ended for draft in drafts)
        if done != self._done.get(job.id):
            self._done[job.id] = done
            self._signals.changed(job.id)
        if not drafts:
            await self._begin(job)
        elif done == len(drafts) and job.choose_until is None:
            await self._show(job, drafts)
        elif job.choose_until is not None and self._clock() >= job.choose_until:
            await self._finish_the_best(job, to_show(drafts))

    async def _begin(self, job: Job) -> None:
        recipe, here = recipe_of(job), await self._capabilities()
        try:
            drafts = [
                draft_of(recipe, number, self._policy, here, self._plan) for number in range(1, job.takes + 1)
            ]
        except UserError as error:
            with speaking(job.language):
                text = in_words(error.said)
            await self._fail(job, error.code, text)
            return
        new = [
            NewDraft(recipe=one.to_json(sentences=True), profile=one.profile, seed=one.seed) for one in drafts
        ]
        if await self._choices.begin(job.id, new):
            log.info("job %s: %d drafts are queued", job.id, len(new))
            self._signals.queued()

    async def _show(self, job: Job, drafts: Sequence[Job]) -> None:
        """Post the drafts, once: an earlier attempt, of this life or the last, may have arrived."""
        good = to_show(drafts)
        if not good:
            bad = next((draft for draft in drafts if draft.error_text), None)
            text = take_texts.NONE_PASSED if bad is None else bad.error_text
            await self._fail(job, BotCode.TAKES, text)
            return
        if len(good) == 1:
            await choose(self._choices, self._signals, job, good[0], alone=True)
            return
        try:
            shown = await self._in_answer(job, good) if job.has_answer else None
            shown = shown or await self._in_channel(job, good)
        except ChannelError as error:
            await self._answer(job, good, error)
        except (FileNotFoundError, BlobDamaged, ValueError) as error:
            log.warning("the drafts of job %s are damaged or missing: %s", job.id, error)
            await self._finish_the_best(job, good)
        else:
            await self._posted(job, shown)

    async def _in_answer(self, job: Job, drafts: Sequence[Job]) -> Shown | None:
        """Show the drafts of a private clip in the answer. Done twice, it does no harm.

        Returns:
            None where Discord takes its token no more: they go to the member directly.
        """
        async with self._packed(job, drafts) as post:
            answered = await become_answer(self._messenger.answer_with, job, post, clock=self._clock)
        return IN_ANSWER if answered else None

    async def _in_channel(self, job: Job, drafts: Sequence[Job]) -> Shown:
        """Post the drafts where the clip was asked for; those of a private one to its member directly."""
        private = job.has_answer
        channel = await self._messenger.direct_channel(job.user_id) if private else job.channel_id
        message = await self._found(job, channel)
        if message is None:
            async with self._packed(job, drafts) as post:
                message = await self._messenger.send(channel, post)
        return Shown(channel=channel, message=message)

    async def _found(self, job: Job, channel: int) -> int | None:
        """The message that an earlier attempt posted, where the bot may read the channel."""
        try:
            message = await self._messenger.find_own(channel, _name(job, 0), since=job.created_at)
        except ChannelError as error:
            if error.trouble is Trouble.NO_ACCESS:
                return None
            raise
        # What follows the job already has shown the drafts of a choice that has begun anew since.
        return None if message == job.status_message_id else message

    @asynccontextmanager
    async def _packed(self, job: Job, drafts: Sequence[Job]) -> AsyncIterator[Post]:
        """The message that shows the drafts. Its files are there for as long as the block lasts."""
        self._work.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{job.id}-takes-", dir=self._work))
        try:
            prompt = recipe_of(job).prompt
            files = [
                Attached(
                    path=await asyncio.to_thread(self._sealed, draft, folder),
                    name=(SPOILER if job.spoiler else "") + _name(job, place),
                    alt=take_texts.alt(
                        draft.draft, job.takes, prompt or clip_texts.seen_in(picture_seen(job))
                    ),
                )
                for place, draft in enumerate(drafts)
            ]
            yield self._asking(job, drafts, prompt, files)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _asking(self, job: Job, drafts: Sequence[Job], prompt: str, files: Sequence[Attached]) -> Post:
        """The message that shows the drafts: in a container, each has its button beside it."""
        numbers = [draft.draft for draft in drafts]
        minutes = self._policy.choose_seconds / 60
        asked = take_texts.question(
            job.user_id, show_prompt(prompt, SHOWN_PROMPT), numbers=numbers, of=job.takes
        )
        plain = take_texts.choose(asked, numbers=numbers, minutes=minutes)
        if job.has_answer:  # no edit makes a container plain again, and the clip may take this place
            return Post(
                content=private_texts.drafts(plain),
                nonce=nonce(drafts[0].id, "takes"),
                view=private_buttons_for(job, drafts),
                attached=tuple(files),
            )
        small = take_texts.small_print(minutes)
        return Post(
            content=plain,
            nonce=nonce(drafts[0].id, "takes"),
            view=buttons_for(job, drafts),
            layout=container_for(job, numbers, files, asked, small) if self._containers else None,
            attached=tuple(files),
            ping=job.user_id,
        )

    def _sealed(self, draft: Job, folder: Path) -> Path:
        if draft.clip_sha256 is None:
            raise ValueError("it was never rendered")
        self._blobs.verify(draft.clip_sha256)
        sealed = self._sealer.seal(self._blobs.path(draft.clip_sha256).read_bytes(), recipe_of(draft))
        file = folder / f"{draft.draft}.mp4"
        file.write_bytes(sealed.mp4)
        return file

    async def _posted(self, job: Job, shown: Shown) -> None:
        """The message with the drafts follows the job from now on, in the place of the one before."""
        until = self._clock() + self._policy.choose_seconds
        if await self._choices.shown(job.id, shown.channel, shown.message, choose_until=until):
            self._signals.message_replaced(job.id)
            if job.status_message_id != shown.message:  # its row names the new one already
                await self._delete_message(job)
            log.info("job %s: its drafts are shown", job.id)
        elif shown.channel is not None and shown.message is not None:  # cancelled, held or erased meanwhile
            await self._messenger.delete(shown.channel, shown.message)
        elif job.token is not None:
            over = Post(content=str(take_texts.CHOSEN_BEFORE), nonce="")
            await self._messenger.answer_with(job.token, over)

    async def _delete_message(self, job: Job) -> None:
        """Delete the message that followed the job until now."""
        channel, message = job.status_channel_id, job.status_message_id
        if channel is not None and message is not None:
            with suppress(ChannelError):  # a line too many is no harm
                await self._messenger.delete(channel, message)

    async def _answer(self, job: Job, drafts: Sequence[Job], error: ChannelError) -> None:
        """Act on a refusal from Discord: what may pass is tried again for as long as a member may choose."""
        log.warning("the drafts of job %s were not shown (%s): %s", job.id, error.trouble, error)
        drawn = max(draft.ended_at or 0.0 for draft in drafts)
        passes = error.trouble in {Trouble.LATER, Trouble.NO_ACCESS}
        if passes and self._clock() < drawn + self._policy.choose_seconds:
            self._not_before[job.id] = self._clock() + PAUSE
        else:
            await self._finish_the_best(job, drafts)

    async def _finish_the_best(self, job: Job, drafts: Sequence[Job]) -> None:
        """Nobody chose, or nobody could: the draft with the most points of the gate is finished."""
        if not drafts:  # all were taken down since
            await self._fail(job, BotCode.TAKES, take_texts.NONE_PASSED)
            return
        best = max(drafts, key=lambda draft: (points_of(receipt_of(draft)), -draft.draft))
        if await choose(self._choices, self._signals, job, best, late=True) and job.has_answer:
            await self._delete_message(job)  # in public, the status board puts another in its place

    async def _fail(self, job: Job, code: str, text: str | None) -> None:
        await self._claims.fail(job.id, None, code=code, text=text)
        self._signals.changed(job.id)


def _name(job: Job, place: int) -> str:
    """The name of a draft's file in the channel. The first one's leads back to the message."""
    return f"framekiln-{job.id}-draft-{place + 1}.mp4"
