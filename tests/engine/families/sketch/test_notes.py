"""What is said of words that draw nothing, or another thing."""

from __future__ import annotations

import pytest

from engine.families.sketch.language import forms, vocabulary
from engine.families.sketch.language.reading import read
from engine.families.sketch.words import Link, Place
from tests.engine.families.sketch.scenes import things


@pytest.mark.parametrize(
    ("prompt", "thing", "said"),
    [
        ("a zebroid", "horse", "I drew a horse for “zebroid”"),
        ("a corgi", "dog", "I drew a dog for “corgi”"),
        ("tetto", "house", "I drew a house for “tetto”"),
        ("an elefphant", "elephant", "I drew an elephant for “elefphant”"),
        ("ein Schäferhund", "dog", "I drew a dog for “schäferhund”"),
    ],
)
def test_a_stand_in_is_said(prompt, thing, said):
    vision = read(prompt)
    assert vision.subjects[0].thing == thing
    assert vision.notes == (said,)


def test_what_is_not_known_is_said_and_nothing_is_made_up():
    vision = read("a quxblorf and a cat")
    assert things("a quxblorf and a cat") == [("cat", 1)]
    assert vision.notes == ("the sketch does not know “quxblorf”",)
    nothing = read("melancholy algorithms")
    assert nothing.subjects == ()
    assert "“melancholy”, “algorithms”" in nothing.notes[0]
    assert nothing.salt != read("forgotten theorems").salt
    assert read("").notes


@pytest.mark.parametrize(
    ("prompt", "missing"),
    [
        ("a purple elephant with wings", "wings"),
        ("a dinosaur destroying buildings", "destroying"),
        ("une automobile rouge et un boulot", "boulot"),
    ],
)
def test_what_was_asked_for_and_draws_nothing_is_said(prompt, missing):
    """Words whose drawing would be a wrong one were passed over without a word."""
    vision = read(prompt)
    assert len(vision.subjects) == 1
    assert vision.notes == (f"the sketch does not know “{missing}”",)
    assert read("a small purple elephant sitting in a field").notes == ()


def test_a_note_holds_few_and_short_words():
    (note,) = read(" ".join(f"{letter * 60}q" for letter in "bcdfghj")).notes
    assert note.endswith("and 4 more")
    assert len(note) < 160


@pytest.mark.parametrize("word", ["claws", "station", "band", "pad", "horns"])
def test_what_it_leaves_out_it_names(word):
    assert read(f"a cat with {word}").notes == (f"the sketch does not know “{word}”",)


@pytest.mark.parametrize(
    ("prompt", "place", "said"),
    [
        ("a bear in a cave", Place.MOUNTAIN, "I drew mountains for “cave”"),
        ("a cat in a library", Place.ROOM, "I drew a room for “library”"),
        ("a waterfall", Place.LAKE, "I drew a lake for “waterfall”"),
        ("a penguin on an iceberg", None, "I drew a block of ice for “iceberg”"),
        ("a cat on a windowsill", None, "I drew a window for “windowsill”"),
        ("a pirate", None, "I drew a man with a beard for “pirate”"),
        ("some seeds", None, "I drew peanuts for “seeds”"),
    ],
)
def test_a_place_or_a_thing_that_stands_for_another_is_said(prompt, place, said):
    vision = read(prompt)
    assert said in vision.notes
    assert place in {None, vision.place}


@pytest.mark.parametrize(
    ("prompt", "place", "said"),
    [
        ("zwei Elefanten im Sumpf", Place.LAKE, "I drew a lake for “sumpf”"),
        ("eine Katze in der Küche", Place.ROOM, "I drew a room for “küche”"),
        ("gajah kecil mandi di rawa", Place.LAKE, "I drew a lake for “rawa”"),
        ("рыжий кот спит на подоконнике", Place.ROOM, "I drew a room for “подоконнике”"),
        ("кот на кухней", Place.ROOM, "I drew a room for “кухней”"),
        ("un chat dans une grotte", Place.MOUNTAIN, "I drew mountains for “grotte”"),
        ("un gato en la escuela", Place.ROOM, "I drew a room for “escuela”"),
        ("kot nad basenem", None, "I drew a lake for “basenem”"),
        ("教室の猫", Place.ROOM, "I drew a room for “教室”"),
        ("猫在厨房里", Place.ROOM, "I drew a room for “厨房里”"),
        ("con mèo bên hồ bơi", None, "I drew a lake for “hồ bơi”"),
        ("kedi mutfakta", Place.ROOM, "I drew a room for “mutfakta”"),
        ("a goldfish on a table", Place.ROOM, "I drew a room for “table”"),
    ],
)
def test_a_place_that_stands_for_another_is_said_in_every_language(prompt, place, said):
    vision = read(prompt)
    assert said in vision.notes
    assert place in {None, vision.place}


def test_every_language_with_places_marks_those_that_stand_for_others():
    for language in vocabulary.LANGUAGES:
        places = vocabulary.speech(language)["place"]
        marked = [word for words in places.values() for word in words if word.endswith("?")]
        assert marked or "room" not in places, language


def test_a_kitchen_is_no_cake():
    assert things("eine Katze in der Küche") == [("cat", 1)]


@pytest.mark.parametrize("prompt", ["ein Kürbis", "una calabaza", "тыква", "かぼちゃ", "dynia", "a pumpkin"])
def test_a_pumpkin_that_is_carved_is_said(prompt):
    (note,) = read(prompt).notes
    assert note.startswith("I drew a jack o lantern for")


def test_a_place_that_is_drawn_as_itself_is_not_said():
    assert read("en kamel i ørkenen").notes == ()  # which has the stem of orcs
    assert read("a dog on a beach").notes == ()
    assert read("a bear in the mountains near a cave").notes == ()


@pytest.mark.parametrize(
    ("prompt", "word"),
    [("a stork", "stork"), ("une cigogne", "cigogne"), ("ein Storch", "storch"), ("аист", "аист")],
)
def test_a_bird_that_is_drawn_as_another_is_said(prompt, word):
    assert read(prompt).notes == (f"I drew a bird for “{word}”",)
    assert read("a bird").notes == read("ein Vogel").notes == ()


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("ein Panda isst Bambus", "bambus"),
        ("eine Katze auf dem Schrank", "schrank"),
        ("een kat op een balkon", "balkon"),
        ("un nounours sur un oreiller", "oreiller"),
        ("un perro en una alfombra", "alfombra"),
        ("кот на полке", "полке"),
        ("kot na półce", "półce"),
        ("кіт на полиці", "полиці"),
        ("en hund på en hylla", "hylla"),
        ("tre pinguini che pattinano", "pattinano"),
        ("ein Hund bellt", "bellt"),
        ("smok zieje", "zieje"),
        ("巨大な猫が夜の街を壊している", "壊して"),
        ("小女孩荡秋千", "荡秋千"),
    ],
)
def test_nouns_and_verbs_that_no_drawing_shows_are_named_in_any_language(prompt, word):
    assert read(prompt).notes == (f"the sketch does not know “{word}”",)


@pytest.mark.parametrize(
    ("prompt", "word"),
    [("塀の上の猫", "塀"), ("枕の上で眠る猫", "枕"), ("围墙上的猫", "围墙"), ("枕头上的猫", "枕头")],
)
def test_a_word_of_one_chinese_letter_is_named_too(prompt, word):
    assert read(prompt).notes == (f"the sketch does not know “{word}”",)


def test_a_thing_that_a_stem_alone_tells_is_said():
    """Spanish *balsa*, a raft, has the stem of *tren bala*; *-sa* is no ending."""
    assert not any(
        forms.inflects(word, name, language)
        for word, name, language in [
            ("balsa", "bala", "es"), ("rechen", "rechnen", "de"), ("citin", "cita", "tr"),
            ("aidalla", "aidin", "fi"),
        ]
    )  # fmt: skip
    assert read("kissa kaapilla").notes == ("I drew a file cabinet for “kaapilla”",)
    assert not vocabulary.vocabulary("ru").stands_in("собаками")
    assert not vocabulary.vocabulary("nl").stands_in("sneeuwvlokken")


@pytest.mark.parametrize(
    ("prompt", "verb"),
    [
        ("a monkey stealing a banana", "stealing"),
        ("a rabbit painting an egg", "painting"),
        ("ein Bäcker wirft einen Pfannkuchen", "wirft"),
        ("лисиця краде сир", "краде"),
        ("दो बच्चे सेब फेंक रहे हैं", "फेंक"),
    ],
)
def test_a_verb_of_which_only_the_object_is_shown_is_said(prompt, verb):
    """Who steals a banana has it in the hand, like anyone who holds one."""
    vision = read(prompt)
    assert vision.subjects[-1].link is Link.HOLD
    assert f"the sketch does not know “{verb}”" in vision.notes
    assert read("a monkey holding a banana").notes == ()


@pytest.mark.parametrize(
    ("prompt", "thing", "word"),
    [
        ("an archer", "man", "archer"),
        ("a convertible", "automobile", "convertible"),
        ("a cat in a hammock", "bed", "hammock"),
        ("um gato numa rede", "bed", "rede"),
        ("un gato en una hamaca", "bed", "hamaca"),
        ("eine Katze in der Hängematte", "bed", "hängematte"),
    ],
)
def test_what_is_only_like_the_thing_that_was_asked_for_is_said(prompt, thing, word):
    """An archer was a bow, and nobody was told that a hammock is drawn as a bed."""
    vision = read(prompt)
    assert vision.subjects[-1].thing == thing
    (note,) = vision.notes
    assert note.endswith(f"for “{word}”")


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("a dog opening a present", "opening"),
        ("une famille pique-nique", "pique-nique"),
        ("un picnic en la playa", "picnic"),
        ("un picnic sulla spiaggia", "picnic"),
        ("दो बच्चे होली पर", "होली"),
    ],
)
def test_a_feast_that_is_not_drawn_is_said(prompt, word):
    assert f"the sketch does not know “{word}”" in read(prompt).notes


@pytest.mark.parametrize(
    ("prompt", "notes"),
    [
        ("a cat in a wheel", ("I drew a cat beside a wheel",)),
        ("a girl holding a horse", ("I drew a girl beside a horse",)),
        ("a cat in a box", ()), ("a girl holding a cat", ()), ("a girl in a house", ()),
    ],
)  # fmt: skip
def test_who_is_drawn_beside_what_they_are_in_or_hold_is_said(prompt, notes):
    assert read(prompt).notes == notes
