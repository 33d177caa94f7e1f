"""The owner's ComfyUI servers: what each can draw now, and that nothing of ours goes on there for nobody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.supervisor import Loop
from db.jobs.queries import JobQueries
from db.states import BACKLOG, JobId
from engine.core.errors import Unsupported
from engine.core.sentence import Sentence
from engine.elsewhere.comfyui.check import facts_of, missing_on
from engine.elsewhere.comfyui.draw import ComfyUI
from engine.elsewhere.comfyui.family import engine_name
from engine.elsewhere.comfyui.limits import ServerLimits
from engine.elsewhere.comfyui.server import Server, Unreachable
from engine.elsewhere.comfyui.workflow import Workflow
from engine.elsewhere.sanitizing import MakesAnew

log = logging.getLogger(__name__)

EVERY = 30.0
"""Seconds between two looks at each server."""


@dataclass(kw_only=True, eq=False)
class Place:
    """One server.

    Attributes:
        name: what moderators read.
        draws: has takes drawn there.
        engines: what it can draw with; None: it has not been asked yet, and may be able to draw everything.
        missing: what it lacks for each workflow, in words for the owner.
        away: it could not be reached at the last look.
    """

    name: str
    server: Server
    draws: ComfyUI
    engines: Collection[str] | None = None
    missing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    away: bool = False

    def can_draw(self) -> Collection[str] | None:
        """The engines with which it can draw now; None: all."""
        return self.engines


class ComfyServers:
    """All of them.

    Attributes:
        places: one for each, in the order of the setting.
        loop: looks at each now and then.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        login: str,
        limits: ServerLimits,
        makes_anew: MakesAnew,
        jobs: JobQueries,
        workflows: Callable[[], Mapping[str, Workflow]],
    ) -> None:
        """Make it.

        Args:
            addresses: of the servers.
            login: what a proxy before them wants; "": nothing.
            limits: what each may take of our time and memory.
            makes_anew: reads what comes back.
            jobs: knows which jobs are waited for.
            workflows: the owner's workflows as they are now, by name.
        """
        self._jobs = jobs
        self._workflows = workflows
        servers = [Server(address, login=login, limits=limits) for address in addresses]
        self.places = tuple(
            Place(
                name=f"ComfyUI at {server.name}",
                server=server,
                draws=ComfyUI(
                    server,
                    others=[other for other in servers if other is not server],
                    workflow_for=self._workflow_for,
                    makes_anew=makes_anew,
                    wanted=self._is_wanted,
                    limits=limits,
                ),
            )
            for server in servers
        )
        self.loop = Loop("ComfyUI servers", self._look, every=EVERY)

    async def close(self) -> None:
        """End all connections."""
        for place in self.places:
            await place.server.close()

    async def _look(self) -> None:
        await asyncio.gather(*(self._look_at(place) for place in self.places))

    async def _look_at(self, place: Place) -> None:
        """Find out what a server can draw, and stop what nobody waits for."""
        workflows = await asyncio.to_thread(self._workflows)
        try:
            facts = await facts_of(place.server, workflows.values())
            await place.draws.tidy()
        except Unreachable as error:
            if not place.away:
                log.warning("%s is away: %s", place.name, error)
            place.away = True
            return
        if place.away:
            log.info("%s is back", place.name)
        place.away = False
        missing = {name: missing_on(workflow, facts) for name, workflow in workflows.items()}
        for name, faults in missing.items():
            if faults and faults != place.missing.get(name):
                log.warning("%s cannot draw %s: %s", place.name, name, "; ".join(faults))
        place.missing = missing
        place.engines = frozenset(engine_name(name) for name, faults in missing.items() if not faults)

    def _workflow_for(self, engine: str) -> Workflow:
        workflow = self._workflows().get(engine.removeprefix(engine_name("")))
        if workflow is None:
            raise Unsupported(Sentence("The workflow of {engine} is not there any more.", engine=engine))
        return workflow

    async def _is_wanted(self, job: str) -> bool | None:
        """Whether a job is still to be drawn; None where this program knows of none."""
        row = await self._jobs.get(JobId(job))
        return None if row is None else row.state in BACKLOG and not row.cancel_requested
