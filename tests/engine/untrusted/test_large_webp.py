"""A large WebP has the pixels that Pillow gives, for a fraction of the memory."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from benchmarks.encoded_pictures import riff
from engine.untrusted import decode_picture
from engine.untrusted.decode_picture import decode
from engine.untrusted.headers import PictureLimits, Refusal, Refused
from engine.untrusted.large_webp import LargeWebp

SIZE = (300, 211)


def picture(mode: str, size: tuple[int, int] = SIZE) -> Image.Image:
    """A gradient and noise, some of it transparent."""
    dice = np.random.default_rng(5)
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    bands = [x % 256, y % 256, dice.integers(0, 256, x.shape), np.where(x > y, 255, x % 256)]
    return Image.fromarray(np.stack(bands, -1).astype(np.uint8), "RGBA").convert(mode)


def saved(image: Image.Image, **how: object) -> bytes:
    """The file."""
    out = io.BytesIO()
    image.save(out, "WEBP", method=0, **how)
    return out.getvalue()


def animation(*frames: Image.Image, **how: object) -> bytes:
    """Frames; what does not change from one to the next is left out by the encoder."""
    return saved(frames[0], save_all=True, append_images=list(frames[1:]), **how)


def frame(image: Image.Image, at: tuple[int, int], **how: object) -> bytes:
    """The body of a chunk ANMF: a picture that covers a part of the canvas."""
    whole = saved(image, **how)
    start = 30 if whole[12:16] == b"VP8X" else 12
    place = [*at, image.width - 1, image.height - 1, 100]
    return b"".join(number.to_bytes(3, "little") for number in place) + b"\0" + whole[start:]


def partial(image: Image.Image, at: tuple[int, int], *, alpha: bool, **how: object) -> bytes:
    """An animation whose first frame leaves a border of the canvas free."""
    canvas = b"".join((side - 1).to_bytes(3, "little") for side in SIZE)
    head = bytes([0x02 | 0x10 * alpha, 0, 0, 0]) + canvas
    return riff((b"VP8X", head), (b"ANIM", struct.pack("<IH", 0, 0)), (b"ANMF", frame(image, at, **how)))


SMALL = (200, 101)
FILES = {
    "lossy": saved(picture("RGB"), quality=60),
    "lossy, transparent": saved(picture("RGBA"), quality=60),
    "lossless": saved(picture("RGB"), lossless=True),
    "lossless, transparent": saved(picture("RGBA"), lossless=True),
    "grey": saved(picture("L"), quality=80),
    "turned": saved(
        picture("RGB"), exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    ),
    "animated": animation(picture("RGB"), picture("RGB").rotate(180)),
    "animated, transparent": animation(picture("RGBA"), picture("RGBA").rotate(180), lossless=True),
    "first frame in a corner": partial(picture("RGB", SMALL), (10, 20), alpha=False, quality=60),
    "first frame in a corner, transparent": partial(picture("RGBA", SMALL), (3, 0), alpha=True, quality=60),
    "first frame in a corner, lossless": partial(picture("RGBA", SMALL), (0, 55), alpha=True, lossless=True),
    "odd length": saved(picture("RGB", (299, 97)), quality=50),
}


@pytest.mark.parametrize("name", FILES)
def test_the_pixels_are_those_that_pillow_gives(monkeypatch, name):
    expected = decode(FILES[name], PictureLimits()).image
    monkeypatch.setattr(decode_picture, "WHOLE_PIXELS", 0)
    assert np.array_equal(np.asarray(decode(FILES[name], PictureLimits()).image), np.asarray(expected))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["cut", "cut and mended", "noise"])
def test_a_damaged_one_is_refused_as_pillow_refuses_it(monkeypatch, name, damage):
    data = FILES[name]
    if damage == "noise":
        middle = len(data) // 2
        data = data[:middle] + bytes(200) + data[middle + 200 :]
    else:
        data = data[: len(data) // 2]
        if damage == "cut and mended":
            data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    verdicts: list[bytes | Refusal] = []
    for limit in (2_000_000, 0):
        monkeypatch.setattr(decode_picture, "WHOLE_PIXELS", limit)
        try:
            verdicts.append(decode(data, PictureLimits()).image.tobytes())
        except Refused as refused:
            verdicts.append(refused.code)
    assert verdicts[0] == verdicts[1] or (set(verdicts) <= {Refusal.CORRUPT, Refusal.TRUNCATED}), verdicts


@pytest.mark.parametrize("name", FILES)
def test_each_part_is_the_one_that_pillow_gives(name):
    whole = Image.open(io.BytesIO(FILES[name]))
    boxes = [(0, top, whole.width, top + 10) for top in range(0, whole.height - 10, 17)]
    large = LargeWebp(FILES[name], Image.open(io.BytesIO(FILES[name])))
    for box in [*boxes, (7, 3, 90, 88), (whole.width - 5, 0, whole.width, 9), (0, 0, *whole.size)]:
        part, expected = large.crop(box), whole.crop(box)
        assert (part.mode, part.size) == (expected.mode, expected.size)
        seen = np.asarray(expected.convert("RGBA"))[..., 3:] > 0  # what cannot be seen may have any colour
        differs = np.asarray(part.convert("RGBA")) != np.asarray(expected.convert("RGBA"))
        assert not (differs & seen).any(), box
