"""What the API works with, and a request that is being answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.api.policy import ApiPolicy
from bot.api.problems import Kind, Problem
from bot.api.sealed_clips import SealedClips
from bot.discord_io.door import Door
from bot.discord_io.member_language import Speakers
from bot.discord_io.members import Members
from bot.discord_io.messenger import Messenger
from bot.forecast import Forecaster
from bot.job_progress import JobProgress
from bot.privacy.rights import Rights
from bot.requests.cancelling import Cancelling
from bot.requests.server_effects import ServerEffects
from bot.requests.taking import Taking
from bot.signals import JobSignals
from db.api.events import JobEvents
from db.api.hooks import ApiWebhooks
from db.api.keys import ApiKey, ApiKeys, Scope
from db.api.requests import ApiRequests
from db.jobs.enqueue import Admission
from db.jobs.job import Job
from db.jobs.queries import JobQueries
from db.states import JOB_ID, JobId


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the API works with.

    Attributes:
        spool: a folder for files while they arrive.
        progress: of a job that is drawn now; None where there is none.
        in_trouble: whether no request can be taken.
        clock: returns Unix seconds.
    """

    policy: ApiPolicy
    keys: ApiKeys
    requests: ApiRequests
    events: JobEvents
    hooks: ApiWebhooks
    jobs: JobQueries
    entry: Admission
    taking: Taking
    effects: ServerEffects
    cancelling: Cancelling
    forecaster: Forecaster
    members: Members
    messenger: Messenger
    speakers: Speakers
    door: Door
    rights: Rights
    signals: JobSignals
    clips: SealedClips
    spool: Path
    progress: Callable[[JobId], JobProgress | None]
    in_trouble: Callable[[], bool]
    clock: Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that may be answered.

    Attributes:
        query: its parameters, checked.
        key: what it came with.
    """

    parts: Parts
    request: web.Request
    query: dict[str, str]
    key: ApiKey

    @property
    def sees_all(self) -> bool:
        """Whether the key sees other members' jobs."""
        return Scope.ADMIN in self.key.scopes

    async def job(self) -> Job:
        """The job in the path.

        Raises:
            Problem: there is none that this key may see.
        """
        wanted = self.request.match_info["job"]
        found = None
        if re.fullmatch(JOB_ID, wanted):
            found = await self.parts.jobs.get(JobId(wanted))
        if found is None or not self.may_see(found):
            raise Problem(Kind.NOT_FOUND, "There is no such job, or this key may not see it.")
        return found

    def may_see(self, job: Job) -> bool:
        """Whether the key may know of a job; of a private one only its member's."""
        key = self.key
        seen = job.user_id == key.user_id or (self.sees_all and not job.private)
        return job.guild_id == key.guild_id and seen
