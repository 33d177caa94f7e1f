from __future__ import annotations

import logging

import numpy as np
import pytest

from bot.intake import looking as module
from bot.intake import sandbox
from bot.intake.decoder import Pixels
from bot.intake.looking import Looker
from bot.intake.picture_intake import Intake
from engine.vision import faces
from engine.weights.store import Store
from tests.bot.fixtures import picture
from tests.engine.vision.onnx_bytes import white_is_a_face
from tests.policies import intake_limits

MEMORY = 2**30


@pytest.fixture
def store(tmp_path):
    """The eye for faces is installed. It takes what is white for one."""
    store = Store(tmp_path / "models")
    path = store.path(faces.ENTRY) / faces.FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(white_is_a_face())
    return store


def pixels(width=96, height=64):
    shown = np.zeros((height, width, 3), np.uint8)
    shown[24:28, 48:52] = 255
    return Pixels(width=width, height=height, data=shown.tobytes())


async def test_a_picture_is_looked_at_in_a_process_of_its_own(store):
    sight = await Looker(store, seconds=60, memory=MEMORY).look(pixels())
    assert sight is not None
    assert sight.faces is not None
    (face,) = sight.faces
    assert (face.left, face.top) == pytest.approx(((50 - 16) / 96, (26 - 16) / 64), abs=1e-4)
    assert (face.width, face.height) == pytest.approx((32 / 96, 32 / 64), abs=1e-4)
    assert face.certainty == pytest.approx(1)


@pytest.mark.parametrize("there", [False, True])
async def test_where_the_eye_is_not_installed_no_process_is_started(tmp_path, monkeypatch, there):
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
