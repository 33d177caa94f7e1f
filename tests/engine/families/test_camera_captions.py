"""What was written over a photograph stays put while it moves; what is written in the scene moves with it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.core.recipe import Camera, Motion
from engine.families.camera import draw
from engine.families.camera.captions import lifted
from engine.families.camera.draw import _film, _setting_of
from engine.families.camera.known import Known
from engine.families.camera.layout import read_layout
from engine.families.camera.shot import Brief, shot_of
from engine.vision.box import Box
from engine.vision.faces import Face
from engine.vision.text_regions import TextLine
from tests.engine.families.camera_watch import line_in, watch

WIDTH, HEIGHT = 480, 320
AT = (90, 262)
TIMES = np.linspace(0, 4, 9)


@pytest.fixture(scope="module")
def ground():
    """Soft blots, as in a photograph that is out of focus."""
    noise = np.random.default_rng(3).normal(0, 1, (HEIGHT, WIDTH, 3))
    soft = cv2.GaussianBlur(noise, (0, 0), 9)
    return np.clip(110 + soft / soft.std() * 22, 0, 190).astype(np.uint8)


def written(ground, words="WHEN IT WORKS", at=AT, ink="white", rim=3, size=36):
    """A picture with a caption, and its line as the eye would tell it."""
    picture = Image.fromarray(ground.copy())
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
    pen.text(at, words, ink, font, stroke_width=rim, stroke_fill="black")
    box = pen.textbbox(at, words, font)
    return np.asarray(picture), line(*box)


def line(left, top, right, bottom):
    return line_in(Box(left=left, top=top, width=right - left, height=bottom - top))


def nothing(_picture):
    return []


@pytest.mark.parametrize(("ink", "rim"), [("white", 3), ("white", 0), ("yellow", 2)])
def test_a_caption_comes_off_whole_and_goes_back_on(ground, ink, rim):
    picture, caption = written(ground, ink=ink, rim=rim)
    captions = lifted(picture, [caption], nothing)
    assert captions is not None
    assert captions.places == (caption.box,)
    assert np.abs(captions.behind.astype(int) - ground).mean() < 3, "blots are easily filled in"
    assert np.abs(captions.behind.astype(int) - ground).max() < 90, "nothing bright or black is left"
    overlay = captions.on_frame((WIDTH, HEIGHT))
    assert overlay is not None
    again = captions.behind.copy()
    overlay.lay_over(again)
    assert np.abs(again.astype(int) - picture).mean() < 2


@pytest.mark.parametrize(
    "changed",
    [
        {"at": (90, 130)},
        {"ink": (150, 60, 60)},
        {"words": "NO", "at": (200, 262)},
        {"size": 9, "rim": 0},
    ],
    ids=["in the middle", "printed on something", "too short", "too small"],
)
def test_letters_that_belong_to_the_scene_stay_in_it(ground, changed):
    picture, letters = written(ground, **changed)
    assert lifted(picture, [letters], nothing) is None


def test_shaded_letters_are_a_things_own(ground):
    picture, letters = written(ground)
    shade = np.linspace(0.55, 1, WIDTH)[None, :, None]
    assert lifted((picture * shade).astype(np.uint8), [letters], nothing) is None


def test_a_word_in_the_middle_is_a_caption_where_another_is_in_the_same_ink(ground):
    picture, last = written(ground)
    both, middle = written(picture, words="THE DOG", at=(160, 130))
    captions = lifted(both, [last, middle], nothing)
    assert captions is not None
    assert len(captions.places) == 2
    other, middle = written(picture, words="THE DOG", at=(160, 130), ink=(255, 250, 205))
    captions = lifted(other, [last, middle], nothing)
    assert captions is not None
    assert captions.places == (last.box,), "a sign has another ink"


def plated(ground, *, upper=252, fill=(12, 12, 14)):
    """A picture whose caption stands on a dark plate, and its line."""
    picture = Image.fromarray(ground.copy())
    ImageDraw.Draw(picture).rectangle((70, upper, 400, upper + 58), fill)
    return written(np.asarray(picture), rim=0, at=(90, upper + 10))


def test_a_plate_stays_put_with_its_letters(ground):
    picture, caption = plated(ground)
    captions = lifted(picture, [caption], nothing)
    assert captions is not None
    assert captions.cover[252:311, 70:401].min() == 255, "all of it, whatever is on it"
    assert (captions.cover[:240] == 0).all()
    assert captions.behind[252:311, 70:401].max(axis=2).min() > 40, "nothing of it is left behind the letters"


def test_a_dark_ground_is_no_plate(ground):
    night = ground.copy()
    night[180:] = 12
    picture, caption = written(night, rim=0)
    captions = lifted(picture, [caption], nothing)
    assert captions is not None
    assert (captions.cover[:250] == 0).all(), "only the letters stay"


@pytest.mark.parametrize("light", [0.4, 1.3])
def test_letters_on_a_pane_that_lets_through_what_is_behind_it_stay_on_it(ground, light):
    picture = ground.copy()
    picture[246:312] = np.clip(picture[246:312] * light, 0, 255).astype(np.uint8)
    both, caption = written(picture, rim=2, size=30)
    assert lifted(both, [caption], nothing) is None


def test_letters_that_lean_are_no_caption(ground):
    picture, letters = written(ground)
    turned = TextLine(
        corners=letters.corners + np.array([0, 1], np.float32) * [[0], [30], [30], [0]], certainty=1.0
    )
    assert lifted(picture, [turned], nothing) is None


def test_a_caption_of_which_letters_would_be_left_behind_stays_on(ground):
    picture, caption = written(ground)
    assert lifted(picture, [caption], lambda _picture: [caption]) is None
    far = line(20, 20, 120, 50)
    assert lifted(picture, [caption], lambda _picture: [far]) is not None, "a sign elsewhere is none of it"
    other = line(110, 20, 350, 48)
    assert lifted(picture, [caption], lambda _picture: [other]) is None, "the other half of a joke is"


def test_all_lines_of_a_caption_come_off_or_none(ground):
    picture, last = written(ground)
    first_box = line(90, 218, 330, 250)
    assert lifted(picture, [last, first_box], nothing) is None, "there is a line above that is no ink"
    both, above = written(picture, words="AND", at=(190, 218))
    captions = lifted(both, [last, above], nothing)
    assert captions is not None
    assert len(captions.places) == 2


def bright(picture, side=0):
    """Letters where there is something bright."""
    rows, columns = np.nonzero(picture.min(axis=2) > 225)
    return [line(columns.min(), rows.min(), columns.max(), rows.max())] if rows.size > 200 else []


def brief():
    return Brief(camera=Camera.PUSH_IN, motion=Motion.NORMAL, seed=1, times=TIMES)


def test_the_photograph_moves_behind_its_caption(ground):
    picture, _ = written(ground)
    frames = list(_film(picture, (WIDTH, HEIGHT), brief(), watch(bright)))
    first, last = (frame.astype(int) for frame in (frames[0], frames[-1]))
    letters = picture.min(axis=2) > 250
    assert np.abs(first - last)[letters].mean() < 1, "the letters stand still"
    assert np.abs(first - last)[:200].mean() > 4, "the photograph does not"


def test_a_caption_that_a_frames_shape_would_cut_stays_in_the_picture(ground):
    picture, caption = written(ground)
    captions = lifted(picture, [caption], nothing)
    known = Known(captions=captions, subject=np.ones((4, 4), np.float32))
    setting = _setting_of(picture, known, (192, 320), brief(), watch(bright))
    assert setting.captions is None
    assert known.with_captions().subject is None, "it may go on behind the letters"
    (text,) = known.with_captions().texts
    assert text == pytest.approx(
        (
            caption.box.left / WIDTH,
            caption.box.top / HEIGHT,
            caption.box.right / WIDTH,
            caption.box.bottom / HEIGHT,
        )
    )


def test_without_captions_nothing_changes():
    known = Known(faces=((0.1, 0.1, 0.2, 0.2),))
    assert known.with_captions() is known


def test_behind_captions_that_stay_put_the_camera_moves_less(ground, monkeypatch):
    """What was painted in behind them came out at their edges."""
    picture, _ = written(ground)
    asked = []

    def asking(picture, known, size, brief, check):
        asked.append(brief.motion)
        return shot_of(picture, known, size, brief, check)

    monkeypatch.setattr(draw, "shot_of", asking)
    for motion in (Motion.WILD, Motion.NORMAL, Motion.GENTLE):
        list(_film(picture, (WIDTH, HEIGHT), replace(brief(), motion=motion), watch(bright)))
    list(_film(ground, (WIDTH, HEIGHT), brief(), watch(bright)))
    assert asked == [Motion.NORMAL, Motion.GENTLE, Motion.GENTLE, Motion.NORMAL]


@pytest.mark.parametrize(("face", "photograph"), [(0.2, True), (0.05, False)])
def test_a_portrait_before_a_wall_of_names_is_no_page(ground, face, photograph):
    picture = ground.copy()
    picture[: HEIGHT // 3] = (214, 216, 220)
    lines = [line(20 + 70 * n, 30, 70 + 70 * n, 50) for n in range(6)]
    box = Box(left=200, top=130, width=0.8 * face * HEIGHT, height=face * HEIGHT)
    found = (Face(box=box, points=np.zeros((5, 2), np.float32), certainty=0.9),)
    layout = read_layout(picture)
    assert (layout.flat, layout.even >= draw.PARTLY) == (False, True)
    known = draw._photographed(picture, layout, watch(lambda _picture, **_: lines, faces=found))
    assert (known is not None) is photograph


def test_only_what_a_program_wrote_gets_a_margin(ground, monkeypatch):
    """A sign that fills the picture had a grey border, as a screenshot has."""
    given = []

    def surrounded(picture, content):
        given.append(content)
        return picture, content

    monkeypatch.setattr(draw, "surrounded", surrounded)
    sign = [line(60, 60 + 50 * n, 420, 100 + 50 * n) for n in range(4)]
    list(_film(ground, (WIDTH, HEIGHT), brief(), watch(lambda _picture, **_: sign)))
    assert given == []
    page = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    for n in range(4):
        page[60 + 50 * n : 80 + 50 * n, 0:WIDTH:3] = 0
    list(_film(page, (WIDTH, HEIGHT), brief(), watch(lambda _picture, **_: sign)))
    assert len(given) == 1
