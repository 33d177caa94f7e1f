"""Where the things of a scene stand, and how they move."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.core.recipe import Camera
from engine.families.sketch.cast import GROUND, NEAR
from engine.families.sketch.draw import seen_at
from engine.families.sketch.drawings import drawing, names
from engine.families.sketch.figures import Figure
from engine.families.sketch.gaits import Gait, bent
from engine.families.sketch.groups.group import Zone
from engine.families.sketch.language import vocabulary
from engine.families.sketch.language.reading import read
from engine.families.sketch.light import light_of
from engine.families.sketch.pen import Pen
from engine.families.sketch.pose import Pose
from engine.families.sketch.puppet import colours
from engine.families.sketch.scene import Scene
from engine.families.sketch.verbs import moment
from engine.families.sketch.view import view_at
from tests.engine.families.sketch.scenes import actors, pixels


def overlap(one, other):
    left, top, right, low = (
        choose(pair)
        for choose, pair in zip((max, max, min, min), zip(one.box, other.box, strict=True), strict=True)
    )
    smaller = min((a.box[2] - a.box[0]) * (a.box[3] - a.box[1]) for a in (one, other))
    return max(0.0, right - left) * max(0.0, low - top) / smaller


CROWDS = [
    "three cats",
    "seven penguins",
    "twelve balloons",
    "a dog, a cat, a horse and a rabbit",
    "a red dragon over a castle",
    "five bees around a sunflower",
    "a whale with three dolphins",
    "a dinosaur chasing a car",
    "three butterflies over flowers",
    "two boats and a lighthouse",
]


@pytest.mark.parametrize("prompt", CROWDS)
@pytest.mark.parametrize("aspect", [0.56, 1.0, 1.78])
def test_things_do_not_cover_each_other_and_stay_in_the_frame(prompt, aspect):
    cast_ = actors(prompt, aspect=aspect)
    assert len(cast_) >= 2
    assert max(overlap(one, other) for one, other in itertools.combinations(cast_, 2)) < 0.12
    for actor in cast_:
        left, top, right, low = actor.box
        assert left > -0.08
        assert right < aspect + 0.08
        assert top > -0.08
        assert low < 1.0


@pytest.mark.parametrize("prompt", ["a cat", "a whale", "an astronaut", "a rocket", "a castle", "a pizza"])
def test_the_only_thing_is_large(prompt):
    (actor,) = actors(prompt)
    assert 0.3 < actor.box[3] - actor.box[1] < 0.85


def test_what_walks_stands_what_flies_flies_and_what_swims_swims():
    cat, bird = sorted(actors("a cat and a bird"), key=lambda actor: actor.group.zone)[::-1]
    assert (cat.group.zone, bird.group.zone) == (Zone.GROUND, Zone.AIR)
    assert abs(cat.y - GROUND[read("a cat and a bird").place]) < 0.05
    assert bird.box[3] < cat.box[1] + 0.02
    (boat,) = actors("a boat on the sea")
    assert boat.group.zone is Zone.WATER
    assert actors("a flying pig")[0].group.zone is Zone.AIR
    assert actors("a cat in space")[0].group.zone is Zone.AIR


def path(prompt, *, length=4.0):
    (actor,) = actors(prompt)
    return actor, [moment(actor, second, length) for second in np.linspace(0, length, 41)]


def test_verbs_are_motion():
    _, still = path("a dog")
    assert np.ptp([now.x for now in still]) == 0
    _, running = path("a dog running")
    assert running[0].gait.stride > 0
    assert running[-1].x > running[0].x + 0.1
    _, jumping = path("a dog jumping")
    assert np.ptp([now.y for now in jumping]) > 0.1
    _, dancing = path("a dog dancing")
    assert np.ptp([now.angle for now in dancing]) > 0.15
    _, falling = path("a falling piano")
    assert falling[-1].y > falling[0].y + 0.3
    _, rising = path("a balloon rising")
    assert rising[-1].y < rising[0].y - 0.3
    _, spinning = path("a spinning wheel")
    assert abs(spinning[-1].angle) > 6
    _, growing = path("a mushroom growing")
    assert growing[-1].grown > 1.5 * growing[0].grown
    _, melting = path("a snowman melting")
    assert melting[-1].gait.up < 0.6
    _, bursting = path("a bomb exploding")
    assert bursting[-1].grown < 0.1 < bursting[0].grown
    assert path("a dog sleeping")[1][0].gait.asleep


def test_legs_wings_eyes_and_tails_move_by_themselves():
    dog = drawing("dog")
    steps = [bent(dog, Gait(beat=beat, stride=0.15)) for beat in (0.8, 2.4)]
    low, high = dog.points[:, 1] > -0.1, dog.points[:, 1] < -0.6
    assert np.abs(steps[0] - steps[1])[low].max() > 0.1
    assert np.abs(steps[0] - steps[1])[high].max() < 0.05
    butterfly = drawing("butterfly")
    assert np.ptp(bent(butterfly, Gait(beat=0.8, flap=1.0))[:, 0]) < 0.8 * butterfly.wide
    cat = drawing("cat-face")
    assert cat.eyes
    eye = cat.eyes[0]
    assert np.ptp(bent(cat, Gait(asleep=True))[eye, 1]) < 0.3 * np.ptp(cat.points[eye, 1])
    fish = drawing("fish")
    rear = fish.points[:, 0] > 0.3 * fish.wide
    assert np.abs(bent(fish, Gait(beat=1.0)) - bent(fish, Gait(beat=2.0)))[rear].max() > 0.03
    assert len(drawing("automobile").wheels) == 2


def test_a_colour_changes_the_fur_but_not_the_eyes():
    cat = drawing("cat")
    plain, blue = colours(cat, None), colours(cat, (70, 120, 216))
    assert blue[cat.seen] == (70, 120, 216)
    assert plain[cat.seen] != blue[cat.seen]
    dark = [at for at, colour in enumerate(plain) if max(colour) < 60]
    assert dark
    assert [blue[at] for at in dark] == [plain[at] for at in dark]


def test_every_drawing_has_a_shape_and_can_be_drawn():
    assert len(names()) > 1200
    canvas = np.zeros((48, 64, 3), np.uint8)
    pen, light = Pen(canvas), light_of(read("day"), 0.0)
    pose = Pose(
        x=32,
        y=40,
        size=32,
        beat=0.0,
        heading=1,
        angle=0.0,
        colour=(0, 0, 0),
        shade=(0, 0, 0),
        light=(0, 0, 0),
    )
    for name in list(names())[::7]:
        canvas[:] = 120
        figure = Figure(name)
        assert 0 < figure.high <= 1.001
        assert 0 < figure.wide < 1.5
        figure.draw(pen, pose, Gait(), light, None)
        assert (canvas != 120).any(), name


def test_the_camera_goes_along_with_what_travels():
    still, running = (
        Scene(read(prompt), width=96, height=64, seed=1, length=4.0) for prompt in ("a dog", "a dog running")
    )
    assert still.follow == 0
    assert running.follow > 0.1
    view = view_at(2.0, 4.0, size=(96, 64), camera=Camera.STILL, pace=1.0, side=1)
    assert running.draw(view).shape == (64, 96, 3)


def test_the_same_words_and_seed_give_the_same_cast():
    one, again, other = (
        [(actor.x, actor.y, actor.phase) for actor in actors("three cats and a dog", seed=seed)]
        for seed in (3, 3, 4)
    )
    assert one == again
    assert one != other


@pytest.mark.parametrize("language", ["en", "de", "ja", "ru"])
def test_any_words_in_any_order_make_a_scene(language):
    words = vocabulary.vocabulary(language)
    known = [*words.names, *words.speech, *words.openings]
    random = np.random.default_rng(5)
    for turn in range(10):
        prompt = " ".join(known[at] for at in random.integers(len(known), size=1 + turn))
        scene = Scene(read(prompt), width=64, height=48, seed=turn, length=4.0)
        scene.draw(view_at(2.0, 4.0, size=(64, 48), camera=Camera.AUTO, pace=1.0, side=1))
        for actor in scene.actors:
            assert np.isfinite(actor.box).all(), prompt


def test_a_cowboy_has_a_body():
    assert Figure("cowboy-hat-face").body is not None


@pytest.mark.parametrize(("width", "height"), [(96, 54), (54, 96)])
@pytest.mark.parametrize("seconds", [4.0, 10.0])
@pytest.mark.parametrize("prompt", ["seven pumpkins", "four cats", "three cats and a house", "ten birds"])
def test_a_camera_without_orders_leaves_a_full_row_in_the_frame(prompt, seconds, width, height):
    for seed in range(4):
        scene = Scene(read(prompt), width=width, height=height, seed=seed, length=seconds)
        for second in (0.0, seconds):
            view, _ = seen_at(second, seconds, scene, size=(width, height), camera=Camera.AUTO, pace=1.0)
            for actor in scene.actors:
                now, near = moment(actor, second, seconds), NEAR[actor.group.zone]
                half = actor.group.wide * actor.group.size / 2
                (left, _), (right, _) = view.put([now.x - half, now.x + half], [0.5, 0.5], near)
                assert left > -0.1 * (right - left)
                assert right < width + 0.1 * (right - left)


def test_a_black_cat_is_black_and_its_eyes_can_be_seen():
    for prompt in ("a black cat", "a black dog"):
        shown = pixels(prompt)
        drawn = (shown != 120).any(axis=2)
        assert np.median(shown[drawn]) < 80
        assert 0 < ((shown[..., 0] > 200) & (shown[..., 2] < 160)).sum() < 0.02 * drawn.sum()


def test_feet_and_wheels_are_on_the_street_and_not_behind_it():
    scene = Scene(read("a red car in the city"), width=192, height=108, seed=1, length=4.0)
    view = view_at(2.0, 4.0, size=(192, 108), camera=Camera.STILL, pace=1.0, side=scene.side)
    whole = scene.draw(view)
    (actor,) = scene.actors
    scene.actors.clear()
    changed = (scene.draw(view) != whole).any(axis=2)
    foot = round(actor.y * 108)
    assert changed[foot - 4 : foot - 1].any(), "the tyres are seen down to the ground"


def test_a_tall_group_is_in_the_frame():
    (actor,) = actors("an elephant with an umbrella")
    assert actor.box[1] > 0
