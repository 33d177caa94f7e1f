"""Faces from photographs, whole and out of shape, as a network meets them that learns to tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.meaning_faults import inside
from engine.gate.meaning import shape
from engine.gate.meaning.shape import EYES, Crop
from engine.vision.deformation import ANSWERS, FACE, MIDDLE, SIDE
from engine.vision.eyes import Eyes
from engine.vision.optical_flow import Floats, grid

Grey = NDArray[np.uint8]
Rng = np.random.Generator

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
NARROWEST, SUREST, LONGEST = 56.0, 0.7, 640
"""Pixels of a face's width and the detector's certainty that it takes; longer pictures are made smaller."""

FINER, ROOM = 2, 224
"""How much finer the kept faces are than what the network sees, and pixels of their squares."""
CENTRE = (112.0, 105.28)
"""Where the middle of the face is in such a square."""

BEND, SLIDE, GONE = (0.03, 0.16), (0.04, 0.22), (0.5, 1.0)
"""How far a face bends and a mouth slides, in widths, and how much of an eye goes."""


@dataclass(frozen=True)
class Photographed:
    """A face.

    Attributes:
        picture: uint8 ``[ROOM, ROOM]``.
        points: of its mesh, float32 ``[468, 2]``, widths from the middle.
    """

    picture: Grey
    points: Floats


def faces(folders: list[Path], eyes: Eyes) -> Iterator[Photographed]:
    """The largest face of every picture under the folders."""
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        picture = cv2.imread(str(path)) if path.suffix.lower() in PICTURES else None
        if picture is not None:
            yield from _face_of(picture, eyes)


def kept(folders: list[Path], eyes: Eyes, cache: Path | None) -> list[Photographed]:
    """The same, from a file if they were found before."""
    if cache is None or not cache.exists():
        found = list(faces(folders, eyes))
        if cache is not None:
            points = np.stack([face.points for face in found])
            np.savez(cache, crops=np.stack([face.picture for face in found]), points=points)
        return found
    with np.load(cache) as known:
        pairs = zip(known["crops"], known["points"], strict=True)
        return [Photographed(picture, points[:, :2].astype(np.float32)) for picture, points in pairs]


def _face_of(picture: NDArray[Any], eyes: Eyes) -> Iterator[Photographed]:
    scale = min(1.0, LONGEST / max(picture.shape[:2]))
    smaller = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    shown = np.ascontiguousarray(smaller[..., ::-1], np.uint8)
    found = [face for face in eyes.faces(shown) if face.box.width >= NARROWEST and face.certainty >= SUREST]
    mesh = eyes.mesh(shown, max(found, key=lambda face: face.box.area)) if found else None
    if mesh is not None:
        luma = np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), np.uint8)
        crop = Crop(luma, mesh)
        there = crop.there.astype(np.float64) * FINER
        there[:, 2] += np.array(CENTRE) - np.array(shape.MIDDLE) * FINER
        square = cv2.warpAffine(
            luma,
            there.astype(np.float32),
            (ROOM, ROOM),
            flags=cv2.INTER_AREA,
            borderMode=cv2.BORDER_REPLICATE,
        )
        yield Photographed(np.asarray(square, np.uint8), crop.points[:, :2].astype(np.float32))


def shown(face: Photographed, fault: int | None, strength: float, rng: Rng) -> Grey:
    """One view of a face, as the network may meet it.

    Args:
        face: to show.
        fault: place in :data:`~engine.vision.deformation.ANSWERS`; None: it is whole.
        strength: 0 … 1, within the ranges above.
        rng: chance.
    """
    picture, at = face.picture, _view(rng)
    if fault is not None and ANSWERS[fault] == "eye gone":
        picture = _without_eye(face, _within(GONE, strength), rng)
    elif fault is not None:
        at = at - FINER * FACE * _field(face, at, ANSWERS[fault], strength, rng)
    seen = cv2.remap(
        _lit(_blurred(picture, rng), rng),
        at.astype(np.float32),
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # type: ignore[call-overload]
    made = np.clip(seen, 0, 255).astype(np.uint8)
    made = np.ascontiguousarray(made[:, ::-1] if rng.random() < 0.5 else made)
    return _compressed(made, rng)


def _within(bounds: tuple[float, float], strength: float) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * strength


def _view(rng: Rng) -> Floats:
    """Where in a face's square each pixel is read: turned, moved, scaled and stretched a little."""
    x, y = ((grid(SIDE, SIDE)[..., n] + 0.5 - MIDDLE[n]) * FINER * rng.uniform(0.94, 1.07) for n in (0, 1))
    turn, lean = rng.normal() * 0.04, rng.normal(size=2) * 0.025
    across = np.cos(turn) * x - np.sin(turn) * y + lean[0] * y
    down = np.sin(turn) * x + np.cos(turn) * y + lean[1] * x
    shift = CENTRE + rng.normal(size=2) * 0.025 * FINER * FACE
    return np.dstack([across, down]).astype(np.float32) + shift.astype(np.float32)


def _field(face: Photographed, at: Floats, fault: str, strength: float, rng: Rng) -> Floats:
    """By how much each place moves, in widths of the face."""
    away = (at - np.asarray(CENTRE, np.float32)) / (FINER * FACE)
    low, high = face.points[:, 1].min(), face.points[:, 1].max()
    x, y = away[..., 0] / 0.5, (away[..., 1] - (low + high) / 2) / max(0.25, (high - low) / 2)
    if fault == "mouth slid":
        lower = np.clip((y - 0.05) / 0.3, 0, 1) * inside(x, y, 0.95, 1.4)
        moved = lower * _within(SLIDE, strength) * rng.choice([-1, 1])
        return np.dstack([moved, np.zeros_like(moved)])
    count = int(rng.integers(3, 5))
    waves = [
        cv2.resize(rng.normal(size=(count, count)), (65, 65), interpolation=cv2.INTER_CUBIC) for _ in range(2)
    ]
    places = np.dstack([x, y]).astype(np.float32) * 28 + 32
    read = [
        cv2.remap(wave.astype(np.float32), places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
        for wave in waves
    ]
    most = max(float(np.hypot(*waves).max()), 1e-6)
    reach = _within(BEND, strength) / most * inside(x, y, 0.8, 1.3)
    return np.asarray(np.dstack(read) * reach[..., None], np.float32)


def _without_eye(face: Photographed, gone: float, rng: Rng) -> Grey:
    """One eye painted over with skin."""
    middle = face.points[list(EYES[int(rng.integers(2))])].mean(axis=0) * FINER * FACE + CENTRE
    x, y = (grid(ROOM, ROOM) - middle.astype(np.float32)).transpose(2, 0, 1) / (FINER * FACE)
    hole = np.hypot(x / rng.uniform(0.14, 0.2), y / rng.uniform(0.09, 0.13))
    skin = cv2.inpaint(face.picture, (hole < 1).astype(np.uint8), 5, cv2.INPAINT_TELEA)
    skin = cv2.GaussianBlur(skin, (0, 0), rng.uniform(1, 4))
    weight = np.clip((1.2 - hole) / 0.4, 0, 1) * gone
    return np.asarray(face.picture * (1 - weight) + skin * weight + 0.5, np.uint8)


def _blurred(picture: Grey, rng: Rng) -> Grey:
    """As large as faces are in clips, and enlarged again."""
    larger = FINER * FACE / rng.uniform(45, 130)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.7, 0.45 * np.sqrt(max(larger**2 - 1, 0)))))


def _lit(picture: Grey, rng: Rng) -> Floats:
    """With light from one side, in four of ten."""
    if rng.random() > 0.4:
        return picture.astype(np.float32)
    across, down = rng.normal(size=2) * 0.25
    x, y = (grid(*picture.shape[:2]) / ROOM - 0.5).transpose(2, 0, 1)
    return np.asarray(np.clip(picture * (1 + across * x + down * y), 0, 255), np.float32)


def _compressed(picture: Grey, rng: Rng) -> Grey:
    if rng.random() > 0.3:
        return picture
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 90))])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8)
