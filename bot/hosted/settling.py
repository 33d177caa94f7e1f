"""The loop that ends, at the services, what no job needs any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.supervisor import Loop
from db.purchases import Purchases
from engine.elsewhere.hosted.buying import REMEMBERED
from engine.elsewhere.hosted.provider import Provider
from engine.elsewhere.hosted.settling import settle

EVERY = 60.0


def settling(
    purchases: Purchases, providers: Mapping[str, Provider], under_way: Callable[[], frozenset[str]]
) -> Loop:
    """Look every minute for purchases whose jobs have ended.

    Args:
        purchases: the ledger.
        providers: the services by name.
        under_way: purchases that a render still waits for.
    """

    async def look() -> None:
        await settle(purchases, providers, under_way=under_way)
        await purchases.forget_remotes(after=REMEMBERED)

    return Loop("services", look, every=EVERY)
