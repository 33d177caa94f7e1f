"""Has takes drawn by services, each paid for once.

The order of things makes that so. A purchase is on the disk as *submitting* before the service is asked, and
the service's id for it is on the disk at once after. A purchase that is found still *submitting* has lost its
answer. It is then looked for, never asked for again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from engine.core.elsewhere import TakeFile, TakeHooks, TakeOrder
from engine.core.errors import Away, HopelessTake, Unsupported
from engine.core.sentence import Sentence
from engine.elsewhere.hosted import texts
from engine.elsewhere.hosted.buying import GROWTH, Buyer, may_be_bought_again
from engine.elsewhere.hosted.limits import HostedPolicy
from engine.elsewhere.hosted.money import shown
from engine.elsewhere.hosted.provider import NoAnswer, NotReached, NotThere, Provider, Seen, TooMuch
from engine.elsewhere.hosted.purchase import Cause, Ledger, Purchase, Remote, Stand
from engine.elsewhere.hosted.refusing import refuse
from engine.elsewhere.hosted.slugs import Slug, cost_of
from engine.elsewhere.sanitizing import MakesAnew

log = logging.getLogger(__name__)

CANCEL_SECONDS = 5.0
"""For telling a service to stop when the render has stopped; what does not fit is settled later."""

NOT_THERE_TIMES = 3
"""A service that has just taken a request may not know it in the first moment."""


class HostedTakes:
    """The services; see :class:`engine.core.elsewhere.DrawsElsewhere`."""

    def __init__(
        self,
        *,
        slugs: Callable[[], Mapping[str, Slug]],
        providers: Mapping[str, Provider],
        ledger: Ledger,
        policy: HostedPolicy,
        makes_anew: MakesAnew,
        webhook: Callable[[str, str], str],
        clock: Callable[[], float],
    ) -> None:
        """Make one.

        Args:
            slugs: the hosted engines by name, as they are now.
            providers: the services that the owner has an account with, by name.
            ledger: remembers purchases.
            policy: the owner's limits.
            makes_anew: makes a stranger's clip anew.
            webhook: the address that a service tells of an end, by service and purchase; "" for none.
            clock: returns Unix seconds.
        """
        self._slugs = slugs
        self.providers = providers
        self.ledger = ledger
        self.policy = policy
        self.makes_anew = makes_anew
        self.webhook = webhook
        self.clock = clock
        self.dearer: set[str] = set()
        self._wakes: dict[str, asyncio.Event] = {}

    async def draw(self, order: TakeOrder, hooks: TakeHooks) -> TakeFile:
        """Have a take drawn, and fetch it; as the protocol says."""
        slug = self._slugs().get(order.recipe.engine)
        provider = None if slug is None else self.providers.get(slug.provider)
        if slug is None or provider is None:
            raise Unsupported(Sentence("{engine} is not set up here any more.", engine=order.recipe.engine))
        return await _Errand(self, slug, provider, order, hooks).run()

    def wake(self, purchase: str) -> None:
        """Look at a purchase now. Whoever calls this decides nothing by it."""
        if purchase in self._wakes:
            self._wakes[purchase].set()

    @property
    def under_way(self) -> frozenset[str]:
        """Purchases that are being waited for."""
        return frozenset(self._wakes)

    async def pause(self, purchase: str, seconds: float) -> None:
        """Wait for so long, or until the purchase is to be looked at."""
        event = self._wakes[purchase]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
        event.clear()

    def watch(self, purchase: str) -> None:
        """Let a purchase be woken."""
        self._wakes.setdefault(purchase, asyncio.Event())

    def unwatch(self, purchase: str) -> None:
        """It is waited for no more."""
        self._wakes.pop(purchase, None)


class _Errand:
    """One take on its way."""

    def __init__(
        self, host: HostedTakes, slug: Slug, provider: Provider, order: TakeOrder, hooks: TakeHooks
    ) -> None:
        self._host = host
        self._ledger = host.ledger
        self._policy = host.policy
        self._slug = slug
        self._provider = provider
        self._order = order
        self._hooks = hooks
        self._running_since: float | None = None
        self._buyer = Buyer(
            slug,
            provider,
            order=order,
            hooks=hooks,
            ledger=host.ledger,
            policy=host.policy,
            webhook=host.webhook,
            dearer=host.dearer,
            clock=host.clock,
        )

    async def run(self) -> TakeFile:
        order = self._order
        purchase = await self._ledger.find(order.job, order.take, order.seed)
        if purchase is None or may_be_bought_again(purchase):
            purchase, remote = await self._buyer.buy()
        else:
            remote = await self._buyer.known(purchase)
        self._host.watch(purchase.id)
        try:
            seen = await self._wait(purchase, remote)
            return await self._fetch(purchase, remote, seen)
        except asyncio.CancelledError:
            await self._stop(purchase, remote)
            raise
        finally:
            self._host.unwatch(purchase.id)

    async def _wait(self, purchase: Purchase, remote: Remote) -> Seen:
        """Look until it has ended well."""
        silent_since: float | None = None
        missing, pause, last = 0, self._policy.first_look, ""
        began = time.monotonic()
        while True:
            seen, late = None, False
            try:
                seen = await self._provider.look(remote)
                silent_since, missing, late = None, 0, self._is_late(purchase) or self._overruns(seen)
            except NotThere as error:
                missing += 1
                if missing >= NOT_THERE_TIMES:
                    await self._end(purchase, Seen(state=Stand.FAILED, cause=Cause.GONE, detail=str(error)))
            except (NotReached, NoAnswer) as error:
                silent_since = silent_since or time.monotonic()
                late = self._is_in_vain(purchase, error, silent_since)
            if seen is not None and seen.state.ended:
                await self._end(purchase, seen)
                return seen
            if late:
                return await self._give_up(purchase, remote)
            if seen is not None and seen.state != last:
                last = seen.state
                await self._ledger.moved(purchase.id, seen.state)
            if seen is not None:
                self._hooks.progress(self._share(seen, time.monotonic() - began))
            await self._host.pause(purchase.id, pause)
            pause = min(pause * GROWTH, self._policy.last_look)

    def _is_late(self, purchase: Purchase) -> bool:
        return self._host.clock() >= purchase.at + self._policy.longest

    def _overruns(self, seen: Seen) -> bool:
        """Whether the service works longer than what is set aside pays for, whatever it was told."""
        if seen.state is not Stand.RUNNING or self._slug.work_seconds is None:
            return False
        self._running_since = self._running_since or time.monotonic()
        return time.monotonic() - self._running_since >= self._slug.work_seconds[1]

    def _is_in_vain(self, purchase: Purchase, error: NotReached | NoAnswer, since: float) -> bool:
        """Whether nothing more is waited for: the service is there, and had time for an answer of use.

        Raises:
            Away: it may be away, and has been for long.
        """
        if time.monotonic() - since < self._policy.away:
            return False
        if isinstance(error, NoAnswer) and self._is_late(purchase):
            return True
        raise Away(self._provider.title, str(error)) from error

    def _share(self, seen: Seen, seconds: float) -> float | None:
        """How much is done; where the service does not say, by how long it usually takes."""
        if seen.state is not Stand.RUNNING:
            return None
        if seen.progress is not None:
            return min(1.0, max(0.0, seen.progress))
        return 1.0 - math.exp(-seconds / self._slug.usual_seconds)

    async def _end(self, purchase: Purchase, seen: Seen) -> None:
        """Write an end down; raise where there is no clip."""
        cost = cost_of(self._slug, self._order.recipe, seen.work_seconds)
        if seen.state is Stand.SUCCEEDED:
            await self._ledger.moved(purchase.id, Stand.SUCCEEDED, cost=cost)
            self._mind_the_price(purchase, cost)
            return
        cause = Cause.BROKEN if seen.cause is None else seen.cause
        state = Stand.CANCELLED if seen.state is Stand.CANCELLED else Stand.FAILED
        await self._ledger.moved(purchase.id, state, cause=cause, cost=self._cost_of_failure(seen))
        self._refuse(cause, seen.detail or seen.state)

    def _cost_of_failure(self, seen: Seen) -> int | None:
        """Not known, unless the machine's work is what is paid for."""
        if self._slug.work_seconds is None:
            return None
        return cost_of(self._slug, self._order.recipe, seen.work_seconds)

    def _mind_the_price(self, purchase: Purchase, cost: int | None) -> None:
        if cost is not None and cost > purchase.reserved:
            self._host.dearer.add(self._slug.name)
            log.error(
                "%s cost %s, and the table of engines says %s at most: it is not used until the next start. "
                "Please correct the table",
                self._slug.name,
                shown(cost),
                shown(purchase.reserved),
            )

    async def _give_up(self, purchase: Purchase, remote: Remote) -> Seen:
        """Stop it there, and look what became of it. What does not end now is settled later.

        Returns:
            An end that is good after all.
        """
        seen = None
        with suppress(NotReached, NoAnswer, NotThere):
            await self._provider.cancel(remote)
        with suppress(NotReached, NoAnswer, NotThere):
            seen = await self._provider.look(remote)
        if seen is None or seen.state is not Stand.SUCCEEDED:
            if seen is not None and seen.state.ended:
                cost = self._cost_of_failure(seen)
                await self._ledger.moved(purchase.id, Stand.FAILED, cause=Cause.LATE, cost=cost)
            self._refuse(Cause.LATE, "not done in time")
        await self._end(purchase, seen)
        return seen

    async def _fetch(self, purchase: Purchase, remote: Remote, seen: Seen) -> TakeFile:
        """Fetch a clip at once, and make it anew."""
        path = self._order.work / f"take{self._order.take}-{purchase.id}"
        silent_since = time.monotonic()
        pause = self._policy.first_look
        while True:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            try:
                await self._provider.fetch(seen, path)
                break
            except (NotThere, TooMuch) as error:
                log.warning("%s: job %s: %s", self._provider.title, purchase.job, error)
                cause = Cause.GONE if isinstance(error, NotThere) else Cause.BROKEN
                raise HopelessTake(texts.by_cause(cause, self._provider.title)) from error
            except (NotReached, NoAnswer) as error:
                if self._is_in_vain(purchase, error, silent_since):
                    self._refuse(Cause.LATE, f"the clip cannot be fetched: {error}")
            await self._host.pause(purchase.id, pause)
            pause = min(pause * GROWTH, self._policy.last_look)
            with suppress(NotReached, NoAnswer, NotThere):  # addresses of clips are good for a while only
                again = await self._provider.look(remote)
                seen = again if again.result else seen
        made = await self._remake(path)
        cost = cost_of(self._slug, self._order.recipe, seen.work_seconds)
        note = texts.made_at(self._provider.title, self._order.take, cost, purchase.reserved)
        return TakeFile(clip=made.clip, sound=made.sound, notes=(*made.notes, note))

    async def _remake(self, path: Path) -> TakeFile:
        try:
            return await self._host.makes_anew.clip(path, self._order.work)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _stop(self, purchase: Purchase, remote: Remote) -> None:
        """The render has stopped. If the job is still wanted, the take goes on, and is found again."""
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                if not await self._ledger.is_wanted(purchase.job):
                    await self._provider.cancel(remote)
        except (TimeoutError, NotReached, NoAnswer, NotThere) as error:
            log.info("%s: %s is stopped later: %s", self._provider.title, purchase.job, error)

    def _refuse(self, cause: Cause, detail: str) -> NoReturn:
        refuse(self._provider, self._order.job, cause, detail)
