"""Which thing is large or small, in which language."""

from __future__ import annotations

import pytest

from engine.families.sketch.language.reading import read
from engine.families.sketch.language.vocabulary import LANGUAGES, speech


def scales(prompt):
    return {subject.thing: subject.scale for subject in read(prompt).subjects}


@pytest.mark.parametrize(
    "prompt",
    [
        "a tiny cat and a giant dog",
        "a small cat, a huge dog",
        "a cat that is tiny and an enormous dog",
        "un gato pequeño y un perro grande",
        "un petit chat et un gros chien",
        "un petit chat et un chien très grand",
        "um gato pequeno e um cachorro enorme",
        "eine kleine Katze und ein großer Hund",
        "маленький кот и огромный пёс собака",
        "mały kot i ogromny pies",
        "küçük bir kedi ve dev bir köpek",
        "小さな猫と巨大な犬",
        "작은 고양이와 커다란 개",
        "一只小小的猫和一只巨大的狗",
        "con mèo nhỏ và con chó khổng lồ",
        "قط صغير و كلب ضخم",
        "छोटी बिल्ली और विशाल कुत्ता",
    ],
)
def test_a_size_goes_to_its_thing_in_any_order_of_words(prompt):
    small, large = scales(prompt).values()
    assert small < 1 < large


def test_a_size_of_a_place_or_of_what_is_not_drawn_is_of_nothing_else():
    assert scales("a big city and a cat") == {"cat": 1.0}
    assert scales("a cat in a huge forest and a dog") == {"cat": 1.0, "dog": 1.0}
    assert scales("un gato en una playa grande") == {"cat": 1.0}
    assert scales("a cat and a dog") == {"cat": 1.0, "dog": 1.0}


def test_every_language_has_words_for_large_and_small():
    for language in LANGUAGES:
        assert speech(language)["small"].get("large"), language
        assert speech(language)["small"].get("little"), language
