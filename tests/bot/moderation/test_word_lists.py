"""The base list and a server's own: what is flagged, and what is left alone."""

# ruff: noqa: RUF001 - letters that look alike are what this is about

from __future__ import annotations

import pytest

from bot.moderation.confusables import plain_line
from bot.moderation.word_lists import WordLists


@pytest.fixture(scope="module")
def lists():
    return WordLists(["en"])


@pytest.mark.parametrize(
    "text",
    [
        "a porn scene",
        "p0rn",
        "p o r n",
        "p.o.r.n",
        "pоrn",
        "PORN",
        "b00bs",
        "nipples",
        "f\u200buck",
        "fuuuuck",
    ],
)
def test_a_word_of_the_base_is_flagged_however_it_is_written(lists, text):
    assert lists.find(text, own=(), allowed=()).base


@pytest.mark.parametrize(
    "text",
    [
        "a cock crows at dawn in Scunthorpe",
        "a great tit and a blue tit on a branch",
        "hell's kitchen, damn fine coffee",
        "a class assignment on shitake mushrooms",
        "an escort ship beyond Essex",
        "a pipe with a flange, cumulus clouds",
        "Dickens in a bastard feud with a rapeseed farmer",
        "the analyst assesses a titanic cockpit",
    ],
)
def test_an_everyday_prompt_is_not_flagged(lists, text):
    assert lists.find(text, own=(), allowed=()).base == set()


def test_a_server_can_allow_a_word_of_the_base(lists):
    assert lists.find("a nude statue", own=(), allowed=()).base == {"nude"}
    assert lists.find("a nude statue", own=(), allowed={"nude"}).base == set()


def test_a_servers_own_words_and_phrases_are_found_in_any_letters(lists):
    own = {plain_line("Gr0mpf"), plain_line("Grumpf"), plain_line("secret plan")}
    assert lists.find("gr0mpf GRUMPFS", own=own, allowed=()).own == {"grompf", "grumpf"}
    assert lists.find("the s3cret  plan of a cat", own=own, allowed=()).own == {"secret plan"}
    assert lists.find("grumpfel planned a secret", own=own, allowed=()).own == set()
