"""Faults of faces as they move each place of a face's coarse grid, put into movements that were recorded.

A fault grows evenly to the end, so a trend of motion with the fault is the sum of the trend without it and of
what the fault does in the end. That makes any number of broken faces of every whole one. How large they are,
where they end and how they taper off is left to chance, wider than :mod:`benchmarks.meaning_faults` has it.
Two whole movements make a third one.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.meaning_faults import inside
from engine.gate.meaning.shape import CELL, COARSE, FACE, MIDDLE, coarse, places, similar
from engine.vision.face_movement import FIELDS, mirrored
from engine.vision.optical_flow import Floats, read

Rng = np.random.Generator
Maker = Callable[[Floats, Floats, Rng], Floats]

_X, _Y = (coarse(axis) for axis in places())
_FLOWS = tuple(FIELDS.index(f"{name} across") for name in ("slope", "late", "early"))
_MESHES = tuple(FIELDS.index(f"{name} across") for name in ("mesh slope", "mesh late"))
_MOTIONS = tuple(
    n for n, name in enumerate(FIELDS) if name.split()[0] in ("slope", "late", "early", "wavers", "mesh")
)
_FACE, _CLEAR = FIELDS.index("face"), FIELDS.index("clear")
_WAVERS = FIELDS.index("wavers")
_CHEST = (np.abs(_X) < 0.6) & (_Y > 0.8) & (_Y < 1.3)
"""Places of neck and chest."""
_ENOUGH = 0.5
"""Share of them without letters, in which a head is seen to slide."""
_STIFF = 0.2
"""Points so far below the face's middle are not stiff: what a face is aligned by lies above."""


def _log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def bends(x: Floats, y: Floats, rng: Rng) -> Floats:
    """A smooth field, in widths; ``x`` and ``y`` are in half the face's sides."""
    count = int(rng.integers(3, 5))
    at = np.dstack([x, y]).astype(np.float32) * 28 + 32
    noise = rng.normal(size=(2, count, count)).astype(np.float32)
    waves = [cv2.resize(wave, (65, 65), interpolation=cv2.INTER_CUBIC) for wave in noise]
    most = max(float(np.hypot(*waves).max()), 1e-6)
    within = inside(x, y, rng.uniform(0.6, 1.0), rng.uniform(1.15, 1.6))
    reach = _log_uniform(rng, 0.03, 0.18) * within / most
    return np.stack([read(np.asarray(wave, np.float32), at) * reach for wave in waves], axis=-1)


def grows(x: Floats, y: Floats, rng: Rng) -> Floats:
    """The face grows, or now and then shrinks, and its head does not."""
    factor = 1 + _log_uniform(rng, 0.09, 0.6)
    factor = 1 / factor if rng.random() < 0.15 else factor
    share = inside(x, y, rng.uniform(0.65, 0.95), rng.uniform(1.3, 1.7)) * (1 - 1 / factor)
    return np.stack([_X * share, _Y * share], axis=-1)


def mouth_slides(x: Floats, y: Floats, rng: Rng) -> Floats:
    """Mouth and chin slide, mostly sideways."""
    lower = np.clip((y - rng.uniform(-0.1, 0.15)) / rng.uniform(0.2, 0.5), 0, 1)
    lower = lower * inside(x, y, rng.uniform(0.8, 1.05), rng.uniform(1.25, 1.6))
    return _to_one_side(lower, 0.2, 1.0, rng)


def head_slides(x: Floats, y: Floats, rng: Rng) -> Floats:
    """The head slides on its body, mostly sideways."""
    above = np.clip((rng.uniform(1.15, 1.55) - y) / rng.uniform(0.15, 0.5), 0, 1)
    above = above * inside(
        x, np.asarray(y * rng.uniform(0.75, 0.95)), rng.uniform(1.5, 1.9), rng.uniform(2.1, 2.6)
    )
    return _to_one_side(above, 0.15, 0.7, rng)


def _to_one_side(share: Floats, upright: float, then: float, rng: Rng) -> Floats:
    """A part slides sideways; of ``upright`` cases up or down, ``then`` times as far."""
    reach = share * _log_uniform(rng, 0.04, 0.24) * rng.choice([-1, 1])
    still = np.zeros_like(reach)
    if rng.random() < upright:
        return np.stack([still, reach * then], axis=-1)
    return np.stack([reach, still], axis=-1)


FAULTS: tuple[Maker, ...] = (bends, grows, mouth_slides, head_slides)
"""In the order of :data:`engine.vision.face_movement.ANSWERS`."""
_FOLLOWED = (True, False, True, False)
"""Whether the mesh's points bend with it, as far as a network follows that."""
_NECK = FAULTS.index(head_slides)
"""The fault that is seen below the face."""


def broken(planes: Floats, points: Floats, fault: int, rng: Rng, *, most: float | None = None) -> Floats:
    """A recorded movement with a fault.

    Args:
        planes: float32 ``[PLANES, h, w]``, see :mod:`engine.vision.face_movement`.
        points: of the face's mesh, float32 ``[468, 3]``, widths.
        fault: its number in :data:`FAULTS`.
        rng: chance.
        most: how far it goes where it goes furthest, in widths; None: as it happens.
    """
    across, down = ((points[:, n].max() - points[:, n].min()) / 2 for n in range(2))
    made = FAULTS[fault](_X / max(across, 0.3), _Y / max(down, 0.3), rng).astype(np.float32)
    if most is not None:
        made *= most / max(float(np.hypot(made[..., 0], made[..., 1]).max()), 1e-6)
    moved = cv2.GaussianBlur(_aligned(made, points), (0, 0), rng.uniform(0.3, 0.9)) * rng.uniform(0.85, 1)
    changed = planes.copy()
    for plane in _FLOWS:
        changed[plane : plane + 2] += moved.transpose(2, 0, 1)
    if _FOLLOWED[fault]:
        seen = cv2.GaussianBlur(moved, (0, 0), 1.5) * (planes[_FACE] * rng.uniform(0.1, 0.6))[..., None]
        for plane in _MESHES:
            changed[plane : plane + 2] += seen.transpose(2, 0, 1)
    return changed


def _aligned(moved: Floats, points: Floats) -> Floats:
    """What is left of a motion once the face is aligned, as the gate does."""
    stiff = points[points[:, 1] <= _STIFF, :2]
    cells = ((stiff * FACE + np.array(MIDDLE)) / CELL - 0.5).round().astype(int)
    at = np.clip(cells, 0, np.array(COARSE)[::-1] - 1)
    turned = similar(stiff, stiff + moved[at[:, 1], at[:, 0]])
    every = np.dstack([_X, _Y])
    return np.asarray(moved - (every @ turned[:, :2].T + turned[:, 2] - every), np.float32)


def joined(planes: Floats, own: float, other: Floats, rng: Rng) -> Floats:
    """A movement and some of what another face did: people move in more ways than were recorded.

    Args:
        planes: float32 ``[PLANES, h, w]``; all that is no motion stays as it is here.
        own: how lively it still is, 0 … 1.
        other: another face's, of the same shape, as likely as not mirrored or the other way round.
        rng: chance.
    """
    added = mirrored(other) if rng.random() < 0.5 else other
    share = rng.uniform()
    moved = planes.copy()
    motions = list(_MOTIONS)
    moved[motions] = own * planes[motions] + rng.choice([-1, 1]) * share * added[motions]
    moved[_WAVERS] = np.hypot(own * planes[_WAVERS], share * added[_WAVERS])
    return moved


def quieter(planes: Floats, share: float) -> Floats:
    """The same movement, so many times as large."""
    moved = planes.copy()
    moved[list(_MOTIONS)] *= share
    return moved


def visible(planes: Floats, fault: int) -> bool:
    """Whether a fault could be seen: that of the neck not where letters lie over the chest."""
    return fault != _NECK or bool(planes[_CLEAR][_CHEST].mean() > _ENOUGH)


def varied(planes: Floats, fault: int | None, rng: Rng) -> Floats:
    """The same movement as another clip might have it: livelier, mirrored, moved, partly under letters.

    Args:
        planes: float32 ``[PLANES, h, w]``.
        fault: that it has, by its number in :data:`FAULTS`; it has to stay in sight.
        rng: chance.
    """
    shown = planes.copy()
    if rng.random() < 0.7:
        shown[list(_MOTIONS)] *= np.exp(rng.normal() * 0.25)
    if rng.random() < 0.5:
        shown = mirrored(shown)
    if rng.random() < 0.5:
        larger, shift = np.exp(rng.normal(size=2) * 0.05), rng.normal(size=2) * 0.8
        there = np.column_stack([np.diag(larger), shift]).astype(np.float32)
        fields = np.ascontiguousarray(shown.transpose(1, 2, 0))
        fields = _warped(fields, there)
        shown = np.ascontiguousarray(fields.transpose(2, 0, 1))
    if rng.random() < 0.2:
        shown[[n for plane in _MESHES for n in (plane, plane + 1)]] = 0
    if fault != _NECK and rng.random() < 0.1:
        shown[: len(FIELDS), int(rng.integers(26, COARSE[0])) :] = 0
    shown[: len(FIELDS), shown[_CLEAR] < 0.5] = 0
    return np.asarray(shown, np.float32)


def _warped(fields: Floats, there: Floats) -> Floats:
    size = COARSE[::-1]
    return np.asarray(cv2.warpAffine(fields, there, size, borderMode=cv2.BORDER_REPLICATE), np.float32)
