"""AnimateDiff: words become a clip, on any checkpoint of Stable Diffusion 1.5; or a clip is drawn anew.

This module can be imported without torch; :mod:`engine.families.animatediff.draw` draws.
"""

from __future__ import annotations

from engine.core.device import GIB
from engine.core.draft_map import STABLE_DIFFUSION
from engine.core.family_spec import FamilySpec, Way
from engine.core.recipe import Kind, Quality
from engine.core.request import Feature
from engine.core.sentence import Sentence
from engine.families.animatediff.tune import BASE, LCM, LIGHTNING, V1_5_2, V1_5_3, calm, tune
from engine.families.animatediff.weights import WEIGHTS

__all__ = ["DRAFT_MAP", "SPEC", "WEIGHTS"]


DRAFT_MAP = STABLE_DIFFUSION

_WITHOUT_SPARSE = frozenset({Feature.FIRST_FRAME})
"""SparseCtrl was trained beside the plain adapter."""


def _lcm(steps: int, guidance: float) -> Way:
    about = Sentence("{steps} steps from distilled weights (AnimateLCM)", steps=steps)
    return Way(
        name="lcm",
        about=about,
        steps=steps,
        guidance=guidance,
        weights=(LCM,),
        memory=int(7.3 * GIB),
        lacks=_WITHOUT_SPARSE,
    )


def _lightning(steps: int) -> Way:
    about = Sentence(
        "{steps} steps without guidance from distilled weights (AnimateDiff-Lightning)", steps=steps
    )
    return Way(
        name="lightning",
        about=about,
        steps=steps,
        guidance=1.0,
        weights=(LIGHTNING,),
        memory=5 * GIB,
        lacks=_WITHOUT_SPARSE,
    )


def _full(steps: int) -> tuple[Way, ...]:
    """With each of the plain motion adapters: they differ in the weights only."""
    return tuple(
        Way(
            name="full",
            about=Sentence("{steps} steps", steps=steps),
            steps=steps,
            guidance=7.5,
            weights=(adapter,),
            memory=int(8.2 * GIB),
            lacks=frozenset() if adapter == V1_5_3 else _WITHOUT_SPARSE,
        )
        for adapter in (V1_5_3, V1_5_2)
    )


SPEC = FamilySpec(
    name="animatediff",
    target=f"{__name__}.draw:AnimateDiff",
    ladder=f"{__name__}.ladder:usual_costs",
    kinds=frozenset({Kind.TEXT2VIDEO, Kind.RESTYLE}),
    needs_picture=False,
    max_native_fps=8,
    min_native_fps=8,
    fitted=True,
    about=Sentence("AnimateDiff makes a clip from a prompt"),
    rank=20,
    any_of=(V1_5_3, V1_5_2, LCM, LIGHTNING),
    needs_checkpoint=True,
    base=BASE,
    ways={
        Quality.FAST: (_lcm(6, 1.5), _lightning(4)),
        Quality.BALANCED: (_lcm(8, 2.0), *_full(20), _lightning(8)),
        Quality.BEST: _full(25),
    },
    features=frozenset(
        {
            *(Feature.PROMPT, Feature.SCHEDULE, Feature.CAMERA),
            *(Feature.FIRST_FRAME, Feature.LIKE, Feature.STYLE, Feature.MODEL),
        }
    ),
    heeds_faces=True,
    area={Quality.FAST: 448 * 448, Quality.BALANCED: 512 * 512, Quality.BEST: 640 * 512},
    multiple=64,
    chunk=32,
    tune=tune,
    calm=calm,
)
