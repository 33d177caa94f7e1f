"""What is to be drawn for a request, and the row that it becomes."""

from __future__ import annotations

from dataclasses import dataclass

from bot.discord_io.asker import Asker
from bot.job_documents import seen_document
from bot.moderation.screening import Screened
from db.jobs.job import Job, NewJob
from engine.core.recipe import Recipe
from engine.core.request import Subject


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What is to be drawn, and the files that were given for it, as they were taken in.

    Attributes:
        adult: a file that was here already was for age-restricted channels when it was used before.
        spoiler: a file was given as a spoiler, so the clip is one.
        origin: the job that it is made from, where that is known only now.
        takes: how many drafts the member wants to choose from; 0: none.
        private: only the member is to see the clip.
        token: what their private answer can be changed with.
        given: JSON, what the command was given, where defaults were added.
    """

    recipe: Recipe
    subjects: tuple[Subject, ...] = ()
    adult: bool = False
    spoiler: bool = False
    origin: Job | None = None
    takes: int = 0
    private: bool = False
    token: str | None = None
    given: str | None = None

    def job(
        self,
        asker: Asker,
        screened: Screened,
        origin: Job | None,
        *,
        key: str,
        message: int | None,
        lane: str,
        ability: str,
    ) -> NewJob:
        """The row of a new job.

        Args:
            asker: who asks, and where.
            screened: what was decided before it is drawn.
            origin: the job that it is made from.
            key: two requests with the same key are one job.
            message: the one that will follow the job, where it stands in the channel already.
            lane: where it is drawn.
            ability: what a machine must have to draw it.
        """
        recipe = self.recipe
        return NewJob(
            key=key,
            kind=recipe.asked,
            guild_id=asker.guild_id,
            channel_id=asker.channel_id,
            user_id=asker.user_id,
            recipe=recipe.to_json(sentences=True),
            profile=recipe.profile,
            inputs=recipe.inputs,
            parent=None if origin is None else origin.id,
            roles=asker.roles,
            hold=screened.hold,
            adult=screened.adult,
            spoiler=screened.spoiler or self.spoiler or (origin is not None and origin.spoiler),
            status_message_id=message,
            seed=recipe.seed,
            seen=seen_document(recipe, self.subjects, origin),
            lane=lane,
            engine=recipe.engine,
            ability=ability,
            interaction=asker.request,
            api_key=asker.api_key,
            takes=self.takes,
            private=self.private,
            token=self.token,
            answer_only=asker.answer_only,
            given=self.given,
            language=asker.language,
        )
