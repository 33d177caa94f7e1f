"""What following a clip needs, and what it allows: for the plan, for the owner, and for the extractors.

Nothing heavy is imported here: ``framekiln models`` and ``framekiln doctor`` show this table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.core.recipe import Follow

ANNOTATORS, OPENPOSE = "annotators", "openpose"
"""The catalogue's entries with the extractors' weights. Poses have one of their own, for its licence."""
BODY_POINTS = ("centerface", "body-points")
"""The eyes that find poses: they belong to the group ``eyes``, and are free for every use."""
DEPTH_ANYTHING = "depth-anything"

EXTRACTOR = "extractor"
"""The setting of a recipe that names the way."""


@dataclass(frozen=True, kw_only=True)
class FollowNeeds:
    """What one way of following takes.

    Attributes:
        follow: what is followed.
        controlnet: the catalogue's entry of the ControlNet.
        name: the way's, as a recipe keeps it.
        extractor: what finds the poses, the depth or the edges, for people.
        entries: the catalogue's entries of its weights.
        file: its weights in the first of them; "" where the eyes read them, or there are none.
        licence: the extractor's, SPDX or in its authors' words.
        url: where that stands.
        sold: whether clips that were made with it may be sold.
    """

    follow: Follow
    controlnet: str
    name: str
    extractor: str
    entries: tuple[str, ...] = ()
    file: str = ""
    licence: str
    url: str
    sold: bool

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the catalogue's entries."""
        return (self.controlnet, *self.entries)


NEEDS: Mapping[Follow, tuple[FollowNeeds, ...]] = {
    Follow.POSE: (
        FollowNeeds(
            follow=Follow.POSE,
            controlnet="controlnet-openpose",
            name="openpose",
            extractor="OpenPose",
            entries=(OPENPOSE,),
            file="body_pose_model.pth",
            licence="CMU OpenPose, non-commercial use only",
            url="https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/LICENSE",
            sold=False,
        ),
        FollowNeeds(
            follow=Follow.POSE,
            controlnet="controlnet-openpose",
            name="body-points",
            extractor="MediaPipe's body points",
            entries=BODY_POINTS,
            licence="MIT (CenterFace), Apache-2.0 (MediaPipe)",
            url="https://github.com/google-ai-edge/mediapipe/blob/master/LICENSE",
            sold=True,
        ),
    ),
    Follow.DEPTH: (
        FollowNeeds(
            follow=Follow.DEPTH,
            controlnet="controlnet-depth",
            name="depth-anything",
            extractor="Depth Anything V2 (Small)",
            entries=(DEPTH_ANYTHING,),
            file="model.safetensors",
            licence="Apache-2.0",
            url="https://huggingface.co/depth-anything/Depth-Anything-V2-Small-hf",
            sold=True,
        ),
        FollowNeeds(
            follow=Follow.DEPTH,
            controlnet="controlnet-depth",
            name="midas",
            extractor="MiDaS 3.0 (DPT-Hybrid)",
            entries=(ANNOTATORS,),
            file="dpt_hybrid-midas-501f0c75.pt",
            licence="MIT",
            url="https://github.com/isl-org/MiDaS/blob/master/LICENSE",
            sold=True,
        ),
    ),
    Follow.EDGES: (
        FollowNeeds(
            follow=Follow.EDGES,
            controlnet="controlnet-canny",
            name="canny",
            extractor="Canny (OpenCV)",
            licence="Apache-2.0",
            url="https://github.com/opencv/opencv/blob/4.x/LICENSE",
            sold=True,
        ),
    ),
    Follow.SOFT_EDGES: (
        FollowNeeds(
            follow=Follow.SOFT_EDGES,
            controlnet="controlnet-softedge",
            name="hed",
            extractor="HED",
            entries=(ANNOTATORS,),
            file="ControlNetHED.pth",
            licence="Apache-2.0",
            url="https://github.com/lllyasviel/ControlNet-v1-1-nightly/blob/main/annotator/hed/__init__.py",
            sold=True,
        ),
    ),
}
"""The ways of following each thing; the first one whose weights are installed is taken. The ControlNets' own
licence (OpenRAIL) is in the catalogue.

Nobody has OpenPose who did not ask for it by name, so where it is, it is wanted."""


def way_here(follow: Follow, weights: Collection[str]) -> FollowNeeds | None:
    """How something is followed with these weights; None: it cannot be."""
    return next((needs for needs in NEEDS[follow] if set(needs.weights) <= set(weights)), None)


def way_named(follow: Follow, name: str) -> FollowNeeds | None:
    """The way that a recipe names; None: there is none of this name."""
    return next((needs for needs in NEEDS[follow] if needs.name == name), None)


def nearest_way(follow: Follow, weights: Collection[str]) -> FollowNeeds:
    """The way to which the least is missing, of those that allow clips to be sold where there are any."""
    return min(NEEDS[follow], key=lambda needs: (not needs.sold, len(set(needs.weights) - set(weights))))
