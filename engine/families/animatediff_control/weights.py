"""AnimateDiff-Control's entries of the catalogue: the ControlNets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.recipe import Follow
from engine.weights import licences
from engine.weights.model_spec import FP16, MB, HubSource, ModelSpec

CONTROLNETS: Mapping[Follow, str] = {
    Follow.POSE: "controlnet-openpose",
    Follow.DEPTH: "controlnet-depth",
    Follow.EDGES: "controlnet-canny",
    Follow.SOFT_EDGES: "controlnet-softedge",
}
"""What each thing that can be followed takes, beside what finds it."""


def _controlnets() -> Iterator[ModelSpec]:
    for name, repo, revision in (
        ("openpose", "control_v11p_sd15_openpose", "9ae9f970358db89e211b87c915f9535c6686d5ba"),
        ("depth", "control_v11f1p_sd15_depth", "539f99181d33db39cf1af2e517cd8056785f0a87"),
        ("canny", "control_v11p_sd15_canny", "115a470d547982438f70198e353a921996e2e819"),
        ("softedge", "control_v11p_sd15_softedge", "b5bcad0c48e9b12f091968cf5eadbb89402d6bc9"),
    ):
        yield ModelSpec(
            name=f"controlnet-{name}",
            about=f"ControlNet 1.1: follow a clip by {name}",
            source=HubSource(repo=f"lllyasviel/{repo}", revision=revision, files=("config.json", FP16)),
            licence=licences.OPENRAIL,
            size=723 * MB,
        )


WEIGHTS = tuple(_controlnets())
"""The ControlNets; the rest is AnimateDiff's, or belongs to no family."""
