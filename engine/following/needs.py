"""What following a clip needs, and what it allows: for the plan, for the owner, and for the extractors.

What a family needs beside it to follow what was found is the family's own affair.

Nothing heavy is imported here: ``framekiln models`` and ``framekiln doctor`` show this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.errors import Code, UserError
from engine.core.recipe import Follow
from engine.weights.shared import ANNOTATORS, OPENPOSE


@dataclass(frozen=True, kw_only=True)
class FollowNeeds:
    """What finds one of the things that can be followed.

    Attributes:
        extractor: what finds the poses, the depth or the edges.
        entry: the catalogue's entry of its weights; "" where it has none.
        file: its weights in there.
        licence: the extractor's, SPDX or in its authors' words.
        url: where that stands.
        sold: whether clips that were made with it may be sold.
    """

    extractor: str
    entry: str
    file: str
    licence: str
    url: str
    sold: bool

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of the catalogue's entries that it takes."""
        return (self.entry,) if self.entry else ()


NEEDS: Mapping[Follow, FollowNeeds] = {
    Follow.POSE: FollowNeeds(
        extractor="OpenPose",
        entry=OPENPOSE,
        file="body_pose_model.pth",
        licence="CMU OpenPose, non-commercial use only",
        url="https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/LICENSE",
        sold=False,
    ),
    Follow.DEPTH: FollowNeeds(
        extractor="MiDaS 3.0 (DPT-Hybrid)",
        entry=ANNOTATORS,
        file="dpt_hybrid-midas-501f0c75.pt",
        licence="MIT",
        url="https://github.com/isl-org/MiDaS/blob/master/LICENSE",
        sold=True,
    ),
    Follow.EDGES: FollowNeeds(
        extractor="Canny (OpenCV)",
        entry="",
        file="",
        licence="Apache-2.0",
        url="https://github.com/opencv/opencv/blob/4.x/LICENSE",
        sold=True,
    ),
    Follow.SOFT_EDGES: FollowNeeds(
        extractor="HED",
        entry=ANNOTATORS,
        file="ControlNetHED.pth",
        licence="Apache-2.0",
        url="https://github.com/lllyasviel/ControlNet-v1-1-nightly/blob/main/annotator/hed/__init__.py",
        sold=True,
    ),
}
"""All of them."""


def insist(follow: Follow, follows: Mapping[Follow, tuple[str, ...]], weights: frozenset[str]) -> None:
    """Make sure that a family can follow this here.

    Args:
        follow: what is followed.
        follows: what the family can follow, with the catalogue's entries that each takes.
        weights: what is installed.

    Raises:
        UserError: it cannot; the text says what is missing, or what can be followed instead.
    """
    able = [str(kind) for kind, entries in follows.items() if weights >= set(entries)]
    instead = f" Here you can follow {' or '.join(able)}." if able else ""
    if follow not in follows:
        raise UserError(Code.FOLLOW, f"This engine cannot follow {follow}.{instead}")
    missing = [name for name in follows[follow] if name not in weights]
    if missing:
        raise UserError(
            Code.WEIGHTS,
            f"To follow {follow}, this needs {' and '.join(missing)}, which the owner can get with"
            f" “framekiln models pull {' '.join(missing)}”.{instead}",
        )
