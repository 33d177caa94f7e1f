"""The data files: what they name can be drawn, and damage is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.families.sketch import drawings
from engine.families.sketch.drawings import names
from engine.families.sketch.language import forms, grammar, packaged, vocabulary
from engine.families.sketch.language.reading import read
from engine.families.sketch.language.tokens import tokens
from engine.families.sketch.language.vocabulary import LANGUAGES, speech
from engine.families.sketch.words import SHAPES


def test_every_word_names_what_can_be_drawn():
    known = {*names(), *SHAPES}
    for language in LANGUAGES:
        said = speech(language)
        assert {*said["thing"], *said["like"]} - {"pirate-ship", "cherry-tree", "goldfish"} <= known
    for language in ("en", "de", "ja"):
        assert (
            set(vocabulary.vocabulary(language).names.values()) - {"pirate-ship", "cherry-tree", "goldfish"}
            <= known
        )
    assert set(vocabulary.emoji().values()) <= known
    assert sum(bool(speech(language)["verb"]) for language in LANGUAGES) >= 28


@pytest.fixture
def fresh():
    """The caches of the data files, emptied before and after."""
    caches = (
        vocabulary.vocabulary, vocabulary.speech, vocabulary.emoji, drawings._arrays, drawings.names,
        forms._endings, forms._letters, forms._plurals, forms._irregular, forms.folded, forms.stem,
    )  # fmt: skip
    for cached in (*caches, packaged.by_language, grammar._words, tokens):
        cached.cache_clear()
    yield
    for cached in (*caches, packaged.by_language, grammar._words, tokens):
        cached.cache_clear()


@pytest.mark.parametrize("damage", ["missing", "empty", "cut"])
@pytest.mark.parametrize(
    "name", ["words.zip", "drawings.npz", "speech/de.toml", "endings.toml", "grammar.toml"]
)
def test_a_damaged_data_file_is_named_in_a_clear_error(tmp_path, monkeypatch, fresh, name, damage):
    copy = tmp_path / "data"
    shutil.copytree(packaged.DATA, copy)
    if damage == "missing":
        (copy / name).unlink()
    else:
        whole = (copy / name).read_bytes()
        (copy / name).write_bytes(b"" if damage == "empty" else whole[: len(whole) // 2])
    monkeypatch.setattr(packaged, "DATA", copy)
    with pytest.raises(RuntimeError, match=rf"cannot read {Path(name).name}.*Install Framekiln again"):
        names() if name == "drawings.npz" else read("ein Käfer")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_stands_twice_where_only_its_first_meaning_counts(language):
    """A thing may also be a colour, a number, a place or a verb: which one it is depends on the sentence."""
    for named in (True, False):
        words = [
            word.rstrip("?")
            for section, keys in speech(language).items()
            if (section in {"thing", "like"}) is named
            for listed in keys.values()
            for word in listed
        ]
        assert [word for word in words if words.count(word) > 1] == []


def test_every_language_names_what_it_passes_over_and_somebody_may_have_asked_for():
    lists = {language: speech(language)["small"] for language in LANGUAGES}
    assert [language for language, small in lists.items() if "idle" in small and "undrawn" not in small] == []
