"""What following a clip needs, and what it allows: for the plan, for the owner, and for the extractors.

Nothing heavy is imported here: ``framekiln models`` and ``framekiln doctor`` show this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.recipe import Follow

ANNOTATORS, OPENPOSE = "annotators", "openpose"
"""The catalogue's entries with the extractors' weights. Poses have one of their own, for its licence."""


@dataclass(frozen=True, kw_only=True)
class FollowNeeds:
    """What one kind of following takes.

    Attributes:
        controlnet: the catalogue's entry of the ControlNet.
        extractor: what finds the poses, the depth or the edges.
        entry: the catalogue's entry of its weights; "" where it has none.
        file: its weights in there.
        licence: the extractor's, SPDX or in its authors' words.
        url: where that stands.
        sold: whether clips that were made with it may be sold.
    """

    controlnet: str
    extractor: str
    entry: str
    file: str
    licence: str
    url: str
    sold: bool

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the catalogue's entries."""
        return (self.controlnet, self.entry) if self.entry else (self.controlnet,)


NEEDS: Mapping[Follow, FollowNeeds] = {
    Follow.POSE: FollowNeeds(
        controlnet="controlnet-openpose",
        extractor="OpenPose",
        entry=OPENPOSE,
        file="body_pose_model.pth",
        licence="CMU OpenPose, non-commercial use only",
        url="https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/LICENSE",
        sold=False,
    ),
    Follow.DEPTH: FollowNeeds(
        controlnet="controlnet-depth",
        extractor="MiDaS 3.0 (DPT-Hybrid)",
        entry=ANNOTATORS,
        file="dpt_hybrid-midas-501f0c75.pt",
        licence="MIT",
        url="https://github.com/isl-org/MiDaS/blob/master/LICENSE",
        sold=True,
    ),
    Follow.EDGES: FollowNeeds(
        controlnet="controlnet-canny",
        extractor="Canny (OpenCV)",
        entry="",
        file="",
        licence="Apache-2.0",
        url="https://github.com/opencv/opencv/blob/4.x/LICENSE",
        sold=True,
    ),
    Follow.SOFT_EDGES: FollowNeeds(
        controlnet="controlnet-softedge",
        extractor="HED",
        entry=ANNOTATORS,
        file="ControlNetHED.pth",
        licence="Apache-2.0",
        url="https://github.com/lllyasviel/ControlNet-v1-1-nightly/blob/main/annotator/hed/__init__.py",
        sold=True,
    ),
}
"""All of them. The ControlNets' own licence (OpenRAIL) is in the catalogue."""
