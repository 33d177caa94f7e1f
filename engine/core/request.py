"""What a member asks for, before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from engine.core.errors import Code, UserError
from engine.core.recipe import Camera, Effect, Follow, Helped, Kind, Motion, Quality, Style
from engine.core.sentence import Sentence, as_is
from engine.core.sight import Shows, Sight

E = TypeVar("E", bound=StrEnum)

AUTO = "auto"


class Feature(StrEnum):
    """What a member can ask for that not every family can do."""

    PROMPT = "prompts"
    FIRST_FRAME = "a picture as the first frame"
    END = "ending with a picture"
    LIKE = "the look of a picture"
    FOLLOW = "following a clip"
    STYLE = "styles"
    MODEL = "choosing a model"
    SCHEDULE = "prompts by frame"
    CAMERA = "camera paths"
    SOUND = "sound"


class Length(StrEnum):
    """How long a clip should be, as people say it."""

    SHORT = "short"
    NORMAL = "normal"
    LONG = "long"


class Switch(StrEnum):
    """Something that is there or not, as people say it."""

    ON = "on"
    OFF = "off"


class Shape(StrEnum):
    """The shape of the frame: the picture's own, or one that is asked for."""

    PICTURE = "as the picture"
    SQUARE = "square"
    TALL = "9:16"
    WIDE = "16:9"
    PORTRAIT = "4:5"


ACROSS_AND_DOWN = {
    Shape.SQUARE: (1, 1),
    Shape.TALL: (9, 16),
    Shape.WIDE: (16, 9),
    Shape.PORTRAIT: (4, 5),
}
"""A shape's width and height to each other."""


SECONDS = {Length.SHORT: 2.0, Length.NORMAL: 4.0, Length.LONG: 8.0}
"""Seconds of the finished clip."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a member asks for, before anything is decided. None leaves it to the plan.

    Attributes:
        seconds: length of the finished clip; None: as long as the reference, or the usual.
        fps: its frames per second; None: the owner's.
        size: width and height in pixels; None: by shape and quality.
        shape: of the frame; what of a picture lies outside it is cropped.
        raw: the prompt is read as it is written, with nothing added.
        negative: what it should not look like; None: what suits the checkpoint.
        model: a checkpoint's name; "" leaves it to the plan.
        styles: LoRAs of the owner's folder.
        follow: what of the reference clip is followed.
        strength: how far a restyled clip leaves its source, 0 … 1.
        sound: whether the clip has sound; None: if the engine makes it, or a file gives it.
        effect: what is laid over the finished frames.
        helped: a language model wrote the words.
        notes: what became of the words before the plan, for its reasons: cut, or read in another way.
    """

    kind: Kind
    prompt: str = ""
    motion: Motion = Motion.NORMAL
    camera: Camera = Camera.AUTO
    quality: Quality = Quality.BALANCED
    seconds: float | None = None
    fps: float | None = None
    size: tuple[int, int] | None = None
    shape: Shape = Shape.PICTURE
    seed: int | None = None
    engine: str = AUTO
    raw: bool = False
    negative: str | None = None
    model: str = ""
    styles: tuple[Style, ...] = ()
    follow: Follow | None = None
    strength: float | None = None
    sound: bool | None = None
    effect: Effect | None = None
    helped: Helped | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What the plan must know of a picture, of a clip's frames, or of a sound.

    Attributes:
        sha256: its digest.
        width, height: pixels; 0 of a sound.
        faces: how many; None: not checked.
        is_drawing: it was drawn rather than photographed.
        seconds: length of a clip or sound; None for a picture.
        fps: frames per second of a clip; 0: not known, or none.
        notes: for the plan's reasons: what a person would notice about it.
        nudity: a score, 0 … 1, see :mod:`engine.vision.nudity`; None: not checked.
        sight: what the eyes saw in a picture; None: they did not look.
    """

    sha256: str
    width: int
    height: int
    faces: int | None = None
    is_drawing: bool = False
    seconds: float | None = None
    fps: float = 0.0
    notes: tuple[str, ...] = ()
    nudity: float | None = None
    sight: Sight | None = None

    @property
    def has_letters(self) -> bool:
        """Whether text was seen in it."""
        return self.sight is not None and bool(self.sight.letters)

    @property
    def shows(self) -> Shows | None:
        """What it shows, see :attr:`engine.core.sight.Sight.shows`; None where nothing is certain."""
        if self.sight is not None:
            return self.sight.shows
        return (Shows.PORTRAIT if self.faces == 1 else Shows.GROUP) if self.faces else None

    @property
    def is_page(self) -> bool:
        """See :attr:`engine.core.sight.Sight.is_page`; False where nothing looked."""
        return self.sight is not None and self.sight.is_page


def choose(kind: type[E], value: str | None, default: E) -> E:
    """Read a choice as people may write it: any case, dashes for blanks, and whatever follows a dot ignored.

    Raises:
        UserError: it is none of them.
    """
    if value is None:
        return default
    word = value.split("·")[0].strip().lower().replace("_", " ").replace("-", " ")
    try:
        return kind(word)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise UserError(
            Code.OPTION, "{word} is not one of: {known}.", word=word[:40], known=as_is(known)
        ) from None


_WORDS: Mapping[StrEnum, Sentence] = {
    Motion.GENTLE: Sentence("gentle"),
    Motion.NORMAL: Sentence("normal"),
    Motion.WILD: Sentence("wild"),
    Camera.AUTO: Sentence("auto"),
    Camera.STILL: Sentence("still"),
    Camera.PUSH_IN: Sentence("push in"),
    Camera.PULL_OUT: Sentence("pull out"),
    Camera.PAN_LEFT: Sentence("pan left"),
    Camera.PAN_RIGHT: Sentence("pan right"),
    Camera.TILT_UP: Sentence("tilt up"),
    Camera.TILT_DOWN: Sentence("tilt down"),
    Camera.ROLL_LEFT: Sentence("roll left"),
    Camera.ROLL_RIGHT: Sentence("roll right"),
    Camera.ORBIT: Sentence("orbit"),
    Quality.FAST: Sentence("fast"),
    Quality.BALANCED: Sentence("balanced"),
    Quality.BEST: Sentence("best"),
    Follow.POSE: Sentence("pose"),
    Follow.DEPTH: Sentence("depth"),
    Follow.EDGES: Sentence("edges"),
    Follow.SOFT_EDGES: Sentence("soft edges"),
    Feature.PROMPT: Sentence("prompts"),
    Feature.FIRST_FRAME: Sentence("a picture as the first frame"),
    Feature.END: Sentence("ending with a picture"),
    Feature.LIKE: Sentence("the look of a picture"),
    Feature.FOLLOW: Sentence("following a clip"),
    Feature.STYLE: Sentence("styles"),
    Feature.MODEL: Sentence("choosing a model"),
    Feature.SCHEDULE: Sentence("prompts by frame"),
    Feature.CAMERA: Sentence("camera paths"),
    Feature.SOUND: Sentence("sound"),
}


def word(choice: StrEnum) -> Sentence:
    """The word for a choice, as members read it in sentences; recipes hold English."""
    return _WORDS[choice]
