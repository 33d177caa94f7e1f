"""The families of models that can draw a clip, one module each.

A module of this package that defines ``SPEC`` is a family; one that defines ``SPECS`` holds several that one
code draws. It is imported to be listed, so it imports neither torch nor anything else that is heavy before
something is drawn: a bot without torch never pays for it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from engine.core.errors import Unsupported
from engine.core.family import Clip, Family, Frames, Hooks, Inputs, Picture, RawFrames
from engine.core.family_spec import FamilySpec, Feature, Outline, Tuned, Way
from engine.core.recipe import Camera, Recipe
from engine.runtime.context import EngineContext

__all__ = [
    "FAMILIES",
    "Clip",
    "Family",
    "FamilySpec",
    "Feature",
    "Frames",
    "Hooks",
    "Inputs",
    "Outline",
    "Picture",
    "RawFrames",
    "Tuned",
    "Way",
    "load",
    "travels",
]


def _discover() -> dict[str, FamilySpec]:
    """All families, the ones that are preferred first."""
    folders = [info.name for info in pkgutil.iter_modules(__path__) if info.ispkg]
    modules = [import_module(f"{__name__}.{folder}.spec") for folder in folders]
    specs = [spec for module in modules for spec in _specs(module)]
    return {spec.name: spec for spec in sorted(specs, key=lambda spec: (spec.rank, spec.name))}


def _specs(module: Any) -> tuple[FamilySpec, ...]:
    return getattr(module, "SPECS", ()) or ((module.SPEC,) if hasattr(module, "SPEC") else ())


FAMILIES: Mapping[str, FamilySpec] = _discover()


def travels(recipe: Recipe) -> bool:
    """Whether the camera was asked to move; an engine that can do nothing else is asked by being chosen."""
    spec = FAMILIES.get(recipe.engine)
    return recipe.camera not in (Camera.AUTO, Camera.STILL) or (spec is not None and spec.films)


def load(name: str, context: EngineContext) -> Family:
    """Make a backend.

    Raises:
        Unsupported: no backend has this name.
    """
    spec = FAMILIES.get(name)
    if spec is None:
        raise Unsupported(f"There is no engine called {name!r}; choose from {', '.join(sorted(FAMILIES))}.")
    module, _, attribute = spec.target.partition(":")
    made: Any = getattr(import_module(module), attribute)(context)
    family: Family = made
    return family
