"""One picture filmed along one path: with depth where it is known, as a flat picture where it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.recipe import Camera, Motion
from engine.families.camera.aim import LONG, ROOMS, aims, apart, feet, fits, framed, passed, shown_share
from engine.families.camera.known import Known
from engine.families.camera.layers import Window, take_apart
from engine.families.camera.life import Life
from engine.families.camera.path import SIDEWAYS, Path, Track, choose, kept_share, travel
from engine.families.camera.plain import PlainStage
from engine.families.camera.relief import BODY, LINE, grown
from engine.families.camera.render import Stage
from engine.families.camera.scene import Scene, study
from engine.families.camera.whole import BENT, worst_bend
from engine.vision.crop import around, cover

Pixels = NDArray[np.uint8]

ONSET_SECONDS = 1.0
"""Where a clip goes on, its water is already bent: new waves rise as slowly as that."""
LOOK_SECONDS, LOOK_SIDE = 1 / 12, 192
"""How long it is waited, and the longer side of the copy in pixels, to see whether anything moves."""
SEEN_LEVELS = 25.0
"""Levels a second, at the hundredth of the picture that changes most, from which it is seen to move."""
HARDLY = 0.2
"""Less light than this is not worth its price."""
MOVES = 0.6
"""The share of its way that a path has to go. If it goes less far, a less careful aim is tried."""
STUCK = 0.3
"""The share of its way from which a path is seen to move at all."""
SLIGHT = 0.2
"""The share of its way from which a more careful aim is better than a longer way that cuts hands or feet."""
SHY = 0.6
"""The share of its way that a path goes at most where what captions hid would be seen at its end."""
FROM_LEVEL = frozenset({Camera.PUSH_IN, Camera.PULL_OUT, Camera.STILL, Camera.ROLL_LEFT, Camera.ROLL_RIGHT})
"""Paths that show the whole picture at one end, and come nearer only as far as they must."""


@dataclass(frozen=True, kw_only=True)
class Brief:
    """How a picture should be filmed.

    Attributes:
        camera: any; AUTO is decided by what the picture shows.
        seed: the same seed makes the same shot.
        times: float64 ``[T]``, seconds from 0.
        onward: it goes on from another clip, so that it begins with the picture as it is.
    """

    camera: Camera
    motion: Motion
    seed: int
    times: Track
    onward: bool = False


class Shot(Protocol):
    """A picture ready to be filmed."""

    def frame(self, index: int, seconds: float, /) -> Pixels:
        """Film one frame, uint8 ``[H, W, 3]``."""
        ...


@dataclass(frozen=True, kw_only=True)
class Lit:
    """A shot over which a soft light passes, because nothing else in it could be seen to move."""

    shot: Shot
    life: Life
    amount: float

    def frame(self, index: int, seconds: float, /) -> Pixels:
        """Film one frame, uint8 ``[H, W, 3]``."""
        return self.life.light(self.shot.frame(index, seconds), self.amount, seconds)


def shot_of(
    picture: Pixels, known: Known, size: tuple[int, int], brief: Brief, check: Callable[[], None]
) -> Shot:
    """Set up a shot.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        known: what is known of it.
        size: width and height of a frame, pixels.
        brief: how it should be filmed.
        check: called between the steps; may raise.
    """
    if not brief.onward:
        part_of = framed if _holds_still(brief, picture, known, size) else passed
        picture, known = part_of(picture, known, size)
    scene = study(
        picture,
        check,
        subject=known.subject,
        level=known.bends,
        relief=known.relief,
        whole=(*grown(known.faces, BODY), *grown(known.texts, LINE), *known.things),
    )
    path, canvas_size = _path(picture, known, size, brief, scene)
    window = Window(size=canvas_size, picture=(picture.shape[1], picture.shape[0]))
    life = _life(brief, size, scene, window)
    shot: Shot | None = None
    if scene.deep and not known.flat and not known.smeared:
        shot = _deep(picture, known, size, scene, window, path, life, check)
    if shot is None:
        shot = PlainStage.of(picture, path, size, canvas_size)
    if known.flat:
        return shot
    amount = max(scene.flatness, _stillness(shot, brief.times))
    return shot if amount < HARDLY else Lit(shot=shot, life=life, amount=amount)


def _deep(
    picture: Pixels,
    known: Known,
    size: tuple[int, int],
    scene: Scene,
    window: Window,
    path: Path,
    life: Life,
    check: Callable[[], None],
) -> Stage | None:
    """The shot with depth; None where that would bend or tear a face or a line of letters."""
    canvas = cover(picture, *window.size)
    check()
    sheets = take_apart(canvas, scene, window, check)
    seen = [window.area(area) for area in (*known.faces, *known.texts)]
    if worst_bend(path, sheets, seen) > BENT:
        return None
    return Stage.of(sheets, path, life, size)


def _stillness(shot: Shot, times: Track) -> float:
    """How little can be seen to move in a shot: 1 nothing, 0 enough. A soft picture hardly changes."""
    if len(times) < 2:  # noqa: PLR2004 (one frame is no clip)
        return 0.0
    last = min(len(times) - 1, max(1, int(np.searchsorted(times, LOOK_SECONDS - 1e-6))))
    small: list[NDArray[np.float32]] = []
    for index in (0, last):
        frame = shot.frame(index, float(times[index]))
        scale = LOOK_SIDE / max(frame.shape[:2])
        size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
        small.append(cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype(np.float32))
    change = np.percentile(np.abs(small[1] - small[0]).mean(axis=2), 99) / float(times[last] - times[0])
    return float(np.clip(1 - change / SEEN_LEVELS, 0, 1))


def _path(
    picture: Pixels, known: Known, size: tuple[int, int], brief: Brief, scene: Scene
) -> tuple[Path, tuple[int, int]]:
    """The way through a picture, and how large the picture is for it, pixels of the frame."""
    rows, columns = picture.shape[:2]
    scale = max(size[0] / columns, size[1] / rows)
    spare = (columns * scale / size[0] - 1, rows * scale / size[1] - 1)
    camera = brief.camera
    if camera is Camera.AUTO:
        camera = choose(
            seed=brief.seed,
            subject=known.subject is not None,
            landscape=scene.sky is not None,
            spare=spare,
            flat=known.flat,
            held=bool(known.faces or known.standing or known.perhaps),
            # Goggles and turned heads hide faces: a group may have more people than were found.
            others=len(known.faces) > 1 or bool(apart(known)),
        )
        camera = _begun_on(camera, known)
    whole = (round(columns * scale), round(rows * scale))
    found: list[tuple[float, Path]] = []
    for aim in aims(
        known,
        deep=scene.deep,
        whole=(columns * scale, rows * scale),
        spare=spare,
        opens=camera is Camera.PULL_OUT,
    ):
        path = travel(
            camera, motion=brief.motion, seed=brief.seed, times=brief.times, size=size, spare=spare, aim=aim
        )
        if brief.onward:
            path = path.onward(*size)
        found.append((kept_share(path, aim, size, whole), path))
        # Nobody comes in later where the camera moves at all.
        if found[-1][0] >= MOVES or (len(found) == len(ROOMS) and max(found, key=_share)[0] >= STUCK):
            break
    least = SLIGHT if known.faces and (known.hands or feet(known)) else MOVES
    share, path = next((way for way in found if way[0] >= least), max(found, key=_share))
    path = path.shorter(min(share, SHY) if known.smeared else share)
    if brief.onward or camera in FROM_LEVEL:
        return path.nearer(*size), size
    return path, path.needs(*size)


def _begun_on(camera: Camera, known: Known) -> Camera:
    """A pan that begins on what stands out, or may; what is seen first must not be cut."""
    about = known.faces or known.standing or known.perhaps
    if camera not in SIDEWAYS or not about:
        return camera
    left, top, right, bottom = around(about)
    if SIDEWAYS[camera][0] == 0:
        return Camera.PAN_LEFT if left + right > 1 else Camera.PAN_RIGHT
    return Camera.TILT_UP if top + bottom > 1 else Camera.TILT_DOWN


def _share(way: tuple[float, Path]) -> float:
    return way[0]


def _holds_still(brief: Brief, picture: Pixels, known: Known, size: tuple[int, int]) -> bool:
    """Whether the camera stays with one part of a picture, and does not pass over the rest of it."""
    if brief.camera in SIDEWAYS:
        return False
    part, _ = passed(picture, known, size)
    shape = part.shape[1] / part.shape[0] * size[1] / size[0]
    if brief.camera is not Camera.AUTO or max(shape, 1 / shape) <= 1 + LONG:
        return True
    # A tilt would bring a head down to the lower edge, where nobody has it.
    return shape < 1 and bool(known.faces or known.body) and fits(known, shown_share(picture, size))


def _life(brief: Brief, size: tuple[int, int], scene: Scene, window: Window) -> Life:
    return Life.of(
        brief.motion,
        seed=brief.seed,
        unit=float(np.sqrt(size[0] * size[1])),
        horizon=window.row(scene.waterline),
        foot=window.row(1.0),
        onset=ONSET_SECONDS if brief.onward else 0.0,
    )
