"""The dashboard: nothing without the key, nothing by another page's doing, and each action in the log."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli.main import main
from bot.config.settings import Settings
from bot.dashboard import html_pages, server
from bot.dashboard.html_pages import SCRIPT_NAME, STYLE_NAME
from bot.dashboard.server import STREAMS
from bot.text import dashboard_texts as texts
from db.errors import Draining
from db.states import EVERYWHERE
from engine.core.errors import EngineClosed
from tests.bot.dashboard.owner import watching
from tests.bot.fixtures import ANN, GUILD, HouseEngine, queued
from tests.bot.gallery.showing import HOSTILE, Outline, faults
from tests.clock import CLOCK
from tests.policies import FAR
from tests.until import PATIENCE, until

SECRET = "canary-of-a-secret"


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"dashboard": True, "dashboard_tries": 3})


@pytest.fixture
async def owner(app):
    async with watching(app) as made:
        yield made


async def test_it_is_served_only_where_the_owner_wants_it(app):
    object.__setattr__(app, "settings", app.settings.model_copy(update={"dashboard": False}))
    async with watching(app) as owner:
        assert (await owner.ask("GET")).status == 404


async def test_a_stranger_gets_a_form_for_the_key_and_nothing_else(owner):
    page = await owner.ask("GET")
    assert 'name="key"' in page.text
    assert faults(page.text) == []
    for word in ("Queue", "FRAMEKILN_", texts.PAUSE):
        assert word not in Outline(page.text).text
    assert (await owner.ask("GET", "/events")).status == 403
    for path in ("/do/pause", "/do/restart", "/logout"):
        assert (await owner.ask("POST", path)).status == 403
    assert (await owner.ask("GET", "/do/pause")).status == 405


async def test_the_key_opens_it_and_the_cookie_is_the_browsers_alone(owner):
    answer = await owner.log_in()
    cookie = answer.headers["Set-Cookie"]
    assert answer.status == 303
    assert {"HttpOnly", "SameSite=Strict", "Path=/dashboard"} <= {part.strip() for part in cookie.split(";")}
    assert owner.key not in cookie
    page = await owner.ask("GET")
    assert faults(page.text) == []
    assert texts.PAUSE in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin", "else a browser hides where its form comes from"
    by_proxy = await owner.ask(
        "POST", "/login", data={"key": owner.key}, headers={"X-Forwarded-Proto": "https"}
    )
    assert "Secure" in by_proxy.headers["Set-Cookie"]


async def test_wrong_keys_are_refused_and_soon_not_even_looked_at(owner):
    for _ in range(3):
        assert (await owner.log_in("fko_" + "x" * 43)).status == 403
    assert (await owner.log_in()).status == 429
    CLOCK.now = CLOCK() + 61
    assert (await owner.log_in()).status == 303


async def test_a_login_ends_with_its_time_with_another_key_and_when_the_owner_says_so(owner, app):
    from db.api.owner_key import end_owner_key, make_owner_key

    async def is_in():
        return texts.PAUSE in (await owner.ask("GET")).text

    await owner.log_in()
    assert await is_in()
    assert (await owner.ask("POST", "/logout", data={"proof": await owner.proof()})).status == 303
    assert not await is_in()
    await owner.log_in()
    CLOCK.now = CLOCK() + app.settings.dashboard_hours * 3600
    assert not await is_in()
    await owner.log_in()
    owner.key = await app.database.write(make_owner_key)
    assert not await is_in()
    await owner.log_in()
    await app.database.write(end_owner_key)
    assert not await is_in()
    assert (await owner.log_in()).status == 403


async def test_another_page_cannot_make_the_browser_act(owner, app):
    await owner.log_in()
    proof = await owner.proof()
    forged: tuple[dict[str, Any], ...] = (
        {"data": {}},
        {"data": {"proof": "x" * len(proof)}},
        {"data": {"proof": proof}, "headers": {"Sec-Fetch-Site": "cross-site"}},
        {"data": {"proof": proof}, "headers": {"Sec-Fetch-Site": "same-site"}},
        {"data": {"proof": proof}, "headers": {"Origin": "https://evil.example"}},
        {"data": {"proof": proof}, "headers": {"Origin": "null"}},
        {"data": {"proof": proof, "more": "x" * 5000}},
    )
    for options in forged:
        assert (await owner.ask("POST", "/do/pause", **options)).status == 403, options
    assert not await app.queue.moderation.paused(EVERYWHERE)
    good: dict[str, Any] = {
        "data": {"proof": proof},
        "headers": {"Origin": owner.at.removesuffix("/dashboard")},
    }
    assert (await owner.ask("POST", "/do/pause", **good)).status == 303


async def test_the_owner_pauses_every_server_and_moderators_cannot_undo_it(owner, app):
    await owner.log_in()
    job = await queued(app.queue)
    assert (await owner.do("pause", reason="a new GPU")).headers["Location"] == "/dashboard?done=paused"
    assert await app.queue.claims.claim() is None
    assert await app.queue.moderation.paused(GUILD)
    assert (await owner.do("pause")).headers["Location"].endswith("done=nothing")
    page = await owner.ask("GET", "?done=paused")
    assert texts.DONE["paused"] in page.text
    assert texts.flow(paused=True, draining=False) in page.text
    await owner.do("resume")
    assert (await app.queue.claims.claim()).id == job.id
    entries = await app.audit.entries(EVERYWHERE)
    assert [(each.action, each.reason) for each in entries] == [("resume", ""), ("pause", "a new GPU")]
    assert (await app.audit.verify()).sound


async def test_a_drain_takes_nothing_new_in_any_server(owner, app):
    await owner.log_in()
    job = await queued(app.queue)
    await owner.do("drain")
    with pytest.raises(Draining):
        await app.queue.entry.check_limits(GUILD, ANN, (), FAR)
    assert await app.door._standing.closed(GUILD)
    assert (await app.queue.claims.claim()).id == job.id
    await owner.do("resume")
    await app.queue.entry.check_limits(GUILD, ANN, (), FAR)


async def test_what_moderators_have_paused_stays_when_the_owner_resumes(owner, app):
    from tests.db.asking import audit_entry

    await owner.log_in()
    await app.queue.moderation.pause(audit_entry("pause", ""))
    await owner.do("pause")
    await owner.do("resume")
    assert await app.queue.moderation.paused(GUILD)
    assert not await app.queue.moderation.paused(GUILD + 1)


async def test_an_engine_is_restarted_and_its_job_is_not_lost(owner, app, engine):
    class Restarting(HouseEngine):
        restarted = asyncio.Event()

        async def restart(self, reason):
            self.restarted.set()

    engine.__class__ = Restarting
    await owner.log_in()
    name = app.engines.seats[0].name

    async def act(on_event, cancel):
        await Restarting.restarted.wait()
        raise EngineClosed

    engine.acts = [act]
    job = await queued(app.queue)
    loop = app.engines.loops[0]
    running = asyncio.create_task(loop.loop.run())
    await asyncio.sleep(0)
    answer = await owner.do("restart", seat=name, reason="it hums")
    assert answer.headers["Location"].endswith("done=restarted")
    assert (await owner.do("restart", seat="nobody")).status == 404

    async def is_drawn():
        return (await app.queue.jobs.get(job.id)).state == "rendered"

    await until(is_drawn)
    left = await app.queue.jobs.get(job.id)
    assert (left.crashes, left.restarts) == (0, 0)
    [entry] = await app.audit.entries(EVERYWHERE)
    assert (entry.action, entry.target, entry.reason) == ("restart", name, "it hums")
    await loop.stop(0)
    running.cancel()


async def test_a_program_comes_with_the_key_itself_and_needs_no_cookie(owner, app):
    bearer = {"Authorization": f"Bearer {owner.key}"}
    answer = await owner.ask("POST", "/do/pause", headers=bearer)
    assert (answer.status, '"done": "paused"' in answer.text) == (200, True)
    assert (await owner.ask("POST", "/do/dance", headers=bearer)).status == 404
    wrong = {"Authorization": f"Bearer {owner.key[:-1]}"}
    assert (await owner.ask("POST", "/do/resume", headers=wrong)).status == 403
    assert await app.queue.moderation.paused(EVERYWHERE)


async def test_errors_waits_settings_and_their_places_are_shown_and_secrets_never(owner, app, monkeypatch):
    monkeypatch.setenv("FRAMEKILN_REPLICATE_TOKEN", SECRET)
    monkeypatch.setenv("FRAMEKILN_MAX_TAKES", "3")
    object.__setattr__(
        app,
        "settings",
        app.settings.model_copy(
            update={"replicate_token": Settings(replicate_token=SECRET, _env_file=None).replicate_token}
        ),
    )
    await owner.log_in()
    job = await queued(app.queue)
    claimed = await app.queue.claims.claim()
    await app.queue.claims.fail(claimed.id, claimed.claim, code="E_DRAW", text="x", error_id="e7f3")
    text = Outline((await owner.ask("GET")).text).text
    for shown in ("e7f3", "E_DRAW", "FRAMEKILN_MAX_TAKES", "the environment", "Half waited at most"):
        assert shown in text
    assert SECRET not in text
    assert app.settings.discord_token.get_secret_value() not in text
    for secret in (job.id, "a red boat", str(app.settings.data_dir / "identity")):
        assert secret not in text


async def test_the_memory_of_each_gpu_is_shown_as_its_driver_tells_it(owner, tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        "#!/bin/sh\necho 'NVIDIA RTX 4090, 580.1, 8.9, 24576, 18432'; echo 'GRID, 1, 8.0, [N/A], [N/A]'\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    await owner.log_in()
    shown = Outline((await owner.ask("GET")).text).text
    assert "NVIDIA RTX 4090" in shown
    assert "6.0 of 24.0 GiB (25%)" in shown
    assert "GRID" not in shown


async def test_the_figures_come_by_themselves_and_end_with_the_login(owner, app, monkeypatch):
    monkeypatch.setattr(server, "EVERY", 0.05)
    await owner.log_in()
    headers = {"Cookie": owner.cookie}
    async with owner.http.get(f"{owner.at}/events", headers=headers) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert await stream.content.readline() == b"event: figures\n"
        first = await stream.content.readline()
        assert first.startswith(b"data: <p>")
        await queued(app.queue)
        CLOCK.now = CLOCK() + 13 * 3600
        async with asyncio.timeout(PATIENCE):
            while await stream.content.readline() != b"event: over\n":
                pass
    assert (await owner.ask("GET", "/events")).status == 403


async def test_only_so_many_pages_are_kept_up_to_date(owner):
    await owner.log_in()
    headers = {"Cookie": owner.cookie}
    streams = [await owner.http.get(f"{owner.at}/events", headers=headers) for _ in range(STREAMS)]
    assert {stream.status for stream in streams} == {200}
    assert (await owner.ask("GET", "/events")).status == 204
    for stream in streams:
        stream.close()


async def test_nothing_inline_runs_and_hostile_text_is_only_text(owner, app):
    await owner.log_in()
    await owner.do("pause", reason=HOSTILE)
    page = await owner.ask("GET", f"?done={HOSTILE}")
    assert faults(page.text) == []
    assert "alert(1)" in Outline(page.text).text
    [script] = Outline(page.text).of("script")
    assert script.attributes["src"] == f"/dashboard/{SCRIPT_NAME}"
    policy = page.headers["Content-Security-Policy"]
    assert policy == html_pages.POLICY
    assert "unsafe" not in policy
    for name in (SCRIPT_NAME, STYLE_NAME):
        assert "immutable" in (await owner.ask("GET", f"/{name}")).headers["Cache-Control"]


async def test_it_can_be_read_without_scripts(owner):
    await owner.log_in()
    page = (await owner.ask("GET")).text
    assert re.search(r"<noscript><meta http-equiv=.refresh. content=.10.></noscript>", page)
    captions = re.findall(r"<caption>([^<]+)</caption>", page)
    assert {"Queue", "Engine", "Bot", "Settings", "Waits of the last day"} <= set(captions)


def test_the_key_is_made_at_the_machine_and_stored_as_a_hash(tmp_path, monkeypatch):
    from bot.config.paths import DATABASE
    from tests.ready_database import put_database

    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(tmp_path))
    database = put_database(tmp_path / DATABASE)
    made = CliRunner().invoke(main, ["dashboard", "key"])
    key = made.stdout.strip()
    assert re.fullmatch(r"fko_[A-Za-z0-9_-]{43}", key)
    files = [database, *database.parent.glob(f"{database.name}-*")]
    assert not any(key.encode() in file.read_bytes() for file in files)
    assert CliRunner().invoke(main, ["dashboard", "key", "--end"]).output == "The key has ended.\n"
    assert CliRunner().invoke(main, ["dashboard", "key", "--end"]).output == "There was no key.\n"
