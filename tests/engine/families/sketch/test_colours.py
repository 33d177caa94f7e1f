"""Which thing has a colour."""

from __future__ import annotations

import pytest

from engine.families.sketch import drawings
from engine.families.sketch.drawings import drawing
from engine.families.sketch.language.colouring import COLOURS
from engine.families.sketch.language.reading import read
from engine.families.sketch.puppet import colours
from tests.engine.families.sketch.scenes import said


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [
        ("a red dragon and a blue bird", ["red", "blue"]),
        ("un gato verde y un perro rojo", ["green", "red"]),
        ("ein roter Drache", ["red"]),
        ("зелёная собака", ["green"]),
        ("赤い犬", ["red"]),
        ("an orange cat", ["orange"]),
        ("a cat", [None]),
    ],
)
def test_a_colour_belongs_to_the_thing_beside_it(prompt, colours):
    assert [subject.colour for subject in read(prompt).subjects] == [COLOURS.get(name) for name in colours]


def test_a_red_bus_has_a_red_body_and_clear_windows():
    bus = drawings.drawing("bus")
    changed = [
        before.colour for before, after in zip(bus.parts, colours(bus, COLOURS["red"]), strict=True)
        if before.colour != after
    ]  # fmt: skip
    assert changed
    assert (38, 201, 252) not in changed


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("un singe qui mange une orange", ["monkey", "tangerine eat"]),
        ("un singe qui jongle avec trois oranges", ["monkey", "tangerine hold"]),
        ("un mono comiendo naranjas", ["monkey", "tangerine eat"]),
        ("um urso com laranjas", ["bear", "tangerine with"]),
        ("una chica con una naranja en la mano", ["girl", "tangerine with"]),
        ("un chat orange dans le jardin", ["cat"]),
        ("un perro con un sombrero naranja", ["dog", "top-hat wear"]),
        ("une orange bleue", ["tangerine"]),
    ],
)
def test_an_orange_is_a_fruit_where_a_noun_stands_and_else_a_colour(prompt, found):
    assert said(prompt) == found


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("un chien à côté d'une haie rouge", [("dog", None)]),
        ("un perro junto a un muro rojo", [("dog", None)]),
        ("un oso con un delantal rosa", [("bear", None)]),
        ("un chat mignon noir", [("cat", "black")]),
        ("un perro en un campo verde", [("dog", None)]),
        ("un chien sur un canapé vert", [("dog", None), ("couch-and-lamp", "green")]),
        ("a cat next to a red hedge near a house", [("cat", None), ("house", None)]),
        ("a girl with red hair on a horse", [("girl", None), ("horse", None)]),
        ("eine Katze neben einer roten Hecke und ein Hund", [("cat", None), ("dog", None)]),
        ("a dog in a green field with a ball", [("dog", None), ("soccer-ball", None)]),
        ("a red fuzzlike dragon over a castle", [("dragon", "red"), ("castle", None)]),
        ("a woman in black and a man in white", [("woman", "black"), ("man", "white")]),
    ],
)
def test_a_colour_of_what_is_not_drawn_paints_nothing_else(prompt, found):
    seen = [(one.thing, one.colour) for one in read(prompt).subjects]
    assert seen == [(thing, COLOURS[colour] if colour else None) for thing, colour in found]


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a red cat and a blue cat", [("cat", 1, "red"), ("cat", 1, "blue")]),
        ("ein schwarzer Hund und ein weißer Hund", [("dog", 1, "black"), ("dog", 1, "white")]),
        ("un perro blanco y un perro negro", [("dog", 1, "white"), ("dog", 1, "black")]),
        ("perros blancos y perros negros", [("dog", 3, "white"), ("dog", 3, "black")]),
        ("three red birds and two blue birds", [("bird", 3, "red"), ("bird", 2, "blue")]),
        ("白い犬と黒い犬", [("dog", 1, "white"), ("dog", 1, "black")]),
        ("a wolf and a grey wolf", [("wolf", 1, None), ("wolf", 1, "grey")]),
        ("a cat and a kitten", [("cat", 1, None), ("cat", 1, None)]),
        ("a red cat in the snow, the red cat is sleeping", [("cat", 1, "red")]),
        ("un perro, un gato, el perro negro", [("dog", 1, "black"), ("cat", 1, None)]),
        ("a corgi and a husky", [("dog", 2, None)]),
    ],
)
def test_a_second_one_of_another_colour_or_number_is_a_second_one(prompt, found):
    seen = [(one.thing, one.count, one.colour) for one in read(prompt).subjects]
    assert seen == [(thing, count, COLOURS[colour] if colour else None) for thing, count, colour in found]


def test_a_scooter_is_painted_on_its_frame_and_not_on_its_tyres():
    scooter = drawing("kick-scooter")
    assert max(scooter.parts[scooter.seen].colour) > 200
