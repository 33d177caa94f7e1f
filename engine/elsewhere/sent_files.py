"""What leaves this machine: members' files under names that say nothing, and without their metadata."""

from __future__ import annotations

import asyncio
import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from engine.core.errors import Code, RenderFailed
from engine.core.recipe import Role

_PNG = b"\x89PNG\r\n\x1a\n"
_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_LENGTH = struct.Struct(">I")
_AROUND = 12
"""Bytes of a chunk beside its body: length, name and checksum."""

CLIPS = frozenset({Role.REFERENCE, Role.BEFORE})
"""MP4s. The intake makes every file anew: a sound is a WAV, and all others are PNGs."""

WITHOUT_TAGS = (
    *("-map_metadata", "-1", "-map_metadata:s", "-1", "-map_chapters", "-1", "-empty_hdlr_name", "1"),
    *("-fflags", "+bitexact", "-flags", "+bitexact"),
)
"""A clip of this program has its recipe in a tag: the words of the request, and more."""

FFMPEG_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """A file that leaves this machine; nothing is in it but pixels or samples.

    Attributes:
        name: a name that says nothing of where it comes from.
        kind: its media type.
        data: all of it.
    """

    name: str
    kind: str
    data: bytes


async def sent_file(role: str, path: Path, work: Path) -> SentFile:
    """Read a file, and leave out what is not its picture, clip or sound.

    Args:
        role: what it is for.
        path: where it is.
        work: a folder for what is made on the way.

    Returns:
        Equal files for equal ones; the name is made of the digest.

    Raises:
        RenderFailed: a clip or a sound cannot be read.
        ValueError: a picture is no PNG.
        OSError: it cannot be read.
    """
    if role in CLIPS:
        data, suffix, kind = await bare_clip(path, work / f"sent-{role}.mp4"), ".mp4", "video/mp4"
    elif role == Role.SOUND:
        data, suffix, kind = await bare_sound(path, work / f"sent-{role}.wav"), ".wav", "audio/wav"
    else:
        data, suffix, kind = bare_png(await asyncio.to_thread(path.read_bytes)), ".png", "image/png"
    return SentFile(name=f"{hashlib.sha256(data).hexdigest()}{suffix}", kind=kind, data=data)


async def bare_clip(source: Path, target: Path, *, sound: bool = True) -> bytes:
    """A clip of which nothing is left but its frames, and its sound unless that is not wanted.

    Raises:
        RenderFailed: it cannot be read.
        OSError: it cannot be written.
    """
    heard = ("-map", "0:a:0?") if sound else ()
    return await _bare(source, target, "-map", "0:v:0", *heard, "-c", "copy")


async def bare_sound(source: Path, target: Path) -> bytes:
    """A sound of which nothing is left but its samples.

    Raises:
        RenderFailed: it cannot be read.
        OSError: it cannot be written.
    """
    return await _bare(source, target, "-map", "0:a:0", "-c:a", "pcm_s16le")


async def _bare(source: Path, target: Path, *how: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-v", "error", "-nostdin", "-y", "-i", f"file:{source}", *how, *WITHOUT_TAGS, f"file:{target}"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(FFMPEG_SECONDS):
            _, said = await process.communicate()
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    if process.returncode:
        raise RenderFailed(
            Code.ENGINE, f"{source.name} cannot be made ready to send", said.decode("utf-8", "replace")
        )
    return await asyncio.to_thread(target.read_bytes)


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
