"""A clip as the gate sees it: checked once; whatever several measures need is computed once.

Temporal measures work at 192 pixels on the long side, where re-compression, grain and the size of the clip
no longer matter; noise, sharpness and torn rows are measured on native pixels, where they show.
"""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.vision.crop import cover
from engine.vision.likeness import correlation, detail, overlap, palette
from engine.vision.optical_flow import ULTRAFAST, Floats, dense, grid, read

LONG_SIDE = 192
"""Pixels of the longer side of the small frames."""

_FLOW_SIDE = 32
"""Pixels of the short side below which optical flow finds nothing: the frames count as unmoved."""

ENCODERS_STEP = 0.15
"""Standard deviation in levels of a whole frame's mean colour after H.264 at our quality.

Frames that are predicted from others are rounded in another way than those that are not. It was measured by
:mod:`benchmarks.finished_clips`.
"""

NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
"""Immerkær's kernel (1996): what is left of a picture behind it is noise."""

_CHANNELS = 3
_DARK = 16
BLACK, WHITE = 3, 252
_TILES = 8
_HARDLY = 4
"""Levels of change below which a transition may stand still."""


class Clip:
    """The frames, small versions of them, and how each follows from the one before.

    A *transition* ``t`` leads from frame ``t`` to frame ``t + 1``; a clip of T frames has T-1 of them.

    Attributes:
        frames: uint8 ``[T, H, W, 3]``, RGB. Values that were not finite are black here.
        reference: the input picture, uint8 ``[H, W, 3]``, cropped and scaled to the frames, or None.
        fps: frames per second.
        travels: the camera was asked to move.
        encoded: the frames come from a finished file, not from a model.
        broken_frames: indices of the frames that hold NaN or an infinity.
        grains: results of :func:`engine.gate.measures.texture.grain` so far, by frame and size.
    """

    def __init__(
        self,
        frames: NDArray[np.uint8] | Floats,
        reference: NDArray[np.uint8] | None,
        fps: float,
        *,
        travels: bool = False,
        encoded: bool = False,
    ) -> None:
        _check(frames, reference, fps)
        self.fps = fps
        self.travels = travels
        self.encoded = encoded
        self.broken_frames: list[int] = []
        self.grains: dict[tuple[int, int], tuple[Floats, Floats]] = {}
        self.frames: NDArray[np.uint8]
        if frames.dtype == np.uint8:
            self.frames = frames.astype(np.uint8, copy=False)
        else:
            self.frames = np.empty(frames.shape, np.uint8)
            for index, given in enumerate(frames):
                frame = given
                # A sum meets every NaN and infinity, at a fifth of the cost of isfinite().
                if not np.isfinite(given.sum(dtype=np.float64)):
                    self.broken_frames.append(index)
                    frame = np.nan_to_num(given, nan=0.0, posinf=0.0, neginf=0.0)
                self.frames[index] = np.clip(frame * 255.0 + 0.5, 0, 255)
        height, width = self.frames.shape[1:3]
        self.reference = None if reference is None else cover(reference, width, height)

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.frames)

    def shrink(self, picture: NDArray[np.uint8]) -> Floats:
        """A picture of the frames' size, at the small size: float32 ``[h, w, 3]``, levels 0 … 255."""
        height, width = picture.shape[:2]
        scale = min(1.0, LONG_SIDE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)

    @cached_property
    def small(self) -> Floats:
        """float32 ``[T, h, w, 3]``, levels 0 … 255, 192 px on the long side or less."""
        return np.stack([self.shrink(frame) for frame in self.frames])

    @property
    def input(self) -> NDArray[np.uint8]:
        """The reference, for measures that need one.

        Raises:
            ValueError: there is none.
        """
        if self.reference is None:
            raise ValueError("this clip has no input picture")
        return self.reference

    @cached_property
    def small_input(self) -> Floats:
        """The reference at the small size, float32 ``[h, w, 3]``, levels."""
        return self.shrink(self.input)

    @cached_property
    def luma(self) -> Floats:
        """Luma of the small frames (BT.601), float32 ``[T, h, w]``, levels."""
        return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in self.small])

    @cached_property
    def native_luma(self) -> NDArray[np.uint8]:
        """Luma of the frames as they are, uint8 ``[T, H, W]``."""
        return np.stack([luma_of(frame) for frame in self.frames])

    @cached_property
    def chroma(self) -> Floats:
        """Mean :func:`saturation` of each small frame, float32 ``[T]``, levels."""
        return np.array([saturation(frame) for frame in self.small], np.float32)

    @cached_property
    def channel_means(self) -> Floats:
        """Log of each channel's mean in each frame, at the first one's brightness: float32 ``[T, 3]``."""
        means = np.array([cv2.mean(frame)[:_CHANNELS] for frame in self.small], np.float32)
        return np.asarray(np.log(means / self.light[:, None] + 4), np.float32)

    @cached_property
    def contrast(self) -> Floats:
        """Standard deviation of each small frame's luma, float32 ``[T]``, levels."""
        return np.asarray(self.luma.std(axis=(1, 2)), np.float32)

    @cached_property
    def flows(self) -> Floats:
        """Where the pixels of each transition were before: float32 ``[T-1, h, w, 2]``, in small pixels.

        DIS optical flow (Kroeger et al. 2016); zero where a side is too short for it.
        """
        height, width = self.luma.shape[1:]
        flows = np.zeros((len(self) - 1, height, width, 2), np.float32)
        if min(height, width) >= _FLOW_SIDE:
            eight = self.luma.astype(np.uint8)
            for t in range(len(self) - 1):
                flows[t] = dense(eight[t + 1], eight[t], ULTRAFAST)
        return flows

    @cached_property
    def followed(self) -> Floats:
        """For each transition the earlier small frame, moved onto the later one: float32 ``[T-1, h, w, 3]``.

        What still differs is light, noise, newly seen background and damage.
        """
        places = grid(*self.luma.shape[1:])
        moved = np.empty_like(self.small[:-1])
        for t, flow in enumerate(self.flows):
            moved[t] = read(self.small[t], places + flow)
        return moved

    @cached_property
    def followed_luma(self) -> Floats:
        """Luma of :attr:`followed`, float32 ``[T-1, h, w]``."""
        moved = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in self.followed]
        return np.stack(moved) if moved else self.luma[:0]

    @cached_property
    def residual(self) -> Floats:
        """What motion does not explain: luma minus the luma predicted by motion, ``[T-1, h, w]``, levels."""
        return np.asarray(self.luma[1:] - self.followed_luma, np.float32)

    @cached_property
    def lit_residual(self) -> Floats:
        """The residual less what a change of the frame's brightness explains: ``[T-1, h, w]``, levels."""
        by_light = np.expm1(self.gains)[:, None, None] * (self.followed_luma + _DARK)
        return np.asarray(self.residual - by_light, np.float32)

    @cached_property
    def residual_bands(self) -> tuple[Floats, Floats, Floats]:
        """:attr:`lit_residual` in three bands: below 1.2 px, up to 4 px, and coarser; levels."""
        lit = self.lit_residual
        fine = np.stack([cv2.GaussianBlur(field, (0, 0), 1.2) for field in lit])
        coarse = np.stack([_softened(field) for field in fine])
        return np.asarray(lit - fine, np.float32), np.asarray(fine - coarse, np.float32), coarse

    @cached_property
    def brightening(self) -> Floats:
        """``log((now + 16) / (predicted + 16))`` of luma, every second pixel: ``[T-1, h/2, w/2]``."""
        now, before = self.luma[1:, ::2, ::2], self.followed_luma[:, ::2, ::2]
        return np.asarray(np.log((now + _DARK) / (before + _DARK)), np.float32)

    @cached_property
    def gains(self) -> Floats:
        """By how much each transition brightens the same content: float32 ``[T-1]``, log units.

        The median over the frame, so that motion and small objects cancel.
        """
        return medians(self.brightening[..., None])[:, 0]

    @cached_property
    def encoders_tints(self) -> Floats:
        """By how much an encoder's rounding moves a whole frame's red, green and blue: float32 ``[3]``.

        In log units. Zero where the frames have never been encoded.
        """
        means = np.array([cv2.mean(frame)[:_CHANNELS] for frame in self.small], np.float32).mean(axis=0)
        return np.asarray(self.encoded * ENCODERS_STEP / (means + _DARK), np.float32)

    @cached_property
    def light(self) -> Floats:
        """Brightness of the same content relative to the first frame, float32 ``[T]``: gains, accumulated."""
        return np.exp(np.append(np.float32(0), np.cumsum(self.gains)), dtype=np.float32)

    @cached_property
    def relit(self) -> Floats:
        """The later small frames at the brightness of the frame before: float32 ``[T-1, h, w, 3]``, levels.

        Otherwise ratios of colours would take a fade of a dark picture for a tint.
        """
        return np.asarray(self.small[1:] * np.exp(-self.gains)[:, None, None, None], np.float32)

    @cached_property
    def tints(self) -> Floats:
        """How much each transition changes red, green and blue over luma: float32 ``[T-1, 3]``, log units."""
        now, before = self.relit[:, ::2, ::2], self.followed[:, ::2, ::2]
        bright = self.luma[1:, ::2, ::2] * np.exp(-self.gains)[:, None, None]
        bright = np.log((bright + _DARK) / (self.followed_luma[:, ::2, ::2] + _DARK))
        return medians(np.log((now + _DARK) / (before + _DARK)) - bright[..., None])

    @cached_property
    def tile_gains(self) -> Floats:
        """Like :attr:`gains`, over an 8x8 grid and relative to the whole frame: float32 ``[T-1, 64]``."""
        light = self.brightening
        rows, columns = (max(1, side // _TILES) for side in light.shape[1:])
        light = light[:, : rows * _TILES, : columns * _TILES]
        down, across = light.shape[1] // rows, light.shape[2] // columns
        medians = np.median(light.reshape(len(light), down, rows, across, columns), axis=(2, 4))
        return np.asarray(medians.reshape(len(light), down * across) - self.gains[:, None], np.float32)

    @cached_property
    def likeness(self) -> Floats:
        """Correlation of detail between each frame and its prediction by motion, float32 ``[T-1]``, -1 … 1.

        Detail is a difference of Gaussians (1 and 6 px), so that light alone does not lower it.
        """
        return np.array(
            [
                correlation(detail(now), detail(before))
                for now, before in zip(self.luma[1:], self.followed_luma, strict=True)
            ],
            np.float32,
        )

    @cached_property
    def changes(self) -> Floats:
        """How much each transition changes, float32 ``[T-1]``, levels.

        The 99th percentile of luma change, or a third of the change of the busiest 5x5 patch if that is more:
        a ball that rolls through a still picture may be less than one pixel in a hundred. Where light hardly
        changes, colours count as well: what moves may be as bright as its background.
        """
        changes = np.zeros(len(self) - 1, np.float32)
        for t in range(len(self) - 1):
            change = cv2.absdiff(self.luma[t + 1], self.luma[t])
            flat = change.ravel()
            rank = int(0.99 * (flat.size - 1))
            changes[t] = max(np.partition(flat, rank)[rank], cv2.blur(change, (5, 5)).max() / 3)
            if changes[t] < _HARDLY:
                colours = cv2.blur(self.small[t + 1] - self.small[t], (5, 5))
                changes[t] = max(changes[t], np.abs(colours).max() / 3)
        return changes

    @cached_property
    def lit_palettes(self) -> Floats:
        """Palettes of the later frames at the brightness of the frame before: float32 ``[T-1, 512]``."""
        return np.stack([palette(np.minimum(frame, 255)) for frame in self.relit])

    def colours_gone(self, start: Floats) -> float:
        """Share of a palette's colours that the last sixth of the clip lacks, 0 … 1. A fade loses none."""
        last = slice(len(self) - max(1, len(self) // 6), None)
        lit = self.small[last] / self.light[last, None, None, None]
        relit = np.mean([palette(np.minimum(frame, 255)) for frame in lit], axis=0)
        return 1 - max(overlap(start, self.palettes[last].mean(axis=0)), overlap(start, relit))

    @cached_property
    def palettes(self) -> Floats:
        """RGB histogram of each small frame, 8 bins a channel, sums to 1: float32 ``[T, 512]``."""
        return np.stack([palette(frame) for frame in self.small])


def luma_of(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The luma of an RGB frame of bytes, uint8 ``[H, W]``."""
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)


def saturation(picture: Floats) -> float:
    """Mean of (largest - smallest channel) of float32 ``[h, w, 3]``, every second pixel, levels."""
    red, green, blue = (picture[::2, ::2, channel] for channel in range(_CHANNELS))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return float(spread.mean())


def medians(fields: Floats) -> Floats:
    """Upper median over each frame of float32 ``[T, h, w, channels]``: ``[T, channels]``."""
    # Eight times as fast as np.median over two axes.
    count, height, width, channels = fields.shape
    flat = np.moveaxis(fields.reshape(count, height * width, channels), 2, 1).copy(order="C")
    middle = flat.shape[2] // 2
    flat.partition(middle, axis=2)
    return flat[..., middle]


def clipped_share(pictures: Floats) -> float:
    """Share of pixels with a channel at its end, every second pixel of float32 ``[..., h, w, 3]``, levels."""
    red, green, blue = (pictures[..., ::2, ::2, channel] for channel in range(_CHANNELS))
    lowest = np.minimum(np.minimum(red, green), blue)
    highest = np.maximum(np.maximum(red, green), blue)
    return float(((lowest < BLACK) | (highest > WHITE)).mean())


def _softened(field: Floats) -> Floats:
    """Blurred by 3.8 px, at half size; after the 1.2 px of the finer band that makes 4."""
    height, width = field.shape
    half = cv2.resize(field, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(cv2.GaussianBlur(half, (0, 0), 1.9), (width, height)), np.float32)


def _check(frames: NDArray[np.uint8] | Floats, reference: NDArray[np.uint8] | None, fps: float) -> None:
    if frames.shape[3:] != (_CHANNELS,):
        raise ValueError(f"frames must be [T, H, W, 3], not {list(frames.shape)}")
    if 0 in frames.shape:
        raise ValueError(f"a clip needs at least one frame and one pixel, not {list(frames.shape)}")
    if frames.dtype != np.uint8 and not np.issubdtype(frames.dtype, np.floating):
        raise ValueError(f"frames must be uint8, or floats in 0 … 1, not {frames.dtype}")
    if reference is not None and (
        reference.ndim != _CHANNELS or reference.shape[2] != _CHANNELS or 0 in reference.shape
    ):
        raise ValueError(f"the reference must be [H, W, 3], not {list(reference.shape)}")
    if reference is not None and reference.dtype != np.uint8:
        raise ValueError(f"the reference must be uint8, not {reference.dtype}")
    if not (np.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be above 0, not {fps}")
