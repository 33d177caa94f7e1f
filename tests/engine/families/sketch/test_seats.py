"""How large things are beside who is on them, and where on them they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.families.sketch.cast import cast
from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.group import Zone
from engine.families.sketch.groups.sizes import size_of
from engine.families.sketch.language.reading import read
from engine.families.sketch.verbs import moment
from engine.families.sketch.words import Place, Weather
from tests.engine.families.sketch.scenes import ASPECT, actors


def one(prompt):
    (actor,) = actors(prompt)
    return actor.group


def height(group, prop):
    return prop.size * prop.figure.high * group.size


@pytest.mark.parametrize(
    "prompt",
    ["a green parrot on a pirate's shoulder", "a cat on a man", "a bird on a girl", "a butterfly on a girl"],
)
def test_what_sits_on_a_person_is_small_and_leaves_the_face_free(prompt):
    group = one(prompt)
    (person,) = group.props
    assert 0.4 < height(group, person) < 0.7
    assert group.size < 0.5 * height(group, person)
    x, eyes, _ = person.figure.head
    face = person.x + x * person.size, eyes * person.size
    beside = abs(face[0]) - group.figure.wide / 2 > -0.1 * person.size
    above = -group.raised < face[1] - 0.15 * person.size
    assert beside or above
    assert group.zone is Zone.GROUND


@pytest.mark.parametrize("prompt", ["a man with a parrot on his shoulder", "a girl holding an owl"])
def test_a_bird_that_somebody_has_sits_on_the_shoulder(prompt):
    group = one(prompt)
    (bird,) = group.props
    assert bird.size < 0.45
    assert 0.35 < -bird.y < 0.55
    left, right = one("a boy with two parrots").props
    assert left.x == -right.x
    assert len(actors("a boy with five parrots")) == 6


def test_a_child_on_the_shoulders_has_its_legs_behind_the_head():
    group = one("a boy riding his dad")
    (father,) = group.props
    assert not father.behind
    assert group.raised > 0.7 * father.size
    assert group.size < height(group, father)


@pytest.mark.parametrize(
    ("prompt", "thing"),
    [
        ("a ladybug on a leaf", "maple-leaf"),
        ("a butterfly on a flower", "tulip"),
        ("a bee on a sunflower", "sunflower"),
        ("a fly on a pizza", "pizza"),
        ("an ant on a mushroom", "mushroom"),
    ],
)
def test_an_insect_sits_on_what_is_larger_and_does_not_flap(prompt, thing):
    (actor,) = actors(prompt)
    (below,) = actor.group.props
    assert below.figure.thing == thing
    assert below.size > 2
    assert actor.group.raised > 0.4 * below.size
    now = moment(actor, 1.0, 4.0)
    assert now.gait.flap == 0
    assert now.angle == 0


def test_a_mouse_is_small_on_an_elephant_and_stands_on_its_back():
    group = one("a mouse on an elephant")
    (elephant,) = group.props
    assert elephant.size > 2
    assert group.raised > 0.8 * elephant.size


def test_a_hamster_is_small_on_a_couch_and_beside_one():
    group = one("a hamster on a couch")
    assert group.props[0].size > 2
    assert size_of("couch-and-lamp") > 2 * size_of("hamster")


@pytest.mark.parametrize(
    ("prompt", "home"),
    [
        ("a ghost eating ice cream in a haunted house", "house"),
        ("a cat in a house", "house"),
        ("a princess in a castle", "castle"),
    ],
)
def test_who_is_in_a_house_is_before_its_door(prompt, home):
    group = one(prompt)
    house = group.props[0]
    assert house.figure.thing == home
    assert house.behind
    assert house.size > 2
    assert group.raised == 0


@pytest.mark.parametrize("prompt", ["a turtle carrying a house on its back", "a snail with a house"])
def test_a_turtle_has_its_house_on_its_back(prompt):
    (actor,) = actors(prompt)
    (house,) = actor.group.props
    assert house.y < -0.7
    assert actor.box[1] >= 0


@pytest.mark.parametrize("prompt", ["a crab on the beach", "a lobster and a boy on the beach"])
def test_a_crab_stands_on_the_sand_and_is_small(prompt):
    walker = next(actor for actor in actors(prompt) if actor.group.figure.thing in {"crab", "lobster"})
    assert walker.group.zone is Zone.GROUND
    assert walker.group.size < 0.4


def test_a_thing_that_is_said_to_be_larger_is_drawn_larger():
    vision = read("a cat and a dog")
    usual, *_ = cast(vision, ASPECT, 1, np.random.default_rng(1))
    name = usual.group.figure.thing
    tiny = tuple(replace(one, scale=0.6) if one.thing == name else one for one in vision.subjects)
    found = cast(replace(vision, subjects=tiny), ASPECT, 1, np.random.default_rng(1))
    small = next(actor for actor in found if actor.group.figure.thing == name)
    assert small.group.size < 0.7 * usual.group.size


@pytest.mark.parametrize(("prompt", "at"), [("a man riding a horse", 1), ("a girl holding a pizza", 1)])
def test_so_is_what_somebody_rides_or_holds(prompt, at):
    vision = read(prompt)
    sizes = []
    for scale in (1.0, 1.4):
        subjects = list(vision.subjects)
        subjects[at] = replace(subjects[at], scale=scale)
        (actor,) = cast(replace(vision, subjects=tuple(subjects)), ASPECT, 1, np.random.default_rng(1))
        sizes.append(actor.group.props[0].size)
    assert sizes[1] == pytest.approx(1.4 * sizes[0])


def test_a_sitting_bird_is_another_figure_than_a_flying_one():
    assert one("a bird on a tree").figure.own is Figure("bird").own
    (sits,), (flies,) = actors("a bird on a tree"), actors("a bird")
    assert moment(sits, 0.0, 4.0).gait.flap == 0
    assert moment(flies, 0.0, 4.0).gait.flap == 1


def above_the_rim(group, prop):
    """How far the eyes of who is in a thing are above the middle of it, in its heights."""
    eyes = -group.figure.head[1] + group.raised
    return eyes / (prop.size * prop.figure.high) - 0.5


@pytest.mark.parametrize(
    "prompt",
    [
        "a vampire in a coffin", "a girl in a box", "a cat in a teapot", "a fish in a bowl",
        "a bear in a bathtub", "a cat in a suitcase", "a witch in a pumpkin",
        "a hamster in a cup", "a frog in a pot",
    ],
)  # fmt: skip
def test_who_is_in_something_looks_out_of_it(prompt):
    group = one(prompt)
    (vessel,) = group.props
    assert not vessel.behind
    assert above_the_rim(group, vessel) > 0.1
    assert group.raised < vessel.size * vessel.figure.high


@pytest.mark.parametrize(
    ("prompt", "more"), [("three kittens in a basket", 2), ("five kittens in a basket", 4)]
)
def test_several_are_close_together_in_one_basket(prompt, more):
    group = one(prompt)
    basket = next(prop for prop in group.props if prop.figure.thing == "basket")
    assert [prop.figure.thing for prop in group.props].count("cat") == more
    assert max(abs(prop.x - basket.x) for prop in group.props) < 0.5 * basket.figure.wide * basket.size


def test_who_is_in_a_jar_is_seen_through_its_glass():
    group = one("a mouse in a jar")
    (jar,) = group.props
    assert jar.behind
    assert jar.size * jar.figure.wide > 1.2 * group.figure.wide


@pytest.mark.parametrize("prompt", ["a cat in a wheelchair", "an old lady in a wheelchair"])
def test_who_is_in_a_wheelchair_sits_in_it(prompt):
    group = one(prompt)
    (chair,) = group.props
    assert not chair.behind
    assert 0.2 < group.raised / chair.size < 0.5


def test_what_a_witch_brews_is_in_the_pot_and_not_the_witch():
    assert {actor.group.figure.thing for actor in actors("a witch holding a bone in a pot")} == {
        "woman-mage",
        "pot-of-food",
    }


@pytest.mark.parametrize(
    ("prompt", "company"),
    [
        ("a man with his dog in a boat", ["dog"]), ("a boy and a dog on a couch", ["dog"]),
        ("der Nikolaus mit zwei Rentieren auf dem Dach", ["deer", "deer"]),
        ("a man in a boat with his cat", ["cat"]), ("a dog and a cat in a bathtub", ["cat"]),
    ],
)  # fmt: skip
def test_who_goes_with_somebody_shares_the_seat(prompt, company):
    group = one(prompt)
    (seat,) = (prop for prop in group.props if not prop.abreast)
    crew = [prop for prop in group.props if prop.abreast]
    assert [prop.figure.thing for prop in crew] == company
    half = seat.figure.wide * seat.size / 2
    assert all(seat.x - half < prop.x < seat.x + half for prop in crew)
    assert all(prop.y < -0.1 for prop in crew)  # their feet are above the ground


@pytest.mark.parametrize(
    ("prompt", "pet"),
    [("a girl with a cat on a bicycle", "cat"), ("a witch with a black cat on a broom", "black-cat"),
     ("a pirate with a monkey on a ship", "monkey")],
)  # fmt: skip
def test_on_a_seat_for_one_a_pet_is_in_the_arms(prompt, pet):
    group = one(prompt)
    held = next(prop for prop in group.props if prop.figure.thing == pet)
    assert held.size <= 0.45
    assert not held.behind


def test_who_is_too_large_for_a_seat_stands_by():
    assert len(actors("a boy with an elephant in a boat")) == 2
    assert len(actors("a king with a lion on a horse")) == 2


@pytest.mark.parametrize("prompt", ["a man in a sailboat", "il nonno pesca su una barca rossa all'alba"])
def test_no_sail_hides_who_is_in_a_boat(prompt):
    group = one(prompt)
    boat = next(prop for prop in group.props if prop.figure.thing == "sailboat")
    assert boat.behind
    assert boat.size * boat.figure.high > 1.5


@pytest.mark.parametrize(
    ("prompt", "count"),
    [("presents under the christmas tree", 3), ("a man sleeping under a tree", 1), ("a fox under a tree", 1)],
)
def test_who_is_under_a_tree_is_before_its_foot(prompt, count):
    group = one(prompt)
    tree = next(prop for prop in group.props if "tree" in prop.figure.thing)
    beside = [prop for prop in group.props if prop is not tree]
    assert tree.behind
    assert tree.size > 2
    assert len(beside) == count - 1
    assert all(abs(prop.x) > group.figure.wide for prop in beside)


def test_two_who_play_under_a_tree_are_beside_one_tree():
    things = [actor.group.figure.thing for actor in actors("two men under a tree playing chess")]
    assert things.count("deciduous-tree") == 1


def test_a_window_that_rain_falls_on_is_that_of_the_room():
    vision = read("a bowl of ramen on a wooden table, rain on the window")
    assert [subject.thing for subject in vision.subjects] == ["steaming-bowl"]
    assert vision.place is Place.ROOM
    assert Weather.RAIN in vision.weather


@pytest.mark.parametrize(
    ("prompt", "craft"),
    [
        ("a boy in a hot air balloon", "hot-air-balloon"), ("a cat flying a plane", "airplane"),
        ("a dog in a rocket", "rocket"), ("a cow in a ufo", "flying-saucer"),
    ],
)  # fmt: skip
def test_who_is_in_a_craft_flies_with_it_and_is_small_in_it(prompt, craft):
    group = one(prompt)
    (flown,) = group.props
    assert (group.zone, flown.figure.thing) == (Zone.AIR, craft)
    assert flown.size > 2
    assert flown.behind == (craft != "hot-air-balloon")


def test_a_bird_and_a_plane_fly_by_themselves():
    assert len(actors("a bird and a plane flying")) == 2


def test_who_sleeps_does_not_fly():
    assert one("a dragon sleeping").zone is Zone.GROUND


def test_a_cat_is_on_the_lap_of_who_is_in_a_chair():
    group = one("a grandma in a chair with a cat on her lap")
    chair, cat = group.props
    assert chair.behind
    assert cat.size <= 0.45


def test_a_fish_on_land_is_smaller_than_a_man():
    man, fish = sorted(actors("a man with a fish"), key=lambda actor: actor.group.figure.thing == "fish")
    assert fish.group.size < 0.7 * man.group.size


@pytest.mark.parametrize("prompt", ["a girl with a goldfish in a bowl", "a girl holding a cat in a basket"])
def test_a_pet_in_a_bowl_or_a_basket_is_in_it_and_not_the_girl(prompt):
    girl, pet = sorted(
        (actor.group for actor in actors(prompt)), key=lambda group: group.figure.thing != "girl"
    )
    assert not girl.props
    assert len(pet.props) == 1


def test_who_rides_a_dragon_is_in_the_air():
    knight = next(actor for actor in actors("a knight riding a dragon over a castle") if actor.group.props)
    assert knight.group.zone is Zone.AIR


def test_who_has_a_dog_holds_the_umbrella():
    boy = next(actor.group for actor in actors("a boy with a dog under an umbrella") if actor.group.props)
    assert boy.figure.thing == "boy"
