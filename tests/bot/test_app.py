"""What the parts are handed when the bot is put together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from bot.assembly.job_loops import LIMIT_MARGIN, render_limits
from bot.running import supervisor_of
from db.states import State
from tests.bot.fixtures import connected, queued
from tests.clock import CLOCK
from tests.fake_discord.people import LIMIT_BY_TIER
from tests.until import until


@pytest.fixture
def settings(settings):
    """An owner who allows larger clips than any server takes."""
    return settings.model_copy(update={"max_clip_bytes": 10**9})


@pytest.mark.parametrize("tier", [0, 2, 3])
async def test_a_clip_is_made_to_fit_the_upload_limit_of_its_server(fake, app, engine, tier):
    guild = fake.guild("boosted", premium_tier=tier)
    async with connected(fake, app) as client:
        await until(lambda: client.get_guild(guild.id))
        job = await queued(app.queue, guild=guild.id)
        task = asyncio.create_task(app.engines.loops[0].loop.run())

        async def is_rendered():
            return (await app.queue.jobs.get(job.id)).state is State.RENDERED

        await until(is_rendered)
        await app.engines.loops[0].stop(0)
        await task
    [(_, _, _, limits, *_)] = engine.renders
    assert limits.max_bytes == int(LIMIT_BY_TIER[tier] * LIMIT_MARGIN)


def test_the_owners_limit_holds_where_the_server_takes_more(settings):
    small = settings.model_copy(update={"max_clip_bytes": 500_000})
    assert render_limits(small, 50_000_000).max_bytes == 500_000


def clocks_in(part, seen):
    """The clock of every object of ours that can be reached from this one, by the name of its class."""
    if id(part) in seen:
        return
    seen[id(part)] = part
    inside: Iterable[Any]
    if isinstance(part, dict):
        inside = part.values()
    elif isinstance(part, list | tuple | set):
        inside = part
    elif (owner := getattr(part, "__self__", None)) is not None:
        inside = [owner]
    elif type(part).__module__.startswith(("bot.", "db.")):
        own = getattr(part, "__dict__", {})
        yield from ((type(part).__name__, own[name]) for name in ("_clock", "clock") if name in own)
        inside = [value for name, value in own.items() if name not in {"_clock", "clock"}]
    else:
        return
    for each in inside:
        yield from clocks_in(each, seen)


async def test_every_part_reads_the_one_clock_that_the_bot_is_given(app):
    found = list(clocks_in([app, supervisor_of(app)], {}))
    assert {name for name, clock in found if clock is not CLOCK} == set()
    read_it = {name for name, _ in found}
    assert {"Deliverer", "GpuFaults", "Screening", "HealthFile", "Rights", "Copies", "Claims"} <= read_it
