"""A virtual camera that moves through a picture, for machines without a GPU."""

from __future__ import annotations

from engine.core.family_spec import FamilySpec
from engine.core.recipe import Camera, Kind
from engine.core.request import Feature, Request, Subject
from engine.core.sentence import Sentence

LONGEST = 2.0
"""A frame's long side over its short one, where the camera can pass over the rest of a longer picture."""
MOST_TRAVEL = 1.2
"""Frames' lengths that the camera passes over at most; a still longer picture gets a longer frame."""
LONGEST_FRAME = 4.0
"""No frame is longer, whatever the picture."""

ALONG = {
    Camera.PAN_LEFT: True,
    Camera.PAN_RIGHT: True,
    Camera.TILT_UP: False,
    Camera.TILT_DOWN: False,
}
"""The paths that pass over a picture, and whether they do so sideways."""


def aspect_of(request: Request, subject: Subject) -> float:
    """Width over height of the frames: the picture's own, or less where the camera passes over all of it.

    A page that is there to be read is in the frame from one end to the other.
    """
    own = subject.width / subject.height
    long, wide = max(own, 1 / own), own > 1
    along = request.camera is Camera.AUTO and not subject.is_page
    if along or ALONG.get(request.camera) is wide:
        long = min(long, max(LONGEST, long / (1 + MOST_TRAVEL)))
    long = min(long, LONGEST_FRAME)
    return long if wide else 1 / long


SPEC = FamilySpec(
    name="camera",
    target=f"{__name__}.draw:CameraFamily",
    kinds=frozenset({Kind.ANIMATE}),
    needs_picture=True,
    # To draw a frame costs less than to smooth one in between.
    max_native_fps=60,
    judged_fps=12,
    fitted=True,
    aspect=aspect_of,
    about=Sentence("a virtual camera moves through the picture; needs no weights"),
    features=frozenset({Feature.CAMERA, Feature.END}),
    films=True,
    rank=90,
    seconds=5.0,
)
