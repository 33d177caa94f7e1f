"""The process that reads one picture from a stranger, and ends.

Bytes come by standard input; one line of JSON and then bare pixels leave by standard output, so that the
parent parses nothing that a picture could have shaped. Everything in the file that is not a pixel (places,
names, text, what was hidden after the end) stays behind here.

Run by :mod:`bot.intake.decoder` as ``python -I`` with an empty environment. By hand, from the project's
folder::

    python -m engine.untrusted.decode_picture '{}' < picture.jpg | head -n 1
"""

from __future__ import annotations

import importlib
import json
import os
import random
import re
import sys
import traceback
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from PIL import Image, ImageChops, ImageFile, ImageFilter, ImageStat, PngImagePlugin

import system
from engine.untrusted.colour import Colour
from engine.untrusted.headers import Header, Note, PictureFormat, PictureLimits, Refusal, Refused
from engine.untrusted.large_webp import LargeWebp
from engine.untrusted.picture_headers import MAX_PROFILE, end_webp, read_header, slim_png
from engine.untrusted.scale import WHOLE_PIXELS, scaled

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339
"""Tags of a TIFF."""
_SIGNED = 2
_HALF = 128
_OUTLINE = 5
"""Twice the width, in pixels, of what counts as the outline of a visible part, and one."""
_PLUGINS = {
    PictureFormat.PNG: "PIL.PngImagePlugin",
    PictureFormat.JPEG: "PIL.JpegImagePlugin",
    PictureFormat.WEBP: "PIL.WebPImagePlugin",
    PictureFormat.GIF: "PIL.GifImagePlugin",
    PictureFormat.BMP: "PIL.BmpImagePlugin",
    PictureFormat.TIFF: "PIL.TiffImagePlugin",
    PictureFormat.AVIF: "PIL.AvifImagePlugin",
    PictureFormat.HEIC: "pi_heif",
}
"""The one module that a format needs: ``Image.open`` would import every plugin there is."""
_SIZES_DIFFER = frozenset({PictureFormat.TIFF, PictureFormat.AVIF, PictureFormat.HEIC})
"""Formats whose header gives the size before a turn, and whose decoder gives the one after it."""
_CHANCE = random.Random(0)  # noqa: S311 - no secret
_JUNK = tuple(_CHANCE.randbytes(1024).replace(b"\xff", b"\xfe") for _ in range(3))
"""Entropy-coded data that is certainly another than what is missing; no marker of a JPEG is in it."""
_SOS, _EOI = b"\xff\xda", b"\xff\xd9"
_RESTART = re.compile(rb"\xff([\xd0-\xd7])")


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """An upright RGB picture in sRGB, and what its member should know about it."""

    image: Image.Image
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Grey:
    """What the numbers of a grey picture with more than eight bits mean.

    Attributes:
        bits: of a number.
        signed: half of the numbers are below zero.
        white_is_zero: the largest is black.
    """

    bits: int = 16
    signed: bool = False
    white_is_zero: bool = False

    @classmethod
    def of(cls, loaded: Image.Image | LargeWebp) -> Grey:
        """By the tags of a TIFF; nothing else has such numbers but PNG, where they are of 16 bits."""
        tags = getattr(loaded, "tag_v2", {})
        if not tags or loaded.mode[0] not in "IF":
            return cls()
        return cls(
            bits=tags.get(_BITS, (16,))[0],
            signed=tags.get(_SAMPLE_FORMAT, (1,))[0] == _SIGNED,
            white_is_zero=tags.get(_PHOTOMETRIC) == 0,
        )


def main() -> int:
    """Read limits from the first argument and a picture from standard input; write the answer."""
    limits = PictureLimits(**json.loads(sys.argv[1]))
    confine(limits)
    pixels = b""
    try:
        decoded = decode(sys.stdin.buffer.read(limits.max_bytes + 1), limits)
        image = decoded.image
        pixels = image.tobytes()
        answer: dict[str, object] = {"width": image.width, "height": image.height, "notes": decoded.notes}
    except Refused as refused:
        answer = {"code": refused.code, "facts": refused.facts}
    except MemoryError:
        answer = {"code": Refusal.MEMORY, "facts": {}}
    except Exception:  # noqa: BLE001 - a fault of ours: the parent logs it, and the member gets an answer
        answer = {"code": Refusal.DECODER, "facts": {}, "detail": traceback.format_exc()[-4000:]}
    answer["peak_bytes"] = system.peak_bytes()
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + pixels)
    sys.stdout.buffer.flush()
    return 0


def confine(limits: PictureLimits) -> None:
    """Give up what reading a picture does not need; see :func:`system.confine`."""
    # numpy's own library would make a thread with memory of its own for each processor.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    system.confine(
        cpu_seconds=limits.decode_cpu_seconds, memory=limits.decode_memory, open_files=16, file_bytes=0
    )


def decode(data: bytes, limits: PictureLimits) -> Decoded:
    """Turn a file into an upright RGB picture in sRGB, at most ``limits.max_working_side`` on a side.

    Of an animation, the first frame. 16 bits a channel become 8, and HDR is rolled off. What is transparent
    lies on white when the outline of the visible part is dark, on black when it is bright: a sticker, a logo
    or a line drawing stays readable.

    Raises:
        Refused: with the reason.
        MemoryError: more than ``limits.decode_memory``.
    """
    if len(data) > limits.max_bytes:
        raise Refused(Refusal.BYTES)
    header = read_header(data, limits)
    too_large = False
    if header.format is PictureFormat.PNG:
        data, too_large = slim_png(data, limits)
    elif header.format is PictureFormat.WEBP and not header.ended:
        data = end_webp(data)
    try:
        if header.format is PictureFormat.JPEG and not header.ended:
            data = _end_jpeg(data, header, limits)
        image = _pixels(data, header, limits)
    except (Refused, MemoryError):
        raise
    except Exception as error:  # Pillow's plugins raise nearly anything on a broken file
        cut = "truncated" in str(error).lower()
        raise Refused(Refusal.TRUNCATED if cut else Refusal.CORRUPT) from error
    too_large = too_large or len(image.info.get("icc_profile") or b"") > MAX_PROFILE
    return Decoded(
        image=_normalise(image, header, limits), notes=(Note.PROFILE_TOO_LARGE,) if too_large else ()
    )


def _end_jpeg(data: bytes, header: Header, limits: PictureLimits) -> bytes:
    """Add the end that a JPEG lacks.

    libjpeg fills up what is missing before an end, and says nothing. Where something is missing, other bytes
    before the end give other pixels; where nothing is, they are never looked at.

    Raises:
        Refused: E_TRUNCATED, something else is missing too.
    """
    body = data.rstrip(b"\xff")  # the first half of a marker, or of a byte that looks like one
    ended = body + _EOI
    scan = body[max(0, body.rfind(_SOS)) :]
    restarts = _RESTART.findall(scan)
    following = bytes([0xFF, 0xD0 + (restarts[-1][0] + 1) % 8 if restarts else 0xD0])
    # Where a whole interval is missing, bytes are looked at only after its restart.
    pixels = _load(ended, header, limits).tobytes()
    for junk in _JUNK:
        if _load(body + junk + following + junk + _EOI, header, limits).tobytes() != pixels:
            raise Refused(Refusal.TRUNCATED)
    return ended


def _pixels(data: bytes, header: Header, limits: PictureLimits) -> Image.Image | LargeWebp:
    if header.format is PictureFormat.WEBP and header.width * header.height > WHOLE_PIXELS:
        return LargeWebp(data, _open(data, header, limits))
    return _load(data, header, limits)


def _load(data: bytes, header: Header, limits: PictureLimits) -> Image.Image:
    image = _open(data, header, limits)
    # A JPEG can be decoded at a half, a quarter or an eighth, for a fraction of time and memory.
    image.draft(None, _working_size(image.size, limits))
    image.load()
    return image


def _open(data: bytes, header: Header, limits: PictureLimits) -> Image.Image:
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_CHUNK = MAX_PROFILE  # the limit of colour profiles too; text never gets here
    try:
        plugin = importlib.import_module(_PLUGINS[header.format])
    except ImportError as error:  # pi-heif has no wheel for every machine
        raise Refused(Refusal.FORMAT, looks_like=f"a {header.format.name}") from error
    if header.format is PictureFormat.HEIC:
        plugin.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    elif header.format is PictureFormat.AVIF:
        vars(plugin)["DEFAULT_MAX_THREADS"] = 1  # each would hold memory of its own
    image = Image.open(BytesIO(data), formats=(header.format.value,))
    size = (header.width, header.height)
    if image.size != size and not (header.format in _SIZES_DIFFER and image.size == size[::-1]):
        raise Refused(Refusal.CORRUPT)
    image.info.pop("xmp", None)  # Pillow turns a TIFF while it loads: by this too, if it is there
    return image


def _working_size(size: tuple[int, int], limits: PictureLimits) -> tuple[int, int]:
    scale = min(1.0, limits.max_working_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _normalise(loaded: Image.Image | LargeWebp, header: Header, limits: PictureLimits) -> Image.Image:
    info = loaded.info
    orientation = _orientation(info)
    # Scaled first: whatever follows costs by the pixel.
    image = scaled(loaded, _working_size(loaded.size, limits), partial(_plain_mode, grey=Grey.of(loaded)))
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    if image.mode not in {"LA", "RGBA"}:
        return _to_srgb(image, info, header)
    colours = image.convert("L" if image.mode == "LA" else "RGB")
    return _on_background(_to_srgb(colours, info, header), image.getchannel("A"))


def _plain_mode(image: Image.Image, grey: Grey) -> Image.Image:
    """The same picture in one of the modes L, LA, RGB, RGBA and CMYK."""
    if image.mode.startswith("I"):
        return _eight_bits(image, grey)
    if image.mode == "F":  # of a TIFF: 1 is white
        plain = image.point(lambda value: value * 255.0).convert("L")
        return ImageChops.invert(plain) if grey.white_is_zero else plain
    is_grey = image.mode in {"1", "L", "LA", "La"}
    if image.has_transparency_data:
        return image.convert("LA" if is_grey else "RGBA")
    if image.mode in {"L", "RGB", "CMYK"}:
        return image
    return image.convert("L" if is_grey else "RGB")


def _eight_bits(image: Image.Image, grey: Grey) -> Image.Image:
    """A picture of deep greys in the mode L, or LA where one of the greys stands for nothing."""
    import numpy as np  # noqa: PLC0415 - few pictures need it

    values = np.asarray(image.convert("I"))
    if grey.signed:  # what is below black is black
        levels = np.maximum(values, 0) >> (grey.bits - 9)
    else:
        levels = values.view(np.uint32) >> (grey.bits - 8)
    plain = Image.fromarray(levels.astype(np.uint8))
    if grey.white_is_zero:
        plain = ImageChops.invert(plain)
    nothing = image.info.get("transparency")
    if not isinstance(nothing, int):
        return plain
    return Image.merge("LA", (plain, Image.fromarray((values != nothing).astype(np.uint8) * 255)))


def _orientation(info: Mapping[str | tuple[int, int], Any]) -> int:
    """What EXIF says. Pillow's ``getexif`` would go by XMP too, which no browser does."""
    try:
        exif = Image.Exif()
        exif.load(info.get("exif", b""))
        return int(exif.get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a picture whose metadata is broken is still a picture
        return 1


def _to_srgb(image: Image.Image, info: dict[str | tuple[int, int], Any], header: Header) -> Image.Image:
    """Convert L, RGB or CMYK to RGB in sRGB, by the first of what the file declares."""
    profile = info.get("icc_profile")
    if not (isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE):
        profile = None
    colour = header.colour
    # A PNG's own words come before its profile. In an AVIF or a HEIC, they are about the stored matrix too.
    overruled = colour is None or (header.format is not PictureFormat.PNG and not colour.is_hdr)
    if profile is not None and overruled:
        colour = Colour.of_profile(profile)
    elif colour is None and "srgb" not in info and "gamma" in info:
        colour = Colour.of_png(info["gamma"], info.get("chromaticity"))
    if colour is not None and image.mode != "CMYK":
        return image.convert("RGB") if colour.is_plain else _by_colour(image, colour)
    return image.convert("RGB") if profile is None else _by_profile(image, profile)


def _by_colour(image: Image.Image, colour: Colour) -> Image.Image:
    import numpy as np  # noqa: PLC0415 - few pictures need it

    return Image.fromarray(colour.to_srgb(np.asarray(image, np.uint8))).convert("RGB")


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    from PIL import ImageCms  # noqa: PLC0415 - most pictures carry no profile

    # A profile that does not fit is no reason to refuse: colours are a shade off, that is all.
    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
        if converted is not None:
            return converted
    return image.convert("RGB")


def _on_background(colours: Image.Image, alpha: Image.Image) -> Image.Image:
    visible = alpha.point(lambda value: 255 * (value >= _HALF))
    # What meets the background has to stand out from it: a logo's letters, whatever is white in the logo.
    outline = ImageChops.subtract(visible, visible.filter(ImageFilter.MinFilter(_OUTLINE)))
    shown = outline if outline.getbbox() is not None else visible
    seen = shown.getbbox() is not None
    dark = seen and ImageStat.Stat(colours.convert("L"), shown).mean[0] < _HALF
    background = Image.new("RGB", colours.size, "white" if dark else "black")
    background.paste(colours, mask=alpha)
    return background


if __name__ == "__main__":
    sys.exit(main())
