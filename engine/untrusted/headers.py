"""What is taken of a member's picture, what its header says, and why it may be refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.core.errors import EngineError
from engine.untrusted.colour import Colour


class Refusal(StrEnum):
    """Why a picture is not taken."""

    BYTES = "E_BYTES"
    FORMAT = "E_FORMAT"
    EMPTY = "E_EMPTY"
    TRUNCATED = "E_TRUNCATED"
    CORRUPT = "E_CORRUPT"
    PIXELS = "E_PIXELS"
    SMALL = "E_SMALL"
    ASPECT = "E_ASPECT"
    COMPLEX = "E_COMPLEX"
    MEMORY = "E_MEMORY"
    TIME = "E_TIME"
    DECODER = "E_DECODER"
    DOWNLOAD = "E_DOWNLOAD"


MEANINGS: Mapping[str, str] = {
    "E_ASPECT": "the picture's or clip's sides are too unequal",
    "E_BYTES": "the file is too large",
    "E_CODEC": "the form in which the clip or sound is stored is not read here",
    "E_COMPLEX": "the file is too complex to be opened",
    "E_CORRUPT": "the file is damaged",
    "E_DECODER": "opening the file went wrong",
    "E_DOWNLOAD": "the file could not be fetched",
    "E_DURATION": "the clip or sound is too long",
    "E_EMPTY": "the file is empty",
    "E_FORMAT": "the file is of a kind that is not taken",
    "E_FPS": "frames per second out of range",
    "E_FRAMES": "the clip has too many frames",
    "E_MEMORY": "there was not enough memory",
    "E_NOSOUND": "there is no sound in the file",
    "E_NOVIDEO": "there is no video in the file",
    "E_OUTSIDE": "the file's content is stored in another file",
    "E_PIXELS": "the picture or clip has too many pixels",
    "E_RECIPE": "the file has no recipe of this program",
    "E_SMALL": "the picture or clip is too small",
    "E_STILL": "the clip does not move",
    "E_STREAMS": "the file has too many tracks",
    "E_TIME": "opening the file takes too long",
    "E_TRUNCATED": "part of the file is missing",
}
"""What each code of a refused file means, whether it is a picture, a clip or a sound."""


class Note(StrEnum):
    """What a member should know about a picture that was taken."""

    PROFILE_TOO_LARGE = "profile too large"
    """Its colour profile was left out."""


class Refused(EngineError):
    """A picture is not taken. Carries facts, not words: the words are the caller's.

    Attributes:
        code: why.
        facts: what the words need, such as ``width`` and ``height``.
    """

    def __init__(self, code: Refusal, **facts: str | int) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, kw_only=True)
class PictureLimits:
    """How much of a picture is taken, and what reading it may cost.

    Attributes:
        max_bytes: of the file.
        max_pixels: width times height, before anything is scaled.
        min_side, max_side: pixels.
        max_aspect: longest side over shortest side.
        jpeg_scans: passes over the picture; a progressive JPEG from a camera has about ten.
        png_chunks: parts of the container; a JPEG has scans instead.
        max_working_side: pixels of the longest side of the picture that comes out.
        decode_cpu_seconds: processor seconds of the reading process, its start included.
        decode_memory: bytes of address space of the reading process.
    """

    max_bytes: int = 10 * 2**20
    max_pixels: int = 40_000_000
    min_side: int = 64
    max_side: int = 8192
    max_aspect: float = 4.0
    jpeg_scans: int = 64
    png_chunks: int = 4096
    max_working_side: int = 2048
    decode_cpu_seconds: int = 5
    decode_memory: int = 2**30


class PictureFormat(StrEnum):
    """The formats that are taken, by Pillow's names."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WEBP"
    GIF = "GIF"
    BMP = "BMP"
    TIFF = "TIFF"
    AVIF = "AVIF"
    HEIC = "HEIF"


@dataclass(frozen=True, kw_only=True)
class Header:
    """What the container says.

    Attributes:
        width, height: pixels, before any rotation that the metadata asks for.
        parts: chunks of a PNG or WebP, scans of a JPEG, blocks of a GIF, tags of a
            TIFF, boxes of an AVIF or HEIC.
        colour: what the container says of its colours, apart from a profile; None: nothing.
        ended: the mark of the end is there, where the format has one.
    """

    format: PictureFormat
    width: int
    height: int
    parts: int
    colour: Colour | None = None
    ended: bool = True


def check_size(width: int, height: int, limits: PictureLimits) -> None:
    """Hold a picture's size to the limits.

    Raises:
        Refused: E_CORRUPT, E_PIXELS, E_SMALL or E_ASPECT.
    """
    short, long = sorted((width, height))
    if short == 0:
        raise Refused(Refusal.CORRUPT)
    if long > limits.max_side or width * height > limits.max_pixels:
        raise Refused(Refusal.PIXELS, width=width, height=height)
    if short < limits.min_side:
        raise Refused(Refusal.SMALL, width=width, height=height)
    if long > short * limits.max_aspect:
        raise Refused(Refusal.ASPECT, width=width, height=height)
