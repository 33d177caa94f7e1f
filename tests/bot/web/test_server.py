"""The status page and the metrics, asked for over real sockets."""

from __future__ import annotations

import asyncio
import json
import operator
import re
import shutil
import socket
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.cli.tables import metrics_table
from bot.running import supervisor_of, web_server
from bot.supervisor import Supervisor
from bot.text import owner_texts
from bot.web import server as server_module
from bot.web.policy import WebPolicy
from bot.web.status_page import style_hash
from engine.process.host import HostState
from tests.until import until

DASHBOARD = Path(__file__).parents[3] / "docs" / "grafana.json"
HERE = "127.0.0.1"


@asynccontextmanager
async def serving(app, host=HERE, port=0):
    supervisor = Supervisor()
    web = web_server(app, supervisor, WebPolicy(host=host, port=port))
    supervisor.add(web.loop, app.loop_lag.loop)
    async with supervisor.running(), aiohttp.ClientSession() as http:
        await until(lambda: web.address is not None)
        yield web, http


def url(web, path: str) -> str:
    host, port = web.address
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"


async def read(app, path: str) -> tuple[int, str, dict[str, str]]:
    async with serving(app) as (web, http), http.get(url(web, path)) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


async def asked(fake, member, channel) -> None:
    asked = await fake.slash(member, channel, "text2video", prompt="a lighthouse in a storm")
    await asked.shown()


def samples(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_nothing_is_served_by_default(app):
    assert "web server" not in supervisor_of(app).report()


async def test_prometheus_can_read_the_metrics(app):
    status, text, headers = await read(app, "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=")
    found = samples(text)
    assert found["framekiln_healthy"] == [({}, 1.0)]
    assert found["framekiln_discord_connected"] == [({}, 0.0)]
    assert ({"state": "queued"}, 0.0) in found["framekiln_jobs"]
    assert sum(value for _, value in found["framekiln_engine_state"]) == 1
    assert ({"loop": "web server"}, 0.0) in found["framekiln_loop_failing"]
    assert found["framekiln_disk_free_bytes"][0][1] > 0


async def test_the_metrics_follow_the_queue(app, bot, fake, channel, ada):
    await asked(fake, ada, channel)
    found = samples((await read(app, "/metrics"))[1])
    assert ({"state": "queued"}, 1.0) in found["framekiln_jobs"]
    low, high = (value for _, value in found["framekiln_wait_seconds"])
    assert 0 < low < high


@pytest.mark.parametrize("path", ["/metrics", "/status"])
async def test_no_page_names_anybody(app, bot, fake, channel, ada, path):
    await asked(fake, ada, channel)
    (job,) = await app.queue.jobs.waiting()
    text = (await read(app, path))[1]
    named = (ada.id, channel, job.guild_id, job.id, "lighthouse", "ada", app.settings.data_dir)
    assert [secret for secret in named if str(secret) in text] == []


async def test_the_page_says_what_is_wrong_first(app, engine):
    engine.state = HostState.DOWN
    _, text, _ = await read(app, "/status")
    assert "<title>Framekiln: the engine is down</title>" in text
    assert "<p>The engine is down.</p>" in text
    engine.state = HostState.READY
    _, text, _ = await read(app, "/status")
    assert "<p>Discord is away.</p>" in text


async def test_the_page_has_the_free_disk_in_the_unit_of_the_owner_s_alert(app, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=9e9, used=7e9, free=2e9))
    assert "2.0 GB" in (await read(app, "/status"))[1]
    assert "2.0 GB" in owner_texts.disk(2_000_000_000)


async def test_the_page_runs_nothing_and_loads_nothing(app):
    _, text, headers = await read(app, "/status")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert style_hash() in policy
    assert re.findall(r"<script|<link|<img|\son\w+=|https?://", text) == []
    assert 'lang="en"' in text


async def test_a_bot_that_takes_no_requests_says_so(app, monkeypatch):
    assert (await read(app, "/healthz"))[:2] == (200, '{"status": "ok"}')
    monkeypatch.setattr(app.data_watch, "gone_since", 1.0)
    assert (await read(app, "/healthz"))[:2] == (503, '{"status": "trouble"}')
    assert "Its data folder is gone." in (await read(app, "/status"))[1]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 302), ("GET", "/x", 404), ("POST", "/status", 405)]
)
async def test_other_requests_are_refused(app, method, path, status):
    async with (
        serving(app) as (web, http),
        http.request(method, url(web, path), allow_redirects=False) as answer,
    ):
        assert answer.status == status


async def test_an_address_that_is_taken_is_said_once_and_tried_again(app, monkeypatch, caplog):
    monkeypatch.setattr(server_module, "RETRY", 0.05)
    with socket.create_server((HERE, 0)) as other:
        port = other.getsockname()[1]
        web = web_server(app, supervisor := Supervisor(), WebPolicy(host=HERE, port=port))
        supervisor.add(web.loop)
        async with supervisor.running():

            def errors():
                return [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]

            await until(errors)
            await asyncio.sleep(0.2)
            assert web.address is None
            (said,) = errors()
            assert f"nothing can be served at {HERE}, port {port}" in said
            other.close()
            await until(lambda: web.address == (HERE, port))


async def test_the_port_is_free_after_the_end(app):
    async with serving(app) as (web, _):
        address = web.address
    assert web.address is None
    with socket.create_server(address):
        pass


async def test_it_serves_on_ipv6_too(app):
    async with serving(app, host="::1") as (web, http), http.get(url(web, "/healthz")) as answer:
        assert answer.status == 200


def test_the_dashboard_asks_only_for_numbers_that_exist():
    known = re.findall(r"^\| `(\w+)`", metrics_table.table(), re.MULTILINE)
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    asked = [re.findall(r"framekiln_\w+", target["expr"]) for panel in panels for target in panel["targets"]]
    assert all(asked)
    assert {name for names in asked for name in names} <= set(known)
    assert len({panel["title"] for panel in panels}) == len(panels)


def test_the_alert_about_engines_fires_however_many_are_down():
    page = DASHBOARD.with_name("monitoring.md").read_text("utf-8")
    [(sign, limit)] = re.findall(r'framekiln_engine_state\{state="down"\} (\S+) (\d+)', page)
    fires = {"==": operator.eq, ">": operator.gt, ">=": operator.ge}[sign]
    assert [fires(down, int(limit)) for down in range(4)] == [False, True, True, True]


def test_the_table_of_metrics_is_what_the_code_serves():
    page = DASHBOARD.with_name("monitoring.md").read_text("utf-8")
    assert metrics_table.table() in page, "run `make pages`"
