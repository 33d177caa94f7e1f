"""What the clips that are asked for take, and which machine they are planned for."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from bot.fleet.capability import Ability, Machine, ability_of, can, read
from bot.fleet.places import Places
from bot.text import messages
from db.jobs.job import Job
from db.states import State
from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.family_spec import FamilySpec
from engine.core.recipe import Recipe
from engine.weights.own_files import OwnFiles


class Abilities:
    """Compares what clips take with what this machine and the workers have."""

    def __init__(
        self,
        places: Places,
        *,
        here: Callable[[], Awaitable[Capabilities]],
        families: Callable[[], Mapping[str, FamilySpec]],
        waiting: Callable[[], Awaitable[Sequence[str]]],
        own: OwnFiles,
    ) -> None:
        """Make one.

        Args:
            places: the workers.
            here: what this machine has, without them.
            families: all, by name.
            waiting: the abilities that jobs wait for.
            own: knows the owner's checkpoints and styles by their digests.
        """
        self._places = places
        self._here = here
        self._families = families
        self._waiting = waiting
        self._own = own
        self._machine: Machine | None = None

    @property
    def has_workers(self) -> bool:
        """Whether there are workers, now or lately."""
        return bool(self._places.counted)

    async def of(self, recipe: Recipe) -> str:
        """What drawing a recipe takes, as a job's row holds it; "": only this machine is to draw it."""
        ability = self._least(recipe, self._seen(await self._here()))
        return "" if ability is None else ability.to_json()

    async def settled(self, recipe: Recipe, plan: Callable[[Capabilities], Recipe]) -> Recipe:
        """The recipe, if one machine can draw it; else a plan for a single machine.

        What all machines have together may lead to a plan that none of them can draw.

        Args:
            recipe: planned with what all have together.
            plan: plans it again, with what one machine has.
        """
        if not self._places.counted:
            return recipe
        capabilities = await self._here()
        here = self._seen(capabilities)
        if self._somebody_can(self._least(recipe, here), here):
            return recipe
        for alone in (*self._places.machines(capabilities), capabilities):
            try:
                again = plan(alone)
            except UserError:
                continue
            if self._somebody_can(self._least(again, here), here):
                return again
        return recipe

    async def unable(self) -> Collection[str]:
        """Abilities of waiting jobs that this machine has not, and a worker has.

        What nobody has, this machine tries, and says what is missing.
        """
        if not self._places.counted:
            return ()
        waiting = await self._waiting()
        here = self._seen(await self._here()) if waiting else Machine()
        return [
            text
            for text in waiting
            if (ability := read(text)) is not None
            and not can(here, ability)
            and self._places.anyone_can(ability)
        ]

    def absent(self, job: Job) -> str | None:
        """What a job waits for that neither this machine nor a worker that is here can draw.

        None where somebody can, and where nobody who was here lately could: then this machine tries.
        """
        ability = read(job.ability)
        if job.state is not State.QUEUED or ability is None or self._machine is None:
            return None
        if can(self._machine, ability) or self._places.any_here_can(ability):
            return None
        return messages.ANOTHER_MACHINE if self._places.anyone_can(ability) else None

    def _seen(self, capabilities: Capabilities) -> Machine:
        self._machine = Machine.here(capabilities, self._own.digests)
        return self._machine

    def _somebody_can(self, ability: Ability | None, here: Machine) -> bool:
        return ability is None or can(here, ability) or self._places.anyone_can(ability)

    def _least(self, recipe: Recipe, here: Machine) -> Ability | None:
        """What a recipe takes. Of memory, no more than the largest machine has that could draw it."""
        ability = ability_of(recipe, self._families(), digest_of=self._own.digest_of)
        if ability is None:
            return None
        of_any = dataclasses.replace(ability, memory=0)
        able = [machine.memory for machine in (here, *self._places.counted) if can(machine, of_any)]
        return dataclasses.replace(ability, memory=min(ability.memory, max(able, default=0)))
