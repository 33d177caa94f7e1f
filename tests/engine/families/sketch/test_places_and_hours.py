"""Where and when a scene is, and in which weather."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.families.sketch.groups.group import Zone
from engine.families.sketch.language.colouring import COLOURS
from engine.families.sketch.language.reading import read
from engine.families.sketch.light import light_of
from engine.families.sketch.words import Action, Hour, Link, Place, Weather
from tests.engine.families.sketch.scenes import actors, things


def test_the_words_decide_place_hour_weather_colour_and_number():
    vision = read("Two RED hot air balloons rising slowly over a foggy harbour at dawn")
    assert (vision.place, vision.hour) == (Place.SEA, Hour.DAWN)
    assert vision.weather == {Weather.FOG}
    (balloon,) = vision.subjects
    assert (balloon.thing, balloon.count, balloon.colour) == ("hot-air-balloon", 2, COLOURS["red"])
    assert balloon.action is Action.RISE
    assert vision.pace < 1
    assert vision.tint is None
    assert not vision.notes


def test_a_thing_of_no_known_place_is_where_its_kind_lives():
    assert read("a shark").place is Place.UNDERWATER
    assert read("a camel").place is Place.DESERT
    assert read("a sailboat").place is Place.SEA
    assert read("a dog swimming").place is Place.SEA
    assert read("a cat eating a fish").place is not Place.UNDERWATER


@pytest.mark.parametrize(
    "prompt",
    [
        *("a cat on the shore of a lake", "two dogs at the river", "a frog in a pond", "ein Hund am Fluss"),
        *("un chat au bord de la rivière", "un gato en el lago", "un cane sul fiume", "kot nad rzeką"),
        *("кошка на озере", "кіт біля озера", "kočka u rybníka", "en hund vid sjön", "湖の猫"),
        *("강가의 고양이", "猫在湖边", "con mèo bên dòng sông", "kucing di sungai", "gölde bir kedi"),
        "झील के पास बिल्ली",
        *("قطة عند البحيرة", "חתול ליד האגם", "een kat bij de vijver", "um gato na lagoa", "kissa järvellä"),
        *("a duck", "two swans", "a duck floating on its back"),
    ],
)
def test_lakes_and_rivers_have_two_banks_and_are_not_the_sea(prompt):
    vision = read(prompt)
    assert vision.place is Place.LAKE
    assert not vision.notes


def test_what_swims_is_in_a_lake_and_others_are_on_its_bank():
    (swan,), (cow,) = actors("a swan on a lake"), actors("a cow by a lake")
    assert (swan.group.zone, cow.group.zone) == (Zone.WATER, Zone.GROUND)
    assert swan.y < cow.y


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat on a bridge in a forest",
        "in Paris a bus drives over a bridge",
        "un gato en el puente",
        "橋の上の猫",
    ],
)
def test_a_bridge_is_a_place_wherever_it_is(prompt):
    assert read(prompt).place is Place.BRIDGE
    assert len(read(prompt).subjects) == 1


def test_a_ship_that_sails_is_one_ship_and_coral_grows_under_water():
    assert things("a viking ship sailing through fog") == [("ship", 1)]
    assert things("sailing at sunset") == [("sailboat", 1)]
    assert read("a turtle between corals in the sea").place is Place.UNDERWATER


@pytest.mark.parametrize(
    "prompt", ["northern lights over a cabin", "ein Fuchs unter dem Nordlicht", "オーロラの下の狼"]
)
def test_the_northern_lights_glow_at_night(prompt):
    vision = read(prompt)
    assert (vision.weather, vision.hour) == (frozenset({Weather.AURORA}), Hour.NIGHT)
    assert len(vision.subjects) == 1
    assert read("a boy watching the stars").hour is Hour.NIGHT


@pytest.mark.parametrize(
    "prompt",
    [
        "a ship under a full moon",
        "a wolf howling at the full moon",
        "un lobo bajo la luna llena",
        "ein Wolf unter dem Vollmond",
        "月の下の狼",
    ],
)
def test_under_a_moon_it_is_night(prompt):
    assert read(prompt).hour is Hour.NIGHT


@pytest.mark.parametrize(
    "prompt",
    [
        "um tubarão no fundo do mar",
        "an octopus at the bottom of the sea",
        "un pulpo en el fondo del mar",
        "ein Krake am Meeresgrund",
        "une pieuvre au fond de la mer",
    ],
)
def test_the_bottom_of_the_sea_is_under_water(prompt):
    vision = read(prompt)
    assert vision.place is Place.UNDERWATER
    assert len(vision.subjects) == 1


def test_what_sits_on_a_leaf_has_one_and_what_is_among_leaves_has_wind():
    for prompt in ("a snail on a leaf", "ein Frosch auf einem Blatt", "un escargot sur une feuille"):
        vision = read(prompt)
        assert len(vision.subjects) == 2
        assert vision.subjects[1].link is Link.ON
    assert read("a fox in autumn leaves").weather == {Weather.WIND, Weather.AUTUMN}
    assert [subject.thing for subject in read("leaves in the wind").subjects] == []


def test_a_ship_that_is_attacked_by_an_octopus_is_on_the_sea():
    assert read("an octopus attacking a pirate ship").place is Place.SEA
    assert read("an octopus").place is Place.UNDERWATER


@pytest.mark.parametrize(
    "prompt", ["a misty graveyard at night", "a pastel castle at night", "a spring meadow at night"]
)
def test_a_mood_or_a_season_is_no_hour(prompt):
    assert read(prompt).hour is Hour.NIGHT


def test_what_is_misty_has_fog():
    assert read("a misty forest with a deer").weather == {Weather.FOG}


@pytest.mark.parametrize(
    "prompt",
    [
        "a fox in an autumn forest",
        "a bicycle in autumn",
        "un bosque en otoño",
        "une forêt en automne",
        "ein Igel im Herbst",
        "осенний лес",
        "秋の森",
        "가을 숲",
        "jesień w lesie",
    ],
)
def test_autumn_has_leaves_in_the_air_and_brown_ground(prompt):
    vision = read(prompt)
    assert Weather.AUTUMN in vision.weather
    assert not {"fallen-leaf", "maple-leaf"} & {thing.thing for thing in vision.subjects}
    red, green, blue = light_of(replace(vision, hour=Hour.DAY), 0.0).ground
    assert red > green > blue


def test_a_tree_is_orange_in_autumn():
    (tree,) = actors("a tree in autumn")
    red, green, blue = tree.group.subject.colour
    assert red > green > blue
    assert actors("a green tree in autumn")[0].group.subject.colour == COLOURS["green"]


@pytest.mark.parametrize(
    ("prompt", "place", "notes"),
    [
        ("a garden cat by a pond", Place.LAKE, ()),
        ("a garden cat", Place.FIELD, ()),
        ("a fox in a forest by a lake", Place.FOREST, ("I drew a forest for “lake”",)),
        ("ein Hund im Wald am Meer", Place.FOREST, ("I drew a forest for “meer”",)),
        ("a crab on a beach by the sea", Place.BEACH, ()),
        ("a snake in the sand of the desert", Place.DESERT, ()),
        ("a train on a bridge in the mountains", Place.BRIDGE, ()),
        ("a beach party with a crab", Place.BEACH, ()),
    ],
)
def test_one_place_is_drawn_and_of_another_it_is_said(prompt, place, notes):
    vision = read(prompt)
    assert (vision.place, vision.notes) == (place, notes)


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        ("a helicopter over a volcano", Place.MOUNTAIN), ("a plane flying over a castle", Place.MOUNTAIN),
        ("a hot air balloon over elephants", Place.FIELD), ("a helicopter over a ship", Place.SEA),
        ("a plane and a bird", Place.SKY), ("a helicopter", Place.SKY),
    ],
)  # fmt: skip
def test_what_stands_below_a_plane_has_its_ground(prompt, place):
    assert read(prompt).place is place


@pytest.mark.parametrize(
    ("prompt", "places"),
    [
        ("{} nurse", {Place.ROOM}), ("{} nurse with an old lady in a wheelchair", {Place.ROOM}),
        ("{} goldfish in a bowl", {Place.ROOM}), ("{} firefighter", {Place.CITY}),
        ("{} girl in a box", {Place.FIELD}), ("{} bear in a bathtub", {Place.ROOM}),
        ("{} cup of coffee", {Place.ROOM}), ("{} flower", {Place.FIELD}),
    ],
)  # fmt: skip
def test_jobs_and_what_stands_in_rooms_are_never_in_mountains_by_chance(prompt, places):
    numbers = ("one", "two", "three", "four", "five", "red", "blue", "green", "yellow", "pink")
    assert {read(prompt.format(word)).place for word in numbers} == places
