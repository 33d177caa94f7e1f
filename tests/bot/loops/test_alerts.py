"""An engine that dies again and again: the queue still takes jobs, and moderators are told, once."""

from __future__ import annotations

import asyncio
import errno
import sys

import discord
import pytest

from bot.loops import alerts as alerts_module
from bot.loops import outcomes
from bot.loops.alerts import Alerts, engines_trouble, shortage
from bot.ops.shortages import Where
from bot.running import engine_start
from bot.text import moderation_texts
from db.moderation.reviews import ReviewRules
from db.states import JobId, State
from engine.process.host import EngineHost, HostLimits, HostState
from tests.db.asking import audit_entry
from tests.fake_discord import Status
from tests.until import until

DEATHS = 3
DIES = (sys.executable, "-c", "raise SystemExit(3)")


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(alerts_module, "EVERY", 0.02)
    monkeypatch.setattr(alerts_module, "OVER_AFTER", 0.2)
    monkeypatch.setattr(outcomes, "ENGINE_DOWN_PAUSE", 0.02)


@pytest.fixture
async def review(fake, channel, app, bot):
    """A channel of the server's moderators."""
    made = fake.channel(name="review")
    rules = ReviewRules(channel_id=made.id)
    await app.queue.reviews.set_review_rules(rules, audit_entry("review", guild=channel.guild.id))
    return made


@pytest.fixture
async def news(app, quick):
    """The loop, over an engine that a test has in hand."""
    look = lambda: engines_trouble(app.engines)  # noqa: E731 - as bot.running does it
    alerts = Alerts(
        "engine alerts",
        reviews=app.queue.reviews,
        messenger=app.messenger,
        look=look,
        over=lambda: str(moderation_texts.ENGINE_BACK),
    )
    task = asyncio.create_task(alerts.loop.run())
    yield
    task.cancel()


def said(fake, channel) -> list[str]:
    return [message.content for message in fake.messages(channel)]


async def test_moderators_are_told_once_when_it_begins_and_once_when_it_is_over(
    fake, channel, app, review, news
):
    for number in range(4):
        app.engines.loops[0].outcomes.gpu.met(JobId(f"{number}"))
    await until(lambda: said(fake, review))
    await asyncio.sleep(0.1)
    app.engines.loops[0].outcomes.gpu.drew(JobId("3"))
    await until(lambda: len(said(fake, review)) > 1)
    await asyncio.sleep(0.1)
    first, last = said(fake, review)
    assert "has not worked since" in first
    assert last == moderation_texts.ENGINE_BACK
    assert said(fake, channel) == []


async def test_moderators_are_told_in_the_language_of_their_server(
    fake, channel, app, engine, review, news, monkeypatch
):
    guild = app.messenger._client.get_guild(channel.guild.id)
    monkeypatch.setattr(guild, "preferred_locale", discord.Locale.german)
    engine.state = HostState.DOWN
    await until(lambda: said(fake, review))
    assert said(fake, review)[0].startswith("⚠️ Die Engine oder ihre GPU arbeitet nicht.")


async def test_an_engine_that_works_only_for_a_moment_is_not_announced(
    fake, app, engine, review, news, monkeypatch
):
    monkeypatch.setattr(alerts_module, "OVER_AFTER", 60)  # a moment is shorter, however busy the machine is
    engine.state = HostState.DOWN
    await until(lambda: said(fake, review))
    for _ in range(4):
        for state in (HostState.STARTING, HostState.READY, HostState.DOWN):
            engine.state = state
            await asyncio.sleep(0.05)
    engine.state = HostState.READY
    assert len(said(fake, review)) == 1
    monkeypatch.setattr(alerts_module, "OVER_AFTER", 0.2)
    await until(lambda: len(said(fake, review)) == 2)


async def test_what_discord_did_not_take_is_said_again(fake, app, engine, review, news):
    fake.fail("POST", rf"/channels/{review.id}/messages$", Status(503), times=6)
    engine.state = HostState.DOWN
    await until(lambda: said(fake, review))


class TestWithTheRealProcess:
    """The real host, whose process ends each time before it is ready."""

    @pytest.fixture
    def engine(self, tmp_path):
        limits = HostLimits(deaths=DEATHS, backoff_first=0.01, backoff_last=0.05)
        return EngineHost(spool=tmp_path / "spool", limits=limits, command=DIES)

    async def test_it_is_down_moderators_know_and_the_queue_still_takes_jobs(
        self, fake, channel, ada, mod, app, engine, review, news
    ):
        parts = (engine_start(engine), app.engines.loops[0].loop)
        loops = [asyncio.create_task(loop.run()) for loop in parts]
        await until(lambda: engine.deaths > DEATHS)
        await until(lambda: said(fake, review))
        asked = await fake.slash(ada, channel, "text2video", prompt="rain")
        assert "rain" in (await asked.shown()).content
        page = (await (await fake.slash(mod, channel, "queue show")).shown()).content
        assert "is not working" in page
        more = engine.deaths
        await until(lambda: engine.deaths > more + 1)
        waiting, running = await app.queue.jobs.waiting(), await app.queue.jobs.running()
        [job] = waiting + running
        assert (job.crashes, job.state) in {(0, State.QUEUED), (0, State.RUNNING)}
        assert len(said(fake, review)) == 1
        await app.engines.loops[0].stop(0)
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await engine.close()


async def test_moderators_are_told_once_what_the_machine_is_short_of_and_once_when_it_is_over(
    fake, channel, mod, app, review, quick
):
    alerts = Alerts(
        "shortage alerts",
        reviews=app.queue.reviews,
        messenger=app.messenger,
        look=lambda: shortage(app.shortages),
        over=lambda: str(moderation_texts.SHORTAGE_OVER),
    )
    task = asyncio.create_task(alerts.loop.run())
    for place in (Where.ENGINE, Where.DELIVERY, Where.ENGINE):
        app.shortages.met(place, OSError(errno.ENOSPC, "full"))
    await until(lambda: said(fake, review))
    page = (await (await fake.slash(mod, channel, "queue show")).shown()).content
    assert "waiting for room on my disk" in page
    await asyncio.sleep(0.1)
    app.shortages.passed(Where.ENGINE)
    app.shortages.passed(Where.DELIVERY)
    await until(lambda: len(said(fake, review)) > 1)
    await asyncio.sleep(0.1)
    task.cancel()
    first, last = said(fake, review)
    assert "waiting for room on my disk" in first
    assert last == moderation_texts.SHORTAGE_OVER
