"""``framekiln calibrate``: what the gate would learn, and that it learns only when asked to."""

from __future__ import annotations

import dataclasses
import sqlite3

import pytest
from click.testing import CliRunner

from bot.cli.main import main
from bot.config.paths import CALIBRATION
from bot.config.settings import Settings
from bot.elsewhere_policies import engine_environment
from db.sqlite.connection import Database
from engine.gate.calibration import shipped
from engine.gate.local_calibration import read_calibrations
from engine.runtime.context import CALIBRATION_VARIABLE
from tests.bot.fixtures import receipt, recipe
from tests.db.asking import enqueued
from tests.policies import queue_on

READINGS = {name: scale.median + 2 * scale.spread for name, scale in shipped().scales.items()}


@pytest.fixture
async def data(tmp_path, monkeypatch):
    """A data folder with twelve kept clips of sketch, one forced, one without readings, and a loop."""
    async with await Database.open(tmp_path / "framekiln.db") as database:
        queue = queue_on(database)
        for turn in range(15):
            job = await enqueued(queue, user=turn, recipe=recipe(seed=turn).to_json())
            done = receipt("a" * 64, 1)
            readings = {} if turn == 12 else {name: value + turn / 100 for name, value in READINGS.items()}
            take = dataclasses.replace(done.takes[0], readings=readings)
            done = dataclasses.replace(done, takes=(take,), forced=turn == 13)
            if turn == 14:  # nothing was drawn for it
                done = dataclasses.replace(done, takes=(), kept=0)
            with sqlite3.connect(database.path) as connection:
                connection.execute(
                    "UPDATE job SET state = 'delivered', receipt = ? WHERE id = ?", (done.to_json(), job.id)
                )
    monkeypatch.setenv("FRAMEKILN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FRAMEKILN_CALIBRATE_CLIPS", "12")
    return tmp_path


def calibrate(*words):
    return CliRunner().invoke(main, ["calibrate", *words])


def test_what_would_change_is_said_and_nothing_is_changed(data):
    answer = calibrate()
    assert answer.exit_code == 0, answer.output
    assert "sketch: 12 kept clips" in answer.output
    assert "rejected" in answer.output
    assert "Nothing was changed. Add --write" in answer.output
    assert not (data / CALIBRATION).exists()


def test_a_forced_clip_counts_only_with_a_star(data):
    with sqlite3.connect(data / "framekiln.db") as connection:
        jobs = connection.execute("SELECT id, guild_id FROM job ORDER BY seq").fetchall()
        connection.executemany(
            "INSERT INTO star (job, guild_id, user_id, starred, interaction, at) VALUES (?, ?, 9, 1, 1, 1)",
            [jobs[0], jobs[13]],
        )
    assert "sketch: 13 kept clips" in calibrate().output


def test_once_written_the_engine_is_told_where(data):
    assert "Saved to" in calibrate("--write").output
    file = engine_environment(Settings(data_dir=data))[CALIBRATION_VARIABLE]
    assert set(read_calibrations(data / CALIBRATION, shipped())) == {"sketch"}
    assert file == str(data / CALIBRATION)


def test_what_was_learnt_is_forgotten_when_asked(data):
    calibrate("--write")
    assert calibrate("--forget").exit_code == 0
    assert not (data / CALIBRATION).exists()


@pytest.mark.parametrize("words", [["--at-least", "13"], ["--engine", "svd"]])
def test_too_few_clips_change_nothing(data, words):
    answer = calibrate("--write", *words)
    assert "13 are needed" in answer.output or "There are no kept clips from svd" in answer.output
    assert not (data / CALIBRATION).exists()
