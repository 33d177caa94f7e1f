"""Scaling strip by strip gives what scaling the whole gives, for a fraction of the memory."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from PIL import Image

from engine.untrusted import scale
from engine.untrusted.decode_picture import Grey, _plain_mode
from engine.untrusted.scale import scaled

PLAIN = partial(_plain_mode, grey=Grey())


def picture(mode: str, size: tuple[int, int]) -> Image.Image:
    """Noise of this mode, some of it transparent."""
    dice = np.random.default_rng(3)
    noise = Image.fromarray(dice.integers(0, 256, (size[1], size[0], 4), np.uint8), "RGBA")
    if mode == "I;16":
        return Image.fromarray(dice.integers(0, 65536, (size[1], size[0]), np.uint16))
    if mode == "P":
        made = noise.convert("RGB").quantize(64)
        made.info["transparency"] = 3
        return made
    return noise.convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "CMYK", "1", "I;16"])
def test_strips_give_the_pixels_of_the_whole(monkeypatch, mode):
    for size, wanted in (
        ((300, 211), (80, 57)),
        ((211, 300), (57, 80)),
        ((300, 1), (80, 1)),
        ((64, 64), (64, 64)),
    ):
        monkeypatch.setattr(scale, "WHOLE_PIXELS", 10**9)
        whole = scaled(picture(mode, size), wanted, PLAIN)
        monkeypatch.setattr(scale, "WHOLE_PIXELS", 0)
        monkeypatch.setattr(scale, "STRIP_PIXELS", 7 * size[0])
        monkeypatch.setattr(scale, "BAND_ROWS", 40)
        strips = scaled(picture(mode, size), wanted, PLAIN)
        assert (strips.mode, strips.size) == (whole.mode, wanted)
        if strips.mode in {"RGBA", "LA"}:  # what cannot be seen may have any colour
            bands = [np.asarray(each.convert("RGBA"), int) for each in (strips, whole)]
            seen = bands[1][..., 3:] / 255
            difference = np.abs(bands[0] - bands[1]) * np.concatenate([seen.repeat(3, 2), seen * 0 + 1], 2)
        else:
            difference = np.abs(np.asarray(strips, int) - np.asarray(whole, int))
        assert difference.max() <= 2, (mode, size)
