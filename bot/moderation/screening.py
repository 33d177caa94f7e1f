"""What is looked at before a job is drawn, and before its clip is shown: words, pictures, who, and where.

A flag leads to what the server chose: a hold until a moderator has decided, a spoiler, or a refusal in plain
words; never to a silent drop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from bot.concurrency import Turns
from bot.discord_io.asker import Asker
from bot.discord_io.messenger import Messenger
from bot.job_documents import receipt_of
from bot.moderation import flags
from bot.moderation.hard_words import is_forbidden
from bot.moderation.word_lists import Found, WordLists
from bot.text import messages, outside_texts, review_texts
from bot.text.wording import speaking
from db.codes import BotCode
from db.jobs.delivery import Delivery
from db.jobs.job import Hold, Job
from db.moderation.cases import Cases
from db.moderation.reviews import OnPictures, OnWords, ReviewRules, Reviews, WordKind
from db.states import is_outside
from engine.core.errors import UserError
from engine.core.recipe import Recipe
from engine.core.request import Subject

log = logging.getLogger(__name__)

T = TypeVar("T")

DAY = 86_400.0

OUTSIDE_RULES = ReviewRules(words=OnWords.REFUSE, pictures=OnPictures.HOLD)
"""Outside of servers nobody has chosen rules, no channel is age-restricted, and no moderator reviews
anything: what would have to wait for one is refused."""

READ_AT_ONCE = 100
"""Characters of a prompt that are read without a thread; that takes a millisecond or two."""

MOST_READING = 100
"""Prompts that may wait to be read."""


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """A reason to look twice.

    Attributes:
        words: what was found, for the moderators.
        with_file: whether they may be shown the picture or the clip. False where it may be abuse: such a file
            is not sent on to anybody.
    """

    words: str
    with_file: bool = True


@dataclass(frozen=True, kw_only=True)
class Screened:
    """What a new job is marked with."""

    hold: Hold | None = None
    adult: bool = False
    spoiler: bool = False


class Screening:
    """Applies a server's rules."""

    def __init__(
        self,
        *,
        reviews: Reviews,
        delivery: Delivery,
        cases: Cases,
        messenger: Messenger,
        words: WordLists,
        nudity_score: float,
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            reviews: knows the rules.
            delivery: holds jobs.
            cases: puts clips behind a spoiler.
            messenger: knows which channels are age-restricted.
            words: the word lists.
            nudity_score: the score of a picture or clip from which it is flagged, see
                :mod:`bot.moderation.flags`.
            clock: returns Unix seconds.
        """
        self._reviews = reviews
        self._delivery = delivery
        self._cases = cases
        self._messenger = messenger
        self._words = words
        self._nudity_score = nudity_score
        self._reading = Turns(at_once=1, waiting=MOST_READING)
        self._clock = clock

    async def before_drawing(
        self,
        asker: Asker,
        recipe: Recipe,
        subjects: Iterable[Subject],
        parent: Job | None,
        *,
        adult: bool = False,
    ) -> Screened:
        """What a new job is marked with. What was flagged once stays so, in whatever is made of it.

        Args:
            asker: who asks, and where.
            recipe: what is drawn.
            subjects: the files that were given, as they were taken in.
            parent: the job that this is a variation of; its files were looked at then.
            adult: one of its files was for age-restricted channels when it was used before.

        Raises:
            UserError: the server refuses such words, or the bot never draws this.
        """
        rules = await self._rules(asker.guild_id)
        restricted = asker.adults_only
        here = self._messenger.language_in(asker.guild_id)  # moderators read the reasons
        with speaking(here):
            doubts = _newcomer(asker, rules, self._clock())
        found = await self._acceptable(asker, words_of(recipe), rules)
        doubted = _doubted(asker, found)
        if doubted:
            with speaking(here):
                doubts.append(Doubt(words=review_texts.flagged_words(sorted(doubted))))
        flag = None
        if rules.pictures is not OnPictures.OFF:
            flag = flags.of_subjects(subjects, least=self._nudity_score)
        if flag is not None and not restricted and rules.pictures is OnPictures.HOLD:
            with speaking(here):
                doubts.append(Doubt(words=flag.text, with_file=False))
        marked = adult or bool(found.base) or flag is not None or self._inherits(parent, recipe)
        if is_outside(asker.guild_id) and (doubts or marked):
            raise UserError(BotCode.REVIEW, outside_texts.NO_REVIEW_HERE)
        return Screened(
            hold=_hold(doubts),
            adult=marked,
            spoiler=flag is not None and rules.pictures is OnPictures.SPOILER,
        )

    async def check_words(self, asker: Asker, words: str) -> frozenset[str]:
        """Look at words before anything is done with them; return those that would be doubted.

        Raises:
            UserError: the server refuses such words, or the bot never draws this.
        """
        found = await self._acceptable(asker, (words,), await self._rules(asker.guild_id))
        return _doubted(asker, found)

    async def _acceptable(self, asker: Asker, texts: Sequence[str], rules: ReviewRules) -> Found:
        """What is found in words; arguments and errors as for :meth:`check_words`."""
        own: frozenset[str] = frozenset()
        base: frozenset[str] = frozenset()
        for text in texts:
            if await self.forbids(text):
                raise UserError(BotCode.FORBIDDEN, messages.FORBIDDEN)
            found = await self._find_words(asker.guild_id, text, rules)
            own, base = own | found.own, base | found.base
        found = Found(own=own, base=base)
        doubted = _doubted(asker, found)
        if doubted and is_outside(asker.guild_id):
            raise UserError(BotCode.WORDS, outside_texts.words_refused(sorted(doubted)))
        if doubted and rules.words is OnWords.REFUSE:
            raise UserError(BotCode.WORDS, review_texts.words_refused(sorted(doubted)))
        return found

    async def _rules(self, guild: int) -> ReviewRules:
        return OUTSIDE_RULES if is_outside(guild) else await self._reviews.review_rules(guild)

    def _inherits(self, parent: Job | None, recipe: Recipe) -> bool:
        """Whether what was flagged in a job is in its variation too: its words and files, or its clip."""
        if parent is None or parent.adult:
            return parent is not None
        goes_on = parent.clip_sha256 in recipe.inputs.values()
        return goes_on and self.flagged_clip(parent)

    def flagged_clip(self, job: Job) -> bool:
        """Whether a finished clip has a flag."""
        if job.receipt is None:
            return False
        return flags.of_receipt(receipt_of(job), least=self._nudity_score) is not None

    async def may_show_first_look(self, job: Job) -> bool:
        """Whether a clip may be seen while it is drawn: not where it is looked at before it is posted."""
        if job.looked_at or self._may_be_for_adults(job):
            return True
        rules = await self._rules(job.guild_id)
        return rules.pictures is OnPictures.OFF and not (job.adult and rules.words is not OnWords.OFF)

    def _may_be_for_adults(self, job: Job) -> bool:
        """Whether it was asked for in an age-restricted channel of a server that has added the bot."""
        return not is_outside(job.guild_id) and self._messenger.is_age_restricted(job.channel_id)

    async def before_posting(self, job: Job) -> bool:
        """Whether a finished clip may be posted now; False: it is held, and moderators are asked, or refused.

        The channel is looked at again: it may have ceased to be age-restricted since.
        """
        if job.looked_at or self._may_be_for_adults(job):
            return True
        rules = await self._rules(job.guild_id)
        with speaking(self._messenger.language_in(job.guild_id)):
            doubts = _of_clip(job, rules, self._nudity_score)
        if not doubts:
            return True
        if is_outside(job.guild_id):
            await self._delivery.refuse(job.id, BotCode.REVIEW, outside_texts.CLIP_NOT_SHOWN)
            return False
        if rules.pictures is OnPictures.SPOILER:
            await self._cases.behind_a_spoiler(job.id)
            return True
        hold = _hold(doubts)
        if hold is not None and await self._delivery.hold(job.id, hold.reason, with_file=hold.with_file):
            log.info("the clip of job %s is held for review", job.id)
        return False

    async def _find_words(self, guild: int, prompt: str, rules: ReviewRules) -> Found:
        if rules.words is OnWords.OFF:
            return Found()
        listed = await self._reviews.words(guild)
        find = partial(self._words.find, own=listed[WordKind.OWN], allowed=listed[WordKind.ALLOWED])
        return await self._beside(find, prompt)

    def flagged_by_default(self, words: str) -> bool:
        """Whether the base list flags these words where a server has not allowed them."""
        return bool(self._words.find(words, own=(), allowed=()).base)

    async def forbids(self, prompt: str) -> bool:
        """Whether a cleaned prompt asks for what nobody gets.

        Raises:
            UserError: too many prompts wait to be read.
        """
        return await self._beside(is_forbidden, prompt)

    async def _beside(self, read: Callable[[str], T], prompt: str) -> T:
        """Read a prompt; a long one in a thread, one at a time."""
        if len(prompt) <= READ_AT_ONCE:
            return read(prompt)
        async with self._reading.turn():
            return await asyncio.to_thread(read, prompt)


def words_of(recipe: Recipe) -> tuple[str, ...]:
    """Whatever of a recipe somebody wrote, or chose: the prompt, and what a language model made it from."""
    return (recipe.prompt,) if recipe.helped is None else (recipe.prompt, recipe.helped.own)


def _doubted(asker: Asker, found: Found) -> frozenset[str]:
    """Of what was found, what is looked at twice where somebody asks."""
    return found.own if asker.adults_only else found.own | found.base


def _newcomer(asker: Asker, rules: ReviewRules, now: float) -> list[Doubt]:
    if not rules.newcomer_days or asker.joined_at is None:
        return []
    days = (now - asker.joined_at) / DAY
    return [] if days >= rules.newcomer_days else [Doubt(words=review_texts.newcomer(days))]


def _of_clip(job: Job, rules: ReviewRules, least: float) -> list[Doubt]:
    """Doubts about a finished clip in a channel that is not age-restricted."""
    doubts = []
    if job.adult and (rules.words is not OnWords.OFF or rules.pictures is not OnPictures.OFF):
        doubts.append(Doubt(words=str(review_texts.NOT_AGE_RESTRICTED), with_file=not job.inputs))
    if rules.pictures is not OnPictures.OFF and job.receipt is not None:
        flag = flags.of_receipt(receipt_of(job), least=least)
        if flag is not None:
            # What was drawn from words alone shows nobody; what was made from a picture may be abuse.
            doubts.append(Doubt(words=flag.text, with_file=not job.inputs))
    return doubts


def _hold(doubts: Sequence[Doubt]) -> Hold | None:
    if not doubts:
        return None
    reason = "; ".join(doubt.words for doubt in doubts)
    return Hold(reason=reason, with_file=all(doubt.with_file for doubt in doubts))
