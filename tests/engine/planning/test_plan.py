"""The plan, held to a table: from what was asked for to what is made."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.capabilities import Capabilities
from engine.core.errors import UserError
from engine.core.recipe import Camera, Follow, Kind, Motion, Quality, Recipe
from engine.core.request import SECONDS, Length, Request, Shape, Subject, choose
from engine.core.sight import Sight, Spot
from engine.effects.shipped import SHIPPED
from engine.families import FAMILIES
from engine.planning.frame_size import AREA, usual_sizes
from engine.planning.plan import PlanLimits, plan
from engine.smooth.moments import by_factor, by_rate
from tests.present import present

WIDE = Subject(sha256="a" * 64, width=1600, height=900)


def words(**changes) -> Request:
    return Request(**{"kind": Kind.TEXT2VIDEO, "prompt": "a lake", "seed": 1, **changes})


def picture(**changes) -> Request:
    return Request(**{"kind": Kind.ANIMATE, "seed": 1, **changes})


@pytest.mark.parametrize(
    ("asked", "subject", "engine"),
    [
        (picture(), WIDE, "camera"),
        (words(), None, "sketch"),
        (picture(engine="camera"), WIDE, "camera"),
        (words(engine="sketch"), None, "sketch"),
    ],
)
def test_the_engine_is_one_that_can_draw_it(asked, subject, engine):
    recipe = plan(asked, subject)
    assert recipe.engine == engine
    assert recipe.reasons[0].startswith(engine)
    assert recipe.reasons[0].endswith(FAMILIES[engine].about)


def test_a_second_picture_is_an_input_like_the_first_and_gets_the_first_ones_shape():
    end = Subject(sha256="b" * 64, width=900, height=900, notes=("it is dark",))
    recipe = plan(picture(), WIDE, end=end)
    assert recipe.engine == "camera"
    assert recipe.inputs == {"picture": "a" * 64, "end": "b" * 64}
    assert (recipe.width, recipe.height) == (768, 432)
    assert "goes from one picture to another" in recipe.reasons[0]
    assert "the end picture is cropped to the first one's shape: 44 % is left out" in recipe.reasons
    assert "the end picture: it is dark" in recipe.reasons
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_both_ends_of_a_panorama_are_shown_whole():
    wide = Subject(sha256="a" * 64, width=3000, height=1000)
    assert plan(picture(), wide, end=wide).width / plan(picture(), wide, end=wide).height == pytest.approx(
        3, rel=0.05
    )


ABLE = Capabilities(weights=frozenset(FAMILIES["svd"].weights + FAMILIES["svd"].any_of), slow=True)


@pytest.mark.parametrize(
    ("asked", "subject", "says"),
    [
        (picture(engine="svd"), WIDE, "“svd” cannot do this: ending with a picture. Choose camera, or"),
        (words(), None, "No engine here can do this: ending with a picture"),
    ],
)
def test_an_engine_that_cannot_end_with_a_picture_is_refused_with_the_way_out(asked, subject, says):
    with pytest.raises(UserError, match=says) as caught:
        plan(asked, subject, end=WIDE, capabilities=ABLE)
    assert caught.value.code == "E_FEATURE"


def test_only_an_engine_that_can_end_with_a_picture_is_chosen():
    assert plan(picture(), WIDE, capabilities=ABLE).engine == "svd"
    assert plan(picture(), WIDE, end=WIDE, capabilities=ABLE).engine == "camera"


@pytest.mark.parametrize(
    ("asked", "subject", "says"),
    [
        (picture(engine="warp"), WIDE, "no engine called “warp”.*from: camera"),
        (words(engine="camera"), None, "“camera” needs a picture"),
        (picture(engine="sketch"), WIDE, "“sketch” doesn't animate pictures.*from: camera"),
        (picture(engine="camera"), None, "“camera” needs a picture"),
        (picture(), None, "No engine here can make this clip.*framekiln doctor"),
    ],
)
def test_an_engine_that_cannot_draw_it_is_refused_with_the_way_out(asked, subject, says):
    with pytest.raises(UserError, match=says) as caught:
        plan(asked, subject)
    assert caught.value.code == "E_NO_ENGINE"


@pytest.mark.parametrize(
    ("size", "quality", "frame", "says"),
    [
        ((1600, 900), Quality.BALANCED, (768, 432), "768×432, the picture's own shape"),
        ((1600, 900), Quality.FAST, (512, 288), "512×288, the picture's own shape"),
        ((1600, 900), Quality.BEST, (1280, 720), "1280×720, the picture's own shape"),
        ((900, 1600), Quality.BALANCED, (432, 768), "432×768, the picture's own shape"),
        ((500, 500), Quality.BALANCED, (576, 576), "576×576, the picture's own shape"),
        ((3000, 2000), Quality.BALANCED, (720, 480), "720×480, the picture's own shape"),
        ((1200, 1000), Quality.BALANCED, (640, 528), "640×528, the picture's own shape"),
        ((2000, 500), Quality.BALANCED, (800, 400), "the camera passes over the wide picture, or stays"),
        ((400, 1600), Quality.BALANCED, (400, 800), "the camera passes over the tall picture, or stays"),
    ],
)
def test_the_camera_films_in_the_pictures_own_shape(size, quality, frame, says):
    recipe = plan(picture(quality=quality), Subject(sha256="a" * 64, width=size[0], height=size[1]))
    assert (recipe.width, recipe.height) == frame
    assert says in recipe.reasons[1]


@pytest.mark.parametrize(
    ("camera", "aspect"),
    [(Camera.PAN_LEFT, 2.0), (Camera.TILT_UP, 4.0), (Camera.PUSH_IN, 4.0), (Camera.AUTO, 2.0)],
)
def test_a_path_that_does_not_pass_over_a_panorama_shows_all_of_it(camera, aspect):
    recipe = plan(picture(camera=camera), Subject(sha256="a" * 64, width=2000, height=500))
    assert recipe.width / recipe.height == pytest.approx(aspect, rel=0.03)


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ((3000, 2000), "(3:2)"),
        ((2000, 500), "56 % is cropped, nothing is stretched"),
        ((1200, 1000), "(4:3), the nearest shape to the picture: 10 % is cropped"),
    ],
)
def test_other_families_take_the_nearest_shape_and_say_what_is_lost(size, says):
    subject = Subject(sha256="a" * 64, width=size[0], height=size[1])
    recipe = plan(picture(engine="wan-5b"), subject, capabilities=EVERY_WEIGHT)
    assert says in " ".join(recipe.reasons)
    assert ("cropped" in " ".join(recipe.reasons)) == ("cropped" in says)


@given(st.integers(64, 8192), st.integers(64, 8192), st.sampled_from(Quality))
def test_every_picture_gets_a_frame_that_models_and_codecs_take(width, height, quality):
    recipe = plan(picture(quality=quality), Subject(sha256="a" * 64, width=width, height=height))
    assert recipe.width % 16 == recipe.height % 16 == 0
    assert math.isclose(recipe.width * recipe.height, AREA[quality], rel_tol=0.05)
    assert max(recipe.width, recipe.height) <= PlanLimits().max_side


@pytest.mark.parametrize("max_side", [64, 500, 512, 900])
@pytest.mark.parametrize("shape", [(1600, 900), (900, 1600), (500, 500)])
def test_no_frame_is_larger_than_the_owner_allows(shape, max_side):
    subject = Subject(sha256="a" * 64, width=shape[0], height=shape[1])
    free = plan(picture(quality=Quality.BEST), subject)
    recipe = plan(picture(quality=Quality.BEST), subject, limits=PlanLimits(max_side=max_side))
    assert max_side - 16 < max(recipe.width, recipe.height) <= max_side
    assert recipe.width / recipe.height == pytest.approx(free.width / free.height, rel=0.35)
    assert "the largest size the owner allows" in " ".join(recipe.reasons)
    assert "owner allows" not in " ".join(free.reasons)


@pytest.mark.parametrize(("asked", "frame"), [((640, 360), (640, 360)), ((65, 101), (64, 100))])
def test_a_size_that_is_asked_for_is_kept_but_made_even(asked, frame):
    recipe = plan(picture(size=asked), WIDE)
    assert (recipe.width, recipe.height) == frame
    said = "as asked" if asked == frame else "the nearest size that camera can draw"
    assert recipe.reasons[1] == f"{frame[0]}×{frame[1]}, {said}"


@pytest.fixture
def slow(monkeypatch):
    """The sketch as a family that draws 24 frames a second at most."""
    monkeypatch.setitem(FAMILIES, "sketch", replace(FAMILIES["sketch"], max_native_fps=24))


@pytest.mark.parametrize("fps", [8, 12, 24, 25, 30, 50, 60])
def test_what_is_drawn_without_weights_is_drawn_at_the_clips_own_rate(fps):
    """To smooth a frame in between takes several times as long as to draw it."""
    for recipe in (plan(words(fps=float(fps))), plan(picture(fps=float(fps)), WIDE)):
        assert (recipe.native_fps, recipe.frames) == (fps, recipe.length)


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("seconds", [0.5, 0.7, 1, 1.3, 2, 3.33, 4, 7.77, 8, 10])
@pytest.mark.parametrize(("fps", "factor"), [(8, 1), (12, 1), (24, 1), (25, 2), (30, 2), (50, 3), (60, 3)])
def test_the_drawn_frames_are_enough_for_the_asked_length(fps, factor, seconds):
    recipe = plan(words(fps=float(fps), seconds=float(seconds)))
    assert recipe.factor == factor
    assert recipe.length == round(seconds * fps)
    assert recipe.native_fps <= FAMILIES["sketch"].max_native_fps
    assert math.isclose(recipe.native_fps * factor, fps)
    smoothed = (recipe.frames - 1) * factor + 1
    assert recipe.length <= smoothed < recipe.length + factor, "no frame is drawn for nothing"


@given(st.floats(0.5, 10), st.floats(1, 60))
def test_any_rate_and_length_make_a_recipe_that_adds_up(seconds, fps):
    recipe = plan(words(fps=fps, seconds=seconds))
    assert recipe.fps == fps
    factor = present(recipe.factor)
    assert math.isclose(recipe.fps / recipe.native_fps, factor, rel_tol=1e-9)
    assert recipe.native_fps <= FAMILIES["sketch"].max_native_fps + 1e-9
    assert 2 <= recipe.length <= (recipe.frames - 1) * factor + 1


EVERY_WEIGHT = Capabilities(
    weights=frozenset(
        (
            "svd-xt",
            "epicrealism",
            "motion-v1-5-3",
            "controlnet-canny",
            "wan-2.1-1.3b",
            "wan-2.2-ti2v-5b",
            "wan-umt5",
        )
    ),
    slow=True,
)
DRAWING = [
    ("camera", Kind.ANIMATE, None),
    ("sketch", Kind.TEXT2VIDEO, None),
    ("svd", Kind.ANIMATE, None),
    ("animatediff", Kind.TEXT2VIDEO, None),
    ("animatediff", Kind.RESTYLE, None),
    ("animatediff-control", Kind.TEXT2VIDEO, Follow.EDGES),
    ("wan", Kind.TEXT2VIDEO, None),
    ("wan-5b", Kind.ANIMATE, None),
]


@pytest.mark.parametrize(("engine", "kind", "follow"), DRAWING)
@pytest.mark.parametrize("fps", [8.0, 15.0, 20.0, 24.0, 25.0, 30.0, 50.0, 60.0])
@pytest.mark.parametrize("seconds", [0.7, 2.0, 4.0])
def test_each_family_reaches_each_rate_and_the_whole_length_from_its_own(engine, kind, follow, fps, seconds):
    request = Request(
        kind=kind, engine=engine, prompt="a fox", follow=follow, fps=fps, seconds=seconds, size=(64, 64)
    )
    subject = WIDE if kind is Kind.ANIMATE else None
    recipe = plan(request, subject, reference=None if subject else WIDE, capabilities=EVERY_WEIGHT)
    spec = FAMILIES[engine]
    assert (recipe.fps, recipe.length) == (fps, round(fps * seconds))
    assert 0.9 * spec.min_native_fps <= recipe.native_fps <= spec.max_native_fps
    if recipe.factor is None:
        there_are = len(by_rate(recipe.frames, recipe.native_fps, fps, loop=False))
    else:
        there_are = len(by_factor(recipe.frames, recipe.factor, loop=False))
    assert there_are >= recipe.length
    fits = any(0.9 * spec.min_native_fps <= fps / factor <= spec.max_native_fps for factor in range(1, 9))
    if fits and recipe.frames != spec.chunk:
        assert recipe.factor is not None, "drawn frames come through bit for bit"


def test_a_rate_that_nobody_chose_is_the_owners():
    limits = PlanLimits(fps=12.0, max_fps=30.0)
    assert plan(words(), limits=limits).fps == 12.0
    assert plan(words(fps=30.0), limits=limits).fps == 30.0
    with pytest.raises(UserError, match="1 to 30 frames a second"):
        plan(words(fps=60.0), limits=limits)


@pytest.mark.parametrize(
    ("asked", "given_seconds", "seconds", "reason"),
    [
        (None, None, 4.0, None),
        (None, 3.2, 3.2, "3.2 s, as long as the clip you gave"),
        (None, 0.2, 0.5, "0.5 s, as long as the clip you gave"),
        (None, 14.6, 6.0, "6 s, the longest allowed; the clip you gave is 14.6 s long"),
        (2.0, 3.2, 2.0, None),
    ],
)
@pytest.mark.parametrize("kind", [Kind.RESTYLE, Kind.TEXT2VIDEO])
def test_a_clip_is_as_long_as_the_one_it_is_made_from_unless_a_length_was_given(
    kind, asked, given_seconds, seconds, reason
):
    clip = Subject(sha256="b" * 64, width=640, height=360, seconds=given_seconds)
    request = Request(
        kind=kind, prompt="a fox", seconds=asked, follow=Follow.EDGES if kind is Kind.TEXT2VIDEO else None
    )
    recipe = plan(request, reference=clip, capabilities=EVERY_WEIGHT, limits=PlanLimits(max_seconds=6.0))
    assert recipe.seconds == pytest.approx(seconds, abs=0.03)
    assert [said for said in recipe.reasons if "clip you gave" in said] == ([reason] if reason else [])


@pytest.mark.usefixtures("slow")
def test_the_reasons_say_what_is_smoothed_only_where_something_is():
    assert plan(words(fps=48.0)).reasons[-1] == "24 drawn frames a second, smoothed to 48"
    assert len(plan(words(fps=24.0)).reasons) == 2


def test_a_clip_that_two_frames_make_longer_says_so():
    recipe = plan(words(seconds=0.5, fps=1.0))
    assert recipe.seconds == 2.0
    assert "2 s: a clip has two frames at least, and it shows 1 a second" in recipe.reasons
    exact = plan(words(seconds=1.0, fps=2.0))
    assert exact.seconds == 1.0
    assert not [said for said in exact.reasons if "two frames" in said]


def test_what_was_asked_for_reaches_the_recipe():
    asked = picture(prompt="a cat", motion=Motion.WILD, camera=Camera.ORBIT, quality=Quality.FAST, seed=9)
    recipe = plan(asked, WIDE)
    assert (recipe.prompt, recipe.motion, recipe.camera) == ("a cat", Motion.WILD, Camera.ORBIT)
    assert (recipe.quality, recipe.seed, recipe.inputs) == (Quality.FAST, 9, {"picture": WIDE.sha256})


def test_the_same_wish_is_the_same_recipe():
    assert plan(words()) == plan(words())


def test_without_a_seed_each_recipe_has_its_own():
    seeds = {plan(words(seed=None)).seed for _ in range(8)}
    assert len(seeds) == 8
    assert all(0 <= seed < 2**32 for seed in seeds)


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"seconds": 0.4}, "E_SECONDS", "0.5 to 10 seconds"),
        ({"seconds": 10.1}, "E_SECONDS", "0.5 to 10 seconds"),
        ({"seconds": math.nan}, "E_SECONDS", "0.5 to 10 seconds"),
        ({"seconds": math.inf}, "E_SECONDS", "0.5 to 10 seconds"),
        ({"fps": 0.5}, "E_FPS", "1 to 60 frames"),
        ({"fps": 61.0}, "E_FPS", "1 to 60 frames"),
        ({"fps": math.nan}, "E_FPS", "1 to 60 frames"),
        ({"seed": -1}, "E_SEED", "from 0 to 4294967295"),
        ({"seed": 2**32}, "E_SEED", "from 0 to 4294967295"),
        ({"size": (63, 640)}, "E_SIZE", "64 to 1920 pixels"),
        ({"size": (640, 1921)}, "E_SIZE", "64 to 1920 pixels"),
    ],
)
def test_a_wish_outside_the_limits_is_refused_with_the_limits(change, code, says):
    with pytest.raises(UserError, match=says) as caught:
        plan(words(**change))
    assert caught.value.code == code


def test_the_owners_limits_are_the_ones_that_count():
    with pytest.raises(UserError, match=r"0\.5 to 3 seconds"):
        plan(words(seconds=4.0), limits=PlanLimits(max_seconds=3.0))


@pytest.mark.parametrize("effect", SHIPPED.values(), ids=SHIPPED)
def test_an_effect_is_as_long_as_the_owner_allows_since_nobody_chose_its_length(effect):
    shorter = plan(effect.request(), WIDE, limits=PlanLimits(max_seconds=2.0))
    assert shorter.seconds == 2.0
    assert f"2 s, the longest allowed; the effect is {effect.seconds:g} s long" in shorter.reasons
    whole = plan(effect.request(), WIDE)
    assert whole.seconds == effect.seconds
    assert not [said for said in whole.reasons if "longest allowed" in said]


@pytest.mark.parametrize("text", ["push in", "Push-In", "push_in", " PUSH IN ", "push in · 3 s"])
def test_a_choice_is_read_as_people_write_it(text):
    assert choose(Camera, text, Camera.AUTO) is Camera.PUSH_IN


def test_no_choice_is_the_default_and_a_wrong_one_names_them_all():
    assert choose(Quality, None, Quality.BEST) is Quality.BEST
    with pytest.raises(UserError, match="“ultra” is not one of: fast, balanced, best") as caught:
        choose(Quality, "ultra", Quality.BEST)
    assert caught.value.code == "E_OPTION"
    with pytest.raises(UserError) as caught:
        choose(Quality, "x" * 5000, Quality.BEST)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("engine", ["camera", "svd", "wan-5b"])
@pytest.mark.parametrize(
    ("shape", "aspect"), [("square", 1), ("9:16", 9 / 16), ("16:9", 16 / 9), ("4:5", 0.8)]
)
def test_a_shape_that_is_asked_for_is_the_clips_whatever_the_picture_has(engine, shape, aspect):
    for quality in Quality:
        made = plan(
            picture(engine=engine, quality=quality, shape=Shape(shape)),
            Subject(sha256="a" * 64, width=1600, height=900),
            capabilities=EVERY_WEIGHT,
        )
        assert made.width / made.height == pytest.approx(aspect, rel=0.12)
        assert made.width * made.height == pytest.approx((FAMILIES[engine].area or AREA)[quality], rel=0.2)
    cropped = [reason for reason in made.reasons if "is cropped, nothing is stretched" in reason]
    assert bool(cropped) == (shape != "16:9")


def test_a_face_at_the_edge_stays_in_a_shape_that_is_asked_for():
    face = Spot(left=0.82, top=0.2, width=0.13, height=0.4, certainty=0.9)
    subject = Subject(sha256="a" * 64, width=1600, height=900, faces=1, sight=Sight(faces=(face,)))
    made = plan(picture(engine="svd", shape=Shape.TALL), subject, capabilities=EVERY_WEIGHT)
    left, _ = made.crops["picture"]
    frame = made.width / made.height * 900 / 1600  # its share of the picture's width
    assert left * (1 - frame) <= face.left
    assert left * (1 - frame) + frame >= face.left + face.width


def test_a_shape_and_a_size_are_not_taken_together():
    with pytest.raises(UserError, match="has a shape already"):
        plan(picture(shape=Shape.SQUARE, size=(512, 512)), WIDE)
    assert plan(words(shape=Shape.SQUARE)).width == plan(words(shape=Shape.SQUARE)).height


def test_every_length_fits_the_limits():
    assert set(SECONDS) == set(Length)
    for seconds in SECONDS.values():
        assert math.isclose(plan(words(seconds=seconds)).seconds, seconds)


@pytest.mark.parametrize("engine", ["svd", "wan-5b"])
def test_a_clip_whose_size_nobody_asked_for_has_a_usual_one(engine):
    for quality in Quality:
        for shape in ((1600, 900), (700, 900), (500, 500), (400, 1600)):
            subject = Subject(sha256="a" * 64, width=shape[0], height=shape[1])
            recipe = plan(picture(engine=engine, quality=quality), subject, capabilities=EVERY_WEIGHT)
            assert (recipe.width, recipe.height) in usual_sizes(FAMILIES[engine])
    assert (64, 64) not in usual_sizes(FAMILIES[engine])
