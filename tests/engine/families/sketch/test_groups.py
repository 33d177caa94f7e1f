"""Who wears, rides, holds and lifts what, as it is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from engine.families.sketch.drawings import drawing
from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.grouping import grouped
from engine.families.sketch.language.colouring import COLOURS
from engine.families.sketch.language.reading import read
from engine.families.sketch.pose import Pose
from engine.families.sketch.verbs import moment
from engine.families.sketch.words import Link, Subject
from tests.engine.families.sketch.scenes import actors, pixels


@pytest.mark.parametrize("driver", ["hamster", "dog", "woman", "frog"])
@pytest.mark.parametrize("vehicle", ["automobile", "bus", "taxi", "delivery-truck", "racing-car"])
def test_who_drives_is_seen_over_the_roof(driver, vehicle):
    vision = read(f"a {driver} driving a car")
    group = grouped(
        Subject(thing=driver), [Subject(thing=vehicle, link=Link.DRIVE, to=0)], vision, main=True, alone=True
    )
    (mount,) = group.props
    roof = mount.size * Figure(vehicle).high
    eyes = group.raised - group.figure.head[1]
    assert eyes > roof
    assert group.high >= roof


def test_what_belongs_together_moves_together():
    (rider,) = actors("an astronaut riding a horse")
    assert rider.group.raised > 0.3
    assert [prop.figure.thing for prop in rider.group.props] == ["horse"]
    (eater,) = actors("a penguin eating pizza")
    assert [prop.figure.thing for prop in eater.group.props] == ["pizza"]
    (frog,) = actors("a frog with a crown on a lily pad")
    crown, lily = sorted((prop.figure.thing, prop.y) for prop in frog.group.props)
    assert crown[0] == "crown"
    assert crown[1] < -0.7
    assert lily == ("lotus", 0.0)
    dino, car = sorted(actors("a dinosaur chasing a car"), key=lambda actor: actor.x)
    assert (dino.group.figure.thing, car.group.figure.thing, dino.heading) == ("t-rex", "automobile", 1)
    left, right = sorted(actors("two boys fighting"), key=lambda actor: actor.x)
    assert (left.heading, right.heading) == (1, -1)


@pytest.mark.parametrize(
    ("prompt", "perched"),
    [
        ("an owl on a tree", True),
        ("two parrots in a tree", True),
        ("a cat on the roof", True),
        ("three cats on the roof", False),
        ("a black cat on the roof", True),
        ("a rooster on the roof", True),
        ("santa on the roof", True),
        ("a bird on a tree", True),
        ("um tucano numa árvore", True),
        ("dwa bociany na dachu domu", True),
        ("a bird flying over a tree", False),
        ("an elephant on a tree", False),
        ("an owl flying over a tree", False),
    ],
)
def test_what_can_sit_on_a_tree_or_a_roof_sits_there(prompt, perched):
    found = actors(prompt)
    alone = {actor.group.subject.thing for actor in found}
    assert (len(alone) == 1) is perched
    if perched:
        below = {prop.figure.thing for prop in found[0].group.props} - alone
        assert len(below) == 1
        assert below <= {"deciduous-tree", "house"}
        assert found[0].group.raised > 0.4
        assert found[0].box[1] >= 0, "its head is in the frame"


@pytest.mark.parametrize(
    ("prompt", "part"),
    [
        ("a bear wearing a red coat", "top"),
        ("a queen wearing a crown and a red dress", "top"),
        ("a boy wearing red jeans", "legs"),
        ("a girl wearing red shoes", "shoes"),
        ("a robot wearing red gloves", "hands"),
    ],
)
def test_clothes_cover_a_part_of_the_body_and_are_no_hats(prompt, part):
    (actor,) = actors(prompt)
    assert getattr(actor.group.clothes, part) == COLOURS["red"]
    assert not actor.group.props, "nothing is on the head or beside it"


@pytest.mark.parametrize("who", ["a girl", "a bear", "a chef", "a cat"])
def test_a_coat_is_drawn_below_the_head(who):
    clad = pixels(f"{who} wearing a blue coat")
    blue = (clad[..., 2] > clad[..., 0] + 60) & (clad[..., 2] > clad[..., 1] + 30)
    assert blue.mean() > 0.03
    assert np.nonzero(blue)[0].min() > 0.4 * len(clad)


def test_an_animal_that_is_drawn_whole_stands_up_in_its_boots():
    (cat,) = actors("a cat wearing boots")
    assert cat.group.figure.thing == "cat-face"
    assert cat.group.clothes.shoes is not None


def test_headphones_sit_on_the_ears_and_a_backpack_on_the_back():
    (dog,) = actors("a robot with headphones")
    (prop,) = dog.group.props
    _, eyes, top = dog.group.figure.head
    assert prop.y - prop.size * prop.figure.high < eyes < prop.y, "from above the eyes to below them"
    assert prop.y - prop.size * prop.figure.high > top - 0.1
    (boy,) = actors("a boy with a backpack")
    assert boy.group.props[0].behind
    (cat,) = actors("a cat with a backpack")
    assert -0.8 < cat.group.props[0].y < -0.4


def test_a_queen_has_one_crown():
    assert not actors("a queen wearing a crown")[0].group.props
    assert [prop.figure.thing for prop in actors("a cat wearing a crown")[0].group.props] == ["crown"]


@pytest.mark.parametrize(
    "prompt",
    ["a cat holding an umbrella", "a girl with an umbrella", "우산을 쓴 고양이가 비 오는 거리를 걷는다"],
)
def test_an_umbrella_is_held_over_the_head(prompt):
    (actor,) = actors(prompt)
    (umbrella,) = actor.group.props
    assert umbrella.y - umbrella.size < -actor.group.figure.high - 0.2
    assert umbrella.behind


@pytest.mark.parametrize(
    "prompt", ["a cow eating a pizza", "a dog holding a bone", "a horse eating an apple"]
)
def test_what_an_animal_eats_or_holds_is_before_its_muzzle(prompt):
    (actor,) = actors(prompt)
    (prop,) = actor.group.props
    x, eyes, _ = actor.group.figure.head
    inner = prop.x + prop.figure.wide * prop.size / 2
    assert inner < -0.4 * actor.group.figure.wide
    assert inner < x
    assert prop.y - prop.size * prop.figure.high >= eyes - 0.001


def test_a_broom_lies_under_who_rides_it_with_its_handle_ahead():
    (witch,) = actors("a witch on a broom")
    (broom,) = witch.group.props
    pose = Pose(
        x=broom.x, y=broom.y, size=broom.size, beat=0.0, heading=1, angle=broom.angle,
        colour=(0, 0, 0), shade=(0, 0, 0), light=(0, 0, 0),
    )  # fmt: skip
    placed = pose.at(drawing("broom").points)
    assert np.ptp(placed[:, 0]) > 1.5 * np.ptp(placed[:, 1])
    bristles = drawing("broom").points[:, 1] > -0.1
    assert placed[bristles, 0].mean() > 0.2
    assert placed[~bristles, 0].min() < 0


def test_what_is_held_is_small_beside_who_holds_it():
    for prompt in ("a man with a baseball", "a grandma holding a scarf"):
        (actor,) = actors(prompt)
        (prop,) = actor.group.props
        assert prop.size * prop.figure.high < 0.32
    boot, tractor = sorted(actors("a boot and a tractor"), key=lambda actor: actor.group.size)
    assert boot.group.figure.thing == "hiking-boot"
    assert boot.group.size < 0.65 * tractor.group.size


@pytest.mark.parametrize(
    "prompt", ["a strong man lifting a car", "a mouse lifting an elephant", "a superhero lifting a bus"]
)
def test_what_is_lifted_is_held_overhead(prompt):
    (actor,) = actors(prompt)
    (load,) = actor.group.props
    assert load.y < 0.05 - actor.group.figure.high, "it begins where the head ends"
    assert actor.group.raised == 0
    assert actor.box[1] > 0
    now = moment(actor, 2.0, 4.0)
    assert now.gait.lifts
    assert now.x == pytest.approx(actor.x, abs=0.02)
    assert now.y == pytest.approx(actor.y, abs=0.05), "who lifts does not rise"


def test_what_a_helicopter_lifts_hangs_below_it():
    (actor,) = actors("a helicopter lifting a car")
    (load,) = actor.group.props
    assert load.y == 0 < actor.group.raised


@pytest.mark.parametrize(
    "prompt",
    ["a mother holding her baby", "a kid holding a puppy", "a boy holding two kittens",
     "a bear holding a fish", "a baby with a teddy bear"],
)  # fmt: skip
def test_the_living_are_held_small_before_the_chest(prompt):
    (actor,) = actors(prompt)
    group = actor.group
    for held in group.props:
        assert held.size <= 0.45
        assert not held.behind
        assert abs(held.x) < 0.3
        assert -held.y + held.size * held.figure.high < -group.figure.head[1]  # the face is free


@pytest.mark.parametrize("prompt", ["an eagle carrying a fish", "a dragon carrying a sheep"])
def test_who_flies_has_whom_it_carries_below_it(prompt):
    (actor,) = actors(prompt)
    (held,) = actor.group.props
    assert held.size <= 0.6
    assert held.y == 0
    assert actor.group.raised < held.size * held.figure.high < actor.group.raised + 0.4


def test_a_horse_is_not_carried_but_stands_by():
    assert len(actors("a girl holding a horse")) == 2
