"""The status of a job whose drafts are drawn."""

from __future__ import annotations

from bot.forecast import Forecaster
from bot.job_documents import recipe_of
from bot.text import default_texts, status_texts, take_texts
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.moderation.actions import Moderation


async def status_of_drafts(job: Job, jobs: JobQueries, forecaster: Forecaster, moderation: Moderation) -> str:
    """Say how many drafts are drawn, and when all of them should be.

    Args:
        job: the one that waits for them.
        jobs: knows the drafts.
        forecaster: knows how long they wait.
        moderation: knows whether the server is paused.
    """
    paused = await moderation.paused(job.guild_id)
    drafts = await jobs.drafts_of(job.id)
    forecast = await forecaster.forecast()
    waits = [forecast.waits[draft.id] for draft in drafts if draft.id in forecast.waits]
    ready = status_texts.QUEUE_PAUSED if paused else ""
    if waits and not paused:
        ready = status_texts.ready_in(max(wait.low for wait in waits), max(wait.high for wait in waits))
    done = sum(draft.state.ended for draft in drafts)
    return take_texts.drawing_takes(
        status_texts.title(recipe_of(job)),
        done=done,
        of=job.takes,
        ready=ready,
        defaults=default_texts.line_of(job),
    )
