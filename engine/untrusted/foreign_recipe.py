"""A recipe as a stranger's file tells it: every value held to its bounds, and nothing of it believed.

It becomes a request, which is planned like any other; what the file says of engines, models and files is a
wish, never a right. In particular a digest opens nothing: the reader must check whose file it names.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.core.recipe import (
    RECIPE_VERSION,
    Camera,
    Effect,
    Follow,
    Kind,
    Motion,
    Quality,
    Recipe,
    Role,
    SoundSource,
    Style,
)
from engine.core.request import Request
from engine.effects.effect_recipe import MAX_NAME, NAME
from engine.families import chosen_model

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Name = Annotated[str, Field(max_length=200)]
Prose = Annotated[str, Field(max_length=2000)]


class NotARecipe(ValueError):
    """The text is no recipe, or one of a newer program."""


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class ForeignStyle(_Foreign):
    """A style, with its weight."""

    name: Name
    weight: Annotated[float, Field(gt=0, le=2)] = 1.0


class ForeignEffect(_Foreign):
    """What is laid over the clip."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=NAME)]
    look: Annotated[str, Field(max_length=40)] = ""
    amount: Annotated[float, Field(ge=0, le=1)] = 1.0
    loops: bool = False


class ForeignBefore(_Foreign):
    """That there was a clip before; what it was like is not taken from the file."""


class ForeignRecipe(_Foreign):
    """The fields of :class:`engine.core.recipe.Recipe` that a request can be made of, within bounds."""

    version: Annotated[int, Field(ge=1, le=RECIPE_VERSION)]
    kind: Kind
    engine: Name
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    width: Annotated[int, Field(ge=2, le=8192)]
    height: Annotated[int, Field(ge=2, le=8192)]
    fps: Annotated[float, Field(ge=1, le=240)]
    length: Annotated[int, Field(ge=1, le=100_000)]
    prompt: Prose = ""
    inputs: dict[Role, Digest] = {}
    input_sha256: Digest | None = None
    motion: Motion = Motion.NORMAL
    camera: Camera = Camera.AUTO
    quality: Quality = Quality.BALANCED
    model: Name = ""
    words: Prose = ""
    negative: Prose = ""
    strength: Annotated[float, Field(ge=0, le=1)] = 0.0
    follow: Follow | None = None
    styles: Annotated[tuple[ForeignStyle, ...], Field(max_length=5)] = ()
    before: ForeignBefore | None = None
    loop: bool = False
    slow: Annotated[int, Field(ge=0, le=8)] = 0
    effect: ForeignEffect | None = None
    sound: SoundSource | None = None

    @property
    def digests(self) -> dict[Role, str]:
        """Role → digest of a file that it was made from; version 1 knew the picture only."""
        first = {} if self.input_sha256 is None else {Role.PICTURE: self.input_sha256}
        return {**first, **self.inputs}

    def is_of(self, recipe: str) -> bool:
        """Whether the file may be the clip of a recipe of ours: it has the seed, and words or files of it."""
        try:
            ours = Recipe.from_json(recipe)
        except ValueError:
            return False
        same_words = bool(ours.prompt) and ours.prompt == self.prompt
        shared = set(ours.inputs.values()) & set(self.digests.values())
        return ours.seed == self.seed and (same_words or bool(shared))

    def request(self) -> Request:
        """The request that it answers. What its plan had chosen is asked for by name."""
        return Request(
            kind=self.kind,
            prompt=self.prompt,
            motion=self.motion,
            camera=self.camera,
            quality=self.quality,
            seconds=self.length / self.fps,
            fps=self.fps,
            size=(self.width, self.height),
            seed=self.seed,
            engine=self.engine,
            raw=bool(self.words) and self.words == self.prompt,
            negative=self.negative,
            model=chosen_model(self.engine, self.model),
            styles=tuple(Style(name=style.name, weight=style.weight) for style in self.styles),
            follow=self.follow,
            strength=self.strength or None,
            effect=None if self.effect is None else Effect(**self.effect.model_dump()),
            sound=False if self.sound is SoundSource.NONE and self.before is None else None,
        )


def read_foreign(text: str) -> ForeignRecipe:
    """Read a stranger's recipe.

    Raises:
        NotARecipe: it is none, or one of a newer program.
    """
    try:
        return ForeignRecipe.model_validate_json(text)
    except ValidationError as error:
        raise NotARecipe(f"{error.error_count()} of its values are wrong") from error
