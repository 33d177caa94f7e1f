"""The picture taken apart into sheets, one behind the other, with what each hid filled in.

A sheet is continuous: its disparity changes slowly, so that bending it neither tears nor stretches it. Depth
jumps only between sheets, along soft outlines that follow the picture's own edges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.families.camera.fill import behind, inside, margin_of, spread
from engine.families.camera.outlines import thin_ends
from engine.families.camera.regions import guided, smoothstep
from engine.families.camera.scene import Scene

Plane = NDArray[np.float32]
Pixels = NDArray[np.uint8]

MAP_STEP = 4
"""Sheets' slowly changing planes are kept at one value for this many pixels of the canvas, each way."""
FRONT = 0.75
"""The disparity of a dark shore in front of everything."""
_TRACE = 0.02
"""The opacity up to which nothing is seen of a sheet."""
_FILL_BLUR = 3
"""Pixels over which a fill goes over into the picture."""
_LOST = (10.0, 40.0)
"""Levels by which a fill differs from the picture that it lies over: it may, and nobody may see it."""
_KNOWN = 0.9
"""The share of a place that is seen, from which on it is known what the ground is like."""
_AROUND, _WITHIN = 8.0, 3.0
"""How far around a place the ground's colours count, and the cut-out's: margins of a fill."""
_AKIN = (4.0, 16.0)
"""Levels beyond the cut-out's own colours up to which a colour is one of them, and from which on not."""
LEVEL = 4
"""How much farther than up and down a landscape is continued sideways behind what hides it."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One layer of the scene.

    Attributes:
        pixels: uint8 ``[H, W, 3]``, RGB, or ``[H, W, 4]`` with the opacity last. Colours are not multiplied
            by the opacity and go on a little beyond the outline.
        disparity: float32 ``[H / MAP_STEP, W / MAP_STEP]``, 0 far … 1 near.
        sky: whether it drifts with the clouds.
        water: where it ripples, shaped like ``disparity``, 0 … 1, or None.
        box: left, top, right, bottom of what is not fully transparent, pixels.
    """

    pixels: Pixels
    disparity: Plane
    box: tuple[int, int, int, int]
    sky: bool = False
    water: Plane | None = None


@dataclass(frozen=True, kw_only=True)
class Window:
    """Where the canvas lies in the picture: scaled by one factor, cropped in the middle."""

    size: tuple[int, int]
    picture: tuple[int, int]

    @property
    def scale(self) -> float:
        """Pixels of the canvas for one of the picture."""
        return max(self.size[0] / self.picture[0], self.size[1] / self.picture[1])

    def row(self, share: float) -> float:
        """The canvas's row, in pixels, at a share of the picture's height."""
        return (share - 0.5) * self.picture[1] * self.scale + self.size[1] / 2

    def area(self, shares: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """A box on the canvas, in shares of it, that is given in shares of the picture."""
        wide, high = (self.picture[axis] * self.scale / self.size[axis] for axis in range(2))
        left, top, right, bottom = (share - 0.5 for share in shares)
        return left * wide + 0.5, top * high + 0.5, right * wide + 0.5, bottom * high + 0.5

    def onto_canvas(self, plane: Plane, step: int) -> Plane:
        """A plane of the whole picture, read at every ``step``-th pixel of the canvas."""
        columns, rows = -(-self.size[0] // step), -(-self.size[1] // step)
        # How many of the plane's pixels lie between two of the canvas's, and which one lies under the first.
        x = step / (self.scale * self.picture[0] / plane.shape[1])
        y = step / (self.scale * self.picture[1] / plane.shape[0])
        first_x = plane.shape[1] / 2 - 0.5 + (step - self.size[0]) / 2 / step * x
        first_y = plane.shape[0] / 2 - 0.5 + (step - self.size[1]) / 2 / step * y
        matrix = np.array([[x, 0, first_x], [0, y, first_y]])
        return np.asarray(
            cv2.warpAffine(
                plane,
                matrix,
                (columns, rows),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float32,
        )


def take_apart(canvas: Pixels, scene: Scene, window: Window, check: Callable[[], None]) -> list[Sheet]:
    """Make the sheets, from the farthest to the nearest.

    Args:
        canvas: uint8 ``[H, W, 3]``, RGB.
        scene: what the whole picture shows.
        window: where the canvas lies in the picture.
        check: called between the steps; may raise.
    """
    disparity = window.onto_canvas(scene.disparity, MAP_STEP)
    water = None if scene.water is None else _soft(window, scene.water)
    if water is not None:
        # Shores stay still: the ripples fade in from inside the water.
        water = smoothstep(0.55, 0.95, water)
    sky = None if scene.sky is None else outline(canvas, window.onto_canvas(scene.sky, 2))
    if sky is not None and scene.clouds:
        sky = _bare(canvas, sky)
    check()
    subject = None if scene.subject is None else outline(canvas, window.onto_canvas(scene.subject, 2))
    front = None if scene.front is None else silhouette(canvas, window.onto_canvas(scene.front, 2))
    check()

    sheets: list[Sheet] = []
    hidden = [cover for cover in (subject, front) if cover is not None]
    if sky is not None:
        covered = np.maximum.reduce([1 - sky, *hidden])
        sheets.append(
            _sheet(
                behind(canvas, covered, level=LEVEL, even=True),
                np.full_like(disparity, 0.02),
                sky=scene.clouds,
            )
        )
        check()
    level = 1 if sky is None else LEVEL
    ground = canvas if not hidden else behind(canvas, np.maximum.reduce(hidden), level=level)
    check()
    if sky is None:
        sheets.append(_sheet(ground, disparity, water=water))
    else:
        # A person in front of the land must leave no hole in it: the land goes on behind.
        land = 1 - sky
        if hidden:
            # Along an outline, and between twigs, the sky's mask is too coarse to tell sky from land.
            land = _continued(land, _widened(np.maximum.reduce(hidden)))
        sheets.append(_sheet(inside(ground, land), disparity, land, water=water))
    check()
    if subject is not None:
        # One depth for all of it: what is bent is no longer the same face.
        sheets.append(_sheet(inside(canvas, subject), np.full_like(disparity, scene.nearness), subject))
        check()
    if front is not None:
        sheets.append(_sheet(inside(canvas, front), np.full_like(disparity, FRONT), front))
        check()
    _settle(canvas, sheets)
    return sheets


def at_rest(sheets: list[Sheet]) -> Plane:
    """The sheets one before the other as they lie, float32 ``[H, W, 3]``."""
    seen = sheets[0].pixels[..., :3].astype(np.float32)
    for sheet in sheets[1:]:
        opacity = _opacity(sheet)
        seen = seen + opacity * (sheet.pixels[..., :3] - seen)
    return np.asarray(seen, np.float32)


def _settle(canvas: Pixels, sheets: list[Sheet]) -> None:
    """Make the sheets, at rest, the picture.

    What is half transparent gets the colours that it must have for that. Around a cut-out its fill lies where
    nothing covers it: fur that is finer than the mask, the contour of a drawing, the toe of a boot. What is
    lost so goes with the cut-out, the nearest one that is beside it.
    """
    for index in range(len(sheets) - 1, 0, -1):
        sheet, before = sheets[index], _opacity(sheets[index])
        under = at_rest(sheets[:index])
        opacity = np.maximum(before, _lost(canvas, under, before[..., 0])[..., None])
        soft = np.asarray((opacity > _TRACE) & (before < 1), bool)
        for above in sheets[index + 1 :]:
            soft &= np.asarray(_opacity(above) <= _TRACE, bool)
        own = under + (canvas - under) / np.maximum(opacity, _TRACE)
        colours = np.where(soft, np.clip(own, 0, 255), sheet.pixels[..., :3])
        pixels = np.dstack([colours, np.where(soft, opacity * 255, sheet.pixels[..., 3:])])
        box = _box(np.asarray(pixels[..., 3], np.float32))
        sheets[index] = replace(sheet, pixels=np.round(pixels).astype(np.uint8), box=box)


def _lost(canvas: Pixels, under: Plane, opacity: Plane) -> Plane:
    """What a fill hides and the cut-out before it lacks, float32 ``[H, W]``, 0 … 1.

    No fill knows the stripes of a flag or the leaves of a hedge: what has a colour of the ground beside it is
    the ground's, unless the cut-out has that colour, too.
    """
    beside, margin = _beside(opacity), margin_of(opacity.shape)
    hidden = cv2.GaussianBlur(np.abs(canvas - under).max(axis=2), (0, 0), 1.0)
    strange = smoothstep(*_LOST, _strange(canvas, under, 1 - beside, round(_AROUND * margin)))
    akin = 1 - smoothstep(*_AKIN, _strange(canvas, canvas, opacity, round(_WITHIN * margin)))
    return np.asarray(smoothstep(*_LOST, hidden) * beside * np.maximum(strange, akin), np.float32)


def _beside(opacity: Plane) -> Plane:
    """Where the fill behind a cut-out reaches, float32 ``[H, W]``, 0 or 1."""
    reach = 2 * (margin_of(opacity.shape) + _FILL_BLUR) + 1
    return cv2.dilate((opacity > _TRACE).astype(np.float32), np.ones((reach, reach), np.uint8)).astype(
        np.float32
    )


def _strange(canvas: Pixels, ground: Plane | Pixels, known: Plane, reach: int) -> Plane:
    """How far the picture's colours are from all that a ground has near them: levels, float32 ``[H, W]``.

    Args:
        canvas: uint8 ``[H, W, 3]``.
        ground: ``[H, W, 3]``.
        known: float32 ``[H, W]``, 1 where the ground counts.
        reach: how far around a place it counts, pixels. Where it has nothing, every colour is strange.
    """
    size = (max(1, known.shape[1] // MAP_STEP), max(1, known.shape[0] // MAP_STEP))
    small = cv2.resize(ground.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    counts = (cv2.resize(known, size, interpolation=cv2.INTER_AREA) > _KNOWN)[..., None]
    wide = 2 * max(1, round(reach / MAP_STEP)) + 1
    around = np.ones((wide, wide), np.uint8)
    least, most = (
        cv2.resize(plane, known.shape[::-1], interpolation=cv2.INTER_LINEAR)
        for plane in (
            cv2.erode(np.where(counts, small, np.float32(255)), around),
            cv2.dilate(np.where(counts, small, np.float32(0)), around),
        )
    )
    beyond = np.maximum(least - canvas, canvas - most).max(axis=2)
    return np.asarray(cv2.GaussianBlur(beyond, (0, 0), 1.0), np.float32)


def _opacity(sheet: Sheet) -> Plane:
    return np.asarray(sheet.pixels[..., 3:].astype(np.float32) / 255, np.float32)


def _sheet(
    pixels: Pixels,
    disparity: Plane,
    alpha: Plane | None = None,
    *,
    sky: bool = False,
    water: Plane | None = None,
) -> Sheet:
    rows, columns = pixels.shape[:2]
    box = (0, 0, columns, rows)
    if alpha is not None:
        opacity = np.round(alpha * 255).astype(np.uint8)
        box = _box(opacity)
        pixels = np.dstack([pixels, opacity])
    return Sheet(
        pixels=np.ascontiguousarray(pixels),
        disparity=np.asarray(disparity, np.float32),
        box=box,
        sky=sky,
        water=water,
    )


def _box(opacity: Plane | Pixels) -> tuple[int, int, int, int]:
    x, y, wide, high = cv2.boundingRect(np.round(opacity).astype(np.uint8))
    return x, y, x + wide, y + high


def _soft(window: Window, mask: Plane) -> Plane:
    return window.onto_canvas(np.asarray(cv2.GaussianBlur(mask, (0, 0), 2.5), np.float32), MAP_STEP)


def outline(canvas: Pixels, mask: Plane) -> Plane:
    """The opacity of a cut-out, its edge laid on the picture's.

    Args:
        canvas: uint8 ``[H, W, 3]``.
        mask: float32, 0 … 1, at about half the canvas's size.

    Returns:
        float32 ``[H, W]``, 0 … 1.
    """
    small = np.asarray(cv2.resize(canvas, mask.shape[::-1], interpolation=cv2.INTER_AREA), np.float32) / 255
    inner, outer = mask > 0.9, mask < 0.1  # noqa: PLR2004 (surely in, surely out)
    axis = np.array([0.3, 0.6, 0.1], np.float32)
    if inner.any() and outer.any():
        near = cv2.dilate(inner.astype(np.uint8), np.ones((31, 31), np.uint8)).astype(bool) & outer
        between = small[inner].mean(axis=0) - small[near if near.any() else outer].mean(axis=0)
        length = float(np.linalg.norm(between))
        # The grey on which inside and outside differ most.
        axis = between / length if length > 0.06 else axis  # noqa: PLR2004 (colours too alike to tell)
    radius = max(3, round(0.012 * max(mask.shape)))
    full = np.asarray(cv2.transform(canvas.astype(np.float32), (axis / 255)[None]), np.float32)
    alpha = guided(np.asarray(small @ axis, np.float32), mask, radius=radius, eps=4e-4, out=full)
    return np.asarray(smoothstep(0.22, 0.78, alpha), np.float32)


def silhouette(canvas: Pixels, mask: Plane) -> Plane:
    """The opacity of something dark before something light, down to reeds that are too thin for a mask.

    Args:
        canvas: uint8 ``[H, W, 3]``.
        mask: float32, 0 … 1, at about half the canvas's size: roughly where it is.

    Returns:
        float32 ``[H, W]``, 0 … 1.
    """
    light = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY), np.float32)
    core = np.asarray(cv2.resize(mask, canvas.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    reach = 2 * max(2, round(0.09 * max(mask.shape))) + 1
    near = cv2.dilate(core, np.ones((reach, reach), np.uint8))
    outside = (near > 0.2) & (core < 0.05)  # noqa: PLR2004 (a rim around it)
    inside_it = core > 0.9  # noqa: PLR2004 (well inside)
    if not (outside.any() and inside_it.any()):
        return core
    dark = float(np.median(light[inside_it]))
    usual = float(np.median(light[outside])) - dark
    # What is dark beside a bright sky and what is dark beside a wood's reflection are not equally dark.
    bare = (outside & (light > dark + 0.3 * usual)).astype(np.float32)
    beside = cv2.GaussianBlur(light * bare, (0, 0), reach / 8) + 1e-3 * (dark + usual)
    local = beside / (cv2.GaussianBlur(bare, (0, 0), reach / 8) + 1e-3) - dark
    step = np.asarray(np.minimum(local, usual), np.float32)
    # Only what hangs together with it belongs to it: a reed does, a dark wave behind the reeds does not.
    reached = (light < dark + 0.5 * step) & (near > 0.2)  # noqa: PLR2004 (same rim)
    _, labels = cv2.connectedComponents(reached.astype(np.uint8), connectivity=8)
    touched = np.unique(labels[inside_it & reached])
    belongs = np.isin(labels, touched[touched > 0]).astype(np.uint8)
    soft = cv2.dilate(belongs, np.ones((3, 3), np.uint8)).astype(np.float32)
    return np.asarray(soft * smoothstep(0.65, 0.3, (light - dark) / np.maximum(step, 1)), np.float32)


def _bare(canvas: Pixels, sky: Plane) -> Plane:
    """The opacity of a sky that drifts, without the tips of spires, which would break off the land."""
    tips = thin_ends(canvas, sky < 0.5).astype(np.uint8)  # noqa: PLR2004 (more land than sky)
    soft = cv2.GaussianBlur(cv2.dilate(tips, np.ones((3, 3), np.uint8)).astype(np.float32), (0, 0), 0.7)
    return np.minimum(sky, 1 - soft)


def _widened(cover: Plane) -> Plane:
    size = 2 * max(3, round(0.006 * max(cover.shape))) + 1
    return np.asarray(cv2.blur(cv2.dilate(cover, np.ones((size, size), np.uint8)), (5, 5)), np.float32)


def _continued(land: Plane, hidden: Plane) -> Plane:
    """The land's opacity behind what hides it, guessed from both sides."""
    small_size = (max(1, land.shape[1] // (4 * LEVEL)), max(1, land.shape[0] // 4))
    weight = np.asarray(cv2.resize(1 - hidden, small_size, interpolation=cv2.INTER_AREA), np.float32)
    small = np.asarray(cv2.resize(land * (1 - hidden), small_size, interpolation=cv2.INTER_AREA), np.float32)
    guess = spread(small[..., None], weight[..., None])[..., 0]
    guess = np.asarray(cv2.resize(guess, land.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(land * (1 - hidden) + smoothstep(0.35, 0.65, guess) * hidden, np.float32)
