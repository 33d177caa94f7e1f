"""A moving sketch of the words, for machines without a model that reads them."""

from __future__ import annotations

from engine.core.family_spec import FamilySpec
from engine.core.recipe import Kind
from engine.core.request import Feature
from engine.core.sentence import Sentence

SPEC = FamilySpec(
    name="sketch",
    target=f"{__name__}.draw:SketchFamily",
    kinds=frozenset({Kind.TEXT2VIDEO}),
    needs_picture=False,
    # To draw a frame costs a quarter of smoothing one in between; `make camera` measures both.
    max_native_fps=60,
    judged_fps=12,
    fitted=True,
    about=Sentence("a simple moving sketch of the prompt; needs no weights"),
    sketch=True,
    flat=True,
    features=frozenset({Feature.PROMPT, Feature.CAMERA}),
    rank=91,
    seconds=4.0,
)
