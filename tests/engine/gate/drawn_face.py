"""A face that a test draws, with its mesh, and eyes that say where it is."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

from benchmarks.meaning_faults import Place
from engine.gate.meaning.shape import BROWS, COARSE, EYES, LIPS, OVAL, coarse, places
from engine.vision import deformation, face_movement
from engine.vision.box import Box
from engine.vision.eyes import Eye
from engine.vision.face_mesh import POINTS, Mesh
from engine.vision.face_movement import FIELDS, PLANES
from engine.vision.faces import Face
from engine.vision.network import Network

SIZE = 320
MIDDLE = np.array((160.0, 120.0))
WIDTH = 90.0
AT_EYES = ((-0.22, -0.15), (0.22, -0.15))
"""In widths from the middle."""


def mesh(scale=1.0, shift=(0.0, 0.0), yaw=0.0):
    """Points in a bowl, those that have a name in their places."""
    rng = np.random.default_rng(1)
    around, away = rng.uniform(0, 2 * np.pi, POINTS), np.sqrt(rng.uniform(0, 0.9, POINTS))
    flat = np.stack([np.cos(around) * away * 0.5, np.sin(around) * away * 0.62], axis=1)

    def ring(indices, middle, across, down):
        turn = np.linspace(0, 2 * np.pi, len(indices), endpoint=False)
        flat[list(indices)] = np.stack(
            [middle[0] + across * np.cos(turn), middle[1] + down * np.sin(turn)], axis=1
        )

    ring(OVAL, (0, 0), 0.5, 0.62)
    ring(LIPS, (0, 0.33), 0.18, 0.06)
    ring(BROWS, (0, -0.28), 0.35, 0.03)
    for eye, middle, corners in zip(EYES, AT_EYES, ((33, 133), (362, 263)), strict=True):
        ring(eye, middle, 0.1, 0.04)
        for corner, side in zip(corners, (-0.1, 0.1), strict=True):
            flat[corner] = (middle[0] + side, middle[1])
    depth = 0.4 * ((flat[:, 0] / 0.5) ** 2 + (flat[:, 1] / 0.62) ** 2) - 0.4
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    points = np.column_stack([flat, depth]) @ turn.T * WIDTH * scale
    points[:, :2] += MIDDLE + shift
    return Mesh(points=points.astype(np.float32), certainty=1.0)


def picture():
    """Something with detail everywhere, and two dark eyes: uint8 ``[SIZE, SIZE, 3]``."""
    rng = np.random.default_rng(2)
    shade = np.full((SIZE, SIZE), 140, np.float32)
    for blur, contrast in ((16, 30), (6, 18), (3, 6)):
        noise = cv2.GaussianBlur(rng.normal(size=(SIZE, SIZE)).astype(np.float32), (0, 0), blur)
        shade += noise / noise.std() * contrast
    for x, y in AT_EYES:
        at = MIDDLE + np.array((x, y)) * WIDTH
        for radius, level in ((9, 240), (6, 30), (2, 240)):
            cv2.circle(shade, [round(float(v)) for v in at], radius, level, -1, cv2.LINE_AA)
    return np.repeat(shade.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def place():
    """Where the face of :func:`picture` is."""
    x = np.array((1, 0), np.float32)
    eyes = np.array([MIDDLE + np.array(at) * WIDTH for at in AT_EYES], np.float32)
    y = np.array((0, 1), np.float32)
    return Place(
        middle=MIDDLE.astype(np.float32), across=x, down=y, width=WIDTH, height=1.24 * WIDTH, eyes=eyes
    )


def eyes(meshes: list[Mesh | None], *, faces: int = 1, lines: tuple[Any, ...] = (), read: Any = None) -> Any:
    """Eyes that find the drawn face, and give these meshes one after the other, then the last one again."""
    return _Says(meshes, faces, lines, read)


@cache
def _network(path):
    """One that comes with the engine."""
    return Network(path)


class _Says:
    def __init__(self, meshes, faces, lines, words):
        self._meshes, self._faces, self._lines, self._words = list(meshes), faces, lines, words

    def has(self, eye: Eye) -> bool:
        return True

    def faces(self, picture, *, side):
        """Found at the first look; at a second one, which is asked for where a face gets lost, none is."""
        box, count = Box.around(mesh().points), self._faces
        self._faces = 0
        return (Face(box=box, points=np.zeros((5, 2), np.float32), certainty=0.9),) * count

    def mesh(self, picture, face):
        return self._meshes.pop(0) if len(self._meshes) > 1 else self._meshes[0]

    def deformation(self, face):
        return deformation.deformation(face, _network(deformation.PATH))

    def face_movement(self, planes):
        return face_movement.face_movement(planes, _network(face_movement.PATH))

    def body(self, picture, start, *, looks=3):
        return None

    def text(self, picture, *, side):
        return self._lines

    def read(self, picture, line):
        return self._words(picture) if callable(self._words) else self._words


def still_movement():
    """The movement of a face that does not move, all of it in the picture: float32 ``[PLANES, h, w]``."""
    x, y = (coarse(axis) for axis in places())
    planes = np.zeros((len(PLANES), *COARSE), np.float32)
    planes[[FIELDS.index(name) for name in ("seen", "sure", "clear")]] = 1
    planes[FIELDS.index("face")] = np.hypot(x / 0.5, y / 0.62) < 1
    return planes
