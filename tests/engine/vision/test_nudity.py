"""What is done with scores, by a network of our own that calls red pictures naked."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.own_clips import lake
from bot.moderation import flags
from bot.moderation.flags import Seen
from engine.core.receipt import Receipt
from engine.planning.inspect import inspect
from engine.vision.nudity import ENTRY, FILE, MOST_FRAMES, highest_score, scores
from engine.weights.store import Store
from tests import ROOT
from tests.engine.tiny.onnx import redness
from tests.present import present

RED, BLUE = (220, 40, 40), (40, 60, 200)


def plain(colour, size=(120, 90)):
    return np.full((size[1], size[0], 3), colour, np.uint8)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path)
    made.path(ENTRY).mkdir()
    (made.path(ENTRY) / FILE).write_bytes(redness())
    return made


def test_the_network_sees_blue_green_red_less_the_mean_and_the_second_answer_counts(store):
    red, blue = scores([plain(RED), plain(BLUE, (640, 360))], store.path(ENTRY) / FILE)
    assert red > 0.99
    assert blue < 0.01


def test_one_naked_frame_among_many_is_enough(store):
    frames = np.stack([plain(BLUE)] * 40)
    assert present(highest_score(frames, store)) < 0.01
    frames[-1] = plain(RED)
    assert present(highest_score(frames, store)) > 0.99


def test_only_a_few_frames_of_a_clip_are_looked_at(store, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "engine.vision.nudity.scores", lambda pictures, network: seen.append(len(pictures)) or [0.0]
    )
    for count in (1, 3, 200):
        highest_score(np.zeros((count, 8, 8, 3), np.uint8), store)
    assert seen == [1, 3, MOST_FRAMES]


def test_where_the_network_is_not_installed_or_broken_nobody_has_looked_and_nothing_stops(tmp_path, store):
    picture = plain(RED)
    assert highest_score([picture], Store(tmp_path / "empty")) is None
    assert inspect(picture).nudity is None
    assert highest_score([], store) is None
    (store.path(ENTRY) / FILE).write_bytes(b"no network")
    assert highest_score([picture], store) is None


def test_a_picture_that_is_taken_in_carries_its_score_to_the_submission(store):
    subject = inspect(plain(RED), store).subject("a" * 64)
    assert present(subject.nudity) > 0.99
    flag = present(flags.of_subjects([subject], least=0.8))
    assert flag.seen is Seen.PICTURE
    assert flag.text.startswith("nudity in the picture, score 0.9") or flag.text.endswith("1.00")
    assert flags.of_subjects([inspect(plain(BLUE), store).subject("b" * 64)], least=0.8) is None
    assert flags.of_subjects([], least=0.0) is None


@pytest.mark.parametrize(
    ("nudity", "least", "flagged"), [(None, 0.0, False), (0.79, 0.8, False), (0.8, 0.8, True)]
)
def test_a_finished_clip_is_flagged_from_the_owners_score_on(nudity, least, flagged):
    made = Receipt(
        engine="sketch", takes=(), kept=0, forced=False, width=8, height=8, frames=1, fps=8.0,
        sha256="", size=1, nudity=nudity,
    )  # fmt: skip
    assert Receipt.from_json(made.to_json()) == made
    assert (flags.of_receipt(made, least=least) is not None) is flagged


@pytest.mark.skipif(not (ROOT / "models" / ENTRY / FILE).is_file(), reason="framekiln models pull opennsfw")
def test_the_real_network_finds_nothing_in_a_landscape():
    pictures = [lake(), plain((255, 255, 255))]
    assert present(highest_score(pictures, Store(ROOT / "models"))) < 0.1
