from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine.core.capabilities import Capabilities
from engine.core.recipe import Kind
from engine.core.request import Request, Subject
from engine.core.sight import Sight, Spot
from engine.planning.inspect import inspect
from engine.planning.plan import plan
from engine.weights.store import Store


def photograph(seed=3, width=480, height=320):
    chance = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for octave in range(6):
        rows, columns = 2 + 2**octave, 3 + 2**octave
        coarse = chance.normal(0, 60 / (octave + 1), (rows, columns, 3)).astype(np.float32)
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture + 120 + chance.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)


def drawing(width=480, height=320):
    picture = np.full((height, width, 3), (250, 240, 200), np.uint8)
    cv2.circle(picture, (width // 2, height // 2), 90, (220, 60, 60), -1)
    cv2.circle(picture, (width // 2, height // 2), 90, (10, 10, 10), 4)
    cv2.rectangle(picture, (20, 200), (150, 300), (60, 90, 200), -1)
    return picture


def test_size_and_aspect_are_the_pictures_own():
    facts = inspect(np.zeros((1000, 3000, 3), np.uint8))
    assert (facts.width, facts.height, facts.aspect, facts.faces) == (3000, 1000, 3.0, None)


def test_a_flat_drawing_is_told_from_a_photograph():
    assert inspect(drawing()).is_drawing
    assert not inspect(photograph()).is_drawing


@pytest.mark.parametrize("picture", [drawing(), photograph(), cv2.GaussianBlur(photograph(), (0, 0), 4)])
def test_what_is_seen_does_not_depend_on_the_size_of_the_file(picture):
    small, large = inspect(picture), inspect(cv2.resize(picture, None, fx=4, fy=4))
    assert (large.is_drawing, large.notes) == (small.is_drawing, small.notes)


@pytest.mark.parametrize(
    ("level", "said"),
    [(25, "very dark"), (26, ""), (242, ""), (243, "almost white")],
    ids=["dark", "dim", "bright", "white"],
)
def test_dark_and_white_begin_at_their_limits(level, said):
    notes = [note for note in inspect(np.full((64, 64, 3), level, np.uint8)).notes if "blurred" not in note]
    assert [said in note for note in notes] == ([True] if said else [])


def test_one_row_of_pixels_can_be_measured():
    assert inspect(np.zeros((1, 8000, 3), np.uint8)).width == 8000


@pytest.mark.parametrize(
    ("picture", "warning"),
    [
        (photograph() // 16, "very dark"),
        (np.full((64, 96, 3), 250, np.uint8), "almost white"),
        (cv2.GaussianBlur(photograph(), (0, 0), 4), "blurred"),
    ],
    ids=["dark", "white", "blurred"],
)
def test_what_may_spoil_a_clip_is_among_the_plans_reasons(picture, warning):
    subject = inspect(picture).subject("0" * 64)
    made = plan(Request(kind=Kind.ANIMATE), subject)
    assert any(warning in reason for reason in made.reasons)


def test_a_good_picture_gives_no_reason_to_complain():
    assert inspect(photograph()).notes == inspect(drawing()).notes == ()


@pytest.mark.parametrize(("engine", "heeds"), [("camera", False), ("svd", False), ("wan-5b", True)])
def test_a_plan_says_that_nobody_could_look_for_faces_where_faces_would_have_counted(engine, heeds, tmp_path):
    facts = inspect(photograph(), Store(tmp_path))
    assert facts.faces is None
    here = Capabilities(weights=frozenset({"svd-xt", "wan-2.2-ti2v-5b", "wan-umt5"}), slow=True)
    made = plan(Request(kind=Kind.ANIMATE, engine=engine), facts.subject("0" * 64), capabilities=here)
    assert any("not checked for faces" in reason for reason in made.reasons) == heeds


def test_a_subject_is_what_was_seen():
    facts = inspect(drawing(300, 200))
    assert facts.subject("ab") == Subject(sha256="ab", width=300, height=200, is_drawing=True)


def test_faces_are_counted_where_the_eyes_looked():
    facts = inspect(drawing())
    face = Spot(left=0, top=0, width=0.1, height=0.1, certainty=0.9)
    assert facts.faces is None
    assert replace(facts, sight=Sight()).faces is None, "the eye for faces is not here"
    assert replace(facts, sight=Sight(faces=())).subject("ab").faces == 0
    seen = replace(facts, sight=Sight(faces=(face, face))).subject("ab")
    assert (seen.faces, seen.sight) == (2, Sight(faces=(face, face)))
