from __future__ import annotations

import logging

import numpy as np
import pytest

from bot.intake import looking as module
from bot.intake import sandbox
from bot.intake.decoder import Pixels
from bot.intake.looking import Looker
from bot.intake.picture_intake import Intake
from engine.core.sight import Medium
from engine.vision import cutout
from engine.weights.store import Store
from tests.bot.fixtures import picture
from tests.engine.vision.onnx_bytes import relu
from tests.policies import intake_limits

MEMORY = 2**30


@pytest.fixture
def store(tmp_path):
    """One eye is installed. It says that what is bright stands out."""
    store = Store(tmp_path / "models")
    path = store.path(cutout.ENTRY) / cutout.FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(relu((1, 3, 320, 320)))
    return store


def pixels(width=90, height=60):
    shown = np.zeros((height, width, 3), np.uint8)
    shown[20:40, 30:60] = 255
    return Pixels(width=width, height=height, data=shown.tobytes())


async def test_a_picture_is_looked_at_in_a_process_of_its_own(store):
    sight = await Looker(store, seconds=60, memory=MEMORY).look(pixels())
    assert sight is not None
    assert sight.subject is not None
    (subject,) = sight.subject
    assert (subject.left, subject.top) == pytest.approx((1 / 3, 1 / 3), abs=0.02)
    assert sight.medium is Medium.FLAT
    assert (sight.faces, sight.text) == (None, None), "these eyes are not here"


@pytest.mark.parametrize("there", [False, True])
async def test_where_no_eye_is_installed_no_process_is_started(tmp_path, monkeypatch, there):
    monkeypatch.setattr(sandbox, "ask", lambda *_, **__: pytest.fail("a process was started"))
    looker = Looker(Store(tmp_path) if there else None, seconds=60, memory=MEMORY)
    assert await looker.look(pixels()) is None


@pytest.mark.parametrize(
    ("program", "seconds", "said"),
    [
        ("import sys; sys.exit('a fault in native code')", 30, "a fault in native code"),
        ("import os; os.kill(os.getpid(), 11)", 30, "status -11"),
        ("print('{}')", 30, "no sight"),
        ("import time; time.sleep(60)", 0.5, "longer than"),
    ],
)
async def test_a_look_that_fails_costs_only_itself_and_is_logged(
    store, monkeypatch, caplog, program, seconds, said
):
    monkeypatch.setattr(module, "_PROGRAM", program)
    with caplog.at_level(logging.WARNING):
        assert await Looker(store, seconds=seconds, memory=MEMORY).look(pixels()) is None
    assert said in caplog.text


async def test_a_look_gets_no_more_memory_than_the_owner_allows(store, caplog):
    assert await Looker(store, seconds=60, memory=2**26).look(pixels()) is None
    assert caplog.records


async def test_what_was_seen_is_a_fact_of_the_picture_that_is_taken_in(store):
    async with Intake(intake_limits(look_seconds=60), store=store) as intake:
        taken = await intake.from_bytes(picture())
    assert taken.facts.sight is not None
    assert taken.facts.subject("ab").sight == taken.facts.sight
