"""Ends what is no longer wanted at the services, and writes down what became of it.

A member cancels while the bot is down, or a stop does not reach a service: the purchase stays open then.
Until it has ended, what it may cost counts as spent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from engine.elsewhere.hosted.provider import NoAnswer, NotReached, NotThere, Provider
from engine.elsewhere.hosted.purchase import Cause, Ledger, Purchase, Remote, Stand

log = logging.getLogger(__name__)


async def settle(
    ledger: Ledger,
    providers: Mapping[str, Provider],
    *,
    under_way: Callable[[], frozenset[str]],
) -> int:
    """Look once at every purchase whose job needs it no more.

    Args:
        ledger: knows them.
        providers: the services by name.
        under_way: purchases that a render still waits for.

    Returns:
        How many have ended.
    """
    ended = 0
    for purchase in await ledger.unsettled():
        provider = providers.get(purchase.provider)
        if provider is None or purchase.id in under_way() or not purchase.remote:
            continue
        try:
            ended += await _settle(ledger, provider, purchase)
        except (NotReached, NoAnswer) as error:
            log.info("%s: a purchase of job %s is settled later: %s", provider.title, purchase.job, error)
    return ended


async def _settle(ledger: Ledger, provider: Provider, purchase: Purchase) -> bool:
    remote = Remote.from_json(purchase.remote)
    try:
        seen = await provider.look(remote)
        if not seen.state.ended:
            await provider.cancel(remote)
            seen = await provider.look(remote)
    except NotThere:
        await ledger.moved(purchase.id, Stand.FAILED, cause=Cause.GONE)
        return True
    if not seen.state.ended:
        return False
    # Nobody needs the clip, so what it cost is what was set aside for it.
    await ledger.moved(purchase.id, seen.state, cause=seen.cause or "")
    log.info("%s: a purchase of job %s has ended: %s", provider.title, purchase.job, seen.state)
    return True
