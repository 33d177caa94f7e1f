"""What a language model answered, as one line of words; whatever else it may be is not used.

The answer is data: a stranger's words had a part in it, so it may be anything.
"""

from __future__ import annotations

import json
import re

from bot.text.prompts import clean_prompt

_THOUGHT = "</think>"
"""Ends what some models write before their answer."""

_TAG = re.compile(r"<[/!]?[A-Za-z][^<>]*>")
"""HTML, a thought without an end, or the syntax of other programs: no words for a clip."""

_QUOTES = (('"', '"'), ("“", "”"), ("'", "'"), ("`", "`"), ("„", "“"), ("«", "»"))


class NoHelp(Exception):
    """There are no words; the text says why, for the log, and quotes nothing."""


def words_in(answer: bytes, *, longest: int) -> str:
    """Read the words in an answer.

    Args:
        answer: a ``chat.completion`` of an API like OpenAI's, as JSON.
        longest: characters that are kept.

    Returns:
        One line, cleaned as a member's words are.

    Raises:
        NoHelp: there are none in it.
    """
    try:
        text = json.loads(answer)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise NoHelp("its answer is no chat completion") from None
    if not isinstance(text, str):
        raise NoHelp("its answer has no text")
    text = text.rpartition(_THOUGHT)[2]
    if _TAG.search(text):
        raise NoHelp("its answer has markup in it")
    line = clean_prompt(text, limit=longest)
    for opening, closing in _QUOTES:
        if len(line) > 1 and line.startswith(opening) and line.endswith(closing):
            line = line[1:-1].strip()
    if not any(map(str.isalnum, line)):
        raise NoHelp("its answer has no words")
    return line
