"""Why a job has to wait: what is ahead of it, and how long that takes."""

from __future__ import annotations

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place
from bot.config.settings import Settings
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.permissions import may_see
from bot.forecast import Forecaster
from bot.job_documents import recipe_of
from bot.loops.engines import Engines
from bot.loops.status import kept_from_drawing
from bot.text import messages, status_texts
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.moderation.actions import Moderation
from db.states import State


class Why(JobButton):
    """Say what a job waits for."""

    action = "why"
    look = Look("Why?", "🕒")
    place = Place.STATUS
    order = 20
    states = (State.QUEUED, State.HELD)

    async def do(self, interaction: Interaction, job: Job) -> None:
        """Answer with its place and the time ahead of it."""
        waits_in_line = job.state is State.QUEUED and not job.choosing
        if waits_in_line and (kept := await _kept_from_its_turn(interaction, job)) is not None:
            await say(interaction, kept)
            return
        jobs, forecaster = interaction.client.part(JobQueries), interaction.client.part(Forecaster)
        forecast = await forecaster.forecast()
        wait = await forecaster.wait_of(job) if waits_in_line else None
        before = [
            other.own
            for other in forecast.waits.values()
            if wait and other.lane == wait.lane and other.position < wait.position
        ]
        turn = next((each for each in await jobs.running() if each.lane == job.lane), None)
        roles = interaction.client.part(Settings).moderator_roles
        text = messages.why(
            job,
            wait=wait,
            ahead=await jobs.ahead(job.id),
            ahead_seconds=sum(before),
            turn=turn,
            named=turn is not None and may_see(interaction, turn, roles),
        )
        await say(interaction, text)


async def _kept_from_its_turn(interaction: Interaction, job: Job) -> str | None:
    """What keeps a job in the queue waiting, however few are ahead of it; None: nothing."""
    if await interaction.client.part(Moderation).paused(job.guild_id):
        return str(status_texts.QUEUE_PAUSED)
    kept = kept_from_drawing(interaction.client.part(Engines), job, recipe_of(job))
    return None if kept is None else kept.partition("\n")[2]  # without the title, which holds their words
