"""The snow globe: the picture in a ball of glass, and snow that goes around in it."""

from __future__ import annotations

import cv2
import numpy as np

from engine.effects.scene import Area, Painter, Pixels, Plane, Scene, blurred, bytes_of, mixed, smooth

FLAKES = 260
RADIUS = 0.44
"""Of the ball, as a share of the frame's shorter side."""
INSIDE = 0.84
"""What must stay whole lies within this share of the radius."""


def snow_globe(scene: Scene) -> Painter:
    """Glass, a foot, snow. All flakes come back to where they were, so that the clip closes."""
    wide, high = scene.size
    radius = RADIUS * scene.unit
    middle = (wide / 2, high / 2 - 0.035 * scene.unit)
    x, y = scene.grid
    dx, dy = (x - middle[0]) / radius, (y - middle[1]) / radius
    away = np.hypot(dx, dy)
    ball = smooth((1 - away) * radius / 2 + 0.5)[..., None]
    maps = _through_glass(scene, dx, dy, away)
    there = _in_picture(scene, *maps)
    # Past the picture's edge the ball shows its colours only: no mirrored letters, nobody twice.
    soft = blurred(scene.first, scene.unit * 0.08)
    beyond = cv2.remap(soft, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    shade, shine = _glass(dx, dy, away)
    room, foot = _Room(scene), _Foot.of(scene, middle, radius)
    snow = _Snow(scene, middle, radius)

    def paint(frame: Pixels, index: int) -> Pixels:
        inside = cv2.remap(frame, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        lit: Plane = (beyond + (np.asarray(inside, np.float32) - beyond) * there) * shade
        lit = snow.over(lit, scene.share(index))
        lit = lit + (255 - lit) * shine
        around = foot.over(room(frame))
        return mixed(frame, around + (lit - around) * ball, scene.amount)

    return paint


def _through_glass(scene: Scene, dx: Plane, dy: Plane, away: Plane) -> tuple[Plane, Plane]:
    """Which place of the picture each pixel of the ball shows: bent at the rim, straight in the middle."""
    kept = scene.keep or _centre_part(scene)
    about = ((kept[0] + kept[2]) / 2, (kept[1] + kept[3]) / 2)
    needed = float(np.hypot(kept[2] - kept[0], kept[3] - kept[1])) / 2 / INSIDE
    # As much as the ball can show of the picture, and at least what must stay whole.
    reach = max(needed, scene.unit / 2 * 0.98)
    bend = 1 + 0.16 * smooth((away - 0.72) / 0.28)
    place = []
    for point, side, offset in zip(about, scene.size, (dx, dy), strict=True):
        spare = max(0.0, side / 2 - reach)
        held = float(np.clip(point, side / 2 - spare, side / 2 + spare))
        place.append(np.asarray(held + offset * bend * reach, np.float32))
    return place[0], place[1]


def _in_picture(scene: Scene, x: Plane, y: Plane) -> Plane:
    """Where a place lies in the picture, softly: 0 … 1, float32 ``[H, W, 1]``."""
    wide, high = scene.size
    edge = np.minimum(np.minimum(x, wide - 1 - x), np.minimum(y, high - 1 - y))
    return smooth(edge / (0.02 * scene.unit) + 0.5)[..., None]


def _centre_part(scene: Scene) -> Area:
    wide, high = scene.size
    return wide * 0.25, high * 0.25, wide * 0.75, high * 0.75


def _glass(dx: Plane, dy: Plane, away: Plane) -> tuple[Plane, Plane]:
    """How dark the glass gets towards the rim, and where it mirrors a window; float32 ``[H, W, 1]``."""
    shade = 1 - 0.5 * smooth((away - 0.78) / 0.22)
    window = np.exp(-(((dx + 0.45) / 0.2) ** 2 + ((dy + 0.58) / 0.1) ** 2))
    rim = np.exp(-(((away - 0.96) / 0.022) ** 2)) * np.clip(-dy * 0.6 - dx * 0.5 + 0.25, 0, 1)
    shine = np.clip(0.5 * window + 0.5 * rim, 0, 0.7)
    return np.asarray(shade, np.float32)[..., None], np.asarray(shine, np.float32)[..., None]


class _Room:
    """What is around the ball: the picture, far out of focus and dark. Blurred once: it hardly moves."""

    def __init__(self, scene: Scene) -> None:
        soft = blurred(scene.first, scene.unit * 0.07)
        self._seen = np.asarray(soft * 0.42 * (1 - 0.5 * scene.vignette) + (6, 8, 14), np.float32)

    def __call__(self, frame: Pixels) -> Plane:
        del frame
        return self._seen


class _Foot:
    """The wooden foot of the ball, and the shadow below it."""

    def __init__(self, paint: Pixels, cover: Plane) -> None:
        self._paint, self._cover = paint, cover

    @classmethod
    def of(cls, scene: Scene, middle: tuple[float, float], radius: float) -> _Foot:
        """Draw it once."""
        wide, high = scene.size
        paint = np.zeros((high, wide, 3), np.uint8)
        cover = np.zeros((high, wide), np.uint8)
        top, bottom = middle[1] + 0.8 * radius, min(high - 2.0, middle[1] + 1.2 * radius)
        steps = 40
        for step in range(steps):
            y = top + (bottom - top) * step / steps
            half = radius * (0.62 + 0.14 * (step / steps) ** 0.6)
            lit = (96, 58, 34) if step > 6 else (150, 98, 58)  # noqa: PLR2004 (its upper edge catches the light)
            lit = (132, 86, 52) if step in (7, 30) else lit
            axes = (round(half), round(half * 0.16))
            for picture, colour in ((paint, lit), (cover, (255,))):
                cv2.ellipse(picture, (round(middle[0]), round(y)), axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
        x, _ = scene.grid
        across = np.abs(x - middle[0]) / (0.78 * radius)
        rounded = np.clip(1.12 - 0.75 * across**2, 0.2, 1.2)[..., None]
        shaped = bytes_of(np.asarray(paint, np.float32) * rounded)
        return cls(shaped, np.asarray(cover, np.float32)[..., None] / 255)

    def over(self, room: Plane) -> Plane:
        """The foot in the room, levels."""
        return np.asarray(room + (self._paint - room) * self._cover, np.float32)


class _Snow:
    """Flakes that go around in the ball, each a whole number of times in a clip."""

    def __init__(self, scene: Scene, middle: tuple[float, float], radius: float) -> None:
        rng = scene.chance(1)
        self._middle, self._radius = middle, radius
        self._depth = rng.uniform(0.35, 1.0, FLAKES)
        self._x = rng.uniform(-1, 1, FLAKES)
        self._y = rng.uniform(0, 2.1, FLAKES)
        self._swing = rng.uniform(0, 2 * np.pi, FLAKES)
        self._wide = rng.uniform(0.03, 0.1, FLAKES)
        # The nearer ones fall faster; the slowest needs the clip to fall once.
        self._falls = np.maximum(1, np.round(self._depth * scene.seconds / 2.6))

    def over(self, lit: Plane, share: float) -> Plane:
        """The flakes over the picture in the ball, levels."""
        x = self._x + self._wide * np.sin(2 * np.pi * share * self._falls + self._swing)
        y = (self._y + 2.1 * self._falls * share) % 2.1 - 1.05
        layer = np.zeros(lit.shape[:2], np.uint8)
        for at in range(FLAKES):
            if np.hypot(x[at], y[at]) > 0.97:  # noqa: PLR2004 (behind the rim)
                continue
            place = np.array([x[at], y[at]]) * self._radius + self._middle
            size = max(1.0, self._radius * 0.014 * self._depth[at])
            centre = np.round(place * 16).astype(int)
            cv2.circle(
                layer, centre.tolist(), round(size * 16), round(250 * self._depth[at]), -1, cv2.LINE_AA, 4
            )
        soft = cv2.GaussianBlur(layer, (0, 0), max(0.6, self._radius * 0.003))
        cover = np.asarray(soft, np.float32)[..., None] / 255
        return np.asarray(lit + (252 - lit) * cover, np.float32)
