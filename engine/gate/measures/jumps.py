"""What happens between two frames and nowhere else in the clip: cuts, junk, torn frames."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.sentence import Sentence
from engine.gate.clip import Clip
from engine.gate.measure import Reading, measure
from engine.vision.likeness import overlap
from engine.vision.optical_flow import Floats

_STANDS_OUT = 1.8
_END = 4
_FEWEST_BEFORE = 3
_SHARPER, _THIN_LINE = 1.15, 2.0
"""What a step may grow by between two frames when the picture moves by a part of a row; and what that of a
line may that is as thin as a row, and so lies in one row in one frame and in two in the next."""
_EVEN_ROWS = 1.0
"""Levels. Where half of the rows are more alike than this, a program drew the picture: a chart, a page."""
_BAND = 6
_ROWS_NEAR = 4


def _distances(clip: Clip) -> Floats:
    """Distance of each frame from its prediction by motion, in detail and colours: float32 ``[T-1]``, 0 … 3.

    A frame whose colours differ from the last frame but match the one before that is a flash, and counts as
    near. So do colours that differ in brightness alone.
    """
    colours = []
    for t in range(len(clip) - 1):
        hops = [(t, t + 1), (t, t + 2), (t - 1, t + 1)]
        near = [overlap(clip.palettes[i], clip.palettes[j]) for i, j in hops if i >= 0 and j < len(clip)]
        colours.append(1 - max(*near, overlap(clip.palettes[t], clip.lit_palettes[t])))
    return np.asarray(1 - clip.likeness + np.array(colours, np.float32), np.float32)


def _residuals(clip: Clip) -> Floats:
    return np.asarray(np.abs(clip.lit_residual).mean(axis=(1, 2)), np.float32)


@measure(unit="0 … 3", words=Sentence("there is a hard cut"), usual=0.05, warn=0.624, reject=1.2, frames=4)
def scene_cut(clip: Clip) -> Reading:
    """How far the largest jump stands above the upper quartile of the clip's own others.

    It counts only where its residual is also 1.8 times theirs: with fast motion, distances are large
    everywhere.
    """
    distances, residuals = _distances(clip), _residuals(clip)
    t = int(distances.argmax())
    if residuals[t] < _STANDS_OUT * (np.percentile(np.delete(residuals, t), 75) + 1):
        return Reading(0.0)
    return Reading(float(distances[t] - np.percentile(np.delete(distances, t), 75)), t + 1)


@measure(unit="0 … 3", words=Sentence("the end is broken"), usual=0.01, warn=0.54, reject=1.2, frames=5)
def broken_end(clip: Clip) -> Reading:
    """The same for the last four transitions, above the 90th percentile of those before."""
    last = min(_END, len(clip) - 1 - _FEWEST_BEFORE)
    distances, residuals = _distances(clip), _residuals(clip)
    t = len(distances) - last + int(distances[-last:].argmax())
    if residuals[t] < _STANDS_OUT * (np.percentile(residuals[:-last], 90) + 1):
        return Reading(0.0)
    return Reading(float(distances[t] - np.percentile(distances[:-last], 90)), t + 1)


@measure(
    unit="pixels of 192", words=Sentence("a frame is torn"), usual=0.17, warn=3.48, reject=14.0, frames=3
)
def torn(clip: Clip) -> Reading:
    """The largest sideways step between bands of rows that appears in one frame and is gone in the next."""
    rows = np.median(clip.flows[..., 0], axis=2)
    if rows.shape[1] <= 2 * _BAND:
        return Reading(0.0)
    bands = np.median(np.lib.stride_tricks.sliding_window_view(rows, _BAND, axis=1), axis=2)
    steps = bands[:, _BAND:] - bands[:, :-_BAND]
    come, go = steps[:-1], steps[1:]
    reversing = np.where(come * go < 0, np.minimum(np.abs(come), np.abs(go)), 0).max(axis=1)
    t = int(reversing.argmax())
    return Reading(float(reversing[t]), t + 1)


def _stands_out(values: Floats) -> tuple[float, int]:
    """Log of the largest over the upper quartile of the others, and where."""
    t = int(values.argmax())
    return float(np.log((values[t] + 1) / (np.percentile(np.delete(values, t), 75) + 1))), t


@measure(unit="log units", frames=4)
def residual_jumps(clip: Clip) -> Reading:
    """The largest mean residual over the upper quartile of the others."""
    value, t = _stands_out(_residuals(clip))
    return Reading(value, t + 1)


@measure(unit="log units", frames=4)
def picture_jumps(clip: Clip) -> Reading:
    """The largest mean change, other than by light, over the upper quartile of the others."""
    lit = clip.luma[1:] * np.exp(-clip.gains)[:, None, None]
    value, t = _stands_out(np.asarray(np.abs(lit - clip.luma[:-1]).mean(axis=(1, 2)), np.float32))
    return Reading(value, t + 1)


@measure(unit="share", frames=4)
def palette_jumps(clip: Clip) -> Reading:
    """The largest change of colours, other than by light, over the upper quartile of the others."""
    changes = np.array([1 - overlap(*pair) for pair in zip(clip.palettes, clip.lit_palettes, strict=False)])
    t = int(changes.argmax())
    return Reading(float(changes[t] - np.percentile(np.delete(changes, t), 75)), t + 1)


@measure(unit="0 … 2", frames=4)
def detail_jumps(clip: Clip) -> Reading:
    """How far the worst correlation with the prediction by motion lies below the median one."""
    t = int(clip.likeness.argmin())
    return Reading(float(np.median(clip.likeness) - clip.likeness[t]), t + 1)


@measure(unit="log units", frames=6)
def end_residual(clip: Clip) -> Reading:
    """The largest residual of the last four transitions over the 90th percentile of those before."""
    residuals = _residuals(clip)
    last = min(_END, len(residuals) - _FEWEST_BEFORE)
    t = len(residuals) - last + int(residuals[-last:].argmax())
    return Reading(float(np.log((residuals[t] + 1) / (np.percentile(residuals[:-last], 90) + 1))), t + 1)


@measure(unit="share of a row", frames=3)
def torn_rows(clip: Clip) -> Reading:
    """Steps between two native rows that neighbouring frames and nearby rows lack: mean of the top three.

    In units of the frame's median step, so that sharp pictures do not count as torn. A thin line that moves
    by a part of a row is sharper in one frame than in the next, so a step counts only as far as it exceeds
    those of the neighbours by more than that.
    """
    if clip.native_luma.shape[1] <= 2 * _ROWS_NEAR:
        return Reading(0.0)
    steps = np.stack([_row_steps(frame) for frame in clip.native_luma])
    near = np.zeros_like(steps)
    for shift in range(2, _ROWS_NEAR + 1):
        near[:, shift:] = np.maximum(near[:, shift:], steps[:, :-shift])
        near[:, :-shift] = np.maximum(near[:, :-shift], steps[:, shift:])
    # A line that moves by a row or two is no tear: nearby rows of the neighbouring frames count too.
    spread = cv2.dilate(steps, np.ones((1, 2 * _ROWS_NEAR + 1), np.uint8))
    other = np.maximum(np.vstack([spread[1:2], spread[:-1]]), np.vstack([spread[1:], spread[-2:-1]]))
    usual = np.median(steps, axis=1, keepdims=True)
    growth = np.where(usual < _EVEN_ROWS, _THIN_LINE, _SHARPER)
    excess = (steps - np.maximum(near, growth * other)) / (usual + 1.5)
    worst = excess.max(axis=1)
    top = np.sort(worst)[-3:]
    return Reading(float(max(0.0, top.mean())), int(worst.argmax()))


def _row_steps(luma: NDArray[np.uint8]) -> Floats:
    change = cv2.absdiff(luma[1:, ::2], luma[:-1, ::2])
    return np.asarray(cv2.reduce(change, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[:, 0], np.float32)
