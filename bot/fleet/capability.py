"""What drawing a clip takes, and whether a machine has it. All of it is pure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from bot.link.messages import Told
from engine.core.capabilities import Capabilities
from engine.core.family_spec import FamilySpec
from engine.core.precision import PACKAGES, PRECISION
from engine.core.recipe import Recipe
from engine.families import CATALOGUE
from engine.planning.choice import engines_for
from engine.weights.own_files import OwnKind


@dataclass(frozen=True, kw_only=True)
class Ability:
    """What a machine must have to draw a clip.

    Attributes:
        engine: the family; "": any machine can, because nothing is drawn.
        weights: names of catalogue entries.
        one_of: sets of such names, of which it needs one whole; empty: none.
        files: digests of the owner's own checkpoint and styles, in the order of :func:`own_names`. A name
            says nothing on another machine.
        package: the optional Python package that keeps its weights small; "": none.
        memory: bytes of GPU memory; 0: any.
    """

    engine: str
    weights: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    files: tuple[str, ...] = ()
    package: str = ""
    memory: int = 0

    def to_json(self) -> str:
        """One line with sorted keys: equal abilities are equal texts."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            found = json.loads(text)
            return cls(
                engine=str(found["engine"]),
                weights=tuple(map(str, found["weights"])),
                one_of=tuple(tuple(map(str, names)) for names in found["one_of"]),
                files=tuple(map(str, found["files"])),
                package=str(found["package"]),
                memory=int(found["memory"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is no ability: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a machine has.

    Attributes:
        engines: families that are ready there, by name.
        weights: names of catalogue entries that are installed there.
        files: digests of the owner's own files that are there.
        packages: optional Python packages that are installed there.
        memory: bytes of its GPU; 0 without one.
    """

    engines: frozenset[str] = frozenset()
    weights: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    memory: int = 0

    @classmethod
    def told(cls, caps: Told) -> Self:
        """A worker's."""
        return cls(
            engines=frozenset(caps.families),
            weights=frozenset(caps.weights),
            files=frozenset(caps.files),
            packages=frozenset(caps.packages),
            memory=caps.memory,
        )

    @classmethod
    def here(cls, capabilities: Capabilities, files: frozenset[str] = frozenset()) -> Self:
        """This one."""
        return cls(
            engines=frozenset(engines_for(capabilities)),
            weights=capabilities.weights,
            files=files,
            packages=capabilities.packages,
            memory=capabilities.device.memory,
        )


def can(machine: Machine, ability: Ability) -> bool:
    """Whether a machine can draw what takes this."""
    return (
        (not ability.engine or ability.engine in machine.engines)
        and machine.weights.issuperset(ability.weights)
        and (not ability.one_of or any(machine.weights.issuperset(names) for names in ability.one_of))
        and machine.files.issuperset(ability.files)
        and (not ability.package or ability.package in machine.packages)
        and ability.memory <= machine.memory
    )


def those_that_fit(machine: Machine, abilities: Sequence[str]) -> list[str]:
    """Of abilities as rows hold them, those that a machine has. One that cannot be read fits nobody."""
    return [text for text in abilities if (ability := read(text)) is not None and can(machine, ability)]


@lru_cache(maxsize=4096)
def read(text: str) -> Ability | None:
    """An ability as a row holds it; None where it cannot be read, which must stop nothing."""
    try:
        return Ability.from_json(text)
    except ValueError:
        return None


def own_names(recipe: Recipe) -> list[tuple[OwnKind, str]]:
    """The owner's own files that a recipe is drawn with: its checkpoint, then its styles."""
    own = [(OwnKind.STYLE, style.name) for style in recipe.styles]
    if recipe.model and recipe.model not in CATALOGUE:
        own.insert(0, (OwnKind.CHECKPOINT, recipe.model))
    return own


def ability_of(
    recipe: Recipe,
    families: Mapping[str, FamilySpec],
    *,
    digest_of: Callable[[OwnKind, str], str | None],
) -> Ability | None:
    """What drawing a recipe takes.

    Args:
        recipe: what is to be drawn.
        families: all, by name.
        digest_of: the digest of a checkpoint or style of the owner's; None: not known.

    Returns:
        None where no machine but this one should draw it: it is not drawn by a model of ours, or with a file
        whose digest is not known.
    """
    if recipe.only_remade:
        return Ability(engine="")
    spec = families.get(recipe.engine)
    if spec is None or spec.made_at:
        return None
    weights = set(spec.weights)
    if recipe.model in CATALOGUE:
        weights.add(recipe.model)
    own = own_names(recipe)
    known = [digest for kind, name in own if (digest := digest_of(kind, name)) is not None]
    if len(known) < len(own):
        return None
    way = next((way for ways in spec.ways.values() for way in ways if way.name == recipe.way), None)
    follows = () if recipe.follow is None else spec.follows.get(recipe.follow, ())
    precision = str(recipe.settings.get(PRECISION, ""))
    return Ability(
        engine=spec.name,
        weights=tuple(sorted(weights | set(() if way is None else way.weights))),
        one_of=tuple(tuple(sorted(names)) for names in follows),
        files=tuple(known),
        package=next((package for kept, package in PACKAGES.items() if kept == precision), ""),
        memory=0 if way is None or not spec.loads else way.memory,
    )
