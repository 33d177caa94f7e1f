"""What a stranger's sound file is, by its first bytes, and how much of it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.core.errors import EngineError
from engine.untrusted.clip_headers import ClipLimits, ClipRefused, recognise


class SoundRefusal(StrEnum):
    """Why a sound is not taken. What clips can be refused for too has the same code there."""

    BYTES = "E_BYTES"
    FORMAT = "E_FORMAT"
    EMPTY = "E_EMPTY"
    TRUNCATED = "E_TRUNCATED"
    CORRUPT = "E_CORRUPT"
    OUTSIDE = "E_OUTSIDE"
    NOSOUND = "E_NOSOUND"
    CODEC = "E_CODEC"
    DURATION = "E_DURATION"
    COMPLEX = "E_COMPLEX"
    STREAMS = "E_STREAMS"
    MEMORY = "E_MEMORY"
    TIME = "E_TIME"
    DECODER = "E_DECODER"
    DOWNLOAD = "E_DOWNLOAD"


class SoundRefused(EngineError):
    """A sound is not taken. Carries facts, not words: the words are the caller's.

    Attributes:
        code: why.
        facts: what the words need, such as ``seconds``.
    """

    def __init__(self, code: SoundRefusal, **facts: str | float) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, kw_only=True)
class SoundLimits:
    """How much of a sound is taken, and what reading it may cost.

    Attributes:
        max_bytes: of the file.
        max_seconds: of the file.
        keep_seconds: of what comes out; the rest of the file is left.
        max_streams: of all kinds.
        decode_cpu_seconds: processor seconds of each process that reads.
        decode_memory: bytes of address space of each of them.
    """

    max_bytes: int = 25 * 2**20
    max_seconds: float = 600.0
    keep_seconds: float = 10.0
    max_streams: int = 8
    decode_cpu_seconds: int = 20
    decode_memory: int = 2**30


class SoundForm(StrEnum):
    """The containers that are taken, by the names of ffmpeg's demuxers: it never has to guess."""

    MP3 = "mp3"
    WAV = "wav"
    OGG = "ogg"
    FLAC = "flac"
    AAC = "aac"
    MP4 = "mov"
    WEBM = "matroska"


_STARTS = (
    (b"OggS", SoundForm.OGG),
    (b"fLaC", SoundForm.FLAC),
)
_TAG, _TAG_HEAD, _TAG_FOOT = b"ID3", 10, 0x10
"""How an ID3v2 tag begins, the bytes of its head, and the flag for as many at its end."""
_SYNC, _LAYER = 0xE0, 0x06
"""The bits of the second byte of MPEG audio: all of the sync word, and the layer, which AAC has not."""

_CLIPS_TOO = frozenset(code.value for code in SoundRefusal)


def recognise_sound(data: bytes, limits: SoundLimits) -> SoundForm:
    """Find the kind of a sound file; a clip's sound may be taken, too.

    Raises:
        SoundRefused: with E_EMPTY, E_FORMAT, E_TRUNCATED, E_CORRUPT, E_COMPLEX, E_STREAMS, E_NOSOUND or
            E_OUTSIDE.
    """
    if not data:
        raise SoundRefused(SoundRefusal.EMPTY)
    if data.startswith(_TAG):  # most are MP3s; ffmpeg skips the tag of any of these
        behind = _behind_tags(data)
        return SoundForm.FLAC if behind == b"fLaC" else _mpeg(behind) or SoundForm.MP3
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return SoundForm.WAV
    for start, form in _STARTS:
        if data.startswith(start):
            return form
    if (mpeg := _mpeg(data)) is not None:
        return mpeg
    try:
        return SoundForm(recognise(data, ClipLimits(max_streams=limits.max_streams)))
    except ClipRefused as refused:
        code = refused.code.value if refused.code.value in _CLIPS_TOO else SoundRefusal.NOSOUND
        raise SoundRefused(SoundRefusal(code), **refused.facts) from refused
    except ValueError as error:  # a GIF
        raise SoundRefused(SoundRefusal.NOSOUND) from error


def _mpeg(data: bytes) -> SoundForm | None:
    """What MPEG audio is, by its first frame; None: it is something else."""
    if len(data) < 2 or data[0] != 0xFF or data[1] & _SYNC != _SYNC:  # noqa: PLR2004 - the bytes of a sync word
        return None
    return SoundForm.MP3 if data[1] & _LAYER else SoundForm.AAC


def _behind_tags(data: bytes) -> bytes:
    """What follows the tags that a file begins with: four bytes, or fewer."""
    at = 0
    while data.startswith(_TAG, at) and at + _TAG_HEAD <= len(data):
        flags, *size = data[at + 5 : at + _TAG_HEAD]
        # Seven bits of each byte count.
        length = sum((part & 0x7F) << shift for part, shift in zip(size, (21, 14, 7, 0), strict=True))
        at += _TAG_HEAD + length + (_TAG_HEAD if flags & _TAG_FOOT else 0)
    return data[at : at + 4]
