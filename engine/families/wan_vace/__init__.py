"""Wan VACE 1.3B: one model that follows a clip, begins and ends with pictures, and takes the look of one.

This module can be imported without torch; :mod:`engine.families.wan_vace.draw` draws. Apache-2.0. Sources:
the model card Wan-AI/Wan2.1-VACE-1.3B-diffusers; Jiang et al. 2025, *VACE: All-in-One Video Creation and
Editing* (arXiv 2503.07598) and its authors' user guide; what diffusers' WanVACEPipeline insists on. The text
encoder, the words and the levers are those of :mod:`engine.families.wan`.
"""

from __future__ import annotations

from dataclasses import replace

from engine.core.family_spec import FamilySpec, Outline, Tuned, Way
from engine.core.recipe import Follow, Kind, Quality
from engine.core.request import Feature, word
from engine.core.sentence import Sentence
from engine.core.video_model import UMT5, Footprint, Version, count
from engine.families.wan import tune as tune_wan
from engine.families.wan.draft_maps import WAN_21_MAP
from engine.following.needs import (
    EXTRACTOR,
    Entries,
    FollowNeeds,
    insist,
    warnings_of,
    way_here,
    with_each_way,
)
from engine.weights import licences
from engine.weights.model_spec import MB, WHOLE, HubSource, ModelSpec

VACE = Version(
    entry="wan-vace-1.3b",
    multiple=16,
    shift=3.0,  # for 480 lines, as diffusers' guide to Wan advises
    trained_fps=16,
    trained_frames=81,
    area=832 * 480,
    times_each_token=False,
    draft_map=WAN_21_MAP,
    footprint=Footprint(
        token_pixels=16 * 16,
        step=99_000,
        held=12,
        decode=19_500,
        decoded_frame=12,
        tile=1_270_000_000,
        tiled_frame=18,
        encode=14_100,
        encoded_frame=45,
        encoded_tile=930_000_000,
    ),
    transformer=4_308_000_000,
    eight_bits=2_182_000_000,
    vae=508_000_000,
)

OWN: Entries = {Follow.POSE: (), Follow.DEPTH: (), Follow.EDGES: ()}
"""What it can be shown of a clip, for which it takes nothing beside what finds it. Soft edges are not among
what its authors name."""

GREY = "grey"
"""The clip without its colours: the closest that a new look keeps to it."""

STRENGTH = 0.6
"""How far a clip in a new look leaves its source where the member does not say."""

LOOSE = 0.5
"""From this strength on, only depth or edges are kept."""


def tune(outline: Outline) -> Tuned:
    """As Wan is tuned, and what the clip is drawn by.

    The settings are those of Wan; for a new look ``keeps``: what is kept of the clip; and ``extractor``: what
    finds poses, depth or edges in it.

    Raises:
        UserError: what following takes is not installed here.
    """
    request, tuned = outline.request, tune_wan(VACE, outline)
    settings, reasons = dict(tuned.settings), list(tuned.reasons)
    strength = 0.0
    if request.follow is not None:
        way = insist(request.follow, OWN, outline.capabilities.weights)
        settings[EXTRACTOR] = way.name
        reasons += (
            Sentence(
                "follows the {what} of the clip ({extractor})",
                what=word(request.follow),
                extractor=way.extractor,
            ),
            *warnings_of(way),
        )
    if request.kind is Kind.RESTYLE:
        strength = STRENGTH if request.strength is None else request.strength
        found = _kept(strength, outline.capabilities.weights)
        settings["keeps"] = keeps = GREY if found is None else str(found.follow)
        reasons.append(
            Sentence(
                "a strength of {strength:g} keeps the {what} of the clip",
                strength=strength,
                what=_KEPT[keeps],
            )
        )
        if found is not None:
            settings[EXTRACTOR] = found.name
            reasons += warnings_of(found)
    if outline.like is not None:
        reasons.append(Sentence("takes the look of your picture"))
    return replace(tuned, settings=settings, strength=strength, reasons=tuple(reasons))


_KEPT = {
    GREY: Sentence("light and shapes"),
    str(Follow.DEPTH): word(Follow.DEPTH),
    str(Follow.EDGES): word(Follow.EDGES),
}


def _kept(strength: float, weights: frozenset[str]) -> FollowNeeds | None:
    """What a new look keeps of a clip, and by what that is found: less of it the stronger it is.

    None: the clip without its colours.
    """
    if strength < LOOSE:
        return None
    return way_here(Follow.DEPTH, weights) or way_here(Follow.EDGES, weights)


RANK, FAST_RANK, WORDLESS_RANK = 9, 26, 17
"""With words: behind the two of Wan, which draw from words alone, and before Stable Video Diffusion and
AnimateDiff. At ``fast``: behind AnimateDiff, which then takes 4 to 8 steps. Without words: behind Stable
Video Diffusion, which reads none."""


def _way(steps: int, *, rank: int) -> Way:
    return Way(
        name=f"unipc-{steps}",
        about=Sentence("{steps} steps with guidance", steps=steps),
        steps=steps,
        guidance=5.0,
        memory=VACE.memory(),
        resident=VACE.resident(),
        rank=rank,
    )


SPEC = FamilySpec(
    name="wan-vace",
    target=f"{__name__}.draw:WanVace",
    ladder=f"{__name__}.ladder:usual_costs",
    kinds=frozenset({Kind.TEXT2VIDEO, Kind.ANIMATE, Kind.RESTYLE}),
    needs_picture=False,
    max_native_fps=VACE.trained_fps,
    min_native_fps=VACE.trained_fps,
    about=Sentence("Wan VACE: follows a clip, begins and ends with your pictures, or takes the look of one"),
    rank=WORDLESS_RANK,
    weights=(VACE.entry, UMT5),
    ways={
        Quality.FAST: (_way(20, rank=FAST_RANK),),
        Quality.BALANCED: (_way(30, rank=RANK),),
        Quality.BEST: (_way(50, rank=RANK),),
    },
    features=frozenset(
        {Feature.PROMPT, Feature.CAMERA, Feature.FIRST_FRAME, Feature.END, Feature.LIKE, Feature.FOLLOW}
    ),
    follows=with_each_way(OWN),
    heeds_faces=True,
    area=dict.fromkeys(Quality, VACE.area),
    trained_sizes=((832, 480), (480, 832)),
    multiple=VACE.multiple,
    chunk=VACE.trained_frames,
    longest=VACE.trained_frames,
    count=count,
    tune=tune,
)

WEIGHTS = (
    ModelSpec(
        name=VACE.entry,
        about="Wan VACE 1.3B: clips that follow a clip, or begin and end with pictures; needs wan-umt5",
        source=HubSource(
            repo="Wan-AI/Wan2.1-VACE-1.3B-diffusers",
            revision="ec4d2cb062b548996b179d493fdd05340de702a1",
            files=(
                "transformer/config.json",
                "transformer/*.safetensors*",
                "vae/config.json",
                f"vae/{WHOLE}",
            ),
        ),
        licence=licences.APACHE,
        size=7_660 * MB,
    ),
)
