"""From one picture to another: both ends exact, along the way between them where there is one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.core.cancel import CancelToken
from engine.core.family import Hooks, Inputs
from engine.core.receipt import Outcome
from engine.core.recipe import Camera, Role
from engine.families import load
from engine.families.camera.known import Known
from engine.families.camera.two_pictures.crossing import agree_at_their_seams, part_of
from engine.families.camera.two_pictures.ends import both_ends
from engine.families.camera.two_pictures.pairing import carried, pair
from engine.gate import MEASURES, TROUBLES, Finding, judge
from engine.rendering.both_ends import EXPECTED, LIGHT, _is_the_change, judge_both_ends
from engine.rendering.render import Renderer, RenderLimits
from engine.runtime.context import EngineContext
from engine.vision.crop import cover
from tests import ROOT
from tests.engine.families.test_camera_clip import HEIGHT, WIDTH, recipe, textured
from tests.present import present

SIZE = (WIDTH, HEIGHT)
FRAMES, FPS = 25, 12.0


@pytest.fixture(scope="module")
def pagoda():
    whole = cv2.cvtColor(present(cv2.imread(str(ROOT / "examples" / "pagoda.jpg"))), cv2.COLOR_BGR2RGB)
    return cv2.resize(whole, (768, 512), interpolation=cv2.INTER_AREA)


def view(picture, left, top, share):
    """A part of a picture, as large as the share says and of the frame's shape."""
    wide = round(share * 768)
    high = round(wide * HEIGHT / WIDTH)
    return np.ascontiguousarray(picture[top : top + high, left : left + wide])


def cross(first, last, **changes):
    asked = {"frames": FRAMES, "native_fps": FPS, "length": FRAMES, "fps": FPS, "camera": Camera.AUTO}
    return load("camera", EngineContext()).draw(
        recipe(**(asked | changes)), Inputs(picture=first, end=last), seed=7, hooks=Hooks()
    )


def steps(frames):
    return np.abs(np.diff(frames.astype(np.int16), axis=0)).mean(axis=(1, 2, 3))


@pytest.fixture(scope="module")
def views(pagoda):
    return view(pagoda, 0, 40, 0.8), view(pagoda, 230, 100, 0.6)


@pytest.fixture(scope="module")
def along(views):
    return cross(*views)


@pytest.fixture(scope="module")
def others(pagoda):
    return view(pagoda, 0, 40, 0.9), textured(low=20, high=120)


@pytest.fixture(scope="module")
def dissolved(others):
    return cross(*others)


@pytest.mark.parametrize(("kind", "clip"), [("views", "along"), ("others", "dissolved")])
def test_the_ends_are_the_pictures(request, kind, clip):
    first, last = request.getfixturevalue(kind)
    frames = request.getfixturevalue(clip)
    assert np.array_equal(frames[0], cover(first, *SIZE))
    assert np.array_equal(frames[-1], cover(last, *SIZE))


@pytest.mark.parametrize("frames", [1, 2, 6])
def test_the_shortest_clips_have_both_ends_too(others, frames):
    made = cross(*others, frames=frames)
    assert len(made) == frames
    assert np.array_equal(made[0], cover(others[0], *SIZE))
    assert frames == 1 or np.array_equal(made[-1], cover(others[1], *SIZE))


def test_two_views_of_a_scene_are_joined_by_the_way_between_them(views, along):
    first, last = (cover(one, *SIZE) for one in views)
    found = pair(first, last)
    assert found is not None
    # What is in the middle of the first picture is where half the way takes it, and sharp.
    half = part_of(found.matrix, 0.5, SIZE)
    there = cv2.warpPerspective(first, half, SIZE)
    seen = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(seen, carried(half, np.array([[9, 9], [180, 9], [180, 98], [9, 98.0]])).astype(int), 1)
    apart = np.abs(along[FRAMES // 2].astype(int) - there)[seen > 0].mean()
    aside = np.abs(along[FRAMES // 2].astype(int) - np.roll(there, 4, axis=1))[seen > 0].mean()
    assert apart < 0.5 * aside
    assert steps(along).max() < 3 * np.median(steps(along))


def test_the_way_begins_and_ends_at_the_pictures():
    way = np.array([[2.1, 0.4, -60], [-0.3, 2.0, -30], [1e-4, 2e-4, 1]])
    assert np.allclose(part_of(way, 0, SIZE), np.eye(3), atol=1e-4)
    whole = part_of(way, 1, SIZE)
    assert np.allclose(
        carried(whole, np.array([[5.0, 9.0]])), carried(way, np.array([[5.0, 9.0]])), atol=1e-2
    )


def test_night_is_found_to_be_the_same_scene_as_day(pagoda):
    day = view(pagoda, 0, 40, 0.9)
    night = ((day / 255.0) ** 1.6 * np.array([0.35, 0.42, 0.75]) * 255).astype(np.uint8)
    found = pair(day, night)
    assert found is not None
    assert np.allclose(found.matrix, np.eye(3), atol=0.2)


def test_one_stage_with_other_people_on_it_is_two_scenes(views):
    """Half transparent, they were moved along the way as if they were the same people."""
    first, last = (cover(one, *SIZE) for one in views)
    found = pair(first, last)
    assert found is not None
    here = (0.4, 0.35, 0.5, 0.55)
    corners = np.array([here[:2], here[2:]]) * SIZE
    left, top, right, bottom = map(float, (carried(found.matrix, corners) / SIZE).ravel())
    there = left, top, right, bottom
    assert pair(first, last, faces=(here,), faces_too=(there,)) is not None
    assert pair(first, last, faces=(here,)) is None
    assert pair(first, last, faces_too=(there,)) is None
    tiny = (0.4, 0.4, 0.41, 0.42)
    assert pair(first, last, faces=(tiny,)) is not None, "it may be there, too, and not be found"


@pytest.mark.parametrize("change", ["another", "mirror", "upside down", "even"])
def test_in_doubt_two_pictures_are_two_scenes(pagoda, change):
    first = view(pagoda, 0, 40, 0.9)
    last = {
        "another": textured(*first.shape[:2]),
        "mirror": np.ascontiguousarray(first[:, ::-1]),
        "upside down": np.ascontiguousarray(first[::-1, ::-1]),
        "even": np.full_like(first, 90),
    }[change]
    assert pair(first, last) is None


def test_two_views_dissolve_where_what_stands_at_a_seam_was_moved(views):
    """Leaves without a stem hung at the edge of the second picture, which had them elsewhere."""
    first, last = (cover(part, WIDTH, HEIGHT) for part in views)
    found = pair(first, last)
    assert found is not None
    assert agree_at_their_seams(first, last, found)
    back = np.asarray(np.linalg.inv(found.matrix), np.float64)
    moved, left = first.copy(), carried(back, np.zeros((1, 2)))[0, 0]
    moved[:, round(left) - 10 : round(left) + 20] = (20, 160, 40)
    found = pair(moved, last)
    assert found is not None
    assert not agree_at_their_seams(moved, last, found)
    frames = cross(moved, last)
    alone = np.abs(frames[18:].astype(int) - (20, 160, 40)).max(axis=3) < 30
    assert not alone.any()


def test_two_scenes_dissolve_without_a_cut_and_within_the_middle_half(others, dissolved):
    first, last = (cover(one, *SIZE).mean() for one in others)
    gone = (dissolved.mean(axis=(1, 2, 3)) - first) / (last - first)
    assert steps(dissolved).max() < 0.3 * abs(first - last)
    assert gone[FRAMES // 4] < 0.1
    assert gone[-FRAMES // 4] > 0.9
    assert (np.diff(gone) > -0.05).all()


@pytest.mark.parametrize("role", [0, 1])
@pytest.mark.parametrize(
    "known",
    [Known(standing=((0.66, 0.4, 0.95, 0.9),)), Known(body=(0.66, 0.4, 0.95, 0.9))],
    ids=["soft", "cut out"],
)
def test_what_stands_out_in_one_of_two_pictures_is_whole_in_the_frame(known, role):
    """A zebra that the camera itself could see was cut in two: its plan knew of no animal."""
    wide = np.zeros((120, 300, 3), np.uint8)
    wide[48:108, 198:285] = 255
    ends = [(textured(*SIZE[::-1]), Known())] * 2
    ends[role] = wide, known
    part, _ = both_ends(ends[0], ends[1], SIZE)[role]
    assert abs(part.shape[1] / part.shape[0] - WIDTH / HEIGHT) < 0.02
    assert (part > 0).sum() == (wide > 0).sum()
    assert part[:, -2:].max() == 0, "with room around it"


@pytest.mark.parametrize("role", [0, 1])
def test_who_is_known_in_one_of_two_pictures_of_a_scene_is_in_the_other_one_too(pagoda, role):
    """A bride was too small to be seen in the wider one, and left at its edge."""
    close = np.ascontiguousarray(pagoda[60:500, 300:600])
    person = (0.6, 0.5, 0.98, 0.95)
    ends = (close, Known(body=person)), (pagoda, Known())
    left, _, right, _ = (300 + 300 * side for side in person)
    size = (150, 220)
    for found in both_ends(ends[1 - role], ends[role], size):
        part = found[0]
        at = cv2.matchTemplate(pagoda, part, cv2.TM_SQDIFF)
        start = cv2.minMaxLoc(at)[2][0]
        assert start < left
        assert start + part.shape[1] > right - 4


def test_hardly_anything_of_a_page_leaves_the_frame(pagoda):
    page = np.full((216, 384, 3), 250, np.uint8)
    for row in range(20, 210, 24):
        cv2.putText(
            page, "letters up to both edges", (8, row), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20, 20, 20), 2
        )
    seen = cross(page, view(pagoda, 0, 40, 0.9))[FRAMES // 4]
    dark = np.flatnonzero((seen < 120).all(axis=2).any(axis=0))
    assert dark[0] <= 4
    kept = cv2.matchTemplate(seen, cover(page, *SIZE)[4:-4, 6:-6], cv2.TM_CCOEFF_NORMED).max()
    assert kept > 0.6


def test_a_clip_of_two_pictures_is_judged_by_both(others, dissolved):
    first, last = others
    asked = "the scene changes into a different one"
    assert any(asked in reason for reason in judge(dissolved, first, FPS, travels=True).reasons)
    assert judge_both_ends(dissolved, first, last, FPS).reasons == ()
    middle = slice(FRAMES // 4, FRAMES - FRAMES // 4)
    cut, flickers = np.delete(dissolved, middle, axis=0), dissolved.copy()
    flickers[::2] = flickers[::2] * 0.8
    for broken, says in ((cut, "hard cut"), (flickers, "flicker")):
        verdict = judge_both_ends(broken, first, last, FPS)
        assert verdict.rejected
        assert any(says in reason for reason in verdict.reasons)
        assert verdict.score == 0


@pytest.mark.parametrize("frames", [6, 7, 9, 11])
def test_a_short_clip_dissolves_unrejected_and_a_cut_or_a_flicker_in_it_does_not(frames):
    """Half a second to nearly a whole one, from a bright picture to a dark one."""
    first, last = textured(low=150, high=250), textured(low=5, high=70)
    clip = cross(first, last, frames=frames, length=frames)
    assert judge_both_ends(clip, first, last, FPS).reasons == ()
    cut = np.concatenate(
        [clip[:1].repeat(frames // 2, axis=0), clip[-1:].repeat(frames - frames // 2, axis=0)]
    )
    assert judge_both_ends(cut, first, last, FPS).rejected
    if frames >= 9:  # fewer are not tested for flicker
        flickers = clip.copy()
        flickers[1::2] = flickers[1::2] * 0.6
        assert judge_both_ends(flickers, first, last, FPS).rejected


def test_a_render_reads_both_pictures_and_judges_by_both(others, tmp_path):
    files = {str(Role.PICTURE): tmp_path / "first.png", str(Role.END): tmp_path / "last.png"}
    for path, picture in zip(files.values(), others, strict=True):
        cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    asked = {"frames": FRAMES, "native_fps": FPS, "length": FRAMES, "fps": FPS, "camera": Camera.AUTO}
    receipt = Renderer().render(
        recipe(**asked, inputs=dict.fromkeys(files, "a" * 64)),
        files,
        work=tmp_path,
        limits=RenderLimits(),
        on_event=lambda event: None,
        cancel=CancelToken(),
    )
    assert [(take.outcome, take.reasons, dict(take.readings)) for take in receipt.takes] == [
        (Outcome.ACCEPTED, (), {})
    ]


@pytest.mark.parametrize(
    ("code", "explained"),
    [("scene_cut", {3, 4, 5, 6}), ("brightness_flickers", {2, 3, 4, 5, 6}), ("torn", set())],
)
def test_a_dissolve_explains_a_cut_only_where_it_can_be_seen(code, explained):
    """Nine frames, of which the third to the seventh show both pictures."""
    first, last = textured(low=150, high=250), textured(low=5, high=70)
    gone = np.clip((np.arange(9) / 8 - 0.25) * 2, 0, 1)[:, None, None, None]
    clip = np.asarray(first * (1 - gone) + last * gone, np.uint8)
    found = {
        frame
        for frame in range(1, 9)
        if _is_the_change(Finding(code=code, severity=0.9, second=frame / FPS, rejects=True), clip, FPS)
    }
    assert found == explained


def test_every_measure_of_what_the_change_between_two_pictures_does_is_expected():
    """A measure with a limit has the words of its trouble."""
    for codes, trouble in ((EXPECTED, "colours_drift"), (LIGHT, "light_boils")):
        assert {name for name, one in MEASURES.items() if one.words == TROUBLES[trouble].words} <= codes
