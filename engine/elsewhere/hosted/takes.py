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
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from engine.core.elsewhere import TakeFile, TakeHooks, TakeOrder
from engine.core.errors import Away, Code, HopelessTake, RenderFailed, Unsupported, UserError
from engine.elsewhere.hosted import texts
from engine.elsewhere.hosted.limits import HostedPolicy
from engine.elsewhere.hosted.money import shown
from engine.elsewhere.hosted.outgoing import in_words, outgoing
from engine.elsewhere.hosted.provider import (
    Asked,
    NoAnswer,
    NotReached,
    NotTaken,
    NotThere,
    Provider,
    Seen,
    SentFile,
    TooMuch,
)
from engine.elsewhere.hosted.purchase import Cause, Ledger, Purchase, Refusal, Remote, Stand, Wanted
from engine.elsewhere.hosted.slugs import Slot, Slug, cost_of, price_of
from engine.elsewhere.made_anew import MakesAnew

T = TypeVar("T")

log = logging.getLogger(__name__)

CANCEL_SECONDS = 5.0
"""For telling a service to stop when the render has stopped; what does not fit is settled later."""

GROWTH = 1.5
"""Each pause between two looks is longer than the one before by this factor."""

NOT_THERE_TIMES = 3
"""A service that has just taken a request may not know it in the first moment."""

OURS = frozenset({Cause.KEY, Cause.INPUT, Cause.DEARER})
"""Causes that the owner has to look at."""


class E:
    """Codes of refusals, as the job's row keeps them."""

    BUDGET = "E_BUDGET"
    CONSENT = "E_CONSENT"
    LOST = "E_LOST"
    HOSTED = "E_HOSTED"


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
            raise Unsupported(f"{order.recipe.engine} is not set up here any more.")
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

    async def run(self) -> TakeFile:
        order = self._order
        purchase = await self._ledger.find(order.job, order.take, order.seed)
        if purchase is None or _may_be_bought_again(purchase):
            purchase, remote = await self._buy()
        else:
            remote = await self._known(purchase)
        self._host.watch(purchase.id)
        try:
            seen = await self._wait(purchase, remote)
            return await self._fetch(purchase, remote, seen)
        except asyncio.CancelledError:
            await self._stop(purchase, remote)
            raise
        finally:
            self._host.unwatch(purchase.id)

    async def _buy(self) -> tuple[Purchase, Remote]:
        """Write a purchase down, and ask the service for it, once."""
        order, slug = self._order, self._slug
        if slug.name in self._host.dearer:
            self._refuse(Cause.DEARER, "its price has risen")
        if not await self._ledger.may_send(order.job):
            raise UserError(E.CONSENT, texts.NOT_ALLOWED.format(where=self._provider.title))
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
            raise UserError(E.BUDGET, texts.BUDGET_SPENT.format(where=self._provider.title))
        asked = self._asked(files, self._host.webhook(slug.provider, purchase.id))
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

    async def _known(self, purchase: Purchase) -> Remote:
        """A purchase that was made before: where it is now."""
        if purchase.state == Stand.FAILED:
            cause = Cause(purchase.cause or Cause.BROKEN)
            if cause is Cause.GONE:
                raise HopelessTake(texts.BY_CAUSE[cause].format(where=self._provider.title))
            self._refuse(cause, "as before")
        if purchase.remote:
            return Remote.from_json(purchase.remote)
        return await self._search(purchase)

    async def _search(self, purchase: Purchase) -> Remote:
        """Look for a purchase whose answer was lost."""
        await self._ledger.moved(purchase.id, Stand.UNKNOWN)
        end = time.monotonic() + self._policy.search
        pause = self._policy.first_look
        while self._provider.can_be_asked:
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
        raise UserError(E.LOST, texts.LOST.format(where=self._provider.title))

    async def _find(self, purchase: Purchase) -> Remote | None:
        if await self._ledger.rivals(purchase.id, same_seed=Slot.SEED in self._slug.fields):
            return None  # what is found could be the other's, and show somebody else's picture
        others = await self._ledger.known(purchase.provider)
        known = {Remote.from_json(each).id for each in others}
        return await self._provider.find(self._asked({}, ""), since=purchase.at, known=known)

    async def _wait(self, purchase: Purchase, remote: Remote) -> Seen:
        """Look until it has ended well."""
        deadline = purchase.at + self._policy.longest
        silent_since: float | None = None
        missing, pause, last = 0, self._policy.first_look, ""
        began = time.monotonic()
        while True:
            seen = None
            try:
                seen = await self._provider.look(remote)
                silent_since, missing = None, 0
            except NotThere as error:
                missing += 1
                if missing >= NOT_THERE_TIMES:
                    await self._end(purchase, Seen(state=Stand.FAILED, cause=Cause.GONE, detail=str(error)))
            except (NotReached, NoAnswer) as error:
                now = time.monotonic()
                silent_since = now if silent_since is None else silent_since
                if now - silent_since >= self._policy.away:
                    raise Away(self._provider.title, str(error)) from error
            if seen is not None and seen.state.ended:
                await self._end(purchase, seen)
                return seen
            if self._host.clock() >= deadline:
                await self._give_up(purchase, remote)
            if seen is not None and seen.state != last:
                last = seen.state
                await self._ledger.moved(purchase.id, seen.state)
            if seen is not None:
                self._hooks.progress(self._share(seen, time.monotonic() - began))
            await self._host.pause(purchase.id, pause)
            pause = min(pause * GROWTH, self._policy.last_look)

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
        # What a failure costs is not known, unless the machine's work is what is paid for.
        cost = cost if seen.work_seconds is not None and self._slug.work_seconds is not None else None
        cause = Cause.BROKEN if seen.cause is None else seen.cause
        state = Stand.CANCELLED if seen.state is Stand.CANCELLED else Stand.FAILED
        await self._ledger.moved(purchase.id, state, cause=cause, cost=cost)
        if cause is Cause.GONE:
            raise HopelessTake(texts.BY_CAUSE[cause].format(where=self._provider.title))
        self._refuse(cause, seen.detail or seen.state)

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

    async def _give_up(self, purchase: Purchase, remote: Remote) -> NoReturn:
        with suppress(NotReached, NoAnswer, NotThere):
            await self._provider.cancel(remote)
        await self._ledger.moved(purchase.id, Stand.FAILED, cause=Cause.LATE)
        self._refuse(Cause.LATE, f"not done after {self._policy.longest:g} s")

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
                words = texts.BY_CAUSE[Cause.GONE if isinstance(error, NotThere) else Cause.BROKEN]
                raise HopelessTake(words.format(where=self._provider.title)) from error
            except (NotReached, NoAnswer) as error:
                if time.monotonic() - silent_since >= self._policy.away:
                    raise Away(self._provider.title, str(error)) from error
            await self._host.pause(purchase.id, pause)
            pause = min(pause * GROWTH, self._policy.last_look)
            with suppress(NotReached, NoAnswer, NotThere):  # addresses of clips are good for a while only
                seen = await self._provider.look(remote)
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
        """End the job, in words."""
        words = texts.BY_CAUSE[cause].format(where=self._provider.title)
        log.log(
            logging.ERROR if cause in OURS else logging.WARNING,
            "%s: job %s, %s: %s",
            *(self._provider.title, self._order.job, cause, detail),
        )
        if cause in OURS | {Cause.BROKEN}:
            raise RenderFailed(Code.ELSEWHERE, words, detail)
        raise UserError(E.HOSTED, words)


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Do something that a stop must not cut in half: the answer that is on its way is waited for."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=CANCEL_SECONDS)
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
        raise


def _may_be_bought_again(purchase: Purchase) -> bool:
    """Whether a take may be asked for anew: it was stopped, or it surely cost nothing."""
    if purchase.state == Stand.CANCELLED:
        return True
    return purchase.state == Stand.FAILED and purchase.cost == 0
