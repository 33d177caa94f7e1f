"""What can be said of a video model whose latent frames stand for several, without loading it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.device import GIB
from engine.core.draft_map import DraftMap
from engine.core.precision import EIGHT_BITS, Precision

UMT5 = "wan-umt5"
"""The catalogue's entry of the text encoder, which all of Wan's families share."""

LATENT_FRAMES = 4
"""Frames of the clip that one latent frame stands for; the first frame has one of its own."""


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Bytes of activations, as ``python -m benchmarks.meta_memory`` counts them at full size.

    Attributes:
        token_pixels: pixels of a latent frame's picture that are one token.
        step: for each token of a pass.
        unpacked: while a layer's weights are unpacked, at least.
        held: for each pixel of each frame, while the clip is denoised: what it is drawn by.
        decode: for each pixel of the frame, while a clip is decoded as a whole.
        decoded_frame: for each pixel of each frame of it, beside that.
        tile: while a clip is decoded in tiles.
        tiled_frame: for each pixel of each frame of it, beside that.
        encode: for each pixel, while frames are encoded.
        encoded_frame: for each pixel of each frame that is encoded, beside that.
        encoded_tile: while frames are encoded in tiles.
    """

    token_pixels: int
    step: int
    unpacked: int = 0
    held: int = 0
    decode: int
    decoded_frame: int
    tile: int
    tiled_frame: int
    encode: int
    encoded_frame: int = 0
    encoded_tile: int = 0


@dataclass(frozen=True, kw_only=True)
class Version:
    """What tells one model from another.

    Attributes:
        entry: the catalogue's name of its weights.
        multiple: of both sides, in pixels.
        shift: how far the noise levels are moved towards noise, as its authors advise.
        trained_fps: frames per second of the clips it learned from.
        trained_frames: frames of the longest of them.
        area: pixels of their frames.
        times_each_token: each token is told its own level of noise: the first frame may be clean.
        draft_map: takes its latents to colours.
        footprint: what its activations take.
        transformer, vae: bytes of its models on a card.
        eight_bits: bytes of its transformer that is kept in 8 bits; 0: it cannot be.
        boundary: the share of the noise's time below which a second transformer takes over; 0: there is one
            only.
        tiles_count: a clip decoded in bfloat16 or in tiles counts as one that gives nothing up: as a whole,
            it takes more than twice what the steps do.
    """

    entry: str
    multiple: int
    shift: float
    trained_fps: int
    trained_frames: int
    area: int
    times_each_token: bool
    draft_map: DraftMap
    footprint: Footprint
    transformer: int
    vae: int
    eight_bits: int = 0
    boundary: float = 0.0
    tiles_count: bool = False

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """The size that is drawn for a frame: maybe a few pixels larger; the edges are cut off."""
        across, down = (math.ceil(side / self.multiple) * self.multiple for side in (width, height))
        return across, down

    def memory(self) -> int:
        """Bytes of a card on which nothing that can be seen is given up: its models take turns."""
        clip = self.trained_frames * self.area
        steps = self._steps(Precision.BF16)
        decode = self.area * self.footprint.decode + clip * self.footprint.decoded_frame
        encode = self.area * self.footprint.encode + clip * self.footprint.encoded_frame
        whole = steps if self.tiles_count else max(steps, self.vae + max(decode, encode))
        return whole + GIB // 2  # CUDA's own

    def resident(self) -> Mapping[Precision, int]:
        """Bytes of a card that holds the transformer beside a step, by how its weights are kept."""
        if not self.eight_bits:
            return {}
        return {each: self._steps(each) + GIB // 2 for each in (Precision.BF16, *EIGHT_BITS)}

    def transformer_in(self, precision: Precision) -> int:
        """Bytes of the transformer."""
        return self.eight_bits if precision in EIGHT_BITS else self.transformer

    def _steps(self, precision: Precision) -> int:
        """Bytes of the transformer and a step of the longest clip."""
        latents = (self.trained_frames - 1) // LATENT_FRAMES + 1
        tokens = latents * self.area // self.footprint.token_pixels
        held = self.trained_frames * self.area * self.footprint.held
        return self.transformer_in(precision) + tokens * self.footprint.step + held


def count(frames: int) -> int:
    """One frame, and whole groups of four after it."""
    return frames + (1 - frames) % LATENT_FRAMES
