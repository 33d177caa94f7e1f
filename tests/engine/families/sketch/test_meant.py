"""What is meant where a word alone says something else."""

from __future__ import annotations

import pytest

from engine.families.sketch.language.reading import read
from engine.families.sketch.words import Hour, Place
from tests.engine.families.sketch.scenes import named, said, things


@pytest.mark.parametrize(
    ("prompt", "meant"),
    [
        ("a cat on a man's head", ["cat", "man on"]),
        ("a cat on a woman's head", ["cat", "woman on"]),
    ],
)
def test_a_possessive_alone_names_somebody_and_no_garment(prompt, meant):
    assert said(prompt) == meant
    assert things("a crab pinching a guys toe")[1] == ("person", 1)


@pytest.mark.parametrize(
    ("prompt", "place", "meant"),
    [
        ("a polar bear floating on a tiny piece of ice", Place.SEA, ["polar-bear", "ice on"]),
        ("a penguin floating on ice", Place.SEA, ["penguin", "ice on"]),
        ("an otter floating on its back in the river", Place.LAKE, ["otter swim"]),
        ("a duck floating on a pond", Place.LAKE, ["duck"]),
        ("un canard flottant sur l'eau", Place.SEA, ["duck"]),
        ("un perro flotando en el mar", Place.SEA, ["dog swim"]),
        ("a balloon floating over the sea", Place.SEA, ["balloon fly"]),
    ],
)
def test_what_floats_on_something_does_not_fly(prompt, place, meant):
    assert (read(prompt).place, said(prompt)) == (place, meant)
    assert said("a cat floating on a cloud") == ["cat fly", "cloud on"]


@pytest.mark.parametrize(
    ("prompt", "seat"),
    [
        ("a fat hamster eating pizza on the couch", "couch-and-lamp"),
        ("a kid reading a book on the couch", "couch-and-lamp"),
        ("a monkey eating a banana on a tree", "deciduous-tree"),
        ("a cat wearing a hat on a red car", "automobile"),
    ],
)
def test_who_does_something_is_on_the_seat_and_not_what_it_is_done_to(prompt, seat):
    seated = read(prompt).subjects[2]
    assert (seated.thing, seated.link, seated.to) == (seat, "on", 0)


def test_what_somebody_chases_may_be_on_something_itself():
    assert read("a dog chasing a cat on a bicycle").subjects[2].to == 1


@pytest.mark.parametrize(
    ("prompt", "meant"),
    [
        ("un gatto nero sopra una macchina rossa", ["black-cat", "automobile on"]),
        ("a cat jumping over a car", ["cat jump", "automobile over"]),
        ("a bird over a car", ["bird", "automobile over"]),
        ("δύο γάτες κοιμούνται στη στέγη", ["cat sleep", "house on"]),
        ("волк воет на луну", ["wolf sing", "crescent-moon watch"]),
        ("вовк виє на місяць", ["wolf sing", "crescent-moon watch"]),
    ],
)
def test_a_preposition_means_what_can_be(prompt, meant):
    assert said(prompt) == meant


@pytest.mark.parametrize(
    ("prompt", "meant"),
    [
        ("a girl wearing a winter coat", ["girl", "coat wear"]),
        ("a duck wearing rain boots", ["duck", "hiking-boot wear"]),
        ("a woman in a red autumn dress", ["woman", "dress wear"]),
        ("a boy drinking morning coffee", ["boy", "hot-beverage drink"]),
    ],
)
def test_a_word_for_the_weather_or_the_hour_may_say_of_what_kind_a_thing_is(prompt, meant):
    assert said(prompt) == meant
    assert not read(prompt).weather
    assert [count for _, count in things(prompt)] == [1, 1]


def test_a_school_bus_is_in_no_school():
    vision = read("a yellow school bus in front of a big house, kids waving")
    assert vision.place is Place.CITY
    assert vision.notes == ()
    assert read("a school").place is Place.ROOM
    assert read("a forest fairy").place is Place.FOREST


def test_no_slip_is_guessed_where_a_vowel_differs():
    vision = read("a dog jumping in a rabbet")
    assert named("a dog jumping in a rabbet") == ["dog"]
    assert vision.notes == ("the sketch does not know “rabbet”",)
    assert named("a pengiun") == named("a pennguin") == ["penguin"]
    assert named("a pangquin") == []


@pytest.mark.parametrize(
    ("prompt", "thing", "counts"),
    [
        ("a duck and her ducklings", "duck", [1, 3]),
        ("a duck and her five ducklings", "duck", [1, 5]),
        ("mother cat with her kittens", "cat", [1, 3]),
        ("a bear and her cubs", "bear", [1, 3]),
        ("una gata con sus gatitos", "cat", [1, 3]),
        ("a dog and two puppies", "dog", [1, 2]),
        ("мама кошка и три котёнка", "cat", [1, 3]),
        ("un chat et trois chatons", "cat", [1, 3]),
    ],
)
def test_the_young_are_another_smaller_group(prompt, thing, counts):
    old, young = read(prompt).subjects
    assert (old.thing, young.thing) == (thing, thing)
    assert [old.count, young.count] == counts
    assert young.scale < old.scale


@pytest.mark.parametrize(
    ("prompt", "thing"),
    [
        ("five ducklings following their mother across the road", "duck"),
        ("a bear and his mom", "bear"),
        ("eine Ente mit ihrer Mutter", "duck"),
        ("gatos con su mamá", "cat"),
    ],
)
def test_the_mother_of_an_animal_is_a_larger_one(prompt, thing):
    young, mother = read(prompt).subjects
    assert (young.thing, mother.thing, mother.count) == (thing, thing, 1)
    assert mother.scale > young.scale


def test_the_mother_of_a_person_is_one():
    assert things("a man with a cat and her kittens") == [("man", 1), ("cat", 1), ("cat", 3)]
    assert named("a girl and her mother") == ["girl", "woman"]
    assert named("a boy with his dog and his mother") == ["boy", "dog", "woman"]
    (elephant,) = read("a baby elephant").subjects
    assert (elephant.thing, elephant.scale) == ("elephant", 0.7)
    assert named("a baby sleeping in a bed")[:1] == ["baby"]


def test_a_blue_sky_is_that_of_the_day():
    for prompt in ("a kite in a blue sky", "una cometa en el cielo azul", "नीले आसमान में एक लाल पतंग"):
        vision = read(prompt)
        assert (vision.place, vision.hour, vision.tint) == (Place.SKY, Hour.DAY, None)
    assert read("a dog under the blue sky at sunset").hour is Hour.SUNSET


def test_a_goldfish_in_a_bowl_is_orange_and_eats_no_noodles():
    fish, bowl = read("a goldfish in a bowl").subjects
    assert (fish.thing, fish.colour) == ("tropical-fish", (243, 140, 52))
    assert bowl.thing == "bowl-with-spoon"
    assert things("a bowl of noodles") == [("steaming-bowl", 1)]


def test_old_men_are_old():
    assert things("two old men") == [("old-man", 2)]
    assert things("old women") == [("old-woman", 3)]
    assert things("deux vieux hommes") == things("zwei alte Männer") == [("old-man", 2)]


def test_words_of_chats_are_no_unknown_things():
    assert read("pls make a highly detailed cat lol").notes == ()
    assert read("un gato durmiendo en la cama pls").notes == ()
    assert read("чёрный кот пж").notes == ()
    assert read("ein sehr großer Hund bitte").notes == ()
    assert read("a boy mowing the lawn").notes == ("the sketch does not know “mowing”",)
    assert "I drew a headstone for “graveyard”" in read("a graveyard").notes
    assert "I drew a jack o lantern for “pumpkin”" in read("a pumpkin").notes


@pytest.mark.parametrize(
    "prompt",
    ["a kangaroo boxing a koala in a ring", "zwei Männer boxen im Ring", "dos perros boxeando en un ring"],
)
def test_nobody_boxes_in_a_ring_with_a_jewel(prompt):
    vision = read(prompt)
    assert "ring" not in {one.thing for one in vision.subjects}
    assert vision.notes == ("the sketch does not know “ring”",)
    assert read("a dog with a ring").subjects[1].thing == "ring"
