"""The dolly zoom: what is near keeps its size while everything behind it comes closer."""

from __future__ import annotations

import cv2
import numpy as np

from engine.effects.scene import Painter, Pixels, Plane, Scene, ease, mixed, zoomed

BEHIND = 0.3
"""Logarithm of how much the background grows."""
NEAR = -0.05
"""The same for what is near: it shrinks a little, as it does where a lens is turned by hand."""
STRETCH = 0.24
"""Where nothing is certain to be near: how much more the edge grows than the middle."""
PAGE = 0.06
"""A page is only enlarged by this much: letters stay as they are."""


def dolly_zoom(scene: Scene) -> Painter:
    """Hold what stands out and let the rest come closer; without anything that does, stretch the edge."""
    if scene.is_page:
        return _enlarged(scene)
    if scene.subject is None:
        return _stretched(scene)
    mask = _feathered(scene.subject)
    behind = _filled(scene.first, scene.subject)
    rows, columns = np.nonzero(scene.subject > 0.5)  # noqa: PLR2004 (the middle between 0 and 1)
    about = (float(columns.mean()), float(rows.mean()))
    # Where the subject is cut by the lower edge it has to stay there.
    fixed = (about[0], float(scene.size[1]) if rows.max() >= scene.size[1] - 3 else about[1])

    def paint(frame: Pixels, index: int) -> Pixels:
        del frame
        gone = _gone(scene, index) * scene.amount
        if gone <= 0:
            return scene.first
        back = zoomed(behind, float(np.exp(BEHIND * gone)), about)
        near = float(np.exp(NEAR * gone))
        return mixed(back, zoomed(scene.first, near, fixed), _zoomed_plane(mask, near, fixed))

    return paint


def _enlarged(scene: Scene) -> Painter:
    def paint(frame: Pixels, index: int) -> Pixels:
        del frame
        return zoomed(scene.first, 1 + PAGE * _gone(scene, index) * scene.amount, _middle(scene))

    return paint


def _gone(scene: Scene, index: int) -> float:
    share = scene.share(index)
    return ease(1 - abs(2 * share - 1)) if scene.loops else ease(share)


def _middle(scene: Scene) -> tuple[float, float]:
    return scene.size[0] / 2, scene.size[1] / 2


def _stretched(scene: Scene) -> Painter:
    """The middle grows less than the edge, as if the walls came nearer than the door."""
    x, y = scene.grid
    about = scene.centre if scene.faces else _middle(scene)
    away = np.hypot(x - about[0], y - about[1])
    calm = 0.0
    if scene.keep is not None and scene.faces:
        left, top, right, bottom = scene.keep
        calm = float(np.hypot(right - left, bottom - top)) / 2
    far = np.clip((away - calm) / max(1.0, float(away.max()) - calm), 0, 1) ** 2

    def paint(frame: Pixels, index: int) -> Pixels:
        del frame
        gone = _gone(scene, index) * scene.amount
        scale = np.exp(0.05 * gone + STRETCH * gone * far)
        across = (x - about[0]) / scale + about[0]
        down = (y - about[1]) / scale + about[1]
        return np.asarray(
            cv2.remap(
                scene.first,
                across.astype(np.float32),
                down.astype(np.float32),
                cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REFLECT_101,
            ),
            np.uint8,
        )

    return paint


def _feathered(subject: Plane) -> Plane:
    soft = cv2.GaussianBlur(cv2.dilate(subject, np.ones((3, 3), np.uint8)), (0, 0), 1.2)
    return np.asarray(np.clip((soft - 0.15) / 0.7, 0, 1), np.float32)[..., None]


def _filled(picture: Pixels, subject: Plane) -> Pixels:
    """The picture without its subject: what is around it, blurred into the hole from far to near."""
    side = max(3, round(min(picture.shape[:2]) * 0.03)) | 1
    hole = cv2.dilate((subject > 0.08).astype(np.uint8), np.ones((side, side), np.uint8))  # noqa: PLR2004 (its faintest edge)
    left = np.asarray(1 - hole, np.float32)
    filled = np.asarray(picture, np.float32)
    known = left[..., None]
    total, weight = np.zeros_like(filled), np.zeros_like(known)
    for sigma in (3.0, 8.0, 20.0, 50.0, 120.0):
        near = 1 / sigma**2
        weight += near * _soft(known, sigma)
        total += near * _soft(filled * known, sigma)
    guess = total / np.maximum(weight, 1e-6)
    soft = cv2.GaussianBlur(np.asarray(hole, np.float32), (0, 0), side / 4)[..., None]
    return np.asarray(np.clip(filled + (guess - filled) * np.maximum(soft, 1 - known), 0, 255), np.uint8)


def _soft(levels: Plane, sigma: float) -> Plane:
    shrink = max(1, int(sigma // 4))
    high, wide = levels.shape[:2]
    small = cv2.resize(levels, (max(1, wide // shrink), max(1, high // shrink)), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    grown = cv2.resize(soft, (wide, high), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown if levels.shape[2] > 1 else grown[..., None], np.float32)


def _zoomed_plane(plane: Plane, scale: float, about: tuple[float, float]) -> Plane:
    matrix = cv2.getRotationMatrix2D(about, 0.0, scale)
    size = (plane.shape[1], plane.shape[0])
    moved = cv2.warpAffine(plane[..., 0], matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)[..., None]
