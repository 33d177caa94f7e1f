"""A sentence is its English text, and remembers what it was made of."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from engine.core.sentence import (
    DEEPEST,
    LONGEST,
    Sentence,
    as_is,
    both,
    by_table,
    by_table_text,
    in_a_row,
    placeholders,
    sentence,
    table_of,
    table_text,
)

GERMAN = {
    "{fault} at {second:.1f} s": "bei {second:.1f} s: {fault}",
    "the end is broken": "das Ende ist kaputt",
    "{first} and {then}": "{first} und {then}",
}
BROKEN = Sentence("{fault} at {second:.1f} s", fault=Sentence("the end is broken"), second=2.25)


def in_german(text: str) -> str:
    return GERMAN.get(text, text)


def test_a_sentence_is_its_english_text():
    assert BROKEN == "the end is broken at 2.2 s"
    assert f"{BROKEN}" == str(BROKEN) == "the end is broken at 2.2 s"
    assert json.dumps(BROKEN) == '"the end is broken at 2.2 s"'


def test_a_sentence_is_translated_by_its_template_and_so_are_sentences_in_it():
    assert BROKEN.translated(in_german) == "bei 2.2 s: das Ende ist kaputt"
    assert both(["a", "b", "c"]).translated(in_german) == "a und b und c"


def test_numbers_are_written_as_the_language_writes_them():
    def comma(number: float, form: str) -> str:
        return format(number, form).replace(".", ",")

    assert BROKEN.translated(in_german, comma) == "bei 2,2 s: das Ende ist kaputt"


@pytest.mark.parametrize(
    "wrong",
    ["{fault}", "{fault} {second:.1f} {other}", "{fault.__class__} {second}", "{fault!r} {second}", "{"],
)
def test_a_translation_whose_placeholders_do_not_fit_leaves_the_sentence_english(wrong):
    assert BROKEN.translated(lambda _: wrong) == str(BROKEN)


@pytest.mark.parametrize(
    "template",
    ["{0}", "{}", "{x.real}", "{x[0]}", "{x!r}", "{x:>9999999}", "{x:{y}}", "{X}", "{x:d}", "{x", "no place"],
)
def test_a_template_has_plain_placeholders_alone(template):
    with pytest.raises(ValueError, match=r"."):
        Sentence(template, x=1.0)


def test_a_text_is_no_number_and_has_no_digits():
    with pytest.raises(ValueError, match="x is no number"):
        Sentence("{x:.1f}", x="long")


def test_values_are_never_taken_for_templates():
    assert Sentence("{name}", name="{name.__class__} {0}") == "{name.__class__} {0}"
    assert Sentence("100 % of {{these}}") == "100 % of {these}"


def test_copies_and_pickles_are_sentences_still():
    for made in (copy.copy(BROKEN), copy.deepcopy(BROKEN), pickle.loads(pickle.dumps(BROKEN))):  # noqa: S301 - our own
        assert made == BROKEN
        assert made.translated(in_german) == BROKEN.translated(in_german)


def test_a_table_makes_sentences_of_their_english_texts_again():
    find = by_table(json.loads(json.dumps(table_of([BROKEN, "a plain note"]))))
    said = find(str(BROKEN))
    assert isinstance(said, Sentence)
    assert said.translated(in_german) == "bei 2.2 s: das Ende ist kaputt"
    assert not isinstance(find("a plain note"), Sentence)
    assert not isinstance(find("unheard of"), Sentence)


def made_of(template: str, **values: object) -> dict[str, Any]:
    return {"template": template, "values": values}


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        "text",
        made_of("another text"),
        {"template": "text"},
        {"template": 1, "values": {}},
        {"template": "text", "values": []},
        made_of("{x}", x=None),
        made_of("{x}", x=True),
        made_of("{x}", x=["text"]),
        made_of("{x}", x=float("nan")),
        made_of("{x}", x=2**80),
        made_of("{x}", y="text"),
        made_of("{x.__class__}", x="text"),
        made_of("{x:>1000000000}", x=1),
        made_of("text" * LONGEST),
    ],
)
def test_what_a_stranger_says_a_text_was_made_of_counts_only_where_it_makes_that_text(entry):
    find = by_table({"text": entry})
    assert find("text") == "text"
    assert not isinstance(find("text"), Sentence)


def test_sentences_within_sentences_without_end_are_not_read():
    entry = made_of("text")
    for _ in range(DEEPEST):
        entry = made_of("{x}", x=entry)
    assert not isinstance(by_table({"text": entry})("text"), Sentence)
    assert isinstance(by_table({"text": entry["values"]["x"]})("text"), Sentence)


def test_a_table_that_is_none_or_too_long_leaves_plain_strings():
    assert table_text(["plain"], 1000) == ""
    assert table_text([BROKEN], 10) == ""
    assert isinstance(by_table_text(table_text([BROKEN], 1000))(str(BROKEN)), Sentence)
    for broken in ("", "[]", "null", "{", "[" * 100_000):
        assert by_table_text(broken)("text") == "text"


def test_helpers_join_whole_sentences_and_leave_names_as_they_are():
    assert in_a_row(Sentence("One."), "Two.", Sentence("Three.")) == "One. Two. Three."
    assert as_is("{curly}") == "{curly}"
    assert sentence("svd").translated(lambda template: template) == "svd"
    assert both([]) == ""
    assert placeholders("{a} of {b:.1f}") == {"a": "", "b": ".1f"}
