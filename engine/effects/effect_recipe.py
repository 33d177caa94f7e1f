"""An effect as servers keep and share it: a named recipe without a picture.

A file of it (``.framekiln-effect``) comes from a stranger: each value is held to its bounds, and anything
that is not named here is refused, so that a misspelt word is not silently without effect.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.core.errors import Code, UserError
from engine.core.recipe import Camera, Effect, Kind, Motion, Quality, Recipe, Style
from engine.core.request import AUTO, Request
from engine.core.sentence import Sentence

FILE_VERSION = 1
SUFFIX = ".framekiln-effect"
MAX_BYTES = 16 * 1024
"""Of a file. The longest that can be written is smaller by half."""

MAX_NAME, MAX_ABOUT = 32, 80
"""Characters of a name, and of the line that explains an effect; both fit into Discord's lists."""
MAX_SECONDS = 20.0

NAME = r"^[^\W_](?:[\w '’&!-]*[\w!])?$"
"""Letters, digits, blanks and a few marks; it neither begins nor ends with a blank."""


@dataclass(frozen=True, kw_only=True)
class EffectRecipe:
    """A picture in, a clip out: all that is decided before there is a picture.

    Attributes:
        name: unique in a server, whatever its case.
        about: one line for the list.
        look, amount, loops: see :class:`engine.core.recipe.Effect`.
        engine: what draws, or "auto".
        model: of no effect, but older files name one: what animates a picture has no choice of models.
    """

    name: str
    about: str = ""
    look: str = ""
    amount: float = 1.0
    loops: bool = False
    engine: str = AUTO
    camera: Camera = Camera.AUTO
    motion: Motion = Motion.NORMAL
    quality: Quality = Quality.BALANCED
    seconds: float = 4.0
    prompt: str = ""
    negative: str = ""
    model: str = ""
    styles: tuple[Style, ...] = field(default=())

    def request(self, engine: str | None = None) -> Request:
        """The request that a picture has to be given to; ``engine`` instead of its own where one is given."""
        return Request(
            kind=Kind.ANIMATE,
            prompt=self.prompt,
            motion=self.motion,
            camera=self.camera,
            quality=self.quality,
            seconds=self.seconds,
            engine=engine or self.engine,
            negative=self.negative or None,
            styles=self.styles,
            effect=Effect(name=self.name, look=self.look, amount=self.amount, loops=self.loops),
        )

    @classmethod
    def of(cls, recipe: Recipe, name: str, about: str = "") -> Self:
        """What a clip's recipe is without its picture.

        Raises:
            UserError: the clip was not made from one picture, or the name cannot be one.
        """
        if recipe.kind is not Kind.ANIMATE or recipe.only_remade or recipe.before is not None:
            raise UserError(Code.EFFECT, "An effect is made of a clip that was animated from a picture.")
        if len(recipe.inputs) > 1:
            raise UserError(Code.EFFECT, "That clip was made from more than a picture; an effect has one.")
        _check_length(name)
        effect = recipe.effect or Effect(name=name)
        made = cls(
            name=name,
            about=about,
            look=effect.look,
            amount=effect.amount,
            loops=effect.loops,
            engine=recipe.engine,
            camera=recipe.camera,
            motion=recipe.motion,
            quality=recipe.quality,
            seconds=min(MAX_SECONDS, recipe.seconds),
            prompt=recipe.prompt,
            negative=recipe.negative,
            styles=recipe.styles,
        )
        return cls.from_json(made.to_json())

    def renamed(self, name: str, about: str | None = None) -> EffectRecipe:
        """The same effect by another name.

        Raises:
            UserError: it cannot be a name.
        """
        _check_length(name)
        made = replace(self, name=name, about=self.about if about is None else about)
        return self.from_json(made.to_json())

    def to_json(self) -> str:
        """The text of a file; equal effects give equal text."""
        data = {"framekiln_effect": FILE_VERSION, **asdict(self)}
        return json.dumps(data, sort_keys=True, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a file.

        Raises:
            UserError: it is no effect, too large, or of a newer version; the text says what is wrong.
        """
        if len(text if isinstance(text, bytes) else text.encode()) > MAX_BYTES:
            raise UserError(Code.EFFECT, "An effect's file has at most {most} KiB.", most=MAX_BYTES // 1024)
        try:
            read = _File.model_validate_json(text)
        except ValidationError as error:
            raise UserError(Code.EFFECT, _why(error)) from error
        data: dict[str, Any] = {
            key: value for key, value in read if key not in {"framekiln_effect", "styles"}
        }
        styles = tuple(Style(name=style.name, weight=style.weight) for style in read.styles)
        return cls(**data, styles=styles)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class _Style(_Strict):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    weight: Annotated[float, Field(gt=0, le=2)] = 1.0


class _File(_Strict):
    framekiln_effect: Annotated[int, Field(ge=1, le=FILE_VERSION)]
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME, pattern=NAME)]
    about: Annotated[str, Field(max_length=MAX_ABOUT, pattern=r"^[^\x00-\x1f]*$")] = ""
    look: Annotated[str, Field(max_length=40, pattern=r"^[a-z ]*$")] = ""
    amount: Annotated[float, Field(ge=0, le=1)] = 1.0
    loops: bool = False
    engine: Annotated[str, Field(min_length=1, max_length=100)] = AUTO
    camera: Camera = Camera.AUTO
    motion: Motion = Motion.NORMAL
    quality: Quality = Quality.BALANCED
    seconds: Annotated[float, Field(ge=0.5, le=MAX_SECONDS)] = 4.0
    prompt: Annotated[str, Field(max_length=1000)] = ""
    negative: Annotated[str, Field(max_length=1000)] = ""
    model: Annotated[str, Field(max_length=200)] = ""
    styles: Annotated[tuple[_Style, ...], Field(max_length=5)] = ()


def _check_length(name: str) -> None:
    if len(name) > MAX_NAME:
        raise UserError(Code.EFFECT, "An effect's name has at most {most} characters.", most=MAX_NAME)


def _why(error: ValidationError) -> Sentence:
    """The first thing that is wrong with a file, for whoever wrote it."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if place == "framekiln_effect" and first["type"] == "less_than_equal":
        return Sentence("That effect was made by a newer version of Framekiln.")
    if not place:
        return Sentence("That is not an effect's file: it is no JSON object.")
    words = {
        "extra_forbidden": Sentence("there is no such field"),
        "missing": Sentence("it is missing"),
        "string_pattern_mismatch": Sentence("it has characters that it may not have"),
        "string_too_long": Sentence("it is too long"),
        "string_too_short": Sentence("it is empty"),
    }.get(first["type"], Sentence("it has a value that it may not have"))
    return Sentence("That effect cannot be read: “{place}”: {why}.", place=place[:60], why=words)
