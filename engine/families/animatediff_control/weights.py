"""AnimateDiff-Control's entries of the catalogue: the ControlNets, and what finds poses, depth and edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.families.animatediff_control.follow_needs import ANNOTATORS, DEPTH_ANYTHING, OPENPOSE
from engine.weights import licences
from engine.weights.model_spec import FP16, MB, HubSource, Licence, ModelSpec

_MIDAS = "dpt_hybrid-midas-501f0c75.pt"


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


def _extractors() -> Iterator[ModelSpec]:
    yield _annotators(
        ANNOTATORS,
        "finds soft edges and depth in a clip to follow (HED, MiDaS)",
        licences.ANNOTATORS,
        523 * MB,
        {
            "ControlNetHED.pth": "5ca93762ffd68a29fee1af9d495bf6aab80ae86f08905fb35472a083a4c7a8fa",
            _MIDAS: "501f0c75b3bca7daec6b3682c5054c09b366765aef6fa3a09d03a5cb4b230853",
        },
    )
    yield ModelSpec(
        name=DEPTH_ANYTHING,
        about="finds depth in a clip to follow (Depth Anything V2, Small)",
        source=HubSource(
            repo="depth-anything/Depth-Anything-V2-Small-hf",
            revision="5426e4f0f36572d16453bbda7a8389317b1bef99",
            files=("config.json", "model.safetensors"),
            sha256={
                "config.json": "c56698d3643dde1f83ea2212759e6b31a22b8f827246a36dd007ee8a22b3ff75",
                "model.safetensors": "3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70",
            },
        ),
        licence=licences.APACHE,
        size=99_174_610,
    )
    yield _annotators(
        OPENPOSE,
        "finds poses in a clip to follow (OpenPose); not for clips you sell",
        licences.OPENPOSE,
        209 * MB,
        {"body_pose_model.pth": "25a948c16078b0f08e236bda51a385d855ef4c153598947c28c0d47ed94bb746"},
    )


def _annotators(name: str, about: str, licence: Licence, size: int, digests: Mapping[str, str]) -> ModelSpec:
    """Files of the one repository that has them; they exist in no other format, so the digests are known."""
    return ModelSpec(
        name=name,
        about=about,
        source=HubSource(
            repo="lllyasviel/Annotators",
            revision="83cbccd4a3be9fa9f2fd9fe96f30288c9762e65b",
            files=tuple(digests),
            sha256=digests,
        ),
        licence=licence,
        size=size,
    )


WEIGHTS = (*_controlnets(), *_extractors())
"""All of them; the rest is AnimateDiff's."""
