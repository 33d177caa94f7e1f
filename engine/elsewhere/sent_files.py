"""What leaves this machine: members' files under names that say nothing, and without their metadata."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

from engine.core.recipe import Role

_PNG = b"\x89PNG\r\n\x1a\n"
_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_LENGTH = struct.Struct(">I")
_AROUND = 12
"""Bytes of a chunk beside its body: length, name and checksum."""

SUFFIXES = {Role.REFERENCE: ".mp4", Role.BEFORE: ".mp4", Role.SOUND: ".wav"}
"""Of files that are no pictures. The intake makes every file anew, in these formats."""


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """A file as it is sent.

    Attributes:
        name: made of its digest.
        data: all of it.
    """

    name: str
    data: bytes


def sent_file(role: str, path: Path) -> SentFile:
    """Read a file, and leave out what is not its picture, clip or sound.

    Raises:
        ValueError: a picture is no PNG.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    suffix = SUFFIXES.get(Role(role), ".png")
    if suffix == ".png":
        data = bare_png(data)
    return SentFile(name=f"{hashlib.sha256(data).hexdigest()}{suffix}", data=data)


def bare_png(data: bytes) -> bytes:
    """A PNG of which nothing is left but its pixels: no text, no times, no EXIF.

    Raises:
        ValueError: it is none, or cut short.
    """
    if not data.startswith(_PNG):
        raise ValueError("a picture that is to be sent is no PNG")
    kept, at = [_PNG], len(_PNG)
    while True:
        if at + _AROUND > len(data):
            raise ValueError("a picture that is to be sent is cut short")
        end = at + _AROUND + _LENGTH.unpack_from(data, at)[0]
        kind = data[at + 4 : at + 8]
        if kind in _PIXELS:
            kept.append(data[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
