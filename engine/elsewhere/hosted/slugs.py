"""The table of hosted engines: which field of a service's model takes what, and what a clip costs.

The table that ships is ``slugs.toml`` beside this module. An owner adds files like it in a folder; an engine
of theirs replaces the shipped one of the same name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.core.errors import Unsupported
from engine.core.recipe import Kind, Quality, Recipe
from engine.core.sentence import Sentence
from engine.elsewhere.hosted.money import micros

SHIPPED = Path(__file__).with_name("slugs.toml")
NAME = r"^(replicate|fal|runpod)/[A-Za-z0-9][A-Za-z0-9.\-]{0,60}$"

TOLERANCE = 1e-6
"""Lengths in seconds that differ by less are the same."""


class BadTable(ValueError):
    """A file of the table cannot be used; the text is for the owner, and names the file and the place."""


class Slot(StrEnum):
    """What a service's model can be given."""

    PICTURE = "picture"
    END = "end"
    CLIP = "clip-in"
    SOUND_IN = "sound-in"
    PROMPT = "prompt"
    NEGATIVE = "negative"
    SEED = "seed"
    FRAMES = "frames"
    SECONDS = "seconds"
    FPS = "fps"
    WIDTH = "width"
    HEIGHT = "height"
    SIZE = "size"
    SHAPE = "shape"
    """The shape of a clip without a picture, such as “16:9”."""
    SOUND = "sound"
    """Whether the clip has sound."""


FILES = frozenset({Slot.PICTURE, Slot.END, Slot.CLIP, Slot.SOUND_IN})


class Per(StrEnum):
    """What a price is for."""

    SECOND = "second"
    """Of the clip."""
    CLIP = "clip"
    WORK = "second of work"
    """Of the service's machine."""


class Sound(StrEnum):
    """Whether a model makes sound."""

    NONE = "none"
    ASKED = "asked"
    """Where it is asked for, through the slot of that name."""
    ALWAYS = "always"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Size(_Model):
    """A size that a model draws, and its price.

    Attributes:
        name: what the model calls it; "" where it is not told.
        quality: the quality that it is chosen for.
        width, height: of a wide frame, in pixels; other shapes have about as many pixels.
        price: dollars, for what :attr:`Slug.per` says; None: the owner has to say it first.
    """

    name: str = Field("", max_length=40)
    quality: Quality = Quality.BALANCED
    width: int = Field(ge=64, le=4096)
    height: int = Field(ge=64, le=4096)
    price: Decimal | None = Field(None, gt=0, le=1000)


class Slug(_Model):
    """A hosted engine.

    Attributes:
        name: ``service/name``, as members choose it.
        model: what the service calls it. For RunPod, a workflow of the owner's folder.
        title: in words.
        about: one line for the list of engines.
        kinds: what it draws.
        fps: frames per second of its clips.
        seconds: lengths that it draws, in order.
        length_as_text: it wants its length as text.
        extra_frames: frames beyond ``seconds * fps``; Wan draws 81 in five seconds at 16 frames a second.
        fields: slot → the model's name for it; for RunPod, the titles of nodes take their place.
        fixed: fields that are always the same.
        sizes: at least one; one for each quality at most.
        per: what the prices are for.
        work_seconds: where the work is paid: how long it takes, usually and at most; then it is ended.
        sound: whether it makes sound.
        usual_seconds: how long a take takes there, about.
        multiple: both sides of its frames are multiples of it.
        checked: when somebody last compared all this with the service's page, such as ``2026-11``.
    """

    name: str = Field(pattern=NAME)
    model: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/\-]*$")
    title: str = Field(min_length=1, max_length=60)
    about: str = Field("", max_length=80)
    kinds: tuple[Kind, ...] = Field(min_length=1)
    fps: float = Field(ge=1, le=60)
    seconds: tuple[float, ...] = Field(min_length=1)
    length_as_text: bool = False
    extra_frames: int = Field(0, ge=0, le=8)
    fields: Mapping[Slot, str] = Field(default_factory=dict)
    fixed: Mapping[str, bool | int | float | str] = Field(default_factory=dict)
    sizes: tuple[Size, ...] = Field(min_length=1)
    per: Per
    work_seconds: tuple[float, float] | None = None
    sound: Sound = Sound.NONE
    usual_seconds: float = Field(60.0, gt=0)
    multiple: int = Field(2, ge=2, le=64)
    checked: str = ""

    @model_validator(mode="after")
    def _fits_together(self) -> Slug:
        if list(self.seconds) != sorted(set(self.seconds)) or self.seconds[0] <= 0:
            raise ValueError("seconds must be lengths above 0, each once, in order")
        qualities = [size.quality for size in self.sizes]
        if len(set(qualities)) != len(qualities):
            raise ValueError("sizes must have different qualities")
        if (self.per is Per.WORK) != (self.work_seconds is not None):
            raise ValueError(f'work_seconds belongs to per = "{Per.WORK}", and only there')
        if self.work_seconds is not None and not 0 < self.work_seconds[0] <= self.work_seconds[1]:
            raise ValueError("work_seconds must be the usual time and the longest")
        if Kind.UPSCALE in self.kinds:
            raise ValueError("a hosted engine can't upscale")
        self._check_fields()
        return self

    def _check_fields(self) -> None:
        if self.provider == "runpod":
            return
        needed = {Kind.ANIMATE: Slot.PICTURE, Kind.TEXT2VIDEO: Slot.PROMPT, Kind.RESTYLE: Slot.CLIP}
        for kind in self.kinds:
            if needed[kind] not in self.fields:
                raise ValueError(f'"{kind}" needs a field for "{needed[kind]}"')
        if self.sound is Sound.ASKED and Slot.SOUND not in self.fields:
            raise ValueError('sound = "asked" needs a field for "sound"')
        if twice := set(self.fields.values()) & set(self.fixed):
            raise ValueError(f"{', '.join(sorted(twice))} can't be both a field and fixed")

    @property
    def provider(self) -> str:
        """The service."""
        return self.name.partition("/")[0]

    @property
    def priced(self) -> bool:
        """Whether it is known what its clips cost. Nothing is bought without that."""
        return all(size.price is not None for size in self.sizes)

    def price_each(self, quality: Quality) -> Decimal:
        """Dollars for what :attr:`per` says.

        Raises:
            Unsupported: nobody has said it.
        """
        price = self.size_for(quality).price
        if price is None:
            raise Unsupported(Sentence("The owner has not said what {engine} costs.", engine=self.name))
        return price

    def size_for(self, quality: Quality) -> Size:
        """The size for a quality; the nearest one below, else the smallest there is."""
        order = list(Quality)
        by_rank = sorted(self.sizes, key=lambda size: order.index(size.quality))
        fitting = [size for size in by_rank if order.index(size.quality) <= order.index(quality)]
        return fitting[-1] if fitting else by_rank[0]

    def length_for(self, seconds: float) -> float:
        """The shortest length that it draws and that is not shorter; else its longest."""
        return next((each for each in self.seconds if each >= seconds - TOLERANCE), self.seconds[-1])

    def allowed_seconds(self, longest: float) -> float:
        """How long a service's machine may work on one take: no longer than what is set aside pays for.

        Args:
            longest: seconds that the owner allows for any take.
        """
        return longest if self.work_seconds is None else min(longest, self.work_seconds[1])

    def frames_in(self, seconds: float) -> int:
        """How many frames it draws in so many seconds."""
        return round(seconds * self.fps) + self.extra_frames

    def drawn_seconds(self, recipe: Recipe) -> float:
        """The length that is asked for."""
        return self.length_for((recipe.frames - self.extra_frames) / self.fps)


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a take costs, in millionths of a dollar: as a rule, and at most."""

    usual: int
    most: int


def price_of(slug: Slug, recipe: Recipe) -> Price:
    """What a take of a recipe costs.

    Raises:
        Unsupported: nobody has said it.
    """
    each = slug.price_each(recipe.quality)
    if slug.per is Per.SECOND:
        low = high = slug.drawn_seconds(recipe)
    else:
        low, high = (1.0, 1.0) if slug.work_seconds is None else slug.work_seconds
    return Price(usual=micros(each * Decimal(str(low))), most=micros(each * Decimal(str(high))))


def cost_of(slug: Slug, recipe: Recipe, work_seconds: float | None) -> int | None:
    """What a finished take has cost; None where it can't be told, and the most that it can cost counts.

    Args:
        slug: its engine.
        recipe: what was drawn.
        work_seconds: that the service's machine worked, where the service says so.
    """
    if slug.per is not Per.WORK:
        return price_of(slug, recipe).most
    if work_seconds is None:
        return None
    return micros(slug.price_each(recipe.quality) * Decimal(str(work_seconds)))


@dataclass(frozen=True, kw_only=True)
class Table:
    """The hosted engines by name, and what was wrong with an owner's files, for the log."""

    slugs: Mapping[str, Slug] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()


def read_table(folder: Path | None = None) -> Table:
    """Read the shipped table, and the owner's files in a folder. A file that is wrong is left out whole."""
    slugs = read_file(SHIPPED, {})
    wrong = []
    if folder is not None and not folder.is_dir():
        wrong.append(f"The folder of tables of hosted engines, {folder}, is not there.")
    for path in sorted(folder.glob("*.toml")) if folder is not None else ():
        try:
            slugs = read_file(path, slugs)
        except BadTable as error:
            wrong.append(str(error))
    return Table(slugs=slugs, wrong=tuple(wrong))


def read_file(path: Path, known: Mapping[str, Slug]) -> Mapping[str, Slug]:
    """Read one file of the table.

    Args:
        path: with ``[[engine]]`` tables, and ``[prices."name"]`` tables: quality → dollars.
        known: the engines so far.

    Returns:
        The engines with those of the file.

    Raises:
        BadTable: it is not one.
    """
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise BadTable(f"{path.name} cannot be read: {error}") from error
    engines, prices = data.pop("engine", []), data.pop("prices", {})
    if data or not isinstance(engines, list) or not isinstance(prices, dict):
        raise BadTable(f"{path.name} may have [[engine]] and [prices] tables only")
    found: dict[str, Slug] = {}
    for number, each in enumerate(engines, 1):
        slug = _slug(path, number, each)
        if slug.name in found:
            raise BadTable(f"{path.name} has {slug.name} twice")
        found[slug.name] = slug
    table = {**known, **found}
    for name, said in prices.items():
        table[name] = _with_prices(path, table.get(name), name, said)
    return table


def _slug(path: Path, number: int, data: Any) -> Slug:
    try:
        return Slug.model_validate(data)
    except ValidationError as error:
        name = data.get("name", f"engine {number}") if isinstance(data, dict) else f"engine {number}"
        raise BadTable(f"{path.name}, {name}: {_first(error)}") from error


def _with_prices(path: Path, slug: Slug | None, name: str, said: Any) -> Slug:
    """An engine with an owner's prices: quality → dollars."""
    if slug is None:
        raise BadTable(f"{path.name} has prices of {name}, and there is no such engine")
    there = {str(size.quality) for size in slug.sizes}
    if not isinstance(said, dict) or not said or set(said) - there:
        raise BadTable(f"{path.name}, {name}: prices are for {', '.join(sorted(there))}")
    data = slug.model_dump()
    for size in data["sizes"]:
        size["price"] = said.get(str(size["quality"]), size["price"])
    try:
        return Slug.model_validate(data)
    except ValidationError as error:
        raise BadTable(f"{path.name}, {name}: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(map(str, problem["loc"]))
    what = problem["msg"].removeprefix("Value error, ")
    return f"{place}: {what}" if place else what
