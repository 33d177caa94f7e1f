"""Words that the CLDR gives to a drawing as keywords, and that do not name it."""

from __future__ import annotations

import pytest

from engine.families.sketch.figures import Figure
from engine.families.sketch.groups.grouping import grouped
from engine.families.sketch.language import forms
from engine.families.sketch.language.reading import read
from engine.families.sketch.language.vocabulary import LANGUAGES, speech, vocabulary
from engine.families.sketch.words import Action, Hour, Link, Place, Subject, Weather


def things(prompt):
    return [subject.thing for subject in read(prompt).subjects]


@pytest.mark.parametrize(
    ("prompt", "drawn"),
    [
        ("a cup of coffee with steam", ["hot-beverage"]),
        ("a girl playing electric guitar", ["girl", "guitar"]),
        ("fresh bread", ["bread"]),
        ("two cats having a fight", ["cat"]),
        ("a bear with sharp claws", ["bear"]),
        ("a cat doing a test", ["cat"]),
        ("a french bulldog on the ground", ["dog"]),
        ("a dragon in a fantasy world", ["dragon"]),
        ("a mad scientist", ["scientist"]),
        ("a lazy cat that can fly", ["cat"]),
        ("iron man", ["man"]),
        ("pixel art of a fox on the left", ["fox"]),
        ("a polar bear", ["polar-bear"]),
        ("a magnifying glass", ["magnifying-glass-tilted-left"]),
        ("a fly on a cake", ["fly", "birthday-cake"]),
        ("a big wave", ["water-wave"]),
        ("a cat in a box", ["cat", "package"]),
        ("a pot of soup", ["pot-of-food"]),
        ("un gato con sombrero de vaquero", ["cat", "top-hat"]),
    ],
)
def test_what_only_goes_with_a_thing_does_not_draw_it(prompt, drawn):
    assert things(prompt) == drawn


@pytest.mark.parametrize("word", ["claws", "station", "band", "pad", "horns"])
def test_what_it_leaves_out_it_names(word):
    assert read(f"a cat with {word}").notes == (f"the sketch does not know “{word}”",)


@pytest.mark.parametrize(
    ("prompt", "place", "said"),
    [
        ("a bear in a cave", Place.MOUNTAIN, "I drew mountains for “cave”"),
        ("a cat in a library", Place.ROOM, "I drew a room for “library”"),
        ("a waterfall", Place.SEA, "I drew the sea for “waterfall”"),
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


def test_a_place_that_is_drawn_as_itself_is_not_said():
    assert read("a dog on a beach").notes == ()
    assert read("a bear in the mountains near a cave").notes == ()


@pytest.mark.parametrize(
    ("prompt", "count"), [("kediler", 3), ("kedi", 1), ("uzayda dans eden inekler", 3), ("köpekleri", 3)]
)
def test_a_turkish_plural_is_one(prompt, count):
    assert [subject.count for subject in read(prompt).subjects] == [count]


def test_no_mountain_runs_where_a_fox_does():
    mountain, fox = read("snow on a mountain, a fox running").subjects
    assert (mountain.action, fox.action) == (None, Action.RUN)


def test_a_ship_that_is_attacked_by_an_octopus_is_on_the_sea():
    assert read("an octopus attacking a pirate ship").place is Place.SEA
    assert read("an octopus").place is Place.UNDERWATER


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


def test_marks_are_not_taken_for_letters():
    """The marks of data/speech are no letters of a word."""
    english = vocabulary("en")
    assert not [
        word for word in (*english.speech, *english.things, *english.standins) if set(word) & set("*?")
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_stands_twice_where_only_its_first_meaning_counts(language):
    """A thing may also be a colour, a number, a place or a verb: which one it is depends on the sentence."""
    for names in (True, False):
        words = [
            word.rstrip("?")
            for section, keys in speech(language).items()
            if (section in {"thing", "like"}) is names
            for listed in keys.values()
            for word in listed
        ]
        assert [word for word in words if words.count(word) > 1] == []


@pytest.mark.parametrize(
    "prompt", ["a misty graveyard at night", "a pastel castle at night", "a spring meadow at night"]
)
def test_a_mood_or_a_season_is_no_hour(prompt):
    assert read(prompt).hour is Hour.NIGHT


def test_what_is_misty_has_fog():
    assert read("a misty forest with a deer").weather == {Weather.FOG}


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a burger with fries", ["hamburger", "french-fries"]),
        ("a closed door", ["door"]),
        ("un avocat en costume noir au tribunal", ["office-worker"]),
        ("un avocat mange un avocat", ["office-worker", "avocado"]),
        ("un avocat sur une assiette", ["avocado", "fork-and-knife-with-plate"]),
    ],
)
def test_a_name_is_no_form_of_a_word_that_draws_nothing_and_one_of_two_is_the_one_that_fits(prompt, found):
    assert things(prompt) == found


@pytest.mark.parametrize(
    ("prompt", "word"),
    [("a stork", "stork"), ("une cigogne", "cigogne"), ("ein Storch", "storch"), ("аист", "аист")],
)
def test_a_bird_that_is_drawn_as_another_is_said(prompt, word):
    assert read(prompt).notes == (f"I drew a bird for “{word}”",)
    assert read("a bird").notes == read("ein Vogel").notes == ()


@pytest.mark.parametrize(
    ("prompt", "thing"),
    [
        ("children playing in snow", "child"),
        ("bambini che corrono", "child"),
        ("uomini che ballano", "man"),
        ("kinderen rennen", "child"),
        ("muizen eten", "mouse"),
        ("Vögel fliegen über das Meer", "bird"),
        ("des chevaux courent", "horse"),
    ],
)
def test_a_plural_that_no_ending_tells_is_one_too(prompt, thing):
    assert [(one.thing, one.count) for one in read(prompt).subjects] == [(thing, 3)]


def test_every_language_names_what_it_passes_over_and_somebody_may_have_asked_for():
    lists = {language: speech(language)["small"] for language in LANGUAGES}
    assert [language for language, small in lists.items() if "idle" in small and "undrawn" not in small] == []


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("ein Panda isst Bambus", "bambus"),
        ("eine Katze auf dem Zaun", "zaun"),
        ("een kat op een balkon", "balkon"),
        ("un nounours sur un oreiller", "oreiller"),
        ("un perro en una alfombra", "alfombra"),
        ("кот на заборе", "заборе"),
        ("kot na płocie", "płocie"),
        ("кіт на паркані", "паркані"),
        ("en hund på ett staket", "staket"),
        ("tre pinguini che pattinano", "pattinano"),
        ("ein Hund bellt", "bellt"),
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


@pytest.mark.parametrize(
    ("prompt", "drawn"),
    [
        ("çitin üstünde bir kedi", ["cat"]),
        ("kissa aidalla", ["cat"]),
        ("una balsa en el río", []),
        ("kapıda bekleyen köpek", ["door", "dog"]),  # noqa: RUF001 - Turkish
        ("ein Rechen im Garten", []),
        ("ein Briefträger", ["man"]),
        ("ein Wiesel im Garten", ["otter"]),
        ("ein Floß auf dem Fluss", ["canoe"]),
        ("ein Auflauf im Ofen", []),
        ("ein Tennisspieler", ["man"]),
        ("zwei Schäferhunde", ["dog"]),
    ],
)
def test_a_word_with_the_stem_or_the_end_of_another_is_not_that(prompt, drawn):
    assert things(prompt) == drawn
    assert read(prompt).notes or drawn == ["door", "dog"]


def test_a_thing_that_a_stem_alone_tells_is_said():
    """Spanish *balsa*, a raft, has the stem of *tren bala*; *-sa* is no ending."""
    assert not any(
        forms.inflects(word, name, language)
        for word, name, language in [
            ("balsa", "bala", "es"), ("rechen", "rechnen", "de"), ("citin", "cita", "tr"),
            ("aidalla", "aidin", "fi"),
        ]
    )  # fmt: skip
    assert read("çitinde bir kedi").notes == ("I drew a leopard for “çitinde”",)
    assert not vocabulary("ru").stands_in("собаками")
    assert not vocabulary("nl").stands_in("sneeuwvlokken")
