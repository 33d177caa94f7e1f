"""What ``framekiln doctor`` finds of services that draw for money."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.cli.finding import Finding
from bot.config.settings import Settings, variable
from bot.elsewhere_policies import for_hosting, for_overflow


def examine_services(settings: Settings, engines: Collection[str]) -> Iterator[Finding]:
    """Whether each service with a key can be used, and the engine for what waits too long.

    Args:
        settings: the owner's.
        engines: the names of all that there are, those of services too.
    """
    services = for_hosting(settings).names
    for service in services:
        own = sum(engine.startswith(f"{service}/") for engine in engines)
        text, mend = f"{own} engine{'' if own == 1 else 's'} may be used", ""
        if not settings.hosted_budget:
            text = "has a key, and nothing may be spent there"
            mend = f"Set {variable('hosted_budget')} to the dollars that a day may cost."
        elif not own:
            text = "has a key, and no engine of it has a price"
            mend = f"Write what they cost into a table in {variable('hosted_engines_dir')}: docs/hosted.md."
        yield Finding(name=f"service {service}", ok=not mend, wrong=bool(mend), text=text, mend=mend)
    overflow = for_overflow(settings)
    if overflow.minutes and overflow.engine not in engines:
        named = f"{overflow.engine} is no engine of a service that may be used"
        yield Finding(
            name="overflow",
            ok=False,
            wrong=True,
            text=f"{named if overflow.engine else 'no engine is named'}, so clips wait here however long",
            mend=f"Change {variable('overflow_engine')}.",
        )
