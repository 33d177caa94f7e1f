"""What the camera backend takes for sky, water, subject and front; and what it must not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.core.recipe import Camera, Motion
from engine.families.camera.fill import behind, inside
from engine.families.camera.layers import MAP_STEP, Window, at_rest, outline, silhouette, take_apart
from engine.families.camera.life import Life
from engine.families.camera.path import travel
from engine.families.camera.render import enlarged
from engine.families.camera.scene import Scene, study
from engine.families.camera.sky import complete_sky
from tests import ROOT
from tests.present import present

LAKE = ROOT / "examples" / "lake.png"


def look(picture):
    return study(picture, lambda: None)


@pytest.fixture(scope="module")
def lake():
    return look(cv2.cvtColor(present(cv2.imread(str(LAKE))), cv2.COLOR_BGR2RGB))


def share(plane, rows, columns):
    """The mean of a part of a plane; the part is given in shares."""
    height, width = plane.shape
    part = plane[
        int(rows[0] * height) : int(rows[1] * height), int(columns[0] * width) : int(columns[1] * width)
    ]
    return float(part.mean())


def seaside():
    """A bright, even sky over a rippled blue sea."""
    rng = np.random.default_rng(2)
    picture = np.empty((270, 480, 3), np.float32)
    picture[:] = (200, 215, 235)
    waves = cv2.GaussianBlur(
        rng.standard_normal((150, 480)).astype(np.float32), (0, 0), sigmaX=14, sigmaY=1.5
    )
    picture[120:] = np.array([40, 90, 130]) + 16 * (waves / waves.std())[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def face():
    """A drawn face in flat colours, in a blue room."""
    picture = np.full((360, 360, 3), (70, 110, 190), np.uint8)
    cv2.ellipse(picture, (180, 360), (140, 110), 0, 0, 360, (60, 90, 170), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (180, 180), (80, 105), 0, 0, 360, (232, 190, 165), -1, cv2.LINE_AA)
    for x in (150, 210):
        cv2.circle(picture, (x, 165), 9, (30, 30, 40), -1, cv2.LINE_AA)
    return picture


def test_the_lake_is_understood(lake):
    assert share(lake.sky, (0, 0.25), (0, 0.8)) > 0.95
    assert share(lake.sky, (0.58, 1), (0, 1)) == 0
    assert share(lake.water, (0.6, 0.85), (0.35, 0.8)) > 0.5
    assert share(lake.water, (0, 0.53), (0, 1)) == 0
    assert lake.waterline == pytest.approx(0.555, abs=0.03)
    assert share(lake.front, (0.96, 1), (0, 1)) > 0.8
    assert share(lake.disparity, (0.9, 1), (0, 1)) > share(lake.disparity, (0.58, 0.64), (0, 1)) + 0.3


def test_water_is_found_at_the_sea_and_only_below_the_sky():
    scene = look(seaside())
    assert share(scene.sky, (0, 0.4), (0, 1)) > 0.95
    assert share(scene.water, (0.55, 1), (0.05, 0.95)) > 0.8
    assert share(scene.water, (0, 0.42), (0, 1)) == 0


def test_a_flat_drawing_has_no_water_no_sky_and_no_depth():
    scene = look(face())
    assert scene.water is None
    assert scene.sky is None
    assert not scene.deep


def test_the_ground_rises_to_where_a_subject_stands_unless_something_would_be_bent():
    picture, mask = seaside(), np.zeros((270, 480), np.float32)
    mask[60:200, 200:280] = 1
    rising = study(picture, lambda: None, subject=mask)
    assert (rising.sky, rising.front, rising.water) == (None, None, None)
    assert rising.disparity[-1, 0] > rising.disparity[0, 0] + 0.2
    assert rising.nearness > rising.disparity.max()
    level = study(picture, lambda: None, subject=mask, level=True)
    assert np.ptp(level.disparity) == 0


def test_without_a_sky_nothing_is_taken_for_water():
    picture = seaside()
    assert look(picture).water is not None
    assert look(np.ascontiguousarray(picture[130:])).water is None


@pytest.mark.parametrize("level", [0, 90, 255])
def test_nothing_is_read_into_a_plain_picture(level):
    scene = look(np.full((200, 320, 3), level, np.uint8))
    assert (scene.sky, scene.subject, scene.front, scene.water) == (None, None, None, None)
    assert scene.flatness == 1


def test_nothing_is_read_into_noise():
    scene = look(np.random.default_rng(1).integers(0, 256, (270, 480, 3), dtype=np.uint8))
    assert (scene.sky, scene.front, scene.water) == (None, None, None)
    assert scene.flatness == 0


def test_a_plane_lies_on_the_canvas_where_the_picture_does():
    plane = np.zeros((54, 96), np.float32)
    plane[:, 48:] = 1
    plane[27:] += 2
    for size in ((192, 108), (300, 108), (120, 240)):
        coarse = Window(size=size, picture=(960, 540)).onto_canvas(plane, MAP_STEP)
        assert coarse.shape == (-(-size[1] // MAP_STEP), -(-size[0] // MAP_STEP))
        assert coarse[0, 0] == 0
        assert coarse[0, -1] == 1
        assert coarse[-1, 0] == 2
        middle = np.interp(0.5, coarse[0], np.arange(coarse.shape[1])) + 0.5
        assert middle * MAP_STEP == pytest.approx(size[0] / 2, abs=1.5)


def test_a_cut_outs_edge_follows_the_pictures():
    picture = np.full((200, 200, 3), (40, 60, 160), np.uint8)
    picture[:, 93:] = (220, 200, 60)
    rough = np.zeros((100, 100), np.float32)
    rough[:, 48:] = 1
    alpha = outline(picture, rough)
    assert alpha[:, :90].max() < 0.1
    assert alpha[:, 97:].min() > 0.9


def test_a_silhouette_keeps_its_reeds_and_leaves_the_waves_behind_them():
    picture = np.full((200, 300, 3), 180, np.uint8)
    picture[150:] = 10
    picture[140:150, 99:102] = 10
    picture[140:145, 200:240] = 10
    rough = np.zeros((100, 150), np.float32)
    rough[75:] = 1
    alpha = silhouette(picture, rough)
    assert alpha[155:].min() > 0.95
    assert alpha[141:150, 100].min() > 0.95
    assert alpha[140:145, 200:240].max() == 0


def test_what_was_hidden_is_filled_with_what_surrounds_it():
    rng = np.random.default_rng(4)
    picture = (120 + 20 * rng.standard_normal((120, 160, 3))).clip(60, 180).astype(np.uint8)
    alpha = np.zeros((120, 160), np.float32)
    alpha[40:80, 60:100] = 1
    picture[alpha > 0] = (255, 0, 0)
    filled = behind(picture, alpha)
    assert np.array_equal(filled[:30], picture[:30])
    hole = filled[40:80, 60:100].astype(int)
    assert abs(hole.mean() - 120) < 8
    assert hole.max() < 230
    assert hole[:10].std() > 5


def dusk():
    """A sky that brightens downwards, a cloud that touches a dark peak, and dark land; and the peak alone."""
    rows, columns = 270, 480
    picture: NDArray[np.float32] = np.empty((rows, columns, 3), np.float32)
    picture[:] = np.linspace((60, 80, 150), (230, 190, 170), rows)[:, None]
    cv2.ellipse(picture, (290, 95), (45, 5), 0, 0, 360, (165, 140, 165), -1, cv2.LINE_AA)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 3), np.float32)
    rng = np.random.default_rng(6)
    rock = cv2.GaussianBlur(rng.standard_normal((rows, columns)).astype(np.float32), (0, 0), 2)
    corners = np.array([(100, 200), (240, 80), (380, 200), (480, 200), (480, 270), (0, 270), (0, 200)])
    peak = cv2.fillPoly(np.zeros((rows, columns), np.float32), [corners], 1.0, cv2.LINE_AA)[..., None]
    dark = np.array([35, 38, 60]) + 8 * (rock / rock.std())[..., None]
    return np.clip(picture * (1 - peak) + dark * peak, 0, 255).astype(np.uint8), peak[..., 0]


def test_a_cloud_behind_a_peak_belongs_to_the_sky():
    picture, peak = dusk()
    sky = cv2.resize(look(picture).sky, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    around = cv2.dilate(peak, np.ones((9, 9))) < 0.5
    assert sky[around].min() > 0.5
    assert sky[cv2.erode(peak, np.ones((9, 9))) > 0.5].max() < 0.5


@pytest.mark.parametrize("camera", [Camera.PAN_LEFT, Camera.PAN_RIGHT])
def test_the_sky_behind_a_dark_peak_is_never_darker_than_the_sky_around(camera):
    picture, _ = dusk()
    path = travel(camera, motion=Motion.WILD, seed=1, times=np.linspace(0, 4, 5), size=(432, 243))
    canvas = path.needs(432, 243)
    whole = cv2.resize(picture, canvas, interpolation=cv2.INTER_AREA)
    window = Window(size=canvas, picture=(480, 270))
    far, *covers = take_apart(whole, look(picture), window, lambda: None)
    hidden = np.maximum.reduce([cover.pixels[..., 3] for cover in covers]) > 0
    # Only what lies within the camera's whole way of the outline is ever uncovered.
    reach = np.ones((1, 2 * int(np.ptp(path.move[:, 0])) + 1), np.uint8)
    uncovered = hidden & (cv2.dilate((~hidden).astype(np.uint8), reach) > 0)
    light = far.pixels.astype(float).mean(axis=2)
    brighter = np.linspace((60 + 80 + 150) / 3, (230 + 190 + 170) / 3, len(light))[:, None]
    assert uncovered.sum() > 1000
    assert (light - brighter)[uncovered].min() > -16


def test_a_golden_statue_on_a_pale_foot_stays_on_its_roof():
    picture = np.full((150, 224, 3), (205, 222, 238), np.uint8)
    picture[100:] = (110, 90, 80)
    picture[84:100, 60:160] = (200, 190, 170)
    picture[62:84, 108:113] = (192, 208, 224)
    picture[46:62, 105:116] = (238, 208, 90)
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab).astype(np.float32)
    cautious = (picture == (205, 222, 238)).all(axis=2)
    sky = complete_sky(lab, cautious, front=None)
    assert sky[10, 10]
    assert not sky[46:62, 105:116].any()


@pytest.mark.parametrize("drifts", [True, False])
def test_the_thin_tip_of_a_spire_goes_with_the_land_where_the_sky_drifts(drifts):
    picture = np.full((360, 480, 3), (120, 165, 210), np.uint8)
    picture[200:] = (150, 140, 130)
    picture[150:200, 220:261] = (150, 140, 130)
    picture[90:150, 239:242] = (230, 180, 60)
    sky = np.ones((168, 224), np.float32)
    sky[93:] = 0
    sky[70:93, 103:122] = 0
    scene = Scene(
        disparity=np.full((168, 224), 0.3, np.float32),
        sky=sky,
        subject=None,
        front=None,
        water=None,
        nearness=1.0,
        waterline=0.55,
        flatness=0.0,
        clouds=drifts,
    )
    behind_it, land = take_apart(picture, scene, Window(size=(480, 360), picture=(480, 360)), lambda: None)
    assert (land.pixels[92:150, 240, 3].min() > 200) == drifts
    assert (np.abs(behind_it.pixels[92:150, 240].astype(int) - picture[5, 5]).max() < 20) == drifts


def test_a_cut_out_takes_no_rim_of_the_background_along():
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[20:80, 20:80] = 200
    alpha = np.asarray(cv2.GaussianBlur((picture[..., 0] > 0).astype(np.float32), (0, 0), 2), np.float32)
    assert inside(picture, alpha)[alpha > 0.05].min() > 180


def drawn_ball():
    """A ball with a black contour and hairs before a rough wall; and a mask of it that holds neither."""
    rng = np.random.default_rng(9)
    wall = cv2.GaussianBlur(rng.standard_normal((240, 320, 3)).astype(np.float32), (0, 0), 1.5)
    picture = np.clip(np.array([90, 120, 150]) + 90 * wall, 0, 255).astype(np.uint8)
    for turn in range(0, 360, 12):
        tip = (round(160 + 62 * np.cos(np.radians(turn))), round(120 + 62 * np.sin(np.radians(turn))))
        cv2.line(picture, (160, 120), tip, (20, 10, 10), 1, cv2.LINE_AA)
    cv2.circle(picture, (160, 120), 54, (5, 5, 5), -1, cv2.LINE_AA)
    cv2.circle(picture, (160, 120), 49, (240, 160, 60), -1, cv2.LINE_AA)
    mask = cv2.circle(np.zeros((240, 320), np.float32), (160, 120), 48, 1.0, -1, cv2.LINE_AA)
    return picture, np.asarray(cv2.resize(mask, (160, 120), interpolation=cv2.INTER_AREA), np.float32)


def test_at_rest_the_sheets_are_the_picture_and_what_a_mask_leaves_out_goes_with_it():
    picture, mask = drawn_ball()
    scene = study(picture, lambda: None, subject=mask)
    window = Window(size=(320, 240), picture=(320, 240))
    sheets = take_apart(picture, scene, window, lambda: None)
    apart = np.abs(at_rest(sheets) - picture).max(axis=2)
    assert cv2.GaussianBlur(apart, (0, 0), 1.0).max() < 30
    assert np.percentile(apart, 99.5) < 20
    *_, ball = sheets
    rows, columns = np.indices((240, 320))
    contour = np.abs(np.hypot(rows - 120, columns - 160) - 52) < 1.5
    assert np.mean(ball.pixels[contour, 3] > 200) > 0.9, "the contour of a drawing stays behind"
    left, top, right, bottom = ball.box
    opaque = np.argwhere(ball.pixels[..., 3])
    assert (top, left) == tuple(opaque.min(axis=0))
    assert (bottom, right) == tuple(opaque.max(axis=0) + 1)


def test_the_stripes_of_a_ground_do_not_go_with_what_is_in_front_of_them():
    """No fill knows stripes, and what it did not know was glued to a sleeve as spikes."""
    rows, columns = np.indices((480, 640))
    stripes = np.where(((columns + rows) // 30 % 2)[..., None], (200, 20, 40), (240, 240, 240))
    picture = np.asarray(cv2.GaussianBlur(stripes.astype(np.uint8), (0, 0), 1.0), np.uint8)
    cv2.circle(picture, (320, 240), 100, (20, 30, 60), -1, cv2.LINE_AA)
    mask = cv2.circle(np.zeros((480, 640), np.float32), (320, 240), 100, 1.0, -1, cv2.LINE_AA)
    small = np.asarray(cv2.resize(mask, (320, 240), interpolation=cv2.INTER_AREA), np.float32)
    scene = study(picture, lambda: None, subject=small)
    *_, ball = take_apart(picture, scene, Window(size=(640, 480), picture=(640, 480)), lambda: None)
    around = np.hypot(rows - 240, columns - 320) > 104
    assert np.count_nonzero(ball.pixels[around, 3] > 25) < 60, "801 when nothing was known of them"


def test_ripples_shrink_towards_the_horizon_and_move_with_time():
    life = Life.of(Motion.NORMAL, seed=1, unit=500, horizon=200, foot=400)
    y, x = np.mgrid[0:400, 0:600].astype(np.float32)
    lift, gain = life.ripples(x, y, 0.0)
    assert np.abs(lift[:200]).max() == 0
    assert np.abs(lift[210:230]).max() < np.abs(lift[360:]).max()
    assert np.abs(gain - 1).max() < 0.12
    later, _ = life.ripples(x, y, 0.1)
    assert 0.01 < np.abs(later - lift).max() < 2


def test_clouds_slow_down_towards_the_horizon_and_a_low_sun_stays():
    life = Life.of(Motion.NORMAL, seed=1, unit=500, horizon=200, foot=400)
    rows = np.array([[0.0, 100.0, 198.0]], np.float32)
    high, middle, low = np.abs(life.drift(rows, 2.0))[0]
    assert high > middle > 10 * low
    assert high > 4


def test_an_enlarged_sheet_keeps_its_pixels_and_has_others_between():
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    fine = enlarged(pixels)
    assert (fine[::2, ::2] == pixels).all()
    ramp = np.zeros((20, 30, 3), np.uint8)
    ramp[...] = (8 * np.arange(30))[None, :, None]
    between = enlarged(ramp)
    assert between[:, 5:-5:2, 0] == pytest.approx(np.broadcast_to(4 * np.arange(5, 55, 2), (40, 25)), abs=1)
    assert (between[..., 3] == 255).all()


def test_paper_with_a_drawing_on_it_has_no_sky():
    """The arms of a drawn child, from edge to edge, were a horizon."""
    rng = np.random.default_rng(0)
    shade = np.linspace(225, 208, 300)[:, None, None]
    picture = np.clip(shade + rng.normal(0, 1.5, (300, 240, 3)), 0, 255).astype(np.uint8)
    ink, left, right = (50, 40, 60), 80, 160
    cv2.line(picture, (0, 120), (240, 126), ink, 3, cv2.LINE_AA)
    cv2.rectangle(picture, (left, 120), (right, 200), ink, 3, cv2.LINE_AA)
    for foot in (90, 150):
        cv2.line(picture, (120, 210), (foot, 299), ink, 3, cv2.LINE_AA)
    cv2.circle(picture, (120, 60), 30, ink, 3, cv2.LINE_AA)
    cv2.line(picture, (120, 90), (120, 210), ink, 3, cv2.LINE_AA)
    assert look(picture).sky is None


def test_the_contour_of_a_dark_shore_stays_with_it_and_in_no_sheet_behind():
    """The land behind took the rim of the trees along, and showed it as dots beside them."""
    whole = cv2.cvtColor(present(cv2.imread(str(LAKE))), cv2.COLOR_BGR2RGB)
    picture = np.asarray(cv2.resize(whole, (640, 360), interpolation=cv2.INTER_AREA), np.uint8)
    scene = study(picture, lambda: None)
    window = Window(size=(640, 360), picture=(640, 360))
    *behind_it, shore = take_apart(picture, scene, window, lambda: None)
    assert scene.front is not None
    light = at_rest(behind_it).max(axis=2)
    dots = cv2.GaussianBlur(light, (0, 0), 3) - light > 15
    rim = cv2.dilate((shore.pixels[..., 3] > 5).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    sky = np.arange(360)[:, None] < 150
    assert (rim & sky).sum() > 4500
    assert (dots & rim & sky).sum() < 30, "317 when the land came first"


def waves(rows, columns, seed=2):
    """Level ripples, or the grain of a floor's planks: float32 ``[rows, columns, 1]``, a deviation of 1."""
    noise = np.random.default_rng(seed).standard_normal((rows, columns)).astype(np.float32)
    level = cv2.GaussianBlur(noise, (0, 0), sigmaX=14, sigmaY=1.5)
    return (level / level.std())[..., None]


def room(*, beams=False):
    """A studio: a ceiling, a dark wall, and a floor of planks in the ceiling's colours."""
    colour = np.array([225, 228, 232] if beams else [175, 148, 108], np.float32)
    picture = np.empty((300, 240, 3), np.float32)
    picture[:] = colour + 6 * waves(300, 240, 1)
    picture[:90] = colour + np.linspace(0, 14, 90)[:, None, None]
    if beams:
        for left in (20, 90, 160):
            cv2.line(picture, (left, 12), (left + 50, 72), (185, 188, 192), 2, cv2.LINE_AA)
    picture[90:130] = (60, 40, 35)
    picture[130:] = colour * 0.8 + 14 * waves(170, 240)
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("beams", [False, True], ids=["beige", "beams"])
def test_a_ceiling_is_no_sky_and_the_floor_below_it_no_water(beams):
    """A dancer's floor rippled, and clouds drifted over her ceiling."""
    scene = look(room(beams=beams))
    assert scene.sky is None
    assert scene.water is None
    assert not scene.clouds


@pytest.mark.parametrize(
    ("high", "low"),
    [
        ((250, 190, 110), (255, 232, 190)),
        ((190, 130, 120), (250, 200, 150)),
        ((60, 80, 150), (230, 190, 170)),
    ],
    ids=["gold", "rose", "dusk"],
)
def test_a_warm_sky_over_real_water_stays_one(high, low):
    picture = np.empty((270, 480, 3), np.float32)
    picture[:120] = np.linspace(high, low, 120)[:, None]
    picture[120:] = np.linspace(low, high, 150)[:, None] * 0.6 + 14 * waves(150, 480)
    scene = look(np.clip(picture, 0, 255).astype(np.uint8))
    assert share(scene.sky, (0, 0.4), (0, 1)) > 0.95
    assert scene.water is not None


def test_a_white_bar_above_a_photograph_is_no_sky():
    picture = np.random.default_rng(5).integers(0, 120, (240, 240, 3), dtype=np.uint8)
    picture[:60] = 255
    assert look(picture).sky is None


def test_snow_below_a_grey_sky_is_no_water():
    """Skiers stood on snow that rippled."""
    picture = np.empty((270, 480, 3), np.float32)
    picture[:90] = (205, 206, 208)
    picture[90:130] = (40, 48, 44)
    picture[130:] = 215 + 14 * waves(140, 480)
    snow, sea = picture.copy(), picture.copy()
    sea[130:] -= (110, 90, 75)
    assert look(np.clip(snow, 0, 255).astype(np.uint8)).water is None
    assert look(np.clip(sea, 0, 255).astype(np.uint8)).water is not None
