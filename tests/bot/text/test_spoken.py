"""Nothing that members read is left in English where another language is spoken."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys

import pytest

import bot.text
from bot.buttons import rows
from bot.text.catalogues.catalogue import catalogue
from bot.text.wording import Text, speaking
from engine.core.sentence import Sentence
from tests.bot.text import test_foreign
from tests.bot.text.test_foreign import NOT_SAID, said_by, texts

OWNERS = {"dashboard_texts", "owner_texts"}
"""What only the owner reads; docs/languages.md says that it is English."""

NO_WORDS = re.compile(r"https?://\S+|vor \d+ \w+|<[^>]*>|`[^`]*`|ours|0123456789abcdef|E_\w+|jobs:read")
"""Addresses, mentions, code, how long ago in German, and the values that the test gives."""


class Marked:
    """A catalogue in which the translation of everything is the same in brackets."""

    def one(self, sentence: str, context: str | None = None) -> str:
        del context
        return f"⟦{sentence}⟧"

    def many(self, one: str, many: str, count: int) -> str:
        return f"⟦{one if count == 1 else many}⟧"


@pytest.fixture
def marked(monkeypatch):
    """Whatever is said is marked; what a stranger gives has no letters."""
    monkeypatch.setattr(test_foreign, "EVIL", "07")
    for module in list(sys.modules.values()):
        if getattr(module, "catalogue", None) is catalogue:
            monkeypatch.setattr(module, "catalogue", lambda _: Marked())
    with speaking("de"):
        yield


def unmarked(said: str) -> str:
    """What of a text went through no catalogue."""
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", "", said)) != said:
        said = inner
    return NO_WORDS.sub("", said)


@pytest.mark.parametrize("text", list(texts()))
def test_every_word_of_a_text_is_translated(text, marked):
    if text.__name__ in NOT_SAID or text.__module__.removeprefix("bot.text.") in OWNERS:
        return
    said = said_by(text)
    if isinstance(said, str) and not isinstance(said, Sentence):  # that one is translated where it is shown
        assert not re.search(r"[^\W\d_]{3,}", unmarked(str(said))), said


def test_every_sentence_in_a_constant_is_one_that_is_translated():
    # The look of a button, and a form, translate their own.
    theirs = {kind.look.label for kind in rows.buttons()}
    theirs |= {text for form in rows.forms() for text in (form.title, form.label)}
    left = []
    for module in pkgutil.walk_packages(bot.text.__path__, "bot.text."):
        if module.name.rpartition(".")[2] in OWNERS:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            said = value.values() if isinstance(value, dict) else [value]
            for each in said:
                is_plain = isinstance(each, str) and not isinstance(each, Text | Sentence)
                is_sentence = is_plain and re.search(r"[a-z]{2,} [a-z]{2,}", each)
                if name.isupper() and is_sentence and each not in theirs:
                    left.append(f"{module.name}.{name}: {each}")
    assert left == []
