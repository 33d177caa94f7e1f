"""What following a clip needs, and what it allows: for the plan, for the owner, and for the extractors.

What a family needs beside it to follow what was found is the family's own affair.

Nothing heavy is imported here: ``framekiln models`` and ``framekiln doctor`` show this table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.core.errors import Code, UserError
from engine.core.recipe import Follow
from engine.core.request import word
from engine.core.sentence import Sentence, both, either, in_a_row
from engine.weights.shared import ANNOTATORS, DEPTH_ANYTHING, OPENPOSE

BODY_POINTS = ("centerface", "body-points")
"""The eyes that find poses: they belong to the group ``eyes``, and are free for every use."""

EXTRACTOR = "extractor"
"""The setting of a recipe that names the way."""

Entries = Mapping[Follow, tuple[str, ...]]
"""What a family can follow, with the catalogue's entries that it takes beside what finds it."""


@dataclass(frozen=True, kw_only=True)
class FollowNeeds:
    """One way of finding something that can be followed.

    Attributes:
        follow: what is followed.
        name: the way's, as a recipe keeps it.
        extractor: what finds the poses, the depth or the edges, for people.
        entries: the catalogue's entries of its weights.
        file: its weights in the first of them; "" where the eyes read them, or there are none.
        licence: the extractor's, SPDX or in its authors' words.
        url: where that stands.
        sold: whether clips that were made with it may be sold.
    """

    follow: Follow
    name: str
    extractor: str
    entries: tuple[str, ...] = ()
    file: str = ""
    licence: str
    url: str
    sold: bool


NEEDS: Mapping[Follow, tuple[FollowNeeds, ...]] = {
    Follow.POSE: (
        FollowNeeds(
            follow=Follow.POSE,
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
"""The ways of finding each thing, the preferred one first.

Nobody has OpenPose who did not ask for it by name, so where it is, it is wanted."""


def with_each_way(own: Entries) -> Mapping[Follow, tuple[tuple[str, ...], ...]]:
    """What a family takes to follow each thing, for each way of finding it: its own entries, and the way's.

    Args:
        own: the family's.
    """
    return {follow: tuple((*mine, *way.entries) for way in NEEDS[follow]) for follow, mine in own.items()}


def way_here(follow: Follow, weights: Collection[str]) -> FollowNeeds | None:
    """The first way of finding something that these weights allow; None: there is none."""
    return next((way for way in NEEDS[follow] if set(way.entries) <= set(weights)), None)


def way_named(follow: Follow, name: str) -> FollowNeeds | None:
    """The way that a recipe names; None: there is none of this name."""
    return next((way for way in NEEDS[follow] if way.name == name), None)


def nearest_way(follow: Follow, weights: Collection[str]) -> FollowNeeds:
    """The way to which the least is missing, of those that allow clips to be sold where there are any."""
    return min(NEEDS[follow], key=lambda way: (not way.sold, len(set(way.entries) - set(weights))))


def insist(follow: Follow, own: Entries, weights: frozenset[str]) -> FollowNeeds:
    """The way in which a family follows this here.

    Args:
        follow: what is followed.
        own: what the family can follow, with what it takes for that beside the way.
        weights: what is installed.

    Raises:
        UserError: it cannot; the text says what is missing, or what can be followed instead.
    """
    able = [
        kind for kind, mine in own.items() if weights >= set(mine) and way_here(kind, weights) is not None
    ]
    instead = [Sentence("Here you can follow {choices}.", choices=either(map(word, able)))] if able else []
    if follow not in own:
        cannot = Sentence("This engine cannot follow {what}.", what=word(follow))
        raise UserError(Code.FOLLOW, in_a_row(cannot, *instead))
    way = way_here(follow, weights) or nearest_way(follow, weights)
    missing = [name for name in (*own[follow], *way.entries) if name not in weights]
    if missing:
        needs = Sentence(
            "To follow {what}, this needs {weights}, which the owner can get with"
            " “framekiln models pull {names}”.",
            what=word(follow),
            weights=both(missing),
            names=" ".join(missing),
        )
        raise UserError(Code.WEIGHTS, in_a_row(needs, *instead))
    return way


def warnings_of(way: FollowNeeds) -> tuple[str, ...]:
    """What a plan has to say of a way beside its name."""
    if way.sold:
        return ()
    return (
        Sentence(
            "{extractor} is for non-commercial use only: do not sell this clip", extractor=way.extractor
        ),
    )
