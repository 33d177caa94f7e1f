"""Words by frame: ``0: a bud | 8: a flower``."""

from __future__ import annotations

import re

_STEP = re.compile(r"\s*(\d{1,4})\s*:\s*(\S.*?)\s*")


def is_scheduled(prompt: str) -> bool:
    """Whether a prompt is words by frame: each part between bars begins with a number and a colon."""
    return bool(prompt) and all(_STEP.fullmatch(part) for part in prompt.split("|"))


def parse(prompt: str, frames: int) -> dict[int, str]:
    """Read words by frame.

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
        match = _STEP.fullmatch(part)
        if match is None:
            raise ValueError(f"“{part.strip()[:40]}” is not a frame's number, a colon and words")
        steps[min(int(match[1]), frames - 1)] = match[2]
    first = min(steps)
    return {0: steps[first], **dict(sorted(steps.items()))}
