"""The owner's accounts at services, and who has agreed that their pictures go there."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from bot.forecast import Wait
from bot.hosted.policy import HostingPolicy, Overflow
from bot.text import hosted_texts
from db.purchases import Purchases
from engine.core.errors import Code, UserError
from engine.core.recipe import Recipe
from engine.core.request import AUTO, Request
from engine.core.services import service_of
from engine.elsewhere.comfyui.workflow import Workflow
from engine.elsewhere.hosted.fal import Fal
from engine.elsewhere.hosted.limits import WireLimits
from engine.elsewhere.hosted.provider import Provider
from engine.elsewhere.hosted.replicate import Replicate
from engine.elsewhere.hosted.runpod import RunPod
from engine.elsewhere.hosted.slugs import Slug, price_of, read_table

log = logging.getLogger(__name__)

MINUTE = 60.0


class Waits(Protocol):
    """Tells when a clip would be ready; :class:`bot.forecast.Forecaster` does."""

    async def for_new(self, profile: str, guild: int, user: int) -> Wait:
        """The wait of a job that is asked for now."""
        ...


class Hosting:
    """What may be made at a service, for whom."""

    def __init__(
        self, policy: HostingPolicy, overflow: Overflow, *, budget: int, purchases: Purchases
    ) -> None:
        """Make one.

        Args:
            policy: the owner's accounts.
            overflow: when clips go there because the wait here is long.
            budget: millionths of a dollar a day; 0: nothing is bought.
            purchases: knows what is spent, and who agreed.
        """
        self.policy = policy
        self.overflow = overflow
        self.budget = budget
        self._purchases = purchases
        self._wrong: tuple[str, ...] = ()

    @property
    def on(self) -> bool:
        """Whether the owner has an account, and money for it."""
        return self.budget > 0 and bool(self.policy.names)

    def slugs(self) -> Mapping[str, Slug]:
        """The hosted engines that can be used, as the tables say now."""
        if not self.on:
            return {}
        table = read_table(self.policy.tables)
        for wrong in table.wrong:
            if wrong not in self._wrong:
                log.error("a table of hosted engines is left out: %s", wrong)
        self._wrong = table.wrong
        usable = {name: slug for name, slug in table.slugs.items() if slug.provider in self.policy.names}
        return {name: slug for name, slug in usable.items() if slug.priced}

    async def check(self, guild: int, user: int, recipe: Recipe) -> None:
        """Look at a request before it is taken. One that is made here always passes.

        Raises:
            UserError: it is to be made at a service, and the server or the member has not agreed to that, or
                today's money is spent.
        """
        if recipe.only_remade:
            return
        slug = self.slugs().get(recipe.engine)
        if slug is None:
            return
        title = service_of(slug.name)
        if not await self._purchases.allows(guild):
            raise UserError(Code.CONSENT, hosted_texts.server_has_not_agreed(title))
        price = price_of(slug, recipe)
        if not (await self._purchases.consent(user)).sends:
            raise UserError(Code.CONSENT, hosted_texts.not_agreed(title, price.usual, price.most))
        if await self._purchases.spent_today() + price.most > self.budget:
            raise UserError(Code.BUDGET, hosted_texts.budget_spent(title))

    async def settled(
        self,
        guild: int,
        user: int,
        request: Request,
        *,
        plan: Callable[[Request], Recipe],
        waits: Waits,
    ) -> Request:
        """A request as it is taken: for a service, where the wait here is too long and all agreed to that.

        Args:
            guild: where it was asked.
            user: who asked.
            request: what was asked.
            plan: makes a recipe of it, as far as that can be done before its files are here.
            waits: tells when a clip would be ready here.

        Raises:
            UserError: no file could satisfy it, or it may not be sent to the service that it names.
        """
        recipe = plan(request)
        if self.overflow.on:
            there = await self.instead(
                guild, user, request, (await waits.for_new(recipe.profile, guild, user)).middle
            )
            if there is not None:
                try:
                    await self.check(guild, user, plan(there))
                except UserError as error:
                    log.info("a clip stays here: %s", error)
                else:
                    return there
        await self.check(guild, user, recipe)
        return request

    async def instead(self, guild: int, user: int, request: Request, wait: float) -> Request | None:
        """The same request for a service, where the wait here is longer than the owner wants.

        Args:
            guild: where it was asked.
            user: who asked.
            request: leaves the engine to the bot.
            wait: seconds until it would be ready here.

        Returns:
            None where it stays here.
        """
        if not (self.on and self.overflow.on) or request.engine != AUTO:
            return None
        if wait <= self.overflow.minutes * MINUTE or self.overflow.engine not in self.slugs():
            return None
        if not await self._purchases.allows(guild) or not (await self._purchases.consent(user)).overflow:
            return None
        return dataclasses.replace(request, engine=self.overflow.engine)


def providers_of(
    policy: HostingPolicy, limits: WireLimits, *, longest: float, workflow: Callable[[str], Workflow | None]
) -> dict[str, Provider]:
    """The services that the owner has an account with, by name.

    Args:
        policy: the accounts.
        limits: what is sent and taken.
        longest: seconds that a take may take.
        workflow: finds a workflow by its name, for RunPod.
    """
    made: list[Provider] = []
    names = policy.names
    if "replicate" in names:
        made.append(Replicate(policy.replicate, limits=limits, base=policy.replicate_url, longest=longest))
    if "fal" in names:
        made.append(Fal(policy.fal, limits=limits, base=policy.fal_url, longest=longest))
    if "runpod" in names:
        runpod = RunPod(
            policy.runpod,
            policy.endpoint,
            limits=limits,
            workflow=workflow,
            base=policy.runpod_url,
            longest=longest,
        )
        made.append(runpod)
    return {each.name: each for each in made}
