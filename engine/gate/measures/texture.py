"""Noise and sharpness, on native pixels or close to them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.sentence import Sentence
from engine.gate.clip import NOISE_KERNEL, Clip
from engine.gate.measure import Reading, measure
from engine.vision.optical_flow import Floats

_TRIPLES = 6
_PANE = 12
_PLAIN = 5
"""Levels of sharpness that do not count: plain surfaces have little to lose."""

_FEWEST_TILES = 20
_BLACK, _WHITE = 12, 243
_EMPTY = 0.25
"""Square levels of noise in a white tile, below which it is as even as paper."""


def grain(clip: Clip, frame: int, shrink: int) -> tuple[Floats, Floats]:
    """A frame's luma shrunk by a whole number, and its noise; kept, because several measures share them."""
    key = (int(frame), shrink)
    if key not in clip.grains:
        clip.grains[key] = _grain(clip.native_luma[frame], shrink)
    return clip.grains[key]


def _grain(native: NDArray[np.uint8], shrink: int) -> tuple[Floats, Floats]:
    """Luma shrunk by a whole number, and its noise by Immerkær's kernel (1996)."""
    height, width = native.shape
    size = (max(1, width // shrink), max(1, height // shrink))
    luma = cv2.resize(native, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return luma, np.asarray(cv2.filter2D(luma, cv2.CV_32F, NOISE_KERNEL), np.float32)


def _tiles(values: Floats, side: int) -> Floats:
    """Means over tiles: float32 ``[h // side, w // side]``."""
    height, width = (length // side for length in values.shape)
    whole = values[: height * side, : width * side]
    if whole.size == 0:
        return np.zeros((0, 0), np.float32)
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _middles(clip: Clip) -> NDArray[np.int64]:
    """Up to six frames, spread over the clip, that have a frame before and one after."""
    return np.unique(np.linspace(1, len(clip) - 2, _TRIPLES).astype(np.int64))


def _independent_noise(clip: Clip, shrink: int, side: int, percentile: float) -> float:
    """Noise that is new in each frame, in levels after shrinking.

    With ``e = grain(t) - grain(t-1)``, new noise of variance v gives ``mean(e(t) e(t+1)) = -v``; noise that
    stays gives 0. It is measured in the calmer tiles, so that moving texture does not count.
    """
    found = []
    for t in _middles(clip):
        (_, before), (light, now), (_, after) = (grain(clip, frame, shrink) for frame in (t - 1, t, t + 1))
        brightness = _tiles(light, side)
        # In black and white tiles noise is clipped away.
        variances = -_tiles((now - before) * (after - now), side)[
            (brightness > _BLACK) & (brightness < _WHITE)
        ]
        if variances.size >= _FEWEST_TILES:
            found.append(float(np.percentile(variances, percentile)))
    return max(0.0, float(np.median(found))) ** 0.5 if found else 0.0


@measure(unit="levels", words=Sentence("the picture is noisy"), usual=0.28, warn=3.96, reject=6.0, frames=3)
def fresh_noise(clip: Clip) -> Reading:
    """Noise of single pixels, new in each frame, at half size in the calmest tenth of the tiles.

    At half size the dither of GIFs averages out; white noise does not.
    """
    return Reading(_independent_noise(clip, shrink=2, side=12, percentile=10))


@measure(unit="levels", words=Sentence("blotches come and go"), usual=0.05, warn=3.6, reject=8.5, frames=3)
def fresh_blotches(clip: Clip) -> Reading:
    """Noise of eight native pixels, the size of a latent, new in each frame."""
    return Reading(_independent_noise(clip, shrink=8, side=6, percentile=20))


@measure(
    unit="levels",
    words=Sentence("there is noise over the picture"),
    usual=0.63,
    warn=6.96,
    reject=6.96,
    frames=3,
)
def noise(clip: Clip) -> Reading:
    """:func:`quiet_noise` of the median frame."""
    return Reading(float(np.median([quietest(*grain(clip, t, 2)) for t in _middles(clip)])))


def quiet_noise(native: NDArray[np.uint8]) -> float:
    """Noise at half size in the quietest 4 % of the tiles but black and noisy white ones, in levels."""
    return quietest(*_grain(native, 2))


def quietest(luma: Floats, noise: Floats) -> float:
    """The same, from the results of :func:`grain`."""
    brightness, power = _tiles(luma, 12), _tiles(noise * noise, 12)
    # Noise over white is clipped by half, not away: a page's empty paper is proof that there is none.
    usable = power[(brightness > _BLACK) & ((brightness < _WHITE) | (power < _EMPTY))]
    return float(np.sqrt(np.percentile(usable, 4))) if usable.size >= _FEWEST_TILES else 0.0


@measure(
    unit="log units", words=Sentence("the picture gets blurry"), usual=0.06, warn=1.02, reject=1.02, frames=2
)
def blur_collapses(clip: Clip) -> Reading:
    """Log of the sharpness in the first quarter of the clip over the lowest later on.

    Sharpness is the mean of the strongest tenth of the Laplacian on native pixels over contrast, in up to a
    dozen frames. That of the strongest hundredth must fall as well: a drawing whose lines get covered has
    fewer edges, but they are as sharp as before. And both must fall without the contrast as well: dark hair
    that fills the picture adds to the contrast, and takes away no edge.
    """
    frames = np.unique(np.linspace(0, len(clip) - 1, 12).astype(np.int64))
    sharpness = []
    for t in frames:
        edges = np.abs(cv2.Laplacian(clip.native_luma[t], cv2.CV_16S, ksize=3)[::2, ::3])
        strongest = np.log(np.array([_strongest(edges, 10), _strongest(edges, 100)]) + _PLAIN)
        sharpness.append(np.append(strongest - np.log(float(clip.contrast[t]) + 6), strongest))
    first = np.median(sharpness[: max(1, len(sharpness) // 4)], axis=0)
    falls = (first - sharpness).min(axis=1)
    worst = int(falls.argmax())
    return Reading(max(0.0, float(falls[worst])), int(frames[worst]))


@measure(unit="levels", frames=3)
def usual_fresh_noise(clip: Clip) -> Reading:
    """Noise of single pixels, new in each frame, at half size in the median tile."""
    return Reading(_independent_noise(clip, shrink=2, side=12, percentile=50))


@measure(unit="levels", frames=3)
def usual_fresh_blotches(clip: Clip) -> Reading:
    """Noise of eight native pixels, new in each frame, in the median tile."""
    return Reading(_independent_noise(clip, shrink=8, side=6, percentile=50))


@measure(unit="log units", frames=4)
def small_blur(clip: Clip) -> Reading:
    """Log of the small frames' sharpness at the start over that at the end."""
    last = len(clip) - 1
    start, end = (
        np.mean([_edge_strength(clip.luma[t]) for t in pair]) for pair in ((0, 1), (last - 1, last))
    )
    return Reading(float(np.log(start / end)))


def _edge_strength(luma: Floats) -> float:
    edges = np.abs(cv2.Laplacian(luma, cv2.CV_32F, ksize=3))
    return (_strongest(edges[::2, ::2], 10) + _PLAIN) / (float(luma.std()) + 6)


def _strongest(edges: NDArray[np.number], part: int) -> float:
    """Mean of the strongest tenth, hundredth, … A percentile would miss the few edges of a drawing."""
    flat = edges.ravel()
    count = max(1, flat.size // part)
    return float(np.partition(flat, flat.size - count)[-count:].mean())


@measure(unit="levels", frames=4)
def grain_stays(clip: Clip) -> Reading:
    """Grain, at half size, that stays in place over a moving picture, like dirt on a pane."""
    found = []
    height, width = (side // 2 // _PANE for side in clip.native_luma.shape[1:])
    if not height * width:
        return Reading(0.0)
    for t in np.unique(np.linspace(0, len(clip) - 3, 4).astype(np.int64)):
        travel = np.abs(clip.flows[t] + clip.flows[t + 1]).max(axis=2)
        moving = cv2.resize(travel, (width, height), interpolation=cv2.INTER_AREA) > 1
        (light, one), (_, other) = (grain(clip, frame, 2) for frame in (t, t + 2))
        brightness = _tiles(light, _PANE)
        usable = moving & (brightness > _BLACK) & (brightness < _WHITE)
        if usable.sum() >= _FEWEST_TILES:
            found.append(float(np.percentile(_tiles(one * other, _PANE)[usable], 30)))
    return Reading(max(0.0, float(np.median(found))) ** 0.5 if found else 0.0)
