"""What is usually asked for, which engine draws it on which GPU, and which weights that takes.

Pure and without torch, as the plan is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.core.capabilities import Capabilities
from engine.core.device import GIB, Device, DeviceKind
from engine.core.errors import UserError
from engine.core.recipe import Follow, Kind, Quality, Recipe
from engine.core.request import Request, Subject
from engine.families import CATALOGUE
from engine.planning.plan import plan
from engine.planning.upscaling import UPSCALER
from engine.weights.model_spec import ModelSpec
from engine.weights.shared import GROUPS

USABLE = 0.97
"""The share of a GPU's memory that the driver tells of."""

USUAL = frozenset({"gguf"})
"""Optional packages that come with the extra ``models``."""

WITH_ALL = (*GROUPS["eyes"], "opennsfw", "rife", *UPSCALER.weights)
"""Small networks that look at pictures, smooth clips and enlarge them, whatever draws."""

_PICTURE = Subject(sha256="0" * 64, width=1600, height=900)
_CLIP = Subject(sha256="1" * 64, width=1600, height=900, seconds=4.0)
_FOX = "a fox in the snow"

_END = Subject(sha256="2" * 64, width=1600, height=900)

ASKED: Mapping[str, tuple[Request, Mapping[str, Subject]]] = {
    "a prompt": (Request(kind=Kind.TEXT2VIDEO, prompt=_FOX), {}),
    "a picture and a prompt": (Request(kind=Kind.ANIMATE, prompt=_FOX), {"subject": _PICTURE}),
    "a picture alone": (Request(kind=Kind.ANIMATE), {"subject": _PICTURE}),
    "from one picture to another": (
        Request(kind=Kind.ANIMATE, prompt=_FOX),
        {"subject": _PICTURE, "end": _END},
    ),
    "a prompt that starts with a picture": (
        Request(kind=Kind.TEXT2VIDEO, prompt=_FOX),
        {"subject": _PICTURE},
    ),
    "a prompt and the look of a picture": (Request(kind=Kind.TEXT2VIDEO, prompt=_FOX), {"like": _PICTURE}),
    "a prompt that follows a clip": (
        Request(kind=Kind.TEXT2VIDEO, prompt=_FOX, follow=Follow.EDGES),
        {"reference": _CLIP},
    ),
    "a clip in another style": (Request(kind=Kind.RESTYLE, prompt=_FOX), {"reference": _CLIP}),
    "8 seconds from a prompt": (Request(kind=Kind.TEXT2VIDEO, prompt=_FOX, seconds=8.0), {}),
}
"""What is asked for → the request, and the files that come with it, by the plan's names for them."""


def sold_as(gigabytes: float) -> Device:
    """A GPU that is sold with so much memory."""
    return Device(kind=DeviceKind.CUDA, name="a GPU", memory=int(USABLE * gigabytes * GIB))


def chosen(
    asked: str, quality: Quality, device: Device, weights: frozenset[str] = frozenset(CATALOGUE)
) -> Recipe:
    """What is planned where an engine is not named.

    Args:
        asked: a key of :data:`ASKED`.
        quality: the quality.
        device: the GPU.
        weights: what is installed; all, where it is not said.

    Raises:
        UserError: nothing that is installed can draw it.
    """
    request, files = ASKED[asked]
    here = Capabilities(device=device, weights=weights, packages=USUAL)
    return plan(
        replace(request, quality=quality, seed=1),
        files.get("subject"),
        end=files.get("end"),
        like=files.get("like"),
        reference=files.get("reference"),
        capabilities=here,
    )


def recommended(device: Device) -> tuple[ModelSpec, ...]:
    """The fewest entries of the catalogue with which all that is usually asked for is planned as with all."""
    all_of_it = frozenset(CATALOGUE)
    best = _plans(device, all_of_it)
    needed = all_of_it
    for name in CATALOGUE:
        if _plans(device, needed - {name}) == best:
            needed -= {name}
    return tuple(spec for spec in CATALOGUE.values() if spec.name in {*needed, *WITH_ALL})


def _plans(device: Device, weights: frozenset[str]) -> list[Recipe | None]:
    """Without the reasons, which may name what is not installed; None for what nothing can draw."""
    plans: list[Recipe | None] = []
    for asked in ASKED:
        for quality in Quality:
            try:
                plans.append(replace(chosen(asked, quality, device, weights), reasons=()))
            except UserError:
                plans.append(None)
    return plans
