"""Wan in the plan: sizes, lengths, ways and words."""

import pytest

from engine.core.capabilities import Capabilities
from engine.core.device import Device
from engine.core.recipe import Camera, Kind, Motion, Quality
from engine.core.request import Request, Subject
from engine.families import CATALOGUE, FAMILIES
from engine.families.wan import AUTHORS_NEGATIVE
from engine.planning.frame_size import choose_size, usual_sizes
from engine.planning.plan import plan
from engine.runtime.capabilities import capabilities_of
from tests.engine.families.wan_bench import built


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return built(tmp_path_factory.mktemp("wan"))


@pytest.mark.parametrize(("quality", "lighter"), [(Quality.BALANCED, True), (Quality.BEST, False)])
def test_the_best_quality_is_drawn_as_its_authors_do(quality, lighter):
    here = Capabilities(weights=frozenset({"wan-2.1-1.3b", "wan-umt5"}), slow=True)
    made = plan(
        Request(kind=Kind.TEXT2VIDEO, prompt="a fox", engine="wan", quality=quality), capabilities=here
    )
    assert ({"guided", "cached_every"} <= set(made.settings)) == lighter


def capabilities(store, *without):
    found = capabilities_of(store, CATALOGUE, Device(), slow=True)
    installed = {path.name for path in store.folder.iterdir()} - set(without)
    return type(found)(device=found.device, weights=frozenset(installed), slow=True)


@pytest.mark.parametrize(
    ("frames", "drawn"), [(2, 5), (5, 5), (6, 9), (49, 49), (80, 81), (81, 81), (82, 85)]
)
def test_a_clip_has_one_frame_and_whole_groups_of_four(frames, drawn):
    assert FAMILIES["wan"].count(frames) == drawn


def words(**changes):
    return Request(**{"kind": Kind.TEXT2VIDEO, "prompt": "a fox", "engine": "wan", **changes})


@pytest.mark.parametrize(
    ("engine", "seconds", "frames", "fps"),
    [("wan", 4, 65, 16), ("wan", 5, 81, 16), ("wan-5b", 4, 97, 24), ("wan-5b", 8, 193, 24)],
)
def test_a_clip_moves_at_the_models_natural_pace(store, engine, seconds, frames, fps):
    made = plan(words(engine=engine, seconds=seconds), capabilities=capabilities(store))
    assert (made.frames, made.native_fps, made.length) == (frames, fps, 24 * seconds)
    assert any("drawn in pieces" in reason for reason in made.reasons) is (frames > 121)


def test_a_clip_longer_than_the_model_knows_is_another_engines_or_shorter(store):
    here = capabilities(store)
    made = plan(words(seconds=8), capabilities=here)
    assert (made.engine, made.frames, made.length) == ("wan", 81, 120)
    assert "5 s, the longest that wan can draw" in made.reasons
    alone = capabilities(store, "wan-2.2-ti2v-5b")
    assert plan(words(seconds=8, engine="auto"), capabilities=alone).engine == "wan"
    assert plan(words(seconds=8, engine="auto", quality=Quality.FAST), capabilities=here).engine == "wan-5b"


@pytest.mark.parametrize(
    ("engine", "size", "frame"),
    [
        ("wan", (1600, 900), (832, 480)),
        ("wan", (900, 1600), (480, 832)),
        ("wan-5b", (1600, 900), (1280, 704)),
        ("wan-5b", (900, 1600), (704, 1280)),
    ],
)
@pytest.mark.parametrize("quality", list(Quality))
def test_frames_have_the_sizes_that_the_model_was_trained_on(store, engine, size, frame, quality):
    subject = Subject(sha256="0" * 64, width=size[0], height=size[1])
    spec = FAMILIES[engine]
    width, height, _ = choose_size(words(engine=engine, quality=quality), subject, spec, 1920)
    assert (width, height) == frame
    assert frame in usual_sizes(spec)


def test_the_distilled_way_is_for_words_only(store):
    made = plan(words(engine="wan-5b", quality=Quality.FAST), capabilities=capabilities(store))
    assert (made.way, made.steps, made.guidance, made.negative) == ("fastwan", 3, 1.0, "")
    assert made.words.startswith("a fox, ")
    subject = Subject(sha256="0" * 64, width=1600, height=900)
    asked = words(engine="wan-5b", kind=Kind.ANIMATE, quality=Quality.FAST)
    assert plan(asked, subject, capabilities=capabilities(store)).way == "unipc-20"


@pytest.mark.parametrize(
    ("seconds", "engine", "way"),
    [(5, "wan-5b", "fastwan"), (6, "wan-5b", "unipc-20"), (6, "auto", "unipc-20"), (8, "auto", "unipc-20")],
)
def test_the_distilled_way_draws_what_begins_with_no_picture_in_any_piece(store, seconds, engine, way):
    asked = words(engine=engine, quality=Quality.FAST, seconds=seconds)
    made = plan(asked, capabilities=capabilities(store))
    assert (made.engine, made.way) == ("wan-5b", way)


def test_without_the_distilled_weights_more_steps_are_taken(store):
    here = capabilities(store, "fastwan-2.2-ti2v-5b")
    made = plan(words(engine="wan-5b", quality=Quality.FAST), capabilities=here)
    assert (made.way, made.settings) == (
        "unipc-20",
        {"go": 121, "flow_shift": 5.0, "guided": 0.5, "cached_every": 2},
    )


def test_it_is_steered_away_from_what_its_authors_steer_it_away_from(store):
    here = capabilities(store)
    made = plan(words(), capabilities=here)
    assert made.negative.startswith(AUTHORS_NEGATIVE)
    assert made.negative.endswith("static")
    assert plan(words(raw=True), capabilities=here).negative == AUTHORS_NEGATIVE
    assert plan(words(negative="rain"), capabilities=here).negative == "rain"


def test_camera_and_motion_are_said_in_words_unless_the_words_are_raw(store):
    request = Request(
        kind=Kind.TEXT2VIDEO, prompt="a fox", camera=Camera.ORBIT, motion=Motion.WILD, engine="wan"
    )
    assert plan(request, capabilities=capabilities(store)).words.endswith(
        "the camera orbits around, fast and lively motion"
    )
    raw = Request(kind=Kind.TEXT2VIDEO, prompt="a fox", camera=Camera.ORBIT, raw=True, engine="wan")
    assert plan(raw, capabilities=capabilities(store)).words == "a fox"


def test_a_picture_becomes_the_first_frame_where_the_larger_version_is_here(store):
    subject = Subject(sha256="0" * 64, width=1280, height=720, faces=1)
    request = Request(kind=Kind.ANIMATE, prompt="", engine="wan-5b")
    made = plan(request, subject, capabilities=capabilities(store))
    assert made.width % 32 == made.height % 32 == 0
    assert "skin" in made.words
    without = capabilities(store, "wan-2.2-ti2v-5b")
    assert FAMILIES["wan-5b"].lacks(without) is not None
