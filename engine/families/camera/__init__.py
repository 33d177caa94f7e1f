"""A virtual camera that moves through a picture, for machines without a GPU."""

from __future__ import annotations

from engine.core.family_spec import FamilySpec, Feature
from engine.core.recipe import Kind

SPEC = FamilySpec(
    name="camera",
    target=f"{__name__}.draw:CameraFamily",
    kinds=frozenset({Kind.ANIMATE}),
    needs_picture=True,
    max_native_fps=12,
    about="a virtual camera moves through the picture; needs no weights",
    features=frozenset({Feature.CAMERA}),
    films=True,
    rank=90,
)
