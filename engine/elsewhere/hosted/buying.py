"""Buys a take once, and finds it again where the answer was lost."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

from engine.core.elsewhere import TakeHooks, TakeOrder
from engine.core.errors import Away, Code, HopelessTake, UserError
from engine.elsewhere.hosted import texts
from engine.elsewhere.hosted.fields import SEEDS
from engine.elsewhere.hosted.limits import HostedPolicy
from engine.elsewhere.hosted.outgoing import in_words, outgoing
from engine.elsewhere.hosted.provider import Asked, NoAnswer, NotReached, NotTaken, Provider
from engine.elsewhere.hosted.purchase import Cause, Ledger, Purchase, Refusal, Remote, Stand, Wanted
from engine.elsewhere.hosted.refusing import refuse
from engine.elsewhere.hosted.slugs import Slot, Slug, price_of
from engine.elsewhere.sent_files import SentFile

T = TypeVar("T")

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0
"""For an answer that is on its way when the render stops."""

SEARCHED_FOR = 3600.0
"""Seconds after a request in which it can be found again: services keep inputs no longer."""

REMEMBERED = 2 * SEARCHED_FOR
"""Seconds for which the ledger has to know what ended at a service: longer than anything is looked for, on
any clock. What is not known could be taken for what is looked for, and show somebody else's picture."""

GROWTH = 1.5
"""Each pause between two looks is longer than the one before by this factor."""


class Buyer:
    """Buys one take."""

    def __init__(
        self,
        slug: Slug,
        provider: Provider,
        *,
        order: TakeOrder,
        hooks: TakeHooks,
        ledger: Ledger,
        policy: HostedPolicy,
        webhook: Callable[[str, str], str],
        dearer: Collection[str],
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            slug, provider: the engine, and its service.
            order, hooks: the take, and what is told of it.
            ledger: remembers purchases.
            policy: the owner's limits.
            webhook: the address that a service tells of an end, by service and purchase; "" for none.
            dearer: engines whose price has risen.
            clock: returns Unix seconds.
        """
        self._slug = slug
        self._provider = provider
        self._order = order
        self._hooks = hooks
        self._ledger = ledger
        self._policy = policy
        self._webhook = webhook
        self._dearer = dearer
        self._clock = clock

    async def buy(self) -> tuple[Purchase, Remote]:
        """Write a purchase down, and ask the service for it, once."""
        order, slug = self._order, self._slug
        if slug.name in self._dearer:
            self._refuse(Cause.DEARER, "its price has risen")
        if not await self._ledger.may_send(order.job):
            raise UserError(Code.CONSENT, texts.not_allowed(self._provider.title))
        files = await self._files()
        wanted = Wanted(
            job=order.job,
            take=order.take,
            seed=order.seed,
            engine=slug.name,
            provider=slug.provider,
            sent=in_words(files, words=bool(order.recipe.prompt)),
            reserved=price_of(slug, order.recipe).most,
        )
        purchase = await self._ledger.reserve(wanted, budget=self._policy.budget, takes=self._policy.takes)
        if purchase == Refusal.TAKES:
            raise HopelessTake(texts.NO_MORE_TAKES)
        if isinstance(purchase, str):
            raise UserError(Code.BUDGET, texts.budget_spent(self._provider.title))
        asked = self._asked(files, self._webhook(slug.provider, purchase.id))
        return purchase, await _to_its_end(self._submit(purchase, asked))

    async def _submit(self, purchase: Purchase, asked: Asked) -> Remote:
        try:
            remote = await self._provider.submit(asked)
        except NotReached as error:  # it was asked nothing
            await self._ledger.moved(purchase.id, Stand.FAILED, cause=Cause.BUSY, cost=0)
            raise Away(self._provider.title, str(error)) from error
        except NotTaken as refusal:
            await self._ledger.moved(purchase.id, Stand.FAILED, cause=refusal.cause, cost=0)
            if refusal.cause is Cause.BUSY:
                raise Away(self._provider.title, refusal.detail) from refusal
            self._refuse(refusal.cause, refusal.detail)
        except NoAnswer as error:
            log.warning("%s: the answer about job %s is lost: %s", self._provider.title, purchase.job, error)
            return await self._search(purchase)
        await self._ledger.placed(purchase.id, remote.to_json())
        return remote

    async def known(self, purchase: Purchase) -> Remote:
        """A purchase that was made before: where it is now."""
        if purchase.state == Stand.FAILED:
            self._refuse(Cause(purchase.cause or Cause.BROKEN), "as before")
        if purchase.remote:
            return Remote.from_json(purchase.remote)
        return await self._search(purchase)

    async def _search(self, purchase: Purchase) -> Remote:
        """Look for a purchase whose answer was lost."""
        await self._ledger.moved(purchase.id, Stand.UNKNOWN)
        end = time.monotonic() + self._policy.search
        pause = self._policy.first_look
        while self._can_be_found(purchase):
            try:
                remote = await self._find(purchase)
            except (NotReached, NoAnswer) as error:
                if time.monotonic() >= end:
                    raise Away(self._provider.title, str(error)) from error
            else:
                if remote is not None:
                    log.info("%s: job %s is found again as %s", self._provider.title, purchase.job, remote.id)
                    await self._ledger.placed(purchase.id, remote.to_json())
                    return remote
                if time.monotonic() >= end:
                    break
            self._hooks.progress(None)
            await asyncio.sleep(pause)
            pause = min(pause * GROWTH, self._policy.last_look)
        raise UserError(Code.LOST, texts.lost(self._provider.title))

    def _can_be_found(self, purchase: Purchase) -> bool:
        """Whether the service may be able to tell this purchase from all others; the seed is what does."""
        if not self._provider.can_be_asked or Slot.SEED not in self._slug.fields:
            return False
        return self._clock() - purchase.at < SEARCHED_FOR

    async def _find(self, purchase: Purchase) -> Remote | None:
        known = await self._others(purchase)
        if known is None:
            return None
        found = await self._provider.find(self._asked({}, ""), since=purchase.at, known=known)
        # Another may have been bought since. The service lists it before its answer is here.
        known = await self._others(purchase)
        return None if known is None or found is None or found.id in known else found

    async def _others(self, purchase: Purchase) -> Collection[str] | None:
        """The ids of other purchases; None where one like it has none yet, so it could be found instead."""
        if await self._ledger.rivals(purchase.id, seeds=SEEDS):
            return None
        others = await self._ledger.known(purchase.provider)
        return {Remote.from_json(each).id for each in others}

    async def _files(self) -> dict[Slot, SentFile]:
        """The files that the model takes."""
        order, slug = self._order, self._slug
        made = await outgoing(order.recipe, order.inputs, order.work)
        if slug.provider == "runpod":
            return made
        return {slot: file for slot, file in made.items() if slot in slug.fields}

    def _asked(self, files: Mapping[Slot, SentFile], webhook: str) -> Asked:
        order = self._order
        return Asked(slug=self._slug, recipe=order.recipe, seed=order.seed, files=files, webhook=webhook)

    def _refuse(self, cause: Cause, detail: str) -> NoReturn:
        refuse(self._provider, self._order.job, cause, detail)


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Do something that a stop must not cut in half: the answer that is on its way is waited for."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=STOP_SECONDS)
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
        raise


def may_be_bought_again(purchase: Purchase) -> bool:
    """Whether a take may be asked for anew: it was stopped, or it surely cost nothing."""
    if purchase.state == Stand.CANCELLED:
        return True
    return purchase.state == Stand.FAILED and purchase.cost == 0
