"""What the eyes saw becomes a cut-out only where it cuts nothing in two; and no thing is bent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from engine.core.recipe import Camera, Motion
from engine.core.sight import ThingKind
from engine.families.camera import look as looking
from engine.families.camera.aim import aims
from engine.families.camera.captions import Captions
from engine.families.camera.layers import MAP_STEP, Sheet
from engine.families.camera.look import look
from engine.families.camera.path import travel
from engine.families.camera.whole import BENT, worst_bend
from engine.vision.box import Box
from engine.vision.cutout import Cutout
from engine.vision.hands import Hand
from engine.vision.text_regions import TextLine

SIZE = (320, 240)


def person(**changes):
    """A figure with a head, from the lower edge up."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    head = np.hypot((x - 160) / 30, (y - 70) / 38) < 1
    body = (np.abs(x - 160) < 65) & (y > 100)
    mask = (head | body).astype(np.float32)
    values: dict[str, Any] = {
        "mask": mask,
        "box": Box(left=95, top=32, width=130, height=208),
        "share": float(mask.mean()),
        "certainty": 0.95,
        "whole": True,
    }
    return Cutout(**(values | changes))


def box(left, top, width, height, certainty=0.9):
    return SimpleNamespace(box=Box(left=left, top=top, width=width, height=height), certainty=certainty)


def line(left, top, width, height, certainty=0.9):
    corners = [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    return TextLine(corners=np.array(corners, np.float32), certainty=certainty)


FACE = box(142, 45, 36, 46)


class Eyes:
    """Eyes that see what a test says."""

    def __init__(self, cutout=None, faces=(), lines=(), hand=None, hands=(), things=()):
        self._seen = cutout, tuple(faces), tuple(lines)
        self._hand = hand
        self._hands = tuple(hands)
        self._things = tuple(things)

    def cutout(self, _picture):
        return self._seen[0]

    def faces(self, _picture):
        return self._seen[1]

    def text(self, _picture, *, side):
        assert side > 0
        return self._seen[2]

    def body(self, _picture, _face):
        if self._hand is None:
            return None
        points = np.array([(160, 70), (130, 120), (190, 120), self._hand], np.float32)
        return SimpleNamespace(points=points, visible=np.ones(4, np.float32))

    def things(self, _picture):
        return self._things

    def hands(self, _picture):
        return self._hands

    def has(self, _eye):
        return True


def seen(*args, **changes):
    eyes: Any = Eyes(*args, **changes)
    return look(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), eyes, lambda: None)


def test_a_person_who_is_whole_stands_alone():
    known = seen(person(), [FACE])
    assert known.subject is not None
    assert known.body == pytest.approx((95 / 320, 32 / 240, 226 / 320, 1.0), abs=0.02)
    assert len(known.faces) == 1
    assert not known.bends


def beast(left, top, width, height):
    """An animal's box."""
    return SimpleNamespace(
        box=Box(left=left, top=top, width=width, height=height), certainty=0.8, kind=ThingKind.ANIMAL
    )


def test_an_animal_is_cut_out_whole_or_not_at_all():
    assert seen(person(), things=[beast(110, 40, 100, 190)]).subject is not None
    assert seen(person(), things=[beast(150, 120, 160, 100)]).subject is None


def test_an_animal_beside_the_subject_keeps_the_ground_level_and_is_aimed_at():
    known = seen(person(), things=[beast(250, 150, 60, 60)])
    assert known.subject is not None
    assert known.bends
    assert known.things == (pytest.approx((250 / 320, 150 / 240, 310 / 320, 210 / 240)),)


def test_without_a_cut_out_the_camera_stays_with_the_animal():
    known = seen(None, things=[beast(20, 20, 80, 60)])
    (aim, *_) = aims(known, deep=False, whole=SIZE, spare=(0.0, 0.0))
    assert aim.point == pytest.approx((60 - 160, 50 - 120))
    assert aim.keep == pytest.approx((20 - 160, 20 - 120, 100 - 160, 80 - 120))


def headless():
    mask = person().mask.copy()
    mask[:100] = 0
    return person(mask=mask)


def head_alone():
    mask = person().mask.copy()
    mask[95:] = 0
    return person(mask=mask, share=float(mask.mean()))


def half_a_face():
    mask = person().mask.copy()
    mask[:, 160:] = 0
    return person(mask=mask)


def faint():
    rng = np.random.default_rng(2)
    return person(mask=np.clip(person().mask * 0.6 + 0.3 * rng.random((240, 320)), 0, 1).astype(np.float32))


def ragged():
    mask = np.zeros((240, 320), np.float32)
    mask[40:200:16, 60:260] = 1
    mask[40:200, 150:160] = 1
    return person(mask=mask)


@pytest.mark.parametrize(
    ("cutout", "faces", "lines"),
    [
        (person(certainty=0.7), [FACE], []),
        (person(whole=False), [FACE], []),
        (person(share=0.9), [FACE], []),
        (person(share=0.001), [FACE], []),
        (head_alone(), [FACE], []),
        (half_a_face(), [FACE], []),
        (faint(), [FACE], []),
        (ragged(), [], []),
        (person(), [FACE, box(250, 50, 34, 44)], []),
        (person(), [FACE], [line(40, 150, 110, 20)]),
        (None, [FACE], []),
    ],
    ids=["doubt", "pieces", "all", "speck", "head", "half", "faint", "ragged", "group", "line", "nothing"],
)
def test_what_would_be_cut_is_not_cut_out(cutout, faces, lines):
    known = seen(cutout, faces, lines)
    assert known.subject is None
    assert len(known.faces) == len(faces)


def test_a_body_without_its_head_leaves_the_face_outside_and_the_ground_level():
    known = seen(headless(), [FACE])
    assert known.subject is None or known.bends


def test_a_person_whose_hand_is_left_out_is_not_cut_out():
    assert seen(person(), [FACE], hand=(180, 200)).subject is not None
    assert seen(person(), [FACE], hand=(260, 120)).subject is None


def test_letters_elsewhere_keep_the_ground_level_and_a_page_is_flat():
    known = seen(person(), [FACE], [line(10, 10, 60, 12)])
    assert known.subject is not None
    assert known.bends
    page = seen(person(), [], [line(10, 20 * row, 250, 14) for row in range(5)])
    assert page.flat
    assert page.subject is None


def sheets(alpha):
    rows, columns = alpha.shape
    ground = Sheet(
        pixels=np.zeros((rows, columns, 3), np.uint8),
        disparity=np.full((rows // MAP_STEP, columns // MAP_STEP), 0.15, np.float32),
        box=(0, 0, columns, rows),
    )
    near = Sheet(
        pixels=np.dstack([np.zeros((rows, columns, 3), np.uint8), (alpha * 255).astype(np.uint8)]),
        disparity=np.full((rows // MAP_STEP, columns // MAP_STEP), 0.8, np.float32),
        box=(0, 0, columns, rows),
    )
    return [ground, near]


def test_a_face_that_is_split_between_two_sheets_is_noticed():
    path = travel(Camera.ORBIT, motion=Motion.NORMAL, seed=1, times=np.arange(25) / 6, size=SIZE)
    face = (0.4, 0.15, 0.6, 0.45)
    whole = np.zeros((240, 320), np.float32)
    whole[20:, 100:220] = 1
    half = whole.copy()
    half[:, 160:] = 0
    assert worst_bend(path, sheets(whole), [face]) < BENT / 10
    assert worst_bend(path, sheets(np.zeros_like(whole)), [face]) < BENT / 10
    assert worst_bend(path, sheets(half), [face]) > BENT


def test_a_face_on_a_slope_is_noticed():
    path = travel(Camera.PAN_LEFT, motion=Motion.WILD, seed=1, times=np.arange(25) / 6, size=SIZE)
    slope = np.repeat(np.linspace(-0.5, 1.5, 60, dtype=np.float32).clip(0, 1)[:, None], 80, axis=1)
    ground = Sheet(pixels=np.zeros((240, 320, 3), np.uint8), disparity=slope, box=(0, 0, 320, 240))
    assert worst_bend(path, [ground], [(0.4, 0.3, 0.6, 0.7)]) > BENT
    assert worst_bend(path, [ground], []) == 0


def fist(left, top):
    """A hand of 24 by 30 pixels, pointing up."""
    points = [(left + 12, top + 30)]
    points += [(left + 6 * finger, top + 18 - 6 * joint) for finger in range(5) for joint in range(4)]
    return Hand(points=np.array(points, np.float32), certainty=0.95)


def test_a_hand_that_the_outline_cuts_is_taken_in_whole():
    """The body ends at the 225th column."""
    known = seen(person(), [FACE], hands=[fist(205, 150)])
    assert known.subject is not None
    assert known.subject[150, 228] == 1, "a fingertip"
    assert known.subject[150, 240] == 0
    assert not known.bends


def test_where_most_of_a_hand_would_be_left_behind_nothing_is_cut_out():
    assert seen(person(), [FACE], hands=[fist(219, 150)]).subject is None


def test_a_hand_elsewhere_stays_there_and_nothing_bends_under_it():
    known = seen(person(), [FACE], hands=[fist(280, 150)])
    assert known.subject is not None
    assert known.subject[150, 290] == 0
    assert known.bends


def test_what_stands_out_in_several_pieces_is_known_though_it_is_not_cut_out():
    mask = np.zeros((240, 320), np.float32)
    mask[60:240, 40:100] = mask[80:200, 200:280] = 1
    mask[10:14, 150:154] = 1
    known = seen(person(mask=mask, whole=False), [box(55, 70, 30, 40)])
    assert known.subject is None
    assert sorted(known.standing) == [
        pytest.approx((40 / 320, 60 / 240, 100 / 320, 1.0)),
        pytest.approx((200 / 320, 80 / 240, 280 / 320, 200 / 240)),
    ]
    assert seen(person(mask=mask, whole=False, certainty=0.7)).standing == ()
    assert seen(person(), [FACE]).standing == ()


def test_the_subjects_hands_are_known_and_nobody_elses():
    known = seen(person(), [FACE], hands=[fist(150, 150), fist(280, 150)])
    assert known.hands == (pytest.approx((150 / 320, 150 / 240, 174 / 320, 180 / 240)),)


def with_hair(**changes):
    """A person whose hair is higher and wider than the face, with an outline too soft to be cut out."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    hair = np.hypot((x - 160) / 40, (y - 50) / 45) < 1
    hard = np.maximum(person().mask, hair.astype(np.float32))
    return person(mask=np.asarray(cv2.GaussianBlur(hard, (0, 0), 4), np.float32), **changes)


def test_hair_is_known_even_where_its_outline_is_too_soft_to_cut_it_out():
    """A girl's curls were outside the first frames: her face alone was kept."""
    known = seen(with_hair(), [FACE])
    assert known.subject is None
    assert known.heads == (pytest.approx((120 / 320, 5 / 240, 200 / 320, 91 / 240), abs=0.015),)
    for aim in aims(known, deep=False, whole=SIZE, spare=(0.0, 0.0))[:2]:
        assert aim.keep is not None
        assert aim.keep[1] <= 7 - 120
    assert seen(with_hair(certainty=0.7), [FACE]).heads == ()


def test_an_arm_above_a_head_is_no_hair():
    mask = person().mask.copy()
    mask[:60, 150:170] = 1
    assert seen(person(mask=mask), [box(142, 50, 36, 40)]).heads == ()


def captioned(behind, broad):
    """Captions over a picture, of this share of its width."""
    hidden = np.zeros(behind.shape[:2], np.uint8)
    hidden[200:225, : round(broad * SIZE[0])] = 255
    return Captions(behind=behind, places=(), left=(), letters=behind, cover=hidden)


def test_behind_broad_captions_on_a_busy_ground_nothing_is_cut_out(monkeypatch):
    """A band of smeared carpet came out below a caption."""
    even = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    y, x = np.indices(even.shape[:2]) // 3
    checks = np.where((x + y)[..., None] % 2 > 0, even, np.uint8(200))

    def known_of(behind, broad):
        monkeypatch.setattr(looking, "_lettering", lambda *_args: (captioned(behind, broad), []))
        return seen(person(), [FACE])

    smeared = known_of(checks, 0.8)
    assert smeared.smeared
    assert smeared.subject is None
    assert not smeared.with_captions().smeared
    for clean in (known_of(checks, 0.3), known_of(even, 0.8)):
        assert not clean.smeared
        assert clean.subject is not None


def before(picture, cutout=None, faces=(FACE,)):
    """Whether a person is cut out before a ground."""
    eyes: Any = Eyes(cutout or person(), faces)
    return look(picture, eyes, lambda: None).subject is not None


def ground(level=170):
    """An even ground, and a dark person before it."""
    picture = np.full((SIZE[1], SIZE[0], 3), level, np.uint8)
    picture[person().mask > 0] = 60
    return picture


def undecided(left, top, right, bottom):
    """A cut-out that is neither in nor out somewhere."""
    mask = person().mask.copy()
    mask[top:bottom, left:right] = 0.4
    return person(mask=mask)


@pytest.mark.parametrize(
    "cutout",
    [undecided(170, 20, 215, 66), undecided(95, 170, 150, 240)],
    ids=["hair", "a leg"],
)
def test_what_is_undecided_over_a_broad_place_is_not_cut_out(cutout):
    """Half of an afro stayed behind on the wall: its length was divided by that of the whole outline."""
    assert before(ground())
    assert not before(ground(), cutout)
    soft = cv2.GaussianBlur(person().mask, (0, 0), 1.3)
    assert before(ground(), person(mask=soft)), "any outline is a little soft"


def figure(says):
    """Somebody seen from behind: dark hair, a skirt, and between them a waist of which little is sure."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    hair = np.hypot((x - 160) / 40, (y - 70) / 45) < 1
    skirt = (np.abs(x - 160) < 55) & (y > 116) & (y < 215)
    mask = (hair | skirt).astype(np.float32)
    mask[108:118, 147:173] = 1
    mask[113:118, 153:173] = says
    return person(mask=mask, share=float((mask > 0.5).mean()))


def test_two_parts_that_little_but_doubt_holds_together_are_not_cut_out():
    """The ground was seen through a white blouse before pale paving."""
    even = np.full((SIZE[1], SIZE[0], 3), 170, np.uint8)
    assert before(even, figure(1.0), faces=())
    assert not before(even, figure(0.6), faces=())


@pytest.mark.parametrize("line", [[(82, 120), (91, 225), (84, 238)], [(233, 110), (229, 150), (234, 235)]])
@pytest.mark.parametrize("level", [15, 250])
def test_a_cord_beside_an_outline_leaves_the_picture_whole(line, level):
    """A surfboard's leash was torn into pieces, some of which went along."""
    picture = ground()
    cv2.polylines(picture, [np.array(line)], isClosed=False, color=(level,) * 3, thickness=1)
    assert not before(picture)


def test_sand_and_leaves_are_no_cords():
    rng = np.random.default_rng(5)
    sand = np.clip(ground() + rng.normal(0, 25, (SIZE[1], SIZE[0], 1)), 0, 255).astype(np.uint8)
    assert before(sand)
    away = ground()
    cv2.line(away, (20, 20), (20, 230), (15, 15, 15), 1)
    assert before(away), "far from the outline nothing is torn"


@pytest.mark.parametrize("turned", [False, True])
def test_nobody_is_cut_out_before_a_corrugated_wall(turned):
    """The fill did not go on as the wall does, and was a halo."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    wall = 150 + 40 * np.sin((y if turned else x) * 0.7)
    picture = np.where(person().mask > 0, 60, wall)[..., None].repeat(3, axis=2).astype(np.uint8)
    assert not before(picture)
    soft = cv2.GaussianBlur(picture, (0, 0), 8)
    soft[person().mask > 0] = 60
    assert before(soft), "out of focus it is even"


def test_headphones_stay_with_the_head():
    """They were left on the wall on both sides."""
    picture = ground()
    for left in (112, 191):
        cv2.rectangle(picture, (left, 55), (left + 17, 90), (20, 20, 20), -1)
    assert not before(picture)
    one = ground()
    cv2.rectangle(one, (112, 55), (129, 90), (20, 20, 20), -1)
    assert before(one), "something behind it, on one side"
