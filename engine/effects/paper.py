"""Looks on paper: a photograph that develops, and a page that turns from a drawing to the picture."""

from __future__ import annotations

import cv2
import numpy as np

from engine.effects.scene import Area, Painter, Pixels, Plane, Scene, blurred, bytes_of, ease, mixed, smooth

WHITE = np.array([246.0, 243.0, 236.0], np.float32)
CREAM = np.array([243.0, 236.0, 220.0], np.float32)
UNDEVELOPED = np.array([74.0, 70.0, 62.0], np.float32)
TILT, SETTLES = -5.0, 1.4
"""Degrees by which a photograph lies askew at first, and the seconds it takes to lie straight."""


def polaroid(scene: Scene) -> Painter:
    """A photograph with a white border slides in, comes to lie straight, and develops."""
    wide, high = scene.size
    border, below = 0.035 * scene.unit, 0.13 * scene.unit
    # The whole picture is in it, so that nothing is cut off.
    scale = min(0.9 * wide / (wide + 2 * border), 0.93 * high / (high + border + below))
    print_size = (scale * (wide + 2 * border), scale * (high + border + below))
    corner = ((wide - print_size[0]) / 2 + scale * border, (high - print_size[1]) / 2 + scale * border)
    under = np.asarray(blurred(scene.first, scene.unit * 0.09) * 0.4 + (26, 21, 17), np.float32)
    outline = (corner[0] - scale * border, corner[1] - scale * border, *print_size)

    def paint(frame: Pixels, index: int) -> Pixels:
        seconds = index / scene.fps
        settled = ease(seconds / min(SETTLES, scene.seconds / 2))
        turn, drop = TILT * (1 - settled), (1 - settled) * 0.1 * high
        photo = _developed(frame, ease((seconds - 0.5) / max(0.5, scene.seconds * 0.55)))
        matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), turn, 1.0)
        matrix[1, 2] += drop
        shadow = _print_at(outline, (wide, high), matrix, shift=0.02 * scene.unit)
        seen = under * (1 - 0.55 * blurred(shadow, scene.unit * 0.022).reshape(high, wide, 1))
        seen = seen + (WHITE - seen) * _print_at(outline, (wide, high), matrix)[..., None]
        inner = (*corner, scale * wide, scale * high)
        place = matrix @ np.array([[scale, 0, corner[0]], [0, scale, corner[1]], [0, 0, 1]])
        laid = cv2.warpAffine(
            photo, place, (wide, high), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
        )
        seen = seen + (laid - seen) * _print_at(inner, (wide, high), matrix)[..., None]
        return mixed(frame, seen, scene.amount)

    return paint


def _developed(frame: Pixels, gone: float) -> Plane:
    """A photograph that has developed in part: first dark shapes, then light, then colour."""
    seen = np.asarray(frame, np.float32)
    if gone >= 1:
        return seen
    grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.float32)[..., None]
    colour = ease((gone - 0.25) / 0.75)
    toned = grey * np.array([1.0, 0.95, 0.84], np.float32) + (seen - grey) * colour
    return np.asarray(UNDEVELOPED + (toned - UNDEVELOPED) * ease(gone / 0.9), np.float32)


def _print_at(box: Area, size: tuple[int, int], matrix: np.ndarray, shift: float = 0.0) -> Plane:
    """Where a print_size lies, 0 … 1; ``box`` is its left, top, width and height before it is turned."""
    left, top, wide, high = box
    corners = np.array([(left, top), (left + wide, top), (left + wide, top + high), (left, top + high)])
    placed = np.hstack([corners, np.ones((4, 1))]) @ matrix.T + (shift, shift)
    plane = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(plane, np.round(placed * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    return np.asarray(plane, np.float32) / 255


LEAN = np.radians(14)
"""How far the fold of a page leans."""
TURN_SECONDS, WAIT_SECONDS = 2.0, 0.5


def page_turn(scene: Scene) -> Painter:
    """A pencil drawing of the picture lies on it; its page is turned, and the picture is alive."""
    wide = scene.size[0]
    x, y = scene.grid
    cos, sin = float(np.cos(LEAN)), float(np.sin(LEAN))
    along = x * cos + y * sin
    longest = float(along.max())
    radius = 0.16 * wide
    drawing = np.asarray(_pencil(scene.first), np.float32)
    back = CREAM * 0.93 + 0.07 * drawing
    waits = min(WAIT_SECONDS, scene.seconds / 6)
    turns = min(TURN_SECONDS, scene.seconds * 0.55)

    def read(picture: Plane, place: Plane) -> Plane:
        """The page at other places along its turn; straight across it nothing changes."""
        moved = place - along
        return np.asarray(
            cv2.remap(
                picture,
                np.asarray(x + moved * cos, np.float32),
                np.asarray(y + moved * sin, np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float32,
        )

    def paint(frame: Pixels, index: int) -> Pixels:
        gone = ease((index / scene.fps - waits) / turns)
        if gone >= 1:
            return frame
        fold = longest - gone * (longest + np.pi * radius + 2)
        past = along - fold
        on_roll = np.clip(past / radius, 0, 1)
        arc = np.arcsin(on_roll)
        seen: Plane = np.asarray(frame, np.float32)
        # The page throws its shadow on what it uncovers.
        seen = seen * (1 - 0.5 * np.exp(-np.maximum(past - radius, 0) / (0.35 * radius)))[..., None]
        front_at = np.where(past < 0, along, fold + radius * arc)
        front = read(drawing, front_at) * (1 - 0.28 * on_roll**2)[..., None]
        seen = np.where(((past < radius) & _on_page(front_at, longest))[..., None], front, seen)
        back_at = np.where(past < 0, fold + np.pi * radius - past, fold + radius * (np.pi - arc))
        over = (past < radius) & _on_page(back_at, longest)
        lit = 0.82 + 0.18 * np.cos(arc) * np.where(past < 0, 1, 1 - 0.5 * on_roll)
        # An edge that lies on the page below it darkens it a little.
        near = np.clip(back_at - longest, 0, None)
        seen = seen * (1 - 0.25 * np.exp(-near / (0.12 * radius)) * ((past < 0) & ~over))[..., None]
        seen = np.where(over[..., None], read(back, np.minimum(back_at, longest)) * lit[..., None], seen)
        return mixed(frame, seen, scene.amount)

    return paint


def _on_page(place: Plane, longest: float) -> np.ndarray:
    return np.asarray(place <= longest)


def _pencil(picture: Pixels) -> Pixels:
    """A drawing of a picture: its edges in grey on cream, with a light wash of its shadows."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
    sigma = max(1.5, min(picture.shape[:2]) / 90)
    dodged = np.clip(grey / np.maximum(blurred(grey, sigma), 1) * 255, 0, 255)
    lines = np.power(dodged / 255, 2.2)
    wash = 0.8 + 0.2 * smooth(grey / 140)
    return bytes_of(CREAM * (0.12 + 0.88 * lines * wash)[..., None])
