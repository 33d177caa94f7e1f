"""What may be asked for, described once: for Discord's commands, for the command line, and for the request.

Nothing heavy is imported here, so that ``framekiln --help`` answers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

from bot.config.choices import MOST_TAKES
from engine.core.recipe import Camera, Follow, Kind, Motion, Quality, Role, Style
from engine.core.request import AUTO, SECONDS, Length, Request, Shape, Switch, choose

F = TypeVar("F")

MAX_SEED = 2**32 - 1

MAX_STYLES_TEXT = 500
"""Characters of a list of styles: five names of the longest kind."""

SMOOTH = (24, 30, 60)
"""Frames per second that a member may choose. What is drawn at fewer is smoothed up to it."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One thing that may be asked for.

    Attributes:
        name: as it is written in Discord and on the command line.
        about: what it means, without its default.
        default: what holds if it is left out, in words; "" if there is nothing to say.
        help: what the command line says instead, where the meaning differs there.
        kind: the type of its value; of a file there is none.
        choices: the values that there are and what is shown of each; empty if any value will do.
        words: the values are words of this enum, and read as people write them.
        least, most: the range of a number.
        longest: characters of a text that may be typed; None: as many as the owner lets a prompt have.
        required: whether a command needs it.
        role: what a file is for; None: it is no file.
        becomes: the field of the request that it fills.
        read: makes the field's value from what was given.
    """

    name: str
    about: str
    default: str = ""
    help: str = ""
    kind: type[str | int | float | bool] = str
    choices: Mapping[str, str] | Mapping[int, str] = field(default_factory=dict)
    words: type[StrEnum] | None = None
    least: float | None = None
    most: float | None = None
    longest: int | None = 100  # of a value in one of Discord's lists
    required: bool = False
    role: Role | None = None
    becomes: str = ""
    read: Callable[[Any], Any] = lambda value: value

    @property
    def description(self) -> str:
        """What Discord shows beside it."""
        return f"{self.about}. Default: {self.default}" if self.default else self.about


def _one_of(words: type[StrEnum]) -> Callable[[str], StrEnum]:
    return lambda value: choose(words, value, next(iter(words)))


def _styles(value: str) -> tuple[Style, ...]:
    from bot.requests.style_names import styles_of  # noqa: PLC0415 - see the module's docstring

    return styles_of(value)


def seconds_of(length: str | None) -> float | None:
    """How long a clip is to be; None where it was left open.

    Raises:
        UserError: it is not one of the lengths.
    """
    return None if length is None else SECONDS[choose(Length, length, Length.NORMAL)]


PROMPT = Option(
    name="prompt", about="What the clip shows, or what should happen", longest=None, becomes="prompt"
)
MOTION = Option(
    name="motion",
    about="How much should move",
    default=Motion.NORMAL,
    choices={motion.value: motion.value for motion in Motion},
    words=Motion,
    becomes="motion",
    read=_one_of(Motion),
)
CAMERA = Option(
    name="camera",
    about="How the camera moves",
    default=Camera.AUTO,
    choices={camera.value: camera.value for camera in Camera},
    words=Camera,
    becomes="camera",
    read=_one_of(Camera),
)
LENGTH = Option(
    name="length",
    about="Length of the clip",
    default="4 s, or as long as the clip you give me",
    choices={length.value: f"{length.value} ({SECONDS[length]:g} s)" for length in Length},
    becomes="seconds",
    read=seconds_of,
)
RATE = Option(
    name="smooth",
    about="How smoothly it plays",
    default="set by this bot's owner",
    kind=int,
    choices={fps: f"{fps} frames a second" for fps in SMOOTH},
    becomes="fps",
    read=float,
)
SHAPE = Option(
    name="shape",
    about="The shape of the frame; faces stay in it",
    default="the picture's own, or 16:9",
    choices={shape.value: shape.value for shape in Shape},
    words=Shape,
    becomes="shape",
    read=_one_of(Shape),
)
QUALITY = Option(
    name="quality",
    about="Better quality takes longer; the list shows the current wait",
    default=Quality.BALANCED,
    help="Better quality takes longer.",
    words=Quality,
    becomes="quality",
    read=_one_of(Quality),
)
SEED = Option(
    name="seed",
    about="A whole number. The same request with the same seed makes the same clip",
    kind=int,
    least=0,
    most=MAX_SEED,
    becomes="seed",
)
ENGINE = Option(
    name="engine",
    about="The engine that makes the clip",
    default="auto, the best one for your request",
    help="camera, sketch, … or auto.",
    becomes="engine",
)
STYLE = Option(
    name="style",
    about="A style from the list. Separate several with commas; add a strength like ink:0.8",
    help="A style from the models folder; can be given several times.",
    longest=MAX_STYLES_TEXT,
    becomes="styles",
    read=_styles,
)
MODEL = Option(
    name="model",
    about="A model from the list",
    default="the one that fits best",
    help="A checkpoint from the models folder or the catalogue.",
    becomes="model",
    read=str.strip,
)
NEGATIVE = Option(
    name="negative",
    about="What to avoid in the clip",
    default="what works best for the model",
    longest=None,
    becomes="negative",
)
RAW = Option(
    name="raw",
    about="Use my prompt exactly as written, with nothing added",
    default="no",
    help="Use the prompt exactly as written, with nothing added.",
    kind=bool,
    becomes="raw",
)
STRENGTH = Option(
    name="strength",
    about="How much to change: 0.3 a little, 0.9 almost everything",
    default="set by the model",
    help="How much --restyle changes its clip.",
    kind=float,
    least=0.1,  # less leaves the clip as it was
    most=1.0,
    becomes="strength",
)
FOLLOW = Option(
    name="follow",
    about="What to follow in the reference",
    default="depth where possible",
    choices={follow.value: follow.value for follow in Follow},
    words=Follow,
    becomes="follow",
    read=_one_of(Follow),
)
SOUND = Option(
    name="sound",
    about="Whether the clip has sound",
    default="on if the engine makes sound or you give some",
    choices={switch.value: switch.value for switch in Switch},
    words=Switch,
    becomes="sound",
    read=lambda value: choose(Switch, value, Switch.ON) is Switch.ON,
)
AUDIO = Option(
    name="audio", about="A sound to play with the clip: MP3, WAV, OGG, FLAC, M4A…", role=Role.SOUND
)
LIKE = Option(name="like", about="A picture to take the look from", role=Role.LIKE)
REFERENCE = Option(name="reference", about="A clip whose motion it should follow", role=Role.REFERENCE)
PICTURE = Option(name="image", about="The picture: PNG, JPEG, WebP, AVIF, HEIC, GIF…", role=Role.PICTURE)
END = Option(name="end", about="A second picture: the clip goes from the first to this one", role=Role.END)

TAKES = Option(
    name="takes",
    about="Draw so many short drafts first and choose the one that I finish",
    default="none",
    kind=int,
    choices={number: f"{number} drafts to choose from" for number in range(2, MOST_TAKES + 1)},
)

PRIVATE = Option(
    name="private",
    about="Only you see the clip; a button can post it later",
    default="no",
    kind=bool,
)

HELP = Option(
    name="help",
    about="Show me a better wording first; I choose",
    default="no",
    kind=bool,
)
"""Offered where the owner has a language model for it."""

OPTIONS = {
    option.name: option
    for option in (
        *(PROMPT, MOTION, CAMERA, LENGTH, SHAPE, RATE, QUALITY, SEED, ENGINE),
        *(STYLE, MODEL, NEGATIVE, RAW, STRENGTH, FOLLOW, SOUND),
    )
}
"""All that fill a request, by name."""


@dataclass(frozen=True, kw_only=True)
class ClipCommand:
    """A command that asks for a clip.

    Attributes:
        name: in Discord.
        about: what Discord shows beside it.
        kind: what it asks for.
        options: what may be given, in Discord's order.
        asking: how it is asked for, after those; only Discord has a use for these.
    """

    name: str
    about: str
    kind: Kind
    options: tuple[Option, ...]
    asking: tuple[Option, ...] = ()


ANIMATE = ClipCommand(
    name="animate",
    about="Turn a picture into a short clip",
    kind=Kind.ANIMATE,
    options=(
        replace(PICTURE, required=True),
        replace(PROMPT, about="What the picture shows, or what should happen in the clip"),
        END,
        AUDIO,
        *(MOTION, CAMERA, LENGTH, SHAPE, RATE, QUALITY, SOUND, ENGINE, SEED),
    ),
    asking=(TAKES, PRIVATE, HELP),
)
TEXT2VIDEO = ClipCommand(
    name="text2video",
    about="Turn words into a short clip",
    kind=Kind.TEXT2VIDEO,
    options=(
        replace(
            PROMPT,
            about="What the clip should show. You can change it by frame: 0: a bud | 8: a flower",
            required=True,
        ),
        *(MOTION, CAMERA, LENGTH, SHAPE, RATE, QUALITY, STYLE, MODEL, LIKE, REFERENCE, FOLLOW),
        replace(PICTURE, about="A picture to start the clip with"),
        *(NEGATIVE, RAW, SOUND, ENGINE, SEED),
    ),
    asking=(TAKES, PRIVATE, HELP),
)
RESTYLE = ClipCommand(
    name="restyle",
    about="Give a clip a new look and keep its motion",
    kind=Kind.RESTYLE,
    options=(
        Option(name="video", about="The clip: MP4, WebM, MOV or GIF", role=Role.REFERENCE, required=True),
        replace(PROMPT, about="What it should look like", required=True),
        replace(SOUND, about="Whether it keeps its sound", default="on"),
        *(STRENGTH, STYLE, MODEL, QUALITY, LENGTH, RATE, NEGATIVE, RAW, ENGINE, SEED),
    ),
    asking=(HELP,),
)

EFFECT = ClipCommand(
    name="effect",
    about="Turn a picture into a clip with one of this server's effects",
    kind=Kind.ANIMATE,
    options=(
        Option(name="effect", about="The effect's name, such as Old film", required=True),
        replace(PICTURE, about="The picture", required=True),
    ),
)
"""The effect says all the rest."""


def request_of(kind: Kind, *, engine: str | None = None, **given: Any) -> Request:
    """Turn what was given into a request. What is None, or not given, is left to the request's default.

    Args:
        kind: what is asked for.
        engine: what draws it; None: whatever suits.
        given: values by the names of their options.

    Raises:
        UserError: one of them is not a choice.
    """
    fields = {
        OPTIONS[name].becomes: OPTIONS[name].read(value) for name, value in given.items() if value is not None
    }
    return Request(kind=kind, engine=engine or AUTO, **fields)


def files_of(command: ClipCommand, given: Mapping[str, F | None]) -> dict[Role, F]:
    """The files that were given to a command, by what they are for."""
    files: dict[Role, F] = {}
    for option in command.options:
        file = given.get(option.name)
        if option.role is not None and file is not None:
            files[option.role] = file
    return files


def wants_clips_sound(request: Request) -> bool:
    """Whether the sound of the clip that came with a request is taken in, too: nothing else needs it."""
    return request.kind in {Kind.RESTYLE, Kind.UPSCALE} and request.sound is not False
