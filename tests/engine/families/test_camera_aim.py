"""The camera moves, and heads and letters stay in the frame, however little room a picture leaves."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.core.family import Hooks
from engine.core.recipe import Camera, Motion
from engine.families.camera.aim import aims, framed
from engine.families.camera.draw import PARTLY, PRINTED, _photographed, _set_up, _without_page
from engine.families.camera.known import Known
from engine.families.camera.layout import read_layout
from engine.families.camera.shot import Brief, _path, shot_of
from engine.vision.box import Box
from engine.vision.text_regions import SIDE
from tests.engine.families.camera_watch import line_in, watch

SIZE = (576, 576)
TIMES = np.linspace(0, 4, 17)


def way(known, seed=3, camera=Camera.PUSH_IN, *, onward=False):
    """The path through a square picture of which this is known."""
    brief = Brief(camera=camera, motion=Motion.NORMAL, seed=seed, times=TIMES, onward=onward)
    scene: Any = SimpleNamespace(deep=True, sky=None)
    return _path(np.zeros((576, 576, 3), np.uint8), known, SIZE, brief, scene)[0]


def on_screen(path, area):
    """Left, top, right and bottom of an area, the farthest out that they ever get, as shares of the frame."""
    left, top, right, bottom = ((side - 0.5) * 576 for side in area)
    corners = np.array([(left, top), (right, top), (left, bottom), (right, bottom)])
    seen = np.concatenate([path.shown(corners, d).reshape(-1, 2) for d in (0.0, 1.0)]) / 576 + 0.5
    return (*seen.min(axis=0), *seen.max(axis=0))


def under_a_sky(known, seed):
    """The path that the camera chooses for a landscape of which this is known."""
    brief = Brief(camera=Camera.AUTO, motion=Motion.NORMAL, seed=seed, times=TIMES)
    scene: Any = SimpleNamespace(deep=True, sky=np.ones((8, 8), np.float32))
    return _path(np.zeros((576, 576, 3), np.uint8), known, SIZE, brief, scene)[0]


def pans(known):
    """Whether a path that suits a landscape, of which this is known, passes over it without coming nearer."""
    return any(np.ptp(under_a_sky(known, seed).zoom) == 0 for seed in range(12))


SKIERS = ((0.0, 0.1, 0.13, 0.75), (0.25, 0.2, 0.6, 0.9), (0.78, 0.1, 1.0, 1.0))
"""Pieces that stand out."""


def test_a_pan_carries_nobody_out_of_the_frame():
    """A wood in the snow was a sky, and a skier, whose goggles hid the face, left the frame at one side."""
    assert pans(Known()), "a landscape alone"
    assert not pans(Known(faces=((0.52, 0.2, 0.55, 0.26),)))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "known",
    [
        Known(faces=((0.52, 0.2, 0.55, 0.26),), standing=SKIERS),
        Known(faces=((0.52, 0.2, 0.55, 0.26), (0.9, 0.16, 0.94, 0.23))),
    ],
    ids=["pieces", "faces"],
)
def test_who_stands_beside_the_faces_that_were_found_is_in_the_last_frame(known, seed):
    corners = np.array([(-287.0, -230.0), (287.0, 287.0)])
    last = [under_a_sky(known, seed).shown(corners, d)[-1] for d in (0.0, 1.0)]
    assert np.abs(last).max() < 289


CLOSE = (0.25, 0.12, 0.75, 0.8)
"""A face whose hair ends at the upper edge."""


@pytest.mark.parametrize("camera", [Camera.PUSH_IN, Camera.PULL_OUT, Camera.ORBIT, Camera.STILL])
@pytest.mark.parametrize(
    "known",
    [
        Known(faces=(CLOSE,)),
        Known(faces=((0.25, 0.02, 0.75, 0.6),), body=(0.0, 0.0, 1.0, 1.0)),
        Known(faces=tuple((0.2 * x + 0.02, 0.1, 0.2 * x + 0.14, 0.3) for x in range(5))),
        Known(body=(0.14, 0.05, 0.57, 1.0)),
        Known(body=(0.0, 0.03, 1.0, 1.0)),
        Known(faces=((0.54, 0.0, 0.6, 0.05),)),
        Known(texts=((0.0, 0.1, 0.2, 0.15), (0.4, 0.1, 0.6, 0.15), (0.8, 0.1, 1.0, 0.15))),
        Known(
            texts=(
                (0.55, 0.07, 0.72, 0.15),
                (0.79, 0.05, 0.98, 0.12),
                (0.3, 0.1, 0.4, 0.2),
                (0.17, 0.1, 0.2, 0.14),
            )
        ),
    ],
    ids=["close", "cut", "group", "animal", "fills", "scrap", "banner", "signs"],
)
def test_a_camera_moves_however_little_room_there_is(known, camera):
    for seed in range(3):
        path = way(known, seed, camera)
        ends = [path.shown(np.array([(-200.0, -200.0), (200.0, 200.0)]), d)[[0, -1]] for d in (0.0, 1.0)]
        assert np.abs(np.diff(ends, axis=1)).max() > 5, "three hundredths of the way from the middle"


@pytest.mark.parametrize("camera", [Camera.PUSH_IN, Camera.PAN_LEFT, Camera.ORBIT, Camera.ROLL_LEFT])
@pytest.mark.parametrize("seed", range(3))
def test_letters_stay_in_the_frame_where_a_clip_goes_on_or_turns_into_another_picture(camera, seed):
    """A meme's lines left the frame at both sides before it dissolved."""
    known = Known(texts=((0.03, 0.05, 0.97, 0.2), (0.04, 0.85, 0.95, 0.96)))
    path = way(known, seed, camera, onward=True)
    assert np.abs(path.shown(np.array([(-288.0, -288.0), (288.0, 288.0)]), 0.0)[0]).max() <= 289
    for text in known.texts:
        seen = on_screen(path, text)
        assert min(seen[:2]) > -0.002
        assert max(seen[2:]) < 1.002
    assert np.ptp(path.zoom) > 0.01, "it moves all the same"


@pytest.mark.parametrize("seed", range(4))
def test_hair_and_chin_stay_in_the_frame(seed):
    left, top, right, bottom = on_screen(way(Known(faces=(CLOSE,)), seed), (0.25, 0.0, 0.75, 0.8))
    assert min(left, top) > -0.01
    assert max(right, bottom) < 1.01


def test_the_most_careful_aim_comes_first():
    found = aims(Known(faces=((0.4, 0.4, 0.6, 0.6),)), deep=True, whole=SIZE, spare=(0.0, 0.0))
    kept = [aim.keep for aim in found if aim.keep is not None]
    high = [bottom - top for _, top, _, bottom in kept]
    assert len(kept) == len(found) == 3
    assert high == sorted(high, reverse=True)


def test_a_mark_in_a_corner_is_kept_only_where_nothing_else_is_there():
    """For the mark of whoever drew it, a robot's head left the frame."""
    mark, sign = (0.02, 0.93, 0.1, 0.98), (0.3, 0.6, 0.5, 0.7)

    def kept(known):
        keep = aims(known, deep=False, whole=SIZE, spare=(0.0, 0.0))[0].keep
        assert keep is not None
        return tuple(side / 576 + 0.5 for side in keep)

    head = (0.4, 0.05, 0.6, 0.4)
    assert kept(Known(standing=(head,), texts=(mark,))) == pytest.approx(head)
    assert kept(Known(standing=(head,), texts=(sign,)))[3] == pytest.approx(0.7)
    assert kept(Known(texts=(mark,))) == pytest.approx(mark)


def test_letters_that_were_laid_out_keep_the_marks_beside_them():
    line = [(0.06, 0.05, 0.2, 0.1), *((0.3, 0.4 + 0.1 * row, 0.8, 0.45 + 0.1 * row) for row in range(3))]
    keep = aims(Known(texts=tuple(line)), deep=False, whole=SIZE, spare=(0.0, 0.0))[0].keep
    assert keep is not None
    assert keep[2] == pytest.approx((0.94 - 0.5) * 576)
    assert keep[3] == pytest.approx((0.95 - 0.5) * 576)


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        ((240, 100), (0.3, 0.02, 0.7, 0.12)),
        ((100, 240), (0.02, 0.2, 0.1, 0.6)),
        ((240, 100), (0.3, 0.8, 0.7, 0.97)),
    ],
)
def test_the_part_that_is_shown_holds_the_face(shape, area):
    picture = np.zeros((*shape, 3), np.uint8)
    rows, columns = shape
    x0, y0, x1, y1 = (round(side * along) for side, along in zip(area, (columns, rows) * 2, strict=True))
    picture[y0:y1, x0:x1] = 255
    mask = (picture[..., 0] > 0).astype(np.float32)
    part, known = framed(picture, Known(faces=(area,), subject=mask, body=area), (100, 100))
    assert part.shape[0] == part.shape[1] == 100
    assert (part > 0).sum() == (picture > 0).sum()
    assert known.subject is not None
    assert known.subject.sum() == mask.sum()
    left, top, right, bottom = (round(side * 100) for side in known.faces[0])
    assert part[top:bottom, left:right].min() == 255
    assert known.body == known.faces[0]


def test_what_nothing_is_known_of_stays_whole():
    picture = np.zeros((200, 100, 3), np.uint8)
    assert framed(picture, Known(), (100, 100))[0] is picture


def studio(letters):
    """An even wall of two colours that reaches to the edge, and what the eyes see of it."""
    picture = np.full((240, 320, 3), (30, 180, 60), np.uint8)
    picture[:, 200:] = (200, 20, 30)
    lines = [line_in(Box(left=60, top=20 + 40 * row, width=90, height=18)) for row in range(letters)]
    return _photographed(picture, read_layout(picture), watch(lambda _picture, side: lines))


def test_an_even_wall_without_a_page_of_letters_is_a_photographs():
    assert read_layout(np.zeros((8, 8, 3), np.uint8)).flat is False
    seen = studio(letters=2)
    assert seen is not None
    assert seen.flat, "it has no depth"
    assert len(seen.texts) == 2
    assert studio(letters=5) is None


def closely(lines):
    """Eyes that find letters in a close look only."""
    small = [line_in(Box(left=60, top=60 + 12 * row, width=90, height=5)) for row in range(lines)]
    return watch(lambda _picture, side: small if side == SIDE else [])


def seen_closely(picture, lines):
    """What is made of a picture whose letters only a close look finds."""
    return _photographed(picture, read_layout(picture), closely(lines))


def test_a_white_screenshot_with_tiny_letters_stays_whole():
    page = np.full((320, 640, 3), 255, np.uint8)
    page[:40] = np.linspace(0, 255, 640)[:, None].astype(np.uint8)  # a banner that reaches the edge
    page[60:300:12, 60:150:2] = 40
    assert not read_layout(page).flat, "it is as white as a burnt sky"
    assert seen_closely(page, lines=20) is None
    assert seen_closely(page, lines=2) is not None
    noisy = np.random.default_rng(1).integers(180, 255, page.shape, np.uint8)
    assert seen_closely(noisy, lines=20) is not None, "no program drew that"


def window():
    """A program's window: a dark bar, fields on an even ground, and a photograph."""
    picture = np.full((360, 480, 3), 24, np.uint8)
    picture[40:] = 40
    picture[45:200:8, 20:460] = 90
    picture[200:340, 200:460] = np.random.default_rng(2).integers(0, 255, (140, 260, 3), np.uint8)
    return picture


def test_a_window_with_a_photograph_in_it_stays_whole():
    """Its bar was held still, and its letters left the frame below it."""
    layout = read_layout(window())
    barred = replace(layout, panel=(0, 40, 480, 360), flat=False)
    whole = _without_page(window(), barred, closely(lines=8))
    assert (whole.panel, whole.flat, whole.content) == (None, True, (0, 0, 480, 360))
    assert _photographed(window(), whole, closely(lines=8)) is None, "a glance finds no letters in it"
    assert _without_page(window(), barred, closely(lines=3)) is barred, "a photograph may have a few"
    assert _photographed(window(), whole, closely(lines=3)) is not None


def travelled(page, lines, faces=()):
    """How far the bright bars at the top and the foot of a page go, pixels; both are in both frames."""
    brief = Brief(camera=Camera.AUTO, motion=Motion.NORMAL, seed=3, times=TIMES)
    setting = _set_up(page, (200, 300), brief, watch(lambda _picture, side: lines, faces=faces))
    edges = []
    for index in (0, len(TIMES) - 1):
        light = setting.frame(index, float(TIMES[index])).min(axis=2)
        rows = np.flatnonzero((light > 180).mean(axis=1) > 0.6)
        edges += [rows[0], rows[-1]]
    return abs(edges[0] - edges[2]) + abs(edges[1] - edges[3])


def test_a_photographs_poster_moves_and_loses_nothing():
    """It was full of letters, so all of it was kept, and it had no margin to move in."""
    poster = np.random.default_rng(3).integers(60, 160, (300, 200, 3), np.uint8)
    poster[8:11, 8:-8] = poster[-11:-8, 8:-8] = 255
    lines = [line_in(Box(left=20, top=20 + 25 * row, width=160, height=14)) for row in range(10)]
    face = SimpleNamespace(box=Box(left=60, top=90, width=70, height=110), certainty=0.9)
    assert travelled(poster, lines, (face,)) > 4


def test_a_photographic_card_with_letters_on_a_plate_moves_and_loses_nothing():
    """It had no margin to move in, as its plate is too small for a page's ground."""
    card = np.random.default_rng(3).integers(60, 160, (300, 200, 3), np.uint8)
    card[8:11, 8:-8] = card[-11:-8, 8:-8] = 255
    card[215:283, 12:-12] = 220
    lines = [line_in(Box(left=20, top=217 + 16 * row, width=160, height=14)) for row in range(4)]
    assert PRINTED <= read_layout(card).even < PARTLY
    assert travelled(card, lines) > 4


@pytest.mark.parametrize(
    "known",
    [
        Known(faces=((-0.02, 0.03, 0.5, 0.6),)),
        Known(faces=((0.4, 0.45, 1.0, 1.02),)),
        Known(body=(0.1, -0.01, 0.6, 0.9)),
    ],
    ids=["upper left", "lower right", "animal"],
)
def test_nothing_is_kept_that_the_picture_does_not_have(known):
    for aim in aims(known, deep=True, whole=SIZE, spare=(0.0, 0.0)):
        assert aim.keep is not None
        assert max(map(abs, aim.keep)) <= 288


FORCED = [
    ((200, 200), (176, 112), (0.3, 0.12, 0.5, 0.36)),
    ((200, 200), (176, 112), (0.3, 0.6, 0.55, 0.9)),
    ((200, 200), (112, 176), (0.62, 0.2, 0.86, 0.5)),
    ((300, 120), (176, 112), (0.1, 0.08, 0.5, 0.2)),
    ((120, 300), (112, 176), (0.85, 0.1, 0.97, 0.4)),
    ((120, 300), (176, 112), (0.8, 0.3, 0.9, 0.5)),
    ((420, 120), (176, 112), (0.3, 0.03, 0.6, 0.1)),
    ((120, 420), (112, 176), (0.02, 0.2, 0.1, 0.6)),
]
"""Height and width of a picture, a shape that is forced on it, and where its face is."""


def ends(picture, known, size, camera, seed=3):
    brief = Brief(camera=camera, motion=Motion.NORMAL, seed=seed, times=TIMES)
    shot = shot_of(picture, known, size, brief, Hooks().cancel.check)
    return [shot.frame(index, float(TIMES[index])) for index in (0, len(TIMES) - 1)]


@pytest.mark.parametrize("camera", [Camera.AUTO, Camera.TILT_DOWN, Camera.PAN_LEFT, Camera.PULL_OUT])
@pytest.mark.parametrize(("shape", "size", "face"), FORCED)
def test_a_face_stays_in_a_frame_of_another_shape(shape, size, face, camera):
    picture = np.full((*shape, 3), 40, np.uint8)
    rows, columns = shape
    x0, y0, x1, y1 = (round(side * along) for side, along in zip(face, (columns, rows) * 2, strict=True))
    picture[y0:y1, x0:x1] = 230
    for frame in ends(picture, Known(faces=(face,)), size, camera):
        bright = frame[..., 0] > 140
        edges = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
        assert bright.any()
        assert not edges.any()


def test_a_pan_over_a_singer_before_large_letters_cuts_none_of_them_at_either_end():
    picture = np.full((120, 400, 3), 40, np.uint8)
    letters = [(left, left + 36) for left in (60, 130, 220, 310)]
    for left, right in letters:
        picture[60:100, left : left + 10] = picture[60:100, right - 10 : right] = 230
        picture[76:84, left:right] = 230
    known = Known(faces=((0.455, 0.5, 0.5, 0.7),), texts=((0.14, 0.5, 0.87, 0.83),))
    first, last = (
        frame[..., 0].max(axis=0) > 140 for frame in ends(picture, known, (192, 96), Camera.PAN_RIGHT)
    )
    assert not {first[0], first[-1], last[0], last[-1]} & {True}
    strokes = [np.count_nonzero(np.diff(columns.astype(int)) == 1) for columns in (first, last)]
    assert min(strokes) >= 2


@pytest.mark.parametrize("camera", [Camera.AUTO, Camera.PAN_RIGHT])
def test_faces_too_far_apart_are_passed_over_from_the_first_to_the_last(camera):
    picture = np.full((200, 300, 3), 40, np.uint8)
    faces = tuple((left, 0.3, left + 0.12, 0.5) for left in (0.35, 0.62))
    for left, top, right, bottom in faces:
        picture[round(200 * top) : round(200 * bottom), round(300 * left) : round(300 * right)] = 230
    seen = [
        (frame[56:72, :, 0] > 140).any(axis=0)
        for frame in ends(picture, Known(faces=faces), (112, 176), camera)
    ]
    outer = [np.flatnonzero(bright) for bright in seen]
    assert {bool(bright[0] or bright[-1]) for bright in seen} == {False}
    assert abs(outer[0].mean() - outer[1].mean()) > 10


def test_a_small_head_stays_in_the_upper_two_thirds():
    picture = np.full((300, 120, 3), 40, np.uint8)
    picture[60:90, 40:70] = 230
    known = Known(faces=((1 / 3, 0.2, 7 / 12, 0.3),))
    for seed in range(3):
        for frame in ends(picture, known, (176, 112), Camera.AUTO, seed):
            assert np.flatnonzero((frame[..., 0] > 140).any(axis=1)).max() < 75


@pytest.mark.parametrize("camera", [Camera.AUTO, Camera.TILT_UP])
def test_a_face_without_room_around_it_is_held_from_the_forehead_to_the_chin(camera):
    picture = np.full((200, 200, 3), 40, np.uint8)
    picture[30:140, 50:150] = 230
    for frame in ends(picture, Known(faces=((0.25, 0.15, 0.75, 0.7),)), (176, 112), camera):
        bright = (frame[..., 0] > 140).any(axis=1)
        assert bright.sum() > 95
        assert not (bright[0] and bright[-1])


@pytest.mark.parametrize(("spare", "kept"), [((0.0, 0.3), True), ((0.0, 3.0), False)])
def test_what_fits_into_a_frame_is_kept_in_a_longer_picture_too(spare, kept):
    whole = (576.0, 576.0 * (1 + spare[1]))
    aim = aims(Known(faces=((0.3, 0.1, 0.6, 0.5),)), deep=True, whole=whole, spare=spare)[0]
    assert (aim.keep is not None) is kept


def test_a_pan_carries_nothing_that_stands_out_away():
    """A car filled the left half, and the camera turned to the empty street."""
    assert not pans(Known(standing=((0.0, 0.3, 0.5, 1.0),)))
    (aim, *_) = aims(Known(standing=((0.1, 0.3, 0.5, 0.9),)), deep=True, whole=SIZE, spare=(0.0, 0.0))
    assert aim.point == pytest.approx((-0.2 * 576, 0.1 * 576))
    assert aim.keep == pytest.approx((-0.4 * 576, -0.2 * 576, 0.0, 0.4 * 576))


@pytest.mark.parametrize("camera", [Camera.PUSH_IN, Camera.PULL_OUT])
@pytest.mark.parametrize("seed", range(3))
def test_raised_hands_stay_in_the_frame(camera, seed):
    """Of two hands above a head one was found; the subject's outline has both."""
    hand = (0.84, 0.08, 0.96, 0.25)
    known = Known(faces=((0.4, 0.46, 0.6, 0.61),), body=(0.13, 0.03, 0.97, 1.0), hands=(hand,))
    path = way(known, seed, camera)
    _, top, right, _ = on_screen(path, hand)
    assert top > -0.01
    assert right < 1.01
    assert on_screen(path, (0.45, 0.03, 0.55, 0.2))[1] > -0.01, "the other hand"


FIGURE = (0.3, 0.0, 0.66, 0.965)
"""A woman with a surfboard, from the upper edge nearly to the lower one."""


@pytest.mark.parametrize("camera", [Camera.PUSH_IN, Camera.PULL_OUT, Camera.ORBIT])
@pytest.mark.parametrize("known", [{"body": FIGURE}, {"standing": (FIGURE,)}], ids=["cut out", "soft"])
@pytest.mark.parametrize("seed", range(3))
def test_feet_that_are_in_the_picture_stay_in_the_frame(known, camera, seed):
    """Where there was a face, nothing below it was kept."""
    path = way(Known(faces=((0.46, 0.3, 0.54, 0.38),), **known), seed, camera)
    assert on_screen(path, (0.46, 0.6, 0.54, 0.965))[3] < 1.002
    assert np.ptp(path.zoom) > 0.01


@pytest.mark.parametrize("seed", range(3))
def test_a_shorter_way_keeps_the_hands(seed):
    """The careful aims allowed a quarter of the way, so the careless one let a hand go."""
    hands = ((0.05, 0.8, 0.12, 0.965), (0.88, 0.8, 0.965, 0.965))
    path = way(Known(faces=((0.45, 0.1, 0.55, 0.25),), hands=hands, body=(0.05, 0.02, 0.965, 1.0)), seed)
    for hand in hands:
        left, _, right, bottom = on_screen(path, hand)
        assert left > -0.002
        assert max(right, bottom) < 1.002


PERHAPS = (0.02, 0.3, 0.2, 0.9)


@pytest.mark.parametrize("seed", range(4))
def test_what_may_stand_out_is_whole_in_the_first_frame(seed):
    """A pan began on a child that was cut in two, and a group was opened from half a man."""
    assert not pans(Known(perhaps=(PERHAPS,)))
    faces = tuple((left, 0.35, left + 0.1, 0.5) for left in (0.4, 0.6))
    path = way(Known(faces=faces, perhaps=(PERHAPS,)), seed, Camera.PULL_OUT)
    assert on_screen(path, (0.03, 0.3, 0.2, 0.9))[0] > -0.002


@pytest.mark.parametrize(
    ("perhaps", "begins"), [((0.0, 0.2, 0.2, 0.9), "left"), ((0.75, 0.2, 1.0, 0.9), "right")]
)
@pytest.mark.parametrize("seed", range(4))
def test_a_pan_over_a_wide_picture_begins_on_what_may_stand_out(perhaps, begins, seed):
    brief = Brief(camera=Camera.AUTO, motion=Motion.NORMAL, seed=seed, times=TIMES)
    scene: Any = SimpleNamespace(deep=False, sky=None)
    path, _ = _path(np.zeros((300, 576, 3), np.uint8), Known(perhaps=(perhaps,)), (300, 300), brief, scene)
    assert bool(path.pan[0, 0] > path.pan[-1, 0]) is (begins == "left")


def crowd(*, tall=0.07):
    """The faces of a group from edge to edge; those at the edges have this height."""
    inner = [(0.1 * x + 0.02, 0.5, 0.1 * x + 0.08, 0.6) for x in range(1, 9)]
    return Known(faces=((0.02, 0.5, 0.06, 0.5 + tall), *inner, (0.94, 0.5, 0.98, 0.5 + tall)))


def opening(known, seed):
    """How far a picture of people is opened, and the worst that its last frame leaves out, in pixels."""
    path = way(known, seed, Camera.AUTO)
    last = path.shown(np.array([(-288.0, -288.0), (288.0, 288.0)]), 0.0)[-1]
    return float(np.ptp(path.zoom)), float(np.abs(last).max() - 288)


@pytest.mark.parametrize("seed", range(4))
def test_a_group_from_edge_to_edge_comes_into_the_frame(seed):
    """All faces were kept all the time, so the camera stood still."""
    opened, beyond = opening(crowd(), seed)
    assert opened > 0.025
    assert beyond < 3
    alike, _ = opening(crowd(tall=0.1), seed)
    assert alike < 0.02, "nobody who is as large as the others is left out at first"


def test_the_camera_goes_less_far_where_what_captions_hid_would_be_seen():
    far, near = (np.ptp(way(Known(smeared=smeared)).zoom) for smeared in (False, True))
    assert 0.4 * far < near < 0.8 * far
