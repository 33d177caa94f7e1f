"""Prompts by frame: ``0: a bud | 8: a flower``.

Ordinary text has numbers with colons in it too (16:9, 10:30 pm, “1984: a man”), so a prompt is a schedule
only where it can hardly be anything else.
"""

from __future__ import annotations

import re

_STEP = re.compile(r"\s*(\d{1,4})\s*:(?!\d)\s*(\S.*?)\s*")
_LATER_STEP = re.compile(r"[,;\s]\s*\"?\d{1,4}\"?\s*:\s+\S")
_QUOTED_STEP = re.compile(r"\s*[\"“']\s*\d{1,4}\s*[\"”']\s*:")
_BEGINS_AT_0 = re.compile(r"\s*0\s*:(?!\d)")
_BEGINS_WITH_NUMBER = re.compile(r"\s*\d{1,4}\b")

SHOWN = "0: a bud | 8: a flower"
"""How a prompt by frame is written."""


def is_scheduled(prompt: str) -> bool:
    """Whether a prompt is one by frame.

    Each part between bars begins with a frame's number, a colon and words; there is a bar, or the only part
    begins at frame 0. A digit right behind the colon makes it a ratio or a time of day (16:9, 3:00 AM).
    """
    parts = prompt.split("|")
    if not all(_step(part) for part in parts):
        return False
    return len(parts) > 1 or (_BEGINS_AT_0.match(prompt) is not None and not _LATER_STEP.search(prompt))


def mistyped(prompt: str) -> bool:
    """Whether a prompt looks meant as one by frame, but is not: it is read as plain words."""
    if is_scheduled(prompt):
        return False
    parts = prompt.split("|")
    steps = [part for part in parts if _step(part)]
    if len(parts) > 1 and steps:
        others = [part for part in parts if not _step(part)]
        like_steps = all(not part.strip() or _BEGINS_WITH_NUMBER.match(part) for part in others)
        return like_steps or _BEGINS_AT_0.match(prompt) is not None
    if _QUOTED_STEP.match(prompt):
        return True
    return _BEGINS_AT_0.match(prompt) is not None


def parse(prompt: str, frames: int) -> dict[int, str]:
    """Read a prompt by frame.

    Args:
        prompt: for which :func:`is_scheduled` holds.
        frames: of the clip, as drawn; a later step is moved to the last frame.

    Returns:
        Frame → words; frame 0 is always among them.

    Raises:
        ValueError: it is no such prompt.
    """
    steps: dict[int, str] = {}
    for part in prompt.split("|"):
        step = _step(part)
        if step is None:
            raise ValueError(f"“{part.strip()[:40]}” is not a frame's number, a colon and words")
        steps[min(step[0], frames - 1)] = step[1]
    first = min(steps)
    return {0: steps[first], **dict(sorted(steps.items()))}


def _step(part: str) -> tuple[int, str] | None:
    match = _STEP.fullmatch(part)
    return (int(match[1]), match[2]) if match else None
