"""What a clip shows, in words for those who can't see it."""

from __future__ import annotations

import pytest

from bot.text import clip_texts
from engine.core.sight import Shows, Sight, Spot, Thing, ThingKind
from tests.bot.fixtures import recipe

PLACE = {"left": 0.2, "top": 0.2, "width": 0.4, "height": 0.4, "certainty": 0.9}
SPOT = Spot(**PLACE)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (None, "A short clip, made from a picture without words"),
        (Sight(), "A short clip, made from a picture without words"),
        (Sight(faces=(SPOT,)), "A short clip of a picture of a person"),
        (Sight(faces=(SPOT, SPOT)), "A short clip of a picture of several people"),
        (Sight(letters=(SPOT,)), "A short clip of a picture with text in it"),
        (Sight(letters=(SPOT,) * 4), "A short clip of a page or a screenshot with text"),
        (Sight(things=(Thing(**PLACE, kind=ThingKind.ANIMAL),)), "A short clip of a picture of an animal"),
    ],
)
def test_a_clip_without_words_is_described_by_what_was_seen_in_its_picture(seen, said):
    assert clip_texts.alt(recipe(prompt=""), seen) == said


def test_the_words_of_a_clip_go_before_what_was_seen():
    assert clip_texts.alt(recipe(prompt=" a red\n boat "), Sight(faces=(SPOT,))) == "a red boat"


def test_there_are_words_for_all_that_can_be_seen():
    assert set(clip_texts.ALT_OF) == set(Shows)
