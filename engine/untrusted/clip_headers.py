"""What a stranger's clip says about itself, read without ffmpeg: its kind, and whether it may be opened.

The first bytes name the kind, and a walk over the container finds what no honest clip of a few seconds has:
a size that is too large, an end that is missing, tracks without number, or frames that lie in another file.

Sources: ISO/IEC 14496-12 (MP4) and Apple's QuickTime File Format; RFC 8794 and RFC 9559 (EBML, Matroska and
WebM); the GIF89a specification (https://www.w3.org/Graphics/GIF/spec-gif89a.txt).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from engine.core.errors import EngineError


class ClipRefusal(StrEnum):
    """Why a clip is not taken. What pictures can be refused for too has the same code there."""

    BYTES = "E_BYTES"
    FORMAT = "E_FORMAT"
    EMPTY = "E_EMPTY"
    TRUNCATED = "E_TRUNCATED"
    CORRUPT = "E_CORRUPT"
    OUTSIDE = "E_OUTSIDE"
    NOVIDEO = "E_NOVIDEO"
    CODEC = "E_CODEC"
    PIXELS = "E_PIXELS"
    SMALL = "E_SMALL"
    ASPECT = "E_ASPECT"
    DURATION = "E_DURATION"
    FRAMES = "E_FRAMES"
    STILL = "E_STILL"
    FPS = "E_FPS"
    COMPLEX = "E_COMPLEX"
    STREAMS = "E_STREAMS"
    MEMORY = "E_MEMORY"
    TIME = "E_TIME"
    DECODER = "E_DECODER"
    DOWNLOAD = "E_DOWNLOAD"
    RECIPE = "E_RECIPE"


class ClipRefused(EngineError):
    """A clip is not taken. Carries facts, not words: the words are the caller's.

    Attributes:
        code: why.
        facts: what the words need, such as ``width`` and ``height``.
    """

    def __init__(self, code: ClipRefusal, **facts: str | float) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, kw_only=True)
class ClipLimits:
    """How much of a clip is taken, and what reading it may cost.

    Attributes:
        max_bytes: of the file.
        max_pixels: width times height of a frame.
        min_side, max_side: pixels.
        max_aspect: longest side over shortest side, as it is shown.
        max_seconds: of the file.
        keep_seconds: of what comes out; the rest of the file is left.
        max_frames: within ``keep_seconds``.
        max_fps: frames per second of the file.
        max_streams: of all kinds.
        working_side: pixels of the longest side of what comes out.
        working_fps: frames per second of what comes out, at most.
        decode_cpu_seconds: processor seconds of each process that reads or writes.
        decode_memory: bytes of address space of each of them.
        max_result_bytes: of what comes out.
        exact: every frame comes out once and without loss, at the average rate of the file.
        timely: with ``exact``, frames that follow each other unevenly come out as often as they need to, so
            that each is shown when it is shown in the file.
    """

    max_bytes: int = 25 * 2**20
    max_pixels: int = 1920 * 1088
    min_side: int = 64
    max_side: int = 2048
    max_aspect: float = 4.0
    max_seconds: float = 30.0
    keep_seconds: float = 10.0
    max_frames: int = 900
    max_fps: float = 120.0
    max_streams: int = 8
    working_side: int = 768
    working_fps: int = 24
    decode_cpu_seconds: int = 20
    decode_memory: int = 2**30
    max_result_bytes: int = 32 * 2**20
    exact: bool = False
    timely: bool = False


class ClipForm(StrEnum):
    """The containers that are taken, by the names of ffmpeg's demuxers: it never has to guess."""

    MP4 = "mov"
    WEBM = "matroska"
    GIF = "gif"


def recognise(data: bytes, limits: ClipLimits) -> ClipForm:
    """Find a clip's kind, and hold what its container says to the limits.

    Raises:
        ClipRefused: with E_EMPTY, E_FORMAT, E_TRUNCATED, E_CORRUPT, E_COMPLEX, E_STREAMS, E_NOVIDEO,
            E_OUTSIDE, E_STILL, E_FRAMES, or one of :func:`check_size`'s.
    """
    if not data:
        raise ClipRefused(ClipRefusal.EMPTY)
    if data[:6] in {b"GIF87a", b"GIF89a"}:
        _walk_gif(data, limits)
        return ClipForm.GIF
    if data.startswith(_EBML):
        _look_at_webm(data)
        return ClipForm.WEBM
    if (data[4:8] == b"ftyp" and data[8:12] not in _STILL_BRANDS) or data[4:8] in _OLD_MOVIE:
        _walk_mp4(data, limits)
        return ClipForm.MP4
    raise ClipRefused(ClipRefusal.FORMAT, looks_like=_name(data))


def check_size(width: float, height: float, limits: ClipLimits) -> None:
    """Hold a frame's size to the limits.

    Raises:
        ClipRefused: with E_CORRUPT, E_PIXELS, E_SMALL or E_ASPECT.
    """
    short, long = sorted((width, height))
    if short <= 0:
        raise ClipRefused(ClipRefusal.CORRUPT)
    if long > limits.max_side or width * height > limits.max_pixels:
        raise ClipRefused(ClipRefusal.PIXELS, width=width, height=height)
    if short < limits.min_side:
        raise ClipRefused(ClipRefusal.SMALL, width=width, height=height)
    if long > short * limits.max_aspect:
        raise ClipRefused(ClipRefusal.ASPECT, width=width, height=height)


_OTHERS = (
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (8, b"WEBP", "a picture"),
    (4, b"ftyp", "a picture"),
    (8, b"AVI ", "an AVI video"),
    (8, b"WAVE", "a sound"),
    (0, b"ID3", "a sound"),
    (0, b"OggS", "an Ogg file"),
    (0, b"FLV\1", "a Flash video"),
    (0, b"\x30\x26\xb2\x75", "a Windows Media video"),
    (0, b"\0\0\1\xba", "an MPEG video"),
    (0, b"G@", "an MPEG video"),
    (0, b"#EXTM3U", "a playlist"),
    (0, b"ffconcat", "a playlist"),
    (0, b"v=0", "a playlist"),
    (0, b"<", "a text"),
    (0, b"PK\3\4", "a ZIP archive"),
)


def _name(data: bytes) -> str:
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((name for at, magic, name in _OTHERS if start.startswith(magic, at)), "")


_OLD_MOVIE = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip"})
"""How a QuickTime movie of before 2001 may begin."""
_STILL_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"jpeg"})
_MAX_BOXES = 16_384
_INSIDE = 1
"""The flag of a data reference that says: the frames are in this very file."""


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box's type, and the start and end of what it holds."""
    count = 0
    while end - start >= 8:  # noqa: PLR2004 - size and type; fewer bytes are padding
        count += 1
        size, kind = struct.unpack_from(">I4s", data, start)
        header = 8
        if size == 0:
            size = end - start
        elif size == 1:
            header = 16
            size = int.from_bytes(data[start + 8 : start + 16], "big")
        if size < header:
            raise ClipRefused(ClipRefusal.CORRUPT)
        if start + size > end:
            raise ClipRefused(ClipRefusal.TRUNCATED)
        if count > _MAX_BOXES:
            raise ClipRefused(ClipRefusal.COMPLEX)
        yield kind, start + header, start + size
        start += size


def _walk_mp4(data: bytes, limits: ClipLimits) -> None:
    movies = [(start, end) for kind, start, end in _boxes(data, 0, len(data)) if kind == b"moov"]
    if not movies:
        raise ClipRefused(ClipRefusal.TRUNCATED)
    if len(movies) > 1:
        raise ClipRefused(ClipRefusal.CORRUPT)
    tracks = 0
    for kind, start, end in _boxes(data, *movies[0]):
        if kind == b"cmov":  # a compressed index could unpack to any size
            raise ClipRefused(ClipRefusal.COMPLEX)
        if kind == b"trak":
            tracks += 1
            _refuse_frames_elsewhere(data, start, end)
    if tracks == 0:
        raise ClipRefused(ClipRefusal.NOVIDEO)
    if tracks > limits.max_streams:
        raise ClipRefused(ClipRefusal.STREAMS)


def _refuse_frames_elsewhere(data: bytes, start: int, end: int) -> None:
    spans = [(start, end)]
    for name in (b"mdia", b"minf", b"dinf", b"dref"):
        spans = [(at, to) for span in spans for kind, at, to in _boxes(data, *span) if kind == name]
    for at, to in spans:
        for _, entry, _ in _boxes(data, at + 8, to):  # version, flags, and the number of entries
            if not data[entry + 3] & _INSIDE:
                raise ClipRefused(ClipRefusal.OUTSIDE)


_EBML = b"\x1a\x45\xdf\xa3"
_DOCTYPE, _SEGMENT = b"\x42\x82", b"\x18\x53\x80\x67"
_HEADER_BYTES = 4096


def _vint(data: bytes, at: int) -> tuple[int | None, int]:
    """An EBML length (None: unknown), and where what follows begins."""
    first = data[at] if at < len(data) else 0
    if first == 0:
        raise ClipRefused(ClipRefusal.CORRUPT)
    size = 9 - first.bit_length()
    value = int.from_bytes(data[at : at + size], "big") & ((1 << 7 * size) - 1)
    return (None if value == (1 << 7 * size) - 1 else value), at + size


def _look_at_webm(data: bytes) -> None:
    length, start = _vint(data, len(_EBML))
    if length is None or length > _HEADER_BYTES:
        raise ClipRefused(ClipRefusal.CORRUPT)
    end = start + length
    found = data.find(_DOCTYPE, start, end)
    if found < 0:
        raise ClipRefused(ClipRefusal.CORRUPT)
    letters, at = _vint(data, found + len(_DOCTYPE))
    if data[at : at + (letters or 0)].rstrip(b"\0") != b"webm":
        raise ClipRefused(ClipRefusal.FORMAT, looks_like="a Matroska video")
    if data[end : end + 4] != _SEGMENT:
        raise ClipRefused(ClipRefusal.TRUNCATED if end + 4 > len(data) else ClipRefusal.CORRUPT)
    length, start = _vint(data, end + 4)
    if length is not None and start + length > len(data):
        raise ClipRefused(ClipRefusal.TRUNCATED)


_GIF_IMAGE, _GIF_EXTENSION, _GIF_END = 0x2C, 0x21, 0x3B
_GIF_START = 13
"""Bytes of the signature and of the logical screen."""
_GIF_CONTROL = b"\xf9\x04"
_SHORTEST_DELAY, _USUAL_DELAY = 1, 10
"""Hundredths of a second: the longest that players don't believe, and what they take for it."""


def _walk_gif(data: bytes, limits: ClipLimits) -> None:
    check_size(*gif_screen(data), limits)
    frames = 0
    for kind, _ in gif_blocks(data):
        frames += kind == _GIF_IMAGE
        if frames > limits.max_frames:
            raise ClipRefused(ClipRefusal.FRAMES)
    if frames < 2:  # noqa: PLR2004 - one is a picture
        raise ClipRefused(ClipRefusal.STILL)


def gif_screen(data: bytes) -> tuple[int, int]:
    """Width and height of a GIF in pixels.

    Raises:
        ClipRefused: E_TRUNCATED.
    """
    if len(data) < _GIF_START:
        raise ClipRefused(ClipRefusal.TRUNCATED)
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def gif_blocks(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield kind and start of each block, up to the end or to where only the end's mark is missing.

    Raises:
        ClipRefused: E_TRUNCATED, E_CORRUPT.
    """
    at = _GIF_START + _palette(data[10])
    while at < len(data) and data[at] != _GIF_END:
        kind, start = data[at], at
        if kind == _GIF_IMAGE:
            if at + 10 > len(data):
                raise ClipRefused(ClipRefusal.TRUNCATED)
            at = _sub_blocks(data, at + 11 + _palette(data[at + 9]))
        elif kind == _GIF_EXTENSION:
            at = _sub_blocks(data, at + 2)
        else:
            raise ClipRefused(ClipRefusal.CORRUPT)
        yield kind, start
    if at > len(data):
        raise ClipRefused(ClipRefusal.TRUNCATED)


def mended(data: bytes, form: ClipForm) -> bytes:
    """Repair what ffmpeg would read differently from browsers and Discord, in a file that is recognised.

    In a GIF, a delay of 0 or 1 hundredth of a second becomes 10, and a missing end mark is added.
    """
    if form is not ClipForm.GIF:
        return data
    made = bytearray(data)
    for kind, at in gif_blocks(data):
        # Introducer, label, the size of what follows, flags, and the delay.
        if kind == _GIF_EXTENSION and data[at + 1 : at + 3] == _GIF_CONTROL:
            delay = int.from_bytes(data[at + 4 : at + 6], "little")
            if delay <= _SHORTEST_DELAY:
                made[at + 4 : at + 6] = _USUAL_DELAY.to_bytes(2, "little")
    return bytes(made) + bytes([_GIF_END])


def _palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _sub_blocks(data: bytes, at: int) -> int:
    """Where the blocks that begin at ``at`` end."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    if at >= len(data):
        raise ClipRefused(ClipRefusal.TRUNCATED)
    return at + 1
