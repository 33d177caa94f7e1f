"""Where the eyes saw something that has to stay whole, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from engine.vision.bodies import Body
from engine.vision.box import Box
from engine.vision.face_mesh import Mesh
from engine.vision.faces import Face
from engine.vision.text_regions import TextLine

Found = Face | Mesh | Body | TextLine


class Thing(Enum):
    """What was seen."""

    FACE = auto()
    BODY = auto()
    TEXT = auto()


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One thing in one frame.

    Attributes:
        thing: what it is.
        frame: the frame's number in its clip.
        box: around it, in pixels of that frame.
    """

    thing: Thing
    frame: int
    box: Box


class Noted:
    """Keeps what the eyes find in the frames of one clip, whoever asks them.

    :meth:`engine.vision.eyes.Eyes.telling` takes :meth:`note`.
    """

    def __init__(self, frames: NDArray[np.uint8]) -> None:
        """Begin.

        Args:
            frames: uint8 ``[T, H, W, 3]``; the eyes are shown these frames themselves, not copies.
        """
        self._frames = frames
        self._found: list[Sighting] = []

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """All of them so far, in the order of their frames."""
        return tuple(sorted(self._found, key=lambda one: one.frame))

    def note(self, picture: NDArray[np.uint8], found: Sequence[Found]) -> None:
        """Keep what was found in a picture, if it is a frame of the clip."""
        numbers = range(len(self._frames))
        frame = next((n for n in numbers if np.may_share_memory(picture, self._frames[n])), None)
        if frame is not None:
            self._found.extend(
                Sighting(thing=thing, frame=frame, box=box) for thing, box in map(_described, found)
            )


def _described(found: Found) -> tuple[Thing, Box]:
    match found:
        case Mesh():
            return Thing.FACE, Box.around(found.points)
        case Body():
            return Thing.BODY, found.box
        case TextLine():
            return Thing.TEXT, found.box
        case Face():
            return Thing.FACE, found.box


def at_other_frames(sightings: Sequence[Sighting], *, lead: int, step: int) -> Iterator[Sighting]:
    """The sightings of a part of a clip, with the frames counted as in another clip.

    Args:
        sightings: in frames of the judged clip.
        lead: frames of the judged clip before the other one begins; what was seen in them is left out.
        step: frames of the other clip from one judged frame to the next.
    """
    for one in sightings:
        if one.frame >= lead:
            yield Sighting(thing=one.thing, frame=(one.frame - lead) * step, box=one.box)
