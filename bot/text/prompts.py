"""Members' prompts: cleaned once when they come in, made harmless each time they are shown."""

from __future__ import annotations

import itertools
import unicodedata

from engine.core.foreign_text import JOINER, joins_emoji

SHOWN_LIMIT = 400
"""Characters of a prompt in one of our messages, unless the caller sets a limit."""

MOST_SENT = 6000
"""Characters that are looked at; Discord sends no longer text."""

UNFOLDS = 4
"""How many times longer than its limit a prompt may become where its letters are taken apart."""

_MOST_UNFOLDED = 18
"""The most characters that Unicode takes one character apart into (NFKD)."""

_MARKS_PER_LETTER = 2
_MARKS_SENT = 8
"""Marks on a letter that are looked at. Putting marks in order takes time that grows with the square."""

_STACKING = frozenset({"Mn", "Me"})
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Letters by category, but invisible: a prompt of nothing else would look empty.
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_ZERO_WIDTH_SPACE = "\u200b"
_HARMLESS = str.maketrans(
    {
        "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
        "@": f"@{_ZERO_WIDTH_SPACE}",
        "<": f"<{_ZERO_WIDTH_SPACE}",
        "/": f"/{_ZERO_WIDTH_SPACE}",
    }
)

_MOST_JOINED = 5
"""Emoji that are joined into one: a family has four. A cut never splits them, so there is an end to it."""

# A cut never splits these: a pair of flag letters, joined emoji, or a character with its marks and skin tone.
# They are roughly the grapheme clusters of Unicode's annex 29, once other joiners are removed.
_FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))


def clean_prompt(text: str, limit: int) -> str:
    """Turn typed text into one plain line. Cleaning it again changes nothing.

    Control, formatting, private and unassigned characters are removed. That includes writing direction and
    zero width, but for what joins two emoji into one. A letter keeps two of the marks stacked on it.
    Spaces, tabs and line breaks become one space. The result is in Unicode's NFC.

    Args:
        text: anything.
        limit: the most characters to keep; a letter is never separated from its marks. Letters that stand for
            several (“㌀” is five, “ﷺ” eighteen) count as those against :data:`UNFOLDS` times the limit, so
            the word checks never have more to read than that.
    """
    line = _one_line(text[:MOST_SENT])
    if len(line) <= limit and len(line) * _MOST_UNFOLDED <= limit * UNFOLDS:
        return line
    return "".join(_unfolding(_within(_clusters(line[: limit + 1]), limit), limit * UNFOLDS)).rstrip()


def show_prompt(text: str, limit: int = SHOWN_LIMIT) -> str:
    """Make a prompt safe for our messages: a code span that pings, links and formats nothing.

    Discord shows no markup in a code span. A backtick could end the span, so it becomes a look-alike. The
    servers decide what pings, whatever is shown, so a zero-width space follows every ``@``, ``<`` and ``/``
    (mentions, commands, addresses, invitations). :func:`clean_prompt` removes it again.

    Args:
        text: a prompt, cleaned or not.
        limit: the most characters of the result, span included; at least 4.

    Returns:
        The span, or "" if nothing is left of the prompt.
    """
    # Each cluster is a character or more: what lies beyond the limit cannot be shown.
    clusters = [cluster.translate(_HARMLESS) for cluster in _clusters(_one_line(text)[: limit + 1])]
    if not clusters:
        return ""
    if sum(map(len, clusters)) > limit - 2:
        clusters = [*_within(clusters, limit - 3), "…"]
    return f"`{''.join(clusters)}`"


def _one_line(text: str) -> str:
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept: list[str] = []
    marks = joined = 0
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        if character.isspace():
            kept.append(" ")
            marks = joined = 0
        elif character == JOINER:
            if joined < _MOST_JOINED - 1 and joins_emoji("".join(kept[-4:]), text[place + 1 : place + 2]):
                kept.append(character)
                joined += 1
        elif character not in _INVISIBLE and category not in _DROPPED:
            marks = marks + 1 if category in _STACKING else 0
            if not (marks or character in _SKIN_TONES or kept[-1:] == [JOINER]):
                joined = 0
            if marks <= _MARKS_SENT:
                kept.append(character)
    return " ".join(_without_piles(unicodedata.normalize("NFC", "".join(kept))).split())


def _without_piles(line: str) -> str:
    kept = []
    marks = 0
    for character in line:
        category = unicodedata.category(character)
        if category in _STACKING:
            marks += 1
        elif category != "Mc":  # a vowel sign beside its letter: does not pile up, nor starts a new letter
            marks = 0
        if marks <= _MARKS_PER_LETTER or category not in _STACKING:
            kept.append(character)
    return "".join(kept)


def _within(clusters: list[str], limit: int) -> list[str]:
    ends = itertools.accumulate(map(len, clusters))
    return [cluster for cluster, end in zip(clusters, ends, strict=True) if end <= limit]


def _unfolding(clusters: list[str], most: int) -> list[str]:
    """As many clusters from the beginning as unfold to so many characters."""
    ends = itertools.accumulate(len(unicodedata.normalize("NFKD", cluster)) for cluster in clusters)
    return [cluster for cluster, end in zip(clusters, ends, strict=True) if end <= most]


def _clusters(line: str) -> list[str]:
    clusters: list[str] = []
    for character in line:
        joins = (
            character == JOINER
            or unicodedata.category(character).startswith("M")
            or character in _SKIN_TONES
            or (bool(clusters) and clusters[-1].endswith(JOINER))
        )
        flag = bool(clusters) and len(clusters[-1]) == 1 and {clusters[-1], character} <= _FLAG_LETTERS
        if clusters and (joins or flag):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters
