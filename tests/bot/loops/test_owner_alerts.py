"""The owner is told of trouble that lasts: each kind once a day, and never again by a restart."""

from __future__ import annotations

import pytest
from aiohttp import web

from bot import serving_policies
from bot.discord_io.discord_errors import Trouble
from bot.discord_io.post import ChannelError
from bot.loops.owner_alerts import DAY, OwnerAlerts, failing_backups, low_disk
from bot.ops import releases as releases_module
from bot.ops.releases import Fix, Releases, newest_fix
from bot.running import owner_alerts, supervisor_of
from bot.text import owner_texts
from db.codes import BotCode
from engine.process.host import HostState
from tests.bot.fixtures import queued
from tests.clock import CLOCK
from tests.present import present


def told(fake) -> list[str]:
    channel = fake.world.direct.get(fake.world.owner.id)
    return [] if channel is None else [message.content for message in fake.messages(channel)]


@pytest.fixture
def alerts(app):
    return owner_alerts(app, serving_policies.for_owner_alerts(app.settings))


async def looks(alerts, times=2):
    for _ in range(times):
        await alerts._one_look()


async def test_trouble_that_lasts_is_told_once_a_day_restarts_included(app, bot, fake, engine, alerts):
    engine.state = HostState.DOWN
    await looks(alerts, 1)
    assert told(fake) == [], "an engine that is restarted is down for a moment"
    await looks(alerts, 3)
    assert [text.startswith("**Framekiln: nothing can be drawn") for text in told(fake)] == [True]
    again = owner_alerts(app, serving_policies.for_owner_alerts(app.settings))
    await looks(again, 3)
    assert len(told(fake)) == 1
    CLOCK.now = CLOCK() + DAY + 1
    await looks(again)
    assert len(told(fake)) == 2


async def test_the_owner_is_told_once_of_jobs_that_no_machine_could_draw(app, bot, fake, alerts):
    for _ in range(2):
        job = await queued(app.queue)
        await app.queue.claims.fail(job.id, None, code=BotCode.MACHINES)
    await looks(alerts, 4)
    assert len(told(fake)) == 1
    assert "2 clips couldn't be drawn by any machine" in told(fake)[0]


async def test_nothing_is_told_where_all_is_well(bot, fake, alerts, app):
    object.__setattr__(app, "settings", app.settings.model_copy(update={"alert_free_disk": 0}))
    await looks(owner_alerts(app, serving_policies.for_owner_alerts(app.settings)), 3)
    assert told(fake) == []


async def test_what_could_not_be_told_is_told_later(app, bot, fake, engine, alerts, monkeypatch):
    engine.state = HostState.DOWN

    async def later(*_):
        raise ChannelError(Trouble.LATER, "the connection was lost")

    with monkeypatch.context() as patch:
        patch.setattr(app.messenger, "send_direct", later)
        await looks(alerts)
    assert told(fake) == []
    await looks(alerts)
    assert len(told(fake)) == 1


async def test_nobody_is_told_while_discord_is_away(app, engine, alerts):
    engine.state = HostState.DOWN
    await looks(alerts, 3)
    assert await app.queue.meta.get("owner alert engine") is None


async def test_a_nearly_full_disk_is_told(tmp_path):
    assert await low_disk(tmp_path, 0)() is None
    assert "nearly full" in present(await low_disk(tmp_path, 10**18)())
    assert await low_disk(tmp_path / "gone", 10**18)() is None


async def test_backups_that_fail_are_told_two_days_after_the_last_or_the_start():
    made: list[float | None] = [None]

    async def last():
        return made[0]

    CLOCK.now = 1e9
    look = failing_backups(last, CLOCK)
    assert await look() is None
    CLOCK.now += 2.5 * DAY
    assert await look() == owner_texts.backups(2.5)
    made[0] = CLOCK.now
    assert await look() is None


async def test_the_owner_can_turn_it_off(app):
    assert "owner alerts" in supervisor_of(app).report()
    object.__setattr__(app, "settings", app.settings.model_copy(update={"owner_alerts": False}))
    assert "owner alerts" not in supervisor_of(app).report()


async def test_each_kind_is_told_for_itself(bot, fake, app):
    async def trouble():
        return "trouble"

    alerts = OwnerAlerts(
        {"one": trouble, "two": trouble},
        messenger=app.messenger,
        meta=app.queue.meta,
        clock=CLOCK,
    )
    await looks(alerts, 3)
    assert told(fake) == ["trouble", "trouble"]


GOOD = b'{"releases": [{"version": "0.2.0", "security": true, "about": "x"}, {"version": "0.3.0"}]}'


@pytest.mark.parametrize(
    ("data", "running", "found"),
    [
        (GOOD, "0.1.0", Fix(version="0.2.0", about="x")),
        (GOOD, "0.2.0", None),
        (GOOD, "0.10.0", None),
        (b'{"releases": []}', "0.1.0", None),
        (b'{"releases": [{"version": "0.9.0", "security": "yes"}]}', "0.1.0", None),
    ],
)
def test_only_a_newer_release_that_mends_a_security_problem_counts(data, running, found):
    assert newest_fix(data, running) == found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"releases": 5}',
        b'{"releases": [5]}',
        b'{"releases": [{"security": true}]}',
        b"\xff",
        b'{"releases": [{"version": "new", "security": true}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_list_of_releases_is_an_error_in_words(data):
    with pytest.raises(ValueError):
        newest_fix(data, "0.1.0")


async def test_the_list_is_read_once_a_day_and_a_bad_one_does_no_harm(free_port, monkeypatch, caplog):
    asked: list[str] = []
    answers = [GOOD, b"x" * (releases_module.MOST_BYTES + 1), b"nonsense", None]

    async def serve(request):
        asked.append(request.path)
        data = answers[len(asked) - 1]
        if data is None:
            raise web.HTTPFound("http://elsewhere.example/")
        return web.Response(body=data)

    application = web.Application()
    application.router.add_get("/releases.json", serve)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", free_port).start()
    try:
        CLOCK.now = 1e9
        releases = Releases(f"http://127.0.0.1:{free_port}/releases.json", "0.1.0", clock=CLOCK)
        for _ in range(3):
            assert await releases.newest_fix() == Fix(version="0.2.0", about="x")
        assert len(asked) == 1
        for number in (2, 3, 4):
            CLOCK.now += DAY
            assert await releases.newest_fix() == Fix(version="0.2.0", about="x")
            assert len(asked) == number
    finally:
        await runner.cleanup()
    assert caplog.text.count("the list of releases could not be read") == 3


@pytest.fixture
def free_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]
