"""The process that reads one picture from a stranger, and ends.

Bytes come by standard input; one line of JSON and then bare pixels leave by standard output, so that the
parent parses nothing that a picture could have shaped. Everything in the file that is not a pixel (places,
names, text, what was hidden after the end) stays behind here.

Run by :mod:`bot.intake.decoder` as ``python -I`` with an empty environment. By hand, from the project's
folder::

    python -m engine.untrusted.decode_picture '{}' < picture.jpg | head -n 1
"""

from __future__ import annotations

import json
import sys
import traceback
import warnings
from contextlib import suppress
from io import BytesIO

import PIL.JpegImagePlugin  # Image.open imports every plugin there is when it misses one;
import PIL.WebPImagePlugin  # noqa: F401 - these two and PNG's are all that it may need
from PIL import Image, ImageFile, ImageStat, PngImagePlugin

import engine.untrusted.confine
from engine.untrusted.headers import (
    MAX_PROFILE,
    Header,
    PictureFormat,
    PictureLimits,
    Refusal,
    Refused,
    read_header,
    slim_png,
)
from engine.untrusted.scale import scaled

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
_HALF = 128


def main() -> int:
    """Read limits from the first argument and a picture from standard input; write the answer."""
    limits = PictureLimits(**json.loads(sys.argv[1]))
    confine(limits)
    pixels = b""
    try:
        image = decode(sys.stdin.buffer.read(limits.max_bytes + 1), limits)
        pixels = image.tobytes()
        answer: dict[str, object] = {"width": image.width, "height": image.height}
    except Refused as refused:
        answer = {"code": refused.code, "facts": refused.facts}
    except MemoryError:
        answer = {"code": Refusal.MEMORY, "facts": {}}
    except Exception:  # noqa: BLE001 - a fault of ours: the parent logs it, and the member gets an answer
        answer = {"code": Refusal.DECODER, "facts": {}, "detail": traceback.format_exc()[-4000:]}
    answer["peak_bytes"] = engine.untrusted.confine.peak_bytes()
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + pixels)
    sys.stdout.buffer.flush()
    return 0


def confine(limits: PictureLimits) -> None:
    """Give up what reading a picture does not need; see :mod:`engine.untrusted.confine`."""
    engine.untrusted.confine.confine(
        cpu_seconds=limits.decode_cpu_seconds, memory=limits.decode_memory, open_files=16, file_bytes=0
    )


def decode(data: bytes, limits: PictureLimits) -> Image.Image:
    """Turn a file into an upright RGB picture in sRGB, at most ``limits.max_working_side`` on a side.

    Of an animation, the first frame. 16 bits a channel become 8. What is transparent lies on white when the
    visible part is dark, on black when it is bright: a sticker or a line drawing stays readable.

    Raises:
        Refused: with the reason.
        MemoryError: more than ``limits.decode_memory``.
    """
    if len(data) > limits.max_bytes:
        raise Refused(Refusal.BYTES)
    header = read_header(data, limits)
    if header.format is PictureFormat.PNG:
        data = slim_png(data, limits)
    try:
        image = _load(data, header, limits)
    except (Refused, MemoryError):
        raise
    except Exception as error:  # Pillow's plugins raise nearly anything on a broken file
        cut = "truncated" in str(error).lower()
        raise Refused(Refusal.TRUNCATED if cut else Refusal.CORRUPT) from error
    return _normalise(image, limits)


def _load(data: bytes, header: Header, limits: PictureLimits) -> Image.Image:
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_CHUNK = MAX_PROFILE  # the limit of colour profiles too; text never gets here
    image = Image.open(BytesIO(data), formats=(header.format.value,))
    if image.size != (header.width, header.height):
        raise Refused(Refusal.CORRUPT)
    # A JPEG can be decoded at a half, a quarter or an eighth, for a fraction of time and memory.
    image.draft(None, _working_size(image.size, limits))
    image.load()
    return image


def _working_size(size: tuple[int, int], limits: PictureLimits) -> tuple[int, int]:
    scale = min(1.0, limits.max_working_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _normalise(image: Image.Image, limits: PictureLimits) -> Image.Image:
    profile, orientation = image.info.get("icc_profile"), _orientation(image)
    # Scaled first: whatever follows costs by the pixel.
    image = scaled(image, _working_size(image.size, limits), _plain_mode)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    if image.mode != "RGBA":
        return _to_srgb(image, profile)
    return _on_background(_to_srgb(image.convert("RGB"), profile), image.getchannel("A"))


def _plain_mode(image: Image.Image) -> Image.Image:
    """The same picture in one of the modes L, RGB, RGBA and CMYK."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a picture whose metadata is broken is still a picture
        return 1


def _to_srgb(image: Image.Image, profile: object) -> Image.Image:
    if isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE:
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
    seen = visible.getbbox() is not None
    dark = seen and ImageStat.Stat(colours.convert("L"), visible).mean[0] < _HALF
    background = Image.new("RGB", colours.size, "white" if dark else "black")
    background.paste(colours, mask=alpha)
    return background


if __name__ == "__main__":
    sys.exit(main())
