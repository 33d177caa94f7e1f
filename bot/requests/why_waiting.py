"""Why a job has to wait: what is ahead of it, and how long that takes."""

from __future__ import annotations

from bot.buttons.button import Look
from bot.buttons.job_button import JobButton, Place
from bot.config.settings import Settings
from bot.discord_io.interactions import Interaction, say
from bot.discord_io.permissions import may_see
from bot.forecast import Forecaster
from bot.text import messages
from db.jobs.job import Job
from db.jobs.queries import JobQueries
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
        jobs = interaction.client.part(JobQueries)
        forecast = await interaction.client.part(Forecaster).forecast()
        wait = forecast.waits.get(job.id)
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
