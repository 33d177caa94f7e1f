"""The data folder is deleted under the running bot: said at once, nothing more is taken, health shows it."""

from __future__ import annotations

import shutil

import pytest

from bot.ops import health
from bot.ops.health import HealthFile
from bot.overview import state_of
from bot.supervisor import Supervisor
from bot.text import messages
from tests.clock import CLOCK


@pytest.fixture
def moved(app):
    """Deleting would close the test's own database badly; to the bot a move is the same."""
    folder = app.settings.data_dir
    away = folder.with_name("away")

    def move():
        folder.rename(away)

    yield move
    if away.exists():
        shutil.rmtree(folder, ignore_errors=True)
        away.rename(folder)


async def test_nothing_is_taken_and_no_job_is_begun(fake, channel, ada, app, bot, moved):
    moved()
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert (await asked.shown()).content == messages.DATA_GONE
    assert asked.ephemeral
    assert await app.engines.loops[0]._claim() is None


async def test_the_owner_hears_of_it_and_health_fails(app, moved, caplog):
    folder = app.settings.data_dir
    moved()
    for _ in range(2):
        await app.data_watch._one_look()
    [said] = [record.message for record in caplog.records if record.levelname == "CRITICAL"]
    assert "was deleted or replaced under the running bot" in said
    HealthFile(folder, lambda: state_of(app, Supervisor()), clock=CLOCK)._write()
    alive, text = health.look(folder, now=CLOCK())
    assert not alive
    assert "was deleted or replaced under the running bot" in text


async def test_a_folder_that_is_put_back_is_used_again(fake, channel, ada, app, bot):
    folder = app.settings.data_dir
    folder.rename(folder.with_name("away"))
    assert not app.data_watch.is_there()
    folder.with_name("away").rename(folder)
    assert app.data_watch.is_there()
    assert app.data_watch.trouble() is None
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert "rain" in (await asked.shown()).content


async def test_a_database_that_is_replaced_by_another_counts_as_gone(app):
    path = app.database.path
    path.rename(path.with_name("old.db"))
    path.touch()
    assert not app.data_watch.is_there()
    path.unlink()
    path.with_name("old.db").rename(path)
