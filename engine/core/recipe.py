"""The recipe: everything that decides a clip.

A recipe is immutable, JSON, and complete: the same recipe on the same machine gives the same bytes. It is
planned once, when the member asks, kept in the job's row, and written into the finished file.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from engine.core.errors import Unsupported
from engine.core.sentence import SENTENCES, Sentence, by_table, table_of

RECIPE_VERSION = 3

Number = float | int | str
"""What a family's own settings hold."""


class Role(StrEnum):
    """What a member's file is for."""

    PICTURE = "picture"
    """The picture that is animated, or the first frame."""
    END = "end"
    """The picture that the clip arrives at: its last frame."""
    LIKE = "like"
    """A picture whose look is taken."""
    REFERENCE = "reference"
    """A clip whose poses, depth or edges are followed, or that is drawn anew."""
    BEFORE = "before"
    """A finished clip that this one goes on from, or that is closed into a loop or upscaled."""
    SOUND = "sound"
    """What the clip sounds like: a member's file, or the sound of the clip that is drawn anew."""


class Kind(StrEnum):
    """What the member asked for."""

    ANIMATE = "animate"
    TEXT2VIDEO = "text2video"
    RESTYLE = "restyle"
    UPSCALE = "upscale"
    """A finished clip at a larger size; nothing else of it changes."""


class Follow(StrEnum):
    """What of a reference clip is followed."""

    POSE = "pose"
    DEPTH = "depth"
    EDGES = "edges"
    SOFT_EDGES = "soft edges"


class SoundSource(StrEnum):
    """Where the sound of a clip comes from."""

    NONE = "none"
    """The clip is silent."""
    DRAWN = "drawn"
    """The engine makes it together with the frames."""
    GIVEN = "given"
    """A member's file, or the sound of the clip that is restyled."""


class Motion(StrEnum):
    """How much should move."""

    GENTLE = "gentle"
    NORMAL = "normal"
    WILD = "wild"


class Camera(StrEnum):
    """The path of the camera. AUTO leaves it to the engine and the seed."""

    AUTO = "auto"
    STILL = "still"
    PUSH_IN = "push in"
    PULL_OUT = "pull out"
    PAN_LEFT = "pan left"
    PAN_RIGHT = "pan right"
    TILT_UP = "tilt up"
    TILT_DOWN = "tilt down"
    ROLL_LEFT = "roll left"
    """The picture turns anticlockwise."""
    ROLL_RIGHT = "roll right"
    ORBIT = "orbit"


class Quality(StrEnum):
    """How much time to spend."""

    FAST = "fast"
    BALANCED = "balanced"
    BEST = "best"


class Stage(StrEnum):
    """The named stages of a render, in their order."""

    PREPARING = "preparing"
    DRAWING = "drawing"
    CHECKING = "checking"
    SMOOTHING = "smoothing"
    ENCODING = "encoding"


@dataclass(frozen=True, kw_only=True)
class Style:
    """A LoRA from the owner's folder, by its file's name without the suffix, and its weight."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Before:
    """A finished clip; its file is the input of that role.

    Attributes:
        width, height: pixels, even.
        frames: how many it has.
        engines: what drew it, part by part.
        real: a picture or a clip of a member's is in it.
        sound: it has sound.
    """

    width: int
    height: int
    frames: int
    engines: tuple[str, ...]
    real: bool
    sound: bool = False

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Read what :func:`dataclasses.asdict` made.

        Raises:
            TypeError, KeyError: it is something else.
        """
        return cls(**{**data, "engines": tuple(data["engines"])})


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What is laid over the frames of a finished clip.

    Attributes:
        name: what the server calls it.
        look: a name of :mod:`engine.effects.looks`; "": nothing is laid over them.
        amount: how strong it is, 0 … 1.
        loops: the clip is played there and back, so that its end leads to its beginning.
    """

    name: str
    look: str = ""
    amount: float = 1.0
    loops: bool = False


@dataclass(frozen=True, kw_only=True)
class Helped:
    """That a language model wrote the prompt, and the member chose it.

    Attributes:
        model: its name.
        own: what the member had written, cleaned.
    """

    model: str
    own: str


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides a clip.

    Attributes:
        kind: picture → clip, or words → clip.
        engine: the family's name, never "auto": the plan has decided.
        prompt: the member's words, cleaned; may be empty.
        inputs: role → hex digest of a file as it was taken in (a picture: PNG, RGB; a clip: MP4).
        seed: 0 … 2**32-1. Take ``n`` (from 1) draws with ``take_seed(n)``.
        width, height: pixels of the finished clip, even.
        frames: how many frames the family draws.
        native_fps: frames per second that the family draws at.
        fps: frames per second of the finished clip.
        length: frames of the finished clip; none is later than the last drawn one.
        way: the name of the engine's way of drawing (steps, scheduler, weights); "" where it has one only.
        model: the checkpoint by its name in the owner's list; "" where the engine has one only.
        words: what the text encoder reads, made from the prompt; "" where the engine reads none.
        negative: what it is steered away from; "" where nothing.
        steps: denoising steps; 0 where the engine has none.
        guidance: scale of classifier-free guidance; 1 and less means none.
        strength: how far a restyled clip leaves its source, 0 … 1.
        follow: what of the reference clip is followed; None: nothing.
        styles: LoRAs of the owner's folder.
        settings: the family's own numbers by name (motion bucket, decode chunk, …).
        crops: role → the shares of the excess that are cut off a picture of another shape than the frame's,
            on the left and at the top; in the middle where none is given.
        reasons: why the plan chose as it did, in words a member can read.
        sound: where the sound comes from. What is drawn after a clip, and a loop, also keep that clip's own.
        before: the clip that this one goes on from. Sizes, frames and length are those of the part that is
            drawn; the finished clip is the old one, at its own size, and the part behind it. Of an upscaled
            clip, it is the small one.
        loop: nothing is drawn: the clip before is closed into a loop, ``length`` frames long at most.
        slow: nothing is drawn: the clip before is shown so many times as slowly, at its own rate. 0: it is
            not, and the JSON does not name it.
        effect: what is laid over the finished frames; None: nothing, and the JSON does not name it, so that
            recipes from before there were effects keep their bytes.
        helped: who wrote the prompt, if not the member; None: they did, and the JSON does not name it.
    """

    kind: Kind
    engine: str
    seed: int
    width: int
    height: int
    frames: int
    native_fps: float
    fps: float
    length: int
    prompt: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    motion: Motion = Motion.NORMAL
    camera: Camera = Camera.AUTO
    quality: Quality = Quality.BALANCED
    way: str = ""
    model: str = ""
    words: str = ""
    negative: str = ""
    steps: int = 0
    guidance: float = 0.0
    strength: float = 0.0
    follow: Follow | None = None
    styles: tuple[Style, ...] = ()
    settings: Mapping[str, Number] = field(default_factory=dict)
    crops: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    sound: SoundSource = SoundSource.NONE
    before: Before | None = None
    loop: bool = False
    slow: int = 0
    effect: Effect | None = None
    helped: Helped | None = None
    version: int = RECIPE_VERSION

    @property
    def factor(self) -> int | None:
        """How many frames of the finished clip one drawn frame stands for; None: no whole number of them."""
        ratio = self.fps / self.native_fps
        return round(ratio) if math.isclose(ratio, max(1, round(ratio)), rel_tol=1e-9) else None

    def setting(self, name: str) -> Number:
        """One of the family's own numbers, which it cannot draw without.

        Raises:
            Unsupported: the recipe has none of this name.
        """
        if name not in self.settings:
            raise Unsupported(
                Sentence(
                    "This recipe lacks a number that {engine} needs: {name}.", engine=self.engine, name=name
                )
            )
        return self.settings[name]

    @property
    def seconds(self) -> float:
        """Length of the finished clip in seconds."""
        return self.length / self.fps

    @property
    def sounds(self) -> bool:
        """Whether the finished clip is to have sound."""
        return self.sound is not SoundSource.NONE or (self.before is not None and self.before.sound)

    @property
    def only_remade(self) -> bool:
        """Whether nothing is drawn: a finished clip is closed into a loop, or slowed down."""
        return self.loop or bool(self.slow)

    @property
    def asked(self) -> str:
        """What was asked for, in a word: a longer clip, a loop, or the kind."""
        if self.loop or self.slow:
            return "loop" if self.loop else "slow"
        if self.before is None or self.kind is Kind.UPSCALE:
            return str(self.kind)
        return "extend"

    @property
    def profile(self) -> str:
        """The name under which render times are remembered, for the estimate of the wait."""
        if self.loop:
            return f"loop/{self.width}x{self.height}/{self.length}"
        if self.slow:
            return f"slow/{self.width}x{self.height}/{self.length}"
        way = f"{self.engine}.{self.way}" if self.way else self.engine
        if self.effect is not None and self.effect.look:
            way = f"{way}+{self.effect.look.replace(' ', '-')}"
        return f"{way}/{self.quality}/{self.width}x{self.height}/{self.length}"

    def take_seed(self, take: int) -> int:
        """The seed of take ``take``, counted from 1. The first is the recipe's own."""
        return (self.seed + (take - 1) * 0x9E3779B9) % 2**32

    def to_json(self, *, sentences: bool = False) -> str:
        """One line of JSON with sorted keys: equal recipes give equal text.

        Args:
            sentences: with what the reasons were made of, for the database. Files and other machines get
                English alone, which every release can read.
        """
        data = dataclasses.asdict(self)
        if sentences and (table := table_of(self.reasons)):
            data[SENTENCES] = table
        if self.effect is None:
            del data["effect"]
        if not self.slow:
            del data["slow"]
        if self.helped is None:
            del data["helped"]
        return json.dumps(data, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: not a recipe, or one of a newer version.
        """
        try:
            data = json.loads(text)
            if data["version"] > RECIPE_VERSION:
                raise ValueError(f"this recipe is of version {data['version']}, newer than this program")
            if data["version"] == 1:  # it knew one input, the picture
                digest = data.pop("input_sha256")
                data["inputs"] = {} if digest is None else {Role.PICTURE: digest}
            data["version"] = RECIPE_VERSION
            if data.get("before") is not None:
                data["before"] = Before.from_data(data["before"])
            data["crops"] = {role: tuple(at) for role, at in data.get("crops", {}).items()}
            data["kind"] = Kind(data["kind"])
            data["motion"] = Motion(data["motion"])
            data["camera"] = Camera(data["camera"])
            data["quality"] = Quality(data["quality"])
            find = by_table(data.pop(SENTENCES, None))
            data["reasons"] = tuple(map(find, data["reasons"]))
            data["sound"] = SoundSource(data.get("sound", SoundSource.NONE))
            if data.get("follow") is not None:
                data["follow"] = Follow(data["follow"])
            if data.get("effect") is not None:
                data["effect"] = Effect(**data["effect"])
            if data.get("helped") is not None:
                data["helped"] = Helped(**data["helped"])
            data["styles"] = tuple(Style(**style) for style in data.get("styles", ()))
            return cls(**data)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is not a recipe: {error}") from error
