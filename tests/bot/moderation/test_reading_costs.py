"""What reading a prompt costs: it grows as what was sent does, and what unfolds is read within a bound."""

from __future__ import annotations

import time
import unicodedata

import pytest

from bot.moderation.confusables import WordList, plain, word_list
from bot.moderation.hard_words import is_forbidden
from bot.moderation.word_lists import WordLists
from bot.text.prompts import MOST_SENT, clean_prompt

LIMIT = 1000
"""The longest prompt that an owner can allow."""

PHRASES = [f"{'red boat ' * (number % 7 + 1)}{number}" for number in range(500)]
WORDS = WordLists(["en"])
HOSTILE = {
    "plain words": "red boat ",
    "one letter that becomes eighteen": "\ufdfa",
    "one letter that becomes five": "\u3300",
    "letters in brackets": "\u2474\u249c",
    "marks in the wrong order": "\u0316\u0301",
    "marks that pile up": "a" + "\u0301" * 40,
    "single letters": "a b c d e f g h ",
    "broken up": "a.b.c.",
    "young people": "teen-",
    "digits for letters": "s1",
    "symbols": "a1$!",
    "flags": "\U0001f1e6",
    "zero width": "\u200b",
    "vowel signs": "\u0915\u093e\u093e\u093e",
}


def reading(text):
    """What is done with every prompt."""
    line = clean_prompt(text, limit=LIMIT)
    is_forbidden(line)
    WORDS.find(line, own=PHRASES, allowed=())


def cost(text):
    """Seconds of this thread's processor; the least of three tries."""
    costs = []
    for _ in range(3):
        begin = time.thread_time()
        reading(text)
        costs.append(time.thread_time() - begin)
    return min(costs)


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_reading_is_quick_and_grows_no_faster_than_the_text(piece):
    """Ten thousand times as much costs no more: nothing beyond what Discord sends is looked at."""
    whole = (piece * MOST_SENT)[:MOST_SENT]
    assert cost(whole) < 0.5
    assert cost(whole * 20) < 2 * cost(whole) + 0.05


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_cleaned_prompt_unfolds_to_so_many_characters_and_no_more(piece):
    line = clean_prompt((piece * MOST_SENT)[:MOST_SENT], limit=400)
    assert len(unicodedata.normalize("NFKD", line)) <= 400 * 4
    assert clean_prompt(line, limit=400) == line


def test_marks_are_put_in_order_a_few_at_a_time():
    """Python puts n marks in order in n² steps: these would hold everything up for a third of a second."""
    text = "a" + "\u0301" * 3000 + "\u0316" * 2999
    begin = time.thread_time()
    assert clean_prompt(text, limit=400) == "á\u0301\u0301"
    assert time.thread_time() - begin < 0.05


def test_ordinary_words_of_any_script_keep_their_length():
    for text in ("ein schönes Boot " * 20, "красная лодка " * 25, "赤いボートと湖" * 50, "빨간 배 " * 70):
        assert clean_prompt(text, limit=400) == unicodedata.normalize("NFC", text.strip())[:400].strip()


def test_what_is_drawn_is_what_was_read():
    """Letters that unfold cannot push words out of what is looked at: what lies beyond is not drawn."""
    text = "\ufdfa" * 300 + " a naked child"
    line = clean_prompt(text, limit=400)
    assert is_forbidden(line) or "child" not in line


def test_a_phrase_is_found_wherever_it_stands_among_hundreds_that_begin_alike():
    known = WordList(["red boat", "red boat on fire", "red", "boat house at night", "b c"])
    assert plain("a RED boat on fire").says(known) == {"red boat", "red boat on fire", "red"}
    assert plain("boat house at nights").says(known) == {"boat house at night"}
    assert plain("a b c").says(known) == {"b c"}
    assert plain("boat red").says(known) == {"red"}
    assert plain("").says(known) == set()
    assert plain("red b0at").says(WordList(PHRASES)) == set()
    assert plain("red boat 7").says(WordList(PHRASES)) == {"red boat 7"}


def test_a_list_is_put_in_order_once_until_it_changes():
    one = word_list(frozenset(["a b", "c"]))
    assert word_list(frozenset(["c", "a b"])) is one
    assert word_list(frozenset(["c"])) is not one
