"""The drawings that we made ourselves: each can be drawn, is named in most languages, and does what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.sketch_data import OWN
from benchmarks.svg_outlines import layers
from engine.families.sketch.drawings import drawing, names
from engine.families.sketch.groups.group import Zone
from engine.families.sketch.language.reading import read
from engine.families.sketch.language.vocabulary import LANGUAGES, speech
from engine.families.sketch.words import Place
from tests.engine.families.sketch.scenes import actors, things

DRAWN = sorted(path.stem for path in OWN.glob("*.svg"))


def test_there_are_some():
    assert len(DRAWN) > 10


@pytest.mark.parametrize("name", DRAWN)
def test_what_was_derived_is_what_the_file_shows(name):
    assert name in names()
    said = layers(Path(OWN / f"{name}.svg").read_text("utf-8"))
    colours = [(layer.colour, layer.opacity) for layer in said]
    assert colours == [(part.colour, part.opacity) for part in drawing(name).parts], "run make sketch-data"


@pytest.mark.parametrize("name", DRAWN)
def test_it_is_named_in_most_languages_and_stands_for_nothing_else(name):
    named = [language for language in LANGUAGES if speech(language)["thing"].get(name)]
    assert len(named) > 24
    assert not [language for language in LANGUAGES if name in speech(language)["like"]]


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("two skeletons dancing", [("skeleton", 2)]),
        ("ein Skelett und eine Vogelscheuche", [("skeleton", 1), ("scarecrow", 1)]),
        ("un gato sobre una valla", [("cat", 1), ("fence", 1)]),
        ("три скелета", [("skeleton", 3)]),
        ("風車と猫", [("windmill", 1), ("cat", 1)]),
        ("một chiếc xe tăng", [("army-tank", 1)]),
        ("a dog at a gas station", [("dog", 1), ("gas-station", 1)]),
        ("3 aliens holding a sign", [("alien", 3), ("signpost", 1)]),
    ],
)
def test_it_is_drawn_where_it_is_named(prompt, found):
    assert sorted(things(prompt)) == sorted(found)
    assert not read(prompt).notes


def test_it_is_at_home_somewhere():
    assert read("a seahorse").place is read("two submarines").place is Place.UNDERWATER
    assert read("a duck in a puddle").place is Place.FIELD, "there is no puddle on a lake"


def test_it_does_what_it_is():
    (cat,) = actors("a cat on a fence")
    assert [prop.figure.thing for prop in cat.group.props] == ["fence"]
    assert actors("a submarine on the sea")[0].group.zone is Zone.WATER
    assert actors("a tank in the desert")[0].speed > 0
    assert actors("a windmill")[0].speed == 0
