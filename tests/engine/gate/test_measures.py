"""What single measures read: little on good clips, more on the damage that they are for."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import ways_held_back, ways_taught  # noqa: F401 - they register
from benchmarks.defects import DEFECTS
from benchmarks.ways import OTHER_WAYS
from engine.core.family import Hooks, Inputs
from engine.core.receipt import Outcome
from engine.core.recipe import Camera, Kind, Recipe
from engine.core.request import Request
from engine.families import load, travels
from engine.gate import MEASURES, judge, measures
from engine.gate.clip import Clip
from engine.planning.plan import plan
from engine.runtime.context import EngineContext
from tests.engine.smooth.moving_scenes import ball, drawing, pan, scenery, zoom
from tests.golden.make import limits

SEEN = {
    "letterbox": ["letterbox", "side_bars"],
    "only_zooms": ["zoom_only", "pulls_back"],
    "melts": ["subject_drifts", "melts_and_bends"],
    "rows_slip": ["tearing", "torn_band"],
    "tint_trend": ["colour_drifts"],
    "tint_trends_agree": ["colour_drifts"],
    "colour_is_added": ["colour_seeps_in"],
    "tint_drifts_everywhere": ["colour_drifts"],
    "colour_is_added_everywhere": ["colour_seeps_in"],
    "tiles_reverse": ["boils"],
    "middle_residue": ["latent_noise"],
    "colour_blotches": ["latent_noise"],
    "colour_residue": ["latent_noise"],
    "calm_residue": ["latent_noise"],
    "colour_noise": ["fresh_noise"],
    "grain_stays": ["static_noise"],
    "earlier_frame_shows": ["ghosting", "last_frame_shines", "trails"],
}


FOLDER = Path(measures.__file__).parent


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("[!_]*.py")), ids=lambda path: path.stem)
def test_every_module_of_measures_registers_at_least_one(path):
    name = ".".join(("engine.gate.measures", *path.relative_to(FOLDER).with_suffix("").parts))
    assert any(measure.read.__module__ == name for measure in MEASURES.values())


def test_measures_are_found_only_in_their_folder():
    strays = {measure.read.__module__ for measure in MEASURES.values()}
    assert all(name.startswith("engine.gate.measures.") for name in strays)


def clip_of(frames, **known):
    return Clip(frames, frames[0], 8, **known)


@pytest.fixture(scope="module")
def good():
    return clip_of(pan(step=4.0))


@pytest.mark.parametrize(("name", "defect"), [(name, one) for name, many in SEEN.items() for one in many])
def test_a_measure_sees_what_it_is_for(good, name, defect):
    change = DEFECTS[defect] if defect in DEFECTS else OTHER_WAYS[defect].change
    if name == "melts":  # which sees a fade only where the camera hardly moves
        good = clip_of(ball())
    spoilt = Clip(change(good.frames, 3, np.random.default_rng(3)), good.frames[0], 8)
    usual, found = (MEASURES[name](clip).value for clip in (good, spoilt))
    assert found > 2 * abs(usual) + 0.03


def test_only_what_is_lost_counts_as_overexposed():
    """A deep blue has no red, a white page came in white: neither has lost anything in the clip."""
    assert limits("overexposed") == (0.02, 0.5, math.inf)
    blue = np.full((6, 48, 64, 3), (0, 90, 200), np.uint8)
    page = np.full_like(blue, 255)
    grey = np.full_like(blue, 128)

    def read(frames, reference):
        return MEASURES["overexposed"](Clip(frames, reference, 8)).value

    assert read(blue, blue[0]) == read(blue, None) == 0
    assert read(page, page[0]) == 0
    assert read(page, grey[0]) == read(page, None) == 1


def test_letters_on_white_paper_are_no_noise():
    """A table on a white page was rejected: wherever it wasn't white, it had letters."""
    page = np.full((240, 480, 3), 255, np.uint8)
    for row in range(24, 216, 24):
        cv2.putText(page, "0123 4567 89 abcdefg" * 2, (24, row), cv2.FONT_HERSHEY_PLAIN, 0.8, (30, 30, 60), 1)
    still = np.repeat(page[None], 6, axis=0)

    def read(frames):
        return MEASURES["noise"](Clip(frames, None, 8)).value

    assert read(still) < 1
    grain = np.random.default_rng(2).normal(0, 24, page.shape)
    noisy = np.clip(still.astype(np.float32) + grain, 0, 255).astype(np.uint8)
    assert read(noisy) > limits("noise")[2], "noise over white is seen by its darker half"


def lines_that_move(frames: int = 12) -> np.ndarray:
    """A page with thin lines, over which the camera moves by a part of a row each frame."""
    page = np.full((200, 320, 3), 250, np.uint8)
    page[20:180:40, 20:300] = 60
    moves = [np.array([[1, 0, 0], [0, 1, 0.37 * t]], np.float32) for t in range(frames)]
    return np.stack(
        [cv2.warpAffine(page, move, (320, 200), borderMode=cv2.BORDER_REPLICATE) for move in moves]
    )


def test_thin_lines_that_move_by_less_than_a_row_are_not_torn():
    frames = lines_that_move()
    calm = MEASURES["torn_rows"](Clip(frames, frames[0], 12)).value
    torn = frames.copy()
    torn[5, 120:] = np.roll(torn[5, 120:], 20, axis=1)
    torn[5, 120:, ::3] = 90
    assert calm < 0.5
    assert MEASURES["torn_rows"](Clip(torn, torn[0], 12)).value > calm + 1


def test_what_is_read_first_changes_nothing(good):
    other = clip_of(good.frames)
    before = other.brightening.copy()
    assert other.gains.shape == (len(other) - 1,)
    assert (other.brightening == before).all()


@pytest.mark.parametrize("strength", [1, 2, 3])
@pytest.mark.parametrize("defect", ["letterbox", "side_bars", "zoom_only", "pulls_back"])
def test_bars_and_a_mere_zoom_are_a_warning_and_no_more(good, defect, strength):
    change = DEFECTS[defect] if defect in DEFECTS else OTHER_WAYS[defect].change
    verdict = judge(change(good.frames, strength, np.random.default_rng(3)), good.frames[0], 8)
    code = "letterbox" if "bar" in defect or "box" in defect else "only_zooms"
    assert next(finding for finding in verdict.findings if finding.code == code).rejects is False


@pytest.mark.parametrize("scene", [pan, ball, drawing])
def test_a_pan_and_a_still_camera_are_no_zoom(scene):
    assert MEASURES["only_zooms"](clip_of(scene())).value < 0.5


def test_a_zoom_that_was_asked_for_is_none_to_warn_of():
    frames = zoom()
    assert MEASURES["only_zooms"](clip_of(frames)).value > MEASURES["only_zooms"].warn
    assert judge(frames, frames[0], 8, travels=True).outcome is not Outcome.WARNED


@pytest.mark.parametrize(
    ("engine", "camera", "asked"),
    [
        ("camera", Camera.AUTO, True),
        ("svd", Camera.AUTO, False),
        ("svd", Camera.STILL, False),
        ("svd", Camera.PUSH_IN, True),
        ("gone", Camera.AUTO, False),
    ],
)
def test_the_camera_moves_where_it_was_asked_to(engine, camera, asked):
    recipe = Recipe(
        kind=Kind.ANIMATE, engine=engine, seed=1, width=64, height=64, frames=9,
        native_fps=8, fps=24, length=25, camera=camera,
    )  # fmt: skip
    assert travels(recipe) is asked


def test_a_ghost_is_warned_of_and_no_more():
    assert limits("earlier_frame_shows") == (0.15, 0.32, math.inf)


@pytest.mark.parametrize("way", ["ghosting", "last_frame_shines"])
def test_a_stronger_ghost_is_seen_more(way):
    change = DEFECTS.get(way) or OTHER_WAYS[way].change
    seen = [
        MEASURES["earlier_frame_shows"](clip_of(change(pan(step=4.0), by, np.random.default_rng(0)))).value
        for by in (1, 2, 3)
    ]
    assert seen[0] + 0.03 < seen[1]
    assert seen[1] + 0.03 < seen[2]


@pytest.mark.parametrize("name", ["tint_drifts_everywhere", "colour_is_added_everywhere"])
def test_colours_that_drift_in_a_part_of_the_picture_are_content(name):
    whole = DEFECTS["colour_drifts"](pan(), 3, np.random.default_rng(0))
    part = np.where(np.arange(pan().shape[2])[None, None, :, None] < 130, whole, pan())
    drifts, content = (MEASURES[name](clip_of(frames)).value for frames in (whole, part))
    assert content < 0.2 * drifts


@pytest.mark.parametrize("name", ["tint_drifts_everywhere", "colour_is_added_everywhere"])
def test_a_picture_that_is_too_dark_has_no_tint(name):
    assert MEASURES[name](clip_of(pan() // 20)).value == 0


def test_what_stays_while_the_picture_moves_is_no_ghost():
    captioned = pan(step=4.0)
    for frame in captioned:
        cv2.putText(frame, "FRIDAY", (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (255, 255, 255), 4)
    fence = pan(step=4.0)
    fence[:, :, ::12] = 20
    for frames in (captioned, fence, zoom(growth=0.8), ball(), pan(step=0.3)):
        assert MEASURES["earlier_frame_shows"](clip_of(frames)).value < 0.1


def test_bars_that_the_input_picture_has_are_no_fault():
    frames = DEFECTS["letterbox"](pan(), 2, np.random.default_rng(0))
    assert MEASURES["letterbox"](clip_of(frames)).value == 0
    assert MEASURES["letterbox"](Clip(frames, None, 8)).value > MEASURES["letterbox"].warn


def test_a_night_over_a_skyline_is_no_bar():
    frames = pan()
    height, width = frames.shape[1:3]
    skyline = (40 + 15 * np.sin(np.arange(width) / 9.0)).astype(int)
    for column, row in enumerate(skyline):
        frames[:, :row, column] = 6
        frames[:, height - row :, column] = 6
    assert MEASURES["letterbox"](Clip(frames, None, 8)).value == 0


def test_what_is_as_bright_as_what_lies_behind_it_moves_all_the_same():
    frames = np.full((16, 144, 208, 3), 120, np.uint8)
    for t, frame in enumerate(frames):
        cv2.rectangle(frame, (10 + 5 * t, 40), (60 + 5 * t, 110), (250, 60, 60), -1)
    assert MEASURES["frozen"](clip_of(frames)).value == 0
    still = np.stack([scenery(144, 208).astype(np.uint8)] * 16)
    assert MEASURES["frozen"](clip_of(still)).value == 1


def test_a_scene_that_passes_by_is_no_other_scene_however_many_frames_a_second_it_has():
    """A fox runs past trees. What is hidden and newly seen must not add up because it is seen more often."""
    prompt = "a fox running through the snow at night"
    asked = Request(
        kind=Kind.TEXT2VIDEO, prompt=prompt, engine="sketch", seed=7, seconds=3, fps=24, size=(192, 112)
    )
    recipe = plan(asked)
    frames = np.asarray(
        load("sketch", EngineContext()).draw(recipe, Inputs(), seed=7, hooks=Hooks()), np.uint8
    )
    assert (recipe.native_fps, len(frames)) == (24, 72)
    assert MEASURES["melts"](Clip(frames, None, 24)).value < MEASURES["melts"].warn


def test_a_scene_that_sways_to_and_fro_is_no_other_scene_however_long_it_does():
    """What changes for a second in one way and then in the other must not add up over a clip of eight."""
    one, other = scenery().astype(np.float32), scenery()[:, ::-1].astype(np.float32)
    fps, seconds = 12, np.arange(97) / 12

    def mixed(shares):
        return np.stack([one + share * (other - one) for share in shares]).clip(0, 255).astype(np.uint8)

    sways = Clip(mixed(0.35 * (1 - np.cos(np.pi * seconds / 2)) / 2), None, fps)
    assert MEASURES["melts"](sways).value < MEASURES["melts"].warn
    turns = Clip(mixed(seconds / seconds[-1]), None, fps)
    assert MEASURES["melts"](turns).value > MEASURES["melts"].reject


def test_dark_cloth_that_fills_the_picture_takes_away_no_edge():
    """It adds to the contrast, beside which the same edges are weaker."""
    plain = np.repeat(scenery()[None].astype(np.uint8), 13, axis=0)
    plain[:, :, : plain.shape[2] // 2] = 190
    covers = plain.copy()
    for t, frame in enumerate(covers):
        frame[:, : round(t / 12 * plain.shape[2] / 2)] = 5
    assert MEASURES["blur_collapses"](clip_of(covers)).value < 0.2


@pytest.mark.parametrize("aside", [1, 3])
def test_a_view_that_grows_is_no_mere_zoom_where_what_is_near_passes_what_is_far(aside):
    frames = zoom()
    height, width = frames.shape[1:3]
    near = scenery()[height // 3 : height // 3 + height // 5, : width // 5]
    passes = frames.copy()
    for t, frame in enumerate(passes):
        left = width // 10 + aside * t // 2
        frame[height // 3 : height // 3 + height // 5, left : left + width // 5] = near
    assert MEASURES["only_zooms"](clip_of(frames)).value > MEASURES["only_zooms"].warn
    assert MEASURES["only_zooms"](clip_of(passes)).value == 0
