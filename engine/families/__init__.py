"""The families of models that can draw a clip, one folder each.

A folder of this package is a family. Its ``__init__`` defines

- ``SPEC``, or ``SPECS`` where one code draws several: what can be said of it without loading it;
- ``WEIGHTS``, where it has any: its entries of the catalogue.

An owner adds families that are drawn elsewhere: a folder of workflows, models at a service. They come with
:class:`~engine.core.capabilities.Capabilities` and with the context of an engine process;
:func:`families_of` puts them beside the built-in ones.

It is imported whenever families are listed, so it must not import torch, or anything else that is slow to
import: a bot without torch never pays for it. What draws is in the same folder, in the module that
``SPEC.target`` names.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from engine.core.capabilities import Capabilities
from engine.core.errors import Unsupported
from engine.core.family import Family
from engine.core.family_spec import FamilySpec
from engine.core.recipe import Camera, Recipe
from engine.core.request import Feature
from engine.core.sentence import Sentence
from engine.weights import shared
from engine.weights.model_spec import ModelSpec

if TYPE_CHECKING:
    from engine.runtime.context import EngineContext

__all__ = [
    "CATALOGUE",
    "FAMILIES",
    "FOLDERS",
    "LOADING",
    "chosen_model",
    "families_of",
    "family_called",
    "load",
    "travels",
    "with_added",
]

FOLDERS: Mapping[str, ModuleType] = {
    info.name: import_module(f"{__name__}.{info.name}")
    for info in pkgutil.iter_modules(__path__)
    if info.ispkg
}
"""The families' packages by the names of their folders."""


def specs_of(folder: ModuleType) -> tuple[FamilySpec, ...]:
    """The families that a folder registers."""
    specs: tuple[FamilySpec, ...] | None = getattr(folder, "SPECS", None)
    return (folder.SPEC,) if specs is None else specs


def _families() -> dict[str, FamilySpec]:
    """All families, the preferred ones first."""
    return _by_name(_ranked(spec for folder in FOLDERS.values() for spec in specs_of(folder)))


def _catalogue() -> dict[str, ModelSpec]:
    """All weights: those of each family, in the order of the families, then the shared ones."""
    ranked = sorted(
        FOLDERS.values(), key=lambda folder: min((spec.rank for spec in specs_of(folder)), default=LAST)
    )
    entries = [entry for folder in ranked for entry in getattr(folder, "WEIGHTS", ())]
    return _by_name([*entries, *shared.WEIGHTS])


def _ranked(specs: Iterable[FamilySpec]) -> list[FamilySpec]:
    return sorted(specs, key=lambda spec: (spec.rank, spec.name))


def _by_name(things: Iterable[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for thing in things:
        if found.setdefault(thing.name, thing) is not thing:
            raise ValueError(f"two families or two entries of the catalogue are called {thing.name!r}")
    return found


LAST = 1000
"""The rank of a folder that registers no family of its own."""

FAMILIES: Mapping[str, FamilySpec] = _families()
"""The built-in families, the preferred ones first."""

LOADING = frozenset(name for name, spec in FAMILIES.items() if spec.loads)
"""The built-in families that load models, which can take longer than a clip."""

CATALOGUE: Mapping[str, ModelSpec] = _catalogue()
"""The weights that Framekiln knows by name: where they come from, and what their licence allows."""


def with_added(added: Mapping[str, FamilySpec]) -> Mapping[str, FamilySpec]:
    """The built-in families and an owner's, the preferred ones first; a built-in one keeps its name."""
    if not added:
        return FAMILIES
    return _by_name(_ranked({**added, **FAMILIES}.values()))


def families_of(capabilities: Capabilities) -> Mapping[str, FamilySpec]:
    """All families that can be told of here, the preferred ones first, whether they can draw now or not."""
    return with_added(capabilities.added)


def travels(recipe: Recipe, families: Mapping[str, FamilySpec] = FAMILIES) -> bool:
    """Whether the camera was asked to move; an engine that can do nothing else is asked by being chosen."""
    spec = families.get(recipe.engine)
    return recipe.camera not in (Camera.AUTO, Camera.STILL) or (spec is not None and spec.films)


def chosen_model(engine: str, model: str) -> str:
    """The model of a recipe where the engine has a choice of them; "": it names the engine's own weights."""
    spec = FAMILIES.get(engine)
    return model if spec is not None and Feature.MODEL in spec.features else ""


def is_flat(recipe: Recipe, families: Mapping[str, FamilySpec] = FAMILIES) -> bool:
    """Whether all that is drawn is flat; see :attr:`.FamilySpec.flat`."""
    spec = families.get(recipe.engine)
    return spec is not None and spec.flat


def family_called(name: str, families: Mapping[str, FamilySpec]) -> FamilySpec:
    """The family of a recipe that may be older than the owner's folders are.

    Raises:
        Unsupported: no family has this name any more.
    """
    spec = families.get(name)
    if spec is None:
        raise Unsupported(
            Sentence(
                "There is no engine called {engine}; choose from {known}.",
                engine=repr(name),
                known=", ".join(sorted(families)),
            )
        )
    return spec


def load(name: str, context: EngineContext) -> Family:
    """Make what draws a family's clips.

    Raises:
        Unsupported: no family has this name.
    """
    spec = family_called(name, with_added(context.added()))
    if spec.loads:
        import_module("engine.diffusion")  # it puts the libraries in order, before a family imports them
    module, _, attribute = spec.target.partition(":")
    made: Any = getattr(import_module(module), attribute)(context)
    family: Family = made
    return family
