"""Faults of arms and hands, and how many the gate sees: ``python -m benchmarks.meaning_limbs --clips DIR``.

They are put into every clean clip in which an arm is seen throughout, and grow smoothly, as those of
:mod:`benchmarks.meaning_faults` do. Prints the share of which a hand is told (only that counts here), and the
false alarms on all clips with a body. ``--half`` shows every second repository in alphabetical order.

Every maker takes the frames of a clean clip, uint8 ``[T, H, W, 3]``, with one arm's place in each of them,
and gives the changed frames. The body eye finds the places on the clean frames; the gate never sees them.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.clips import labelled
from benchmarks.meaning_faults import HARMLESS, STRENGTHS
from engine.gate.clip import Clip
from engine.gate.meaning import FAULTS
from engine.gate.meaning.hand_loss import hand_faults
from engine.gate.meaning.look import FACE_SIDES
from engine.vision import bodies
from engine.vision.bodies import Body
from engine.vision.eyes import Eyes
from engine.vision.faces import Face
from engine.vision.optical_flow import Floats, grid, read
from engine.weights.store import Store

RATE, LENGTH, SIDE = 12, 25, 640

Frames = NDArray[np.uint8]
Rng = np.random.Generator

LONGER, SHORTER = (1.25, 1.5, 2.0), (0.8, 0.6, 0.4)
FINGERS, MELTED, ERASED = (1.25, 1.6, 2.2), (0.15, 0.3, 0.5), (0.6, 0.85, 1.0)

_VISIBLE = 0.7
"""How surely elbow and wrist are seen, in every frame, for an arm to be spoiled."""
_SHORTEST = 16.0
"""Pixels of a forearm in the first frame."""
_THICK = 0.22
"""Of a forearm's length: how far from its middle line all of it moves."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """Where a forearm and its hand are in one frame, in pixels, float32 ``[2]`` each.

    Attributes:
        elbow, wrist: the two ends of the forearm.
        knuckles: the middle between the roots of the first and the last finger.
        reach: length of the hand.
    """

    elbow: Floats
    wrist: Floats
    knuckles: Floats
    reach: float


def arm_places(frames: Frames, eyes: Eyes) -> list[Arm] | None:
    """The arm that is seen best, in every frame; None where none is seen throughout."""
    face = _largest(frames[0], eyes)
    body = None if face is None else eyes.body(frames[0], face)
    every: list[Body] = []
    for frame in frames:
        body = None if body is None else eyes.body(frame, body)
        if body is None:
            return None
        every.append(body)
    return max((_side(every, frames.shape[1:3], side) for side in (0, 1)), key=lambda one: one[0])[1]


def _largest(picture: Frames, eyes: Eyes) -> Face | None:
    tries = (eyes.faces(picture, side=side) for side in FACE_SIDES)
    return max(next((found for found in tries if found), ()), key=lambda face: face.box.area, default=None)


def _side(every: list[Body], size: tuple[int, ...], side: int) -> tuple[float, list[Arm] | None]:
    """How surely an arm is seen throughout, and where it is."""
    elbow, wrist = bodies.ELBOWS[side], bodies.WRISTS[side]
    sure = min(float(body.visible[[elbow, wrist]].min()) for body in every)
    arms = [_arm(body, side) for body in every]
    height, width = size
    inside = all(
        bool(((at >= 0) & (at < (width, height))).all()) for arm in arms for at in (arm.elbow, arm.wrist)
    )
    long = float(np.hypot(*(arms[0].wrist - arms[0].elbow))) >= _SHORTEST
    return (sure, arms) if sure >= _VISIBLE and inside and long else (0.0, None)


def _arm(body: Body, side: int) -> Arm:
    elbow, wrist = (body.points[pair[side]] for pair in (bodies.ELBOWS, bodies.WRISTS))
    knuckles = body.points[[17 + side, 19 + side]].mean(axis=0)
    forearm = float(np.hypot(*(wrist - elbow)))
    reach = max(2.2 * float(np.hypot(*(knuckles - wrist))), 0.45 * forearm)
    return Arm(elbow=elbow, wrist=wrist, knuckles=knuckles, reach=reach)


def _unit(along: Floats) -> Floats:
    return np.asarray(along / max(float(np.hypot(*along)), 1e-6), np.float32)


def _moved(frame: Frames, shift: Floats) -> Frames:
    source = (grid(*frame.shape[:2]) - shift).astype(np.float32)
    return cv2.remap(frame, source, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload, no-any-return]


def _near(away: NDArray[np.floating], full: float, none: float) -> Floats:
    share = np.clip((none - away) / max(none - full, 1e-6), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _each(frames: Frames, arms: list[Arm], shift: Callable[[Floats, Arm, float], Floats]) -> Frames:
    made = frames.copy()
    places = grid(*frames.shape[1:3])
    for frame, arm, share in zip(made, arms, np.linspace(0, 1, len(frames)), strict=True):
        frame[:] = _moved(frame.copy(), shift(places, arm, float(share)))
    return made


def _stretched(
    places: Floats, begin: Floats, end: Floats, factor: float, wide: float, carried: float
) -> Floats:
    """The motion of what lies along a line when it grows; so much of what is beyond its end moves along."""
    axis, length = _unit(end - begin), float(np.hypot(*(end - begin)))
    along = (places - begin) @ axis
    across = np.abs((places - begin) @ np.array([-axis[1], axis[0]], np.float32))
    far = length * factor + carried
    beside, beyond = _near(across, wide, 1.6 * wide), _near(along, far, far + 0.6 * carried)
    weight = np.where(along > 0, beside * beyond, 0)
    # Looked up where the pixel came from: within the new length, everything is drawn out by the factor.
    moved = np.where(along < length * factor, along * (1 - 1 / factor), length * (factor - 1))
    return np.asarray((moved * weight)[..., None] * axis, np.float32)


def _forearm(frames: Frames, arms: list[Arm], most: float) -> Frames:
    def shift(places: Floats, arm: Arm, share: float) -> Floats:
        wide = max(_THICK * float(np.hypot(*(arm.wrist - arm.elbow))), 0.3 * arm.reach)
        return _stretched(places, arm.elbow, arm.wrist, 1 + (most - 1) * share, wide, 1.2 * arm.reach)

    return _each(frames, arms, shift)


def forearm_longer(frames: Frames, arms: list[Arm], strength: int, rng: Rng) -> Frames:
    """A forearm grows to so many times its length, and carries its hand along."""
    del rng
    return _forearm(frames, arms, LONGER[strength - 1])


def forearm_shorter(frames: Frames, arms: list[Arm], strength: int, rng: Rng) -> Frames:
    """A forearm shrinks to a share of its length."""
    del rng
    return _forearm(frames, arms, SHORTER[strength - 1])


def fingers_longer(frames: Frames, arms: list[Arm], strength: int, rng: Rng) -> Frames:
    """What is beyond the knuckles grows."""
    del rng

    def shift(places: Floats, arm: Arm, share: float) -> Floats:
        out = _unit(arm.knuckles - arm.wrist)
        tip = arm.wrist + out * arm.reach
        factor = 1 + (FINGERS[strength - 1] - 1) * share
        return _stretched(places, arm.knuckles, tip, factor, 0.4 * arm.reach, 0.2 * arm.reach)

    return _each(frames, arms, shift)


def hand_melts(frames: Frames, arms: list[Arm], strength: int, rng: Rng) -> Frames:
    """A hand is bent by a smooth field, up to a share of its length."""
    waves = rng.normal(size=(2, 5, 5)).astype(np.float32)
    fields = [cv2.resize(wave, (65, 65), interpolation=cv2.INTER_CUBIC) for wave in waves]
    most = max(float(np.hypot(*fields).max()), 1e-6)

    def shift(places: Floats, arm: Arm, share: float) -> Floats:
        away = (places - _hand_middle(arm)) / (0.6 * arm.reach)
        at = (away * 26 + 32).astype(np.float32)
        size = MELTED[strength - 1] * arm.reach * share * _near(np.hypot(*away.transpose(2, 0, 1)), 0.8, 1.4)
        return np.asarray(
            np.dstack([read(wave, at) for wave in fields]) * (size / most)[..., None], np.float32
        )

    return _each(frames, arms, shift)


def _hand_middle(arm: Arm) -> Floats:
    return np.asarray(arm.wrist + 0.5 * arm.reach * _unit(arm.knuckles - arm.wrist), np.float32)


def hand_erased(frames: Frames, arms: list[Arm], strength: int, rng: Rng) -> Frames:
    """A hand fades into what is behind it in the middle of the clip."""
    del rng
    made, count = frames.copy(), len(frames)
    for t, (frame, arm) in enumerate(zip(made, arms, strict=True)):
        gone = ERASED[strength - 1] * float(np.clip((t - count / 2) / 2 + 0.5, 0, 1))
        if gone > 0:
            away = grid(*frame.shape[:2]) - _hand_middle(arm)
            hole = np.hypot(away[..., 0], away[..., 1]) / (0.6 * arm.reach)
            skin = cv2.inpaint(frame, (hole < 1).astype(np.uint8), 5, cv2.INPAINT_TELEA)
            weight = (_near(np.asarray(hole, np.float32), 0.9, 1.2) * gone)[..., None]
            frame[:] = np.asarray(frame * (1 - weight) + skin * weight + 0.5, np.uint8)
    return made


LIMB_FAULTS: dict[str, Callable[[Frames, list[Arm], int, Rng], Frames]] = {
    "forearm longer": forearm_longer,
    "forearm shorter": forearm_shorter,
    "fingers longer": fingers_longer,
    "hand melts": hand_melts,
    "hand erased": hand_erased,
}


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """A clean clip with a body, and its arm, if one is seen throughout."""

    name: str
    source: str
    frames: Frames
    arms: list[Arm] | None


def _clips(folders: list[Path], eyes: Eyes) -> Iterator[_Taken]:
    for folder in folders:
        for one in labelled(folder):
            if one.label != "clean":
                continue
            step = max(1, round(one.fps / RATE))
            frames = np.ascontiguousarray(one.frames(LENGTH * step, SIDE)[::step][:LENGTH])
            face = _largest(frames[0], eyes)
            if face is not None and eyes.body(frames[0], face) is not None:
                arms = arm_places(frames, eyes)
                yield _Taken(name=one.path.stem, source=one.source, frames=frames, arms=arms)


def _told(frames: Frames, eyes: Eyes) -> bool:
    """Whether a hand is told of."""
    face = _largest(frames[0], eyes)
    if face is None:
        return False
    found = hand_faults(Clip(frames, frames[0], RATE), frames[0], eyes, [face])
    return any(fault.value >= FAULTS[fault.code].warn for fault in found)


def main() -> None:
    """Print what was told of the faults and of harmless changes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, nargs="+", required=True, help="folders of labelled clips")
    parser.add_argument("--half", choices=("chosen", "held", "both"), default="both")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    eyes = Eyes(Store(Path(os.environ.get("FRAMEKILN_MODELS_DIR", "models"))))
    every = list(_clips(options.clips, eyes))
    sources = sorted({clip.source for clip in every})
    wanted = {"chosen": sources[::2], "held": sources[1::2], "both": sources}[options.half]
    told: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for number, clip in enumerate(every):
        if clip.source not in wanted:
            continue
        for name, change in HARMLESS.items():
            told[name, 0].append(_told(change(clip.frames, np.random.default_rng(number)), eyes))
        for name, spoil in LIMB_FAULTS.items():
            for strength in STRENGTHS if clip.arms is not None else ():
                frames = spoil(clip.frames, clip.arms or [], strength, np.random.default_rng(number))
                told[name, strength].append(_told(frames, eyes))
    for name in LIMB_FAULTS:
        shares = " / ".join(f"{np.mean(told[name, strength]):.2f}" for strength in STRENGTHS)
        print(f"| {name} | {shares} | {len(told[name, 1])} |")
    for name in HARMLESS:
        print(f"| {name} | {sum(told[name, 0])} of {len(told[name, 0])} |")


if __name__ == "__main__":
    main()
