"""What the TOML file beside a workflow says of it."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from engine.core.recipe import Follow, Kind, Quality

MOST_TITLE = 80
"""Characters; Discord's list of engines has room for no more beside the name."""

FORM = re.compile(r"(?:(\d*)\s*n)?\s*(?:\+?\s*(\d+))?")
SIZE = re.compile(r"(\d+)\s*[x×]\s*(\d+)")


class BadWorkflow(ValueError):
    """A workflow that cannot be used; the text says why, in words for its owner."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """Which numbers of frames a model draws: ``step``·n + ``rest``, as in 4n+1."""

    step: int = 1
    rest: int = 0

    def at_least(self, frames: int) -> int:
        """The least number of this form that is not less than another."""
        return self.rest + max(0, -(-(frames - self.rest) // self.step)) * self.step

    def __str__(self) -> str:
        """As it is written in the file."""
        return f"{'' if self.step == 1 else self.step}n{f'+{self.rest}' if self.rest else ''}"


@dataclass(frozen=True, kw_only=True)
class About:
    """What is to be known of a workflow beside its nodes.

    Attributes:
        title: one line for members.
        kinds: what it makes: animate, text2video, restyle, upscale.
        fps: frames a second that its model draws.
        min_fps: the fewest; None: always ``fps``.
        frames: which numbers of frames it draws.
        longest: frames at most; 0: any number.
        multiple: both sides of its frames are multiples of it.
        sizes: width and height in pixels by quality; empty: the usual ones.
        sound: whether its clips have sound of their own.
        follows: what it keeps of a clip that is to be followed.
        memory: gigabytes of the server's GPU that it needs, about; 0: not known.
        seconds: that a clip of the usual length takes there, about; 0: not known.
        rank: the lowest is preferred where a member leaves the engine open.
        by_name: True where it only draws if it is asked for by name.
    """

    title: str
    kinds: frozenset[Kind]
    fps: float
    min_fps: float | None = None
    frames: Form = field(default_factory=Form)
    longest: int = 0
    multiple: int = 16
    sizes: Mapping[Quality, tuple[int, int]] = field(default_factory=dict)
    sound: bool = False
    follows: frozenset[Follow] = frozenset({Follow.POSE})
    memory: float = 0.0
    seconds: float = 0.0
    rank: int = 60
    by_name: bool = False


def read_about(text: str) -> About:
    """Read a TOML file.

    Raises:
        BadWorkflow: something in it is missing, unknown or out of its range.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadWorkflow(f"is no TOML: {error}") from error
    for key in told:
        if key not in READERS:
            near = difflib.get_close_matches(key, READERS, n=1)
            meant = f"; did you mean “{near[0]}”?" if near else f"; it may have {', '.join(READERS)}"
            raise BadWorkflow(f"says “{key}”, which I don't know{meant}")
    for key in ("title", "kinds", "fps"):
        if key not in told:
            raise BadWorkflow(f"doesn't say “{key}”")
    about = About(**{key: _read(key, value) for key, value in told.items()})
    if about.min_fps is not None and about.min_fps > about.fps:
        raise BadWorkflow(f"says min_fps = {about.min_fps:g}, which is more than fps = {about.fps:g}")
    if about.longest and about.frames.at_least(about.longest) != about.longest:
        raise BadWorkflow(f"says longest = {about.longest}, which is not of the form {about.frames}")
    return about


def _read(key: str, value: Any) -> Any:
    try:
        return READERS[key](value)
    except ValueError as error:
        raise BadWorkflow(f"says {key} = {_shown(value)}; {error}") from None


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= MOST_TITLE else f"{text[:MOST_TITLE]}…"


def _title(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > MOST_TITLE:
        raise ValueError(f"it must be one line of at most {MOST_TITLE} characters")
    return value.strip()


def _several(words: type[StrEnum]) -> Callable[[Any], frozenset[Any]]:
    there_are = ", ".join(words)

    def read(value: Any) -> frozenset[Any]:
        if not isinstance(value, list) or not value or not all(item in tuple(words) for item in value):
            raise ValueError(
                f'it must be a list of some of these, such as ["{next(iter(words))}"]: {there_are}'
            )
        return frozenset(words(item) for item in value)

    return read


def _number(least: float, most: float, *, whole: bool = False) -> Callable[[Any], Any]:
    kind = "a whole number" if whole else "a number"

    def read(value: Any) -> Any:
        right = isinstance(value, int) or (isinstance(value, float) and not whole)
        if isinstance(value, bool) or not right or not least <= value <= most:
            raise ValueError(f"it must be {kind} from {least:g} to {most:g}")
        return value if whole else float(value)

    return read


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("it must be true or false")  # noqa: TRY004 - read like the other mistakes
    return value


def _form(value: Any) -> Form:
    found = FORM.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or "n" not in value:
        raise ValueError('it must be like "n", "4n+1" or "8n"')
    return Form(step=max(1, int(found[1] or 1)), rest=int(found[2] or 0))


def _sizes(value: Any) -> Mapping[Quality, tuple[int, int]]:
    if not isinstance(value, dict) or not set(value) <= set(Quality):
        raise ValueError(f"it must be a table with {', '.join(Quality)}")
    found = {quality: SIZE.fullmatch(str(written).strip()) for quality, written in value.items()}
    if len(found) < len(Quality) or None in found.values():
        raise ValueError(f'it must give each of {", ".join(Quality)} a size, such as "832x480"')
    return {Quality(quality): (int(size[1]), int(size[2])) for quality, size in found.items() if size}


READERS: Mapping[str, Callable[[Any], Any]] = {
    "title": _title,
    "kinds": _several(Kind),
    "fps": _number(1, 120),
    "min_fps": _number(1, 120),
    "frames": _form,
    "longest": _number(2, 100_000, whole=True),
    "multiple": _number(2, 256, whole=True),
    "sizes": _sizes,
    "sound": _switch,
    "follows": _several(Follow),
    "memory": _number(0, 10_000),
    "seconds": _number(0, 100_000),
    "rank": _number(1, 999, whole=True),
    "by_name": _switch,
}
"""What may stand in the file, and how each is read."""

assert set(READERS) == {one.name for one in fields(About)}  # noqa: S101 - one reader for each
