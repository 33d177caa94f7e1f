"""Judging a clip that goes from one picture to another: each end by its own picture.

The first quarter is judged by the picture that it begins with. The last quarter is judged backwards, by the
picture that it ends with. The whole is judged without a picture, and only for what no change of scene
explains: light that flickers, a hard cut, torn or repeated frames, noise. In between, where one picture gives
way to the other, only what rejects a take counts, and a cut only if it is one. The worst of the three counts.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from operator import attrgetter

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.family import RawFrames
from engine.gate import Calibration, Finding, Verdict, judge
from engine.vision.eyes import Eyes
from engine.vision.sighting import Sighting

EXPECTED = frozenset(
    {
        *("subject_drifts", "melts", "colours_fade", "blur_collapses"),
        *("colours_drift", "tint_drifts_everywhere", "colour_is_added_everywhere"),
        *("only_zooms", "overexposed", "burnt", "oversaturated", "noise"),
    }
)
"""What the whole of such a clip does because it was asked to: its end is another picture than its start. What
stands still in one of the pictures, such as grain or fine print, is judged beside that picture."""

SHARE = 4
"""Each end is one part of so many; see :data:`engine.families.camera.two_pictures.crossing.SHARE`."""
FEWEST = 2
LIGHT = frozenset({"brightness_flickers", "colours_flicker", "light_boils", "tiles_reverse", "part_strobes"})
"""What a quick change from a dark picture to a bright one looks like as well."""
THERE_AND_BACK = 1.3
"""Light that flickers goes this many times as far as from the one picture's to the other's."""
ABRUPT = 0.75
"""A cut makes this share of the change between both ends in one step. A dissolve makes less."""


def judge_both_ends(
    frames: RawFrames,
    first: NDArray[np.uint8] | None,
    last: NDArray[np.uint8] | None,
    fps: float,
    *,
    calibration: Calibration | None = None,
    known: bool = True,
    encoded: bool = False,
    eyes: Eyes | None = None,
) -> Verdict:
    """Judge a clip that goes from one picture to another; see :func:`engine.gate.judge`.

    Args:
        frames: ``[T, H, W, 3]``, RGB, the whole clip.
        first, last: uint8 ``[H, W, 3]``; None where the picture is not here.
        fps: native frames per second.
        calibration: what good clips look like.
        known, encoded: as for :func:`engine.gate.judge`.
        eyes: look for faces and text at both ends; in between, one face gives way to another.

    Returns:
        The outcome and score of the worst part, with the findings of all; ``readings`` are those of the
        whole clip.
    """
    count = max(min(FEWEST, len(frames)), len(frames) // SHARE)

    def judged(part: RawFrames, picture: NDArray[np.uint8] | None, look: Eyes | None) -> Verdict:
        return judge(
            part,
            picture,
            fps,
            calibration=calibration,
            travels=True,
            known=known,
            encoded=encoded,
            eyes=look,
        )

    begun, ended = judged(frames[:count], first, eyes), judged(frames[::-1][:count], last, eyes)
    whole = judged(frames, None, None)
    seconds = (len(frames) - 1) / fps
    found = [
        *begun.findings,
        *(
            replace(one, second=None if one.second is None else seconds - one.second)
            for one in ended.findings
        ),
        *(one for one in whole.findings if one.code not in EXPECTED and not _is_the_change(one, frames, fps)),
    ]
    findings = tuple(sorted(_worst(found), key=attrgetter("weight"), reverse=True))
    score = min(begun.score, ended.score, *_left(findings))
    seen = replace(whole, sightings=_seen_at_both_ends(begun, ended, len(frames)))
    return seen.with_findings(findings, score, spared=begun.spared or ended.spared)


def _seen_at_both_ends(begun: Verdict, ended: Verdict, count: int) -> tuple[Sighting, ...]:
    """What the eyes saw, in frames of the whole clip; the end was judged backwards."""
    later = (replace(one, frame=count - 1 - one.frame) for one in ended.sightings)
    return (*begun.sightings, *later)


def _is_the_change(finding: Finding, frames: RawFrames, fps: float) -> bool:
    """Whether this is how the change that was asked for looks: in the middle, over several frames."""
    seconds = (len(frames) - 1) / fps
    second = seconds / 2 if finding.second is None else finding.second
    # A step is found at the frame that it leads to. In a clip of half a second, that is much.
    end, step = seconds / SHARE, 1 / fps
    if not end - step < second < seconds - end + step:
        return False
    if finding.code in LIGHT:
        return not _turns_back(frames)
    if finding.code == "scene_cut":
        # The frame that a dissolve first leads to lies after its beginning.
        return second > end and not _is_abrupt(frames)
    return not finding.rejects


def _turns_back(frames: RawFrames) -> bool:
    """Whether the light does not simply go from that of the first frame to that of the last one."""
    light = np.array([cv2.mean(np.asarray(frame, np.float32))[:3] for frame in frames])
    way = light[-1] - light[0]
    along = light @ (way / (np.linalg.norm(way) + 1e-9))
    return float(np.abs(np.diff(along)).sum()) > THERE_AND_BACK * float(np.linalg.norm(way))


def _is_abrupt(frames: RawFrames) -> bool:
    """Whether one step makes most of the change between the first frame and the last one."""
    small = [cv2.resize(frame, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32) for frame in frames]
    whole = float(np.abs(small[-1] - small[0]).mean())
    return any(float(np.abs(b - a).mean()) > ABRUPT * whole for a, b in pairwise(small))


def _worst(findings: list[Finding]) -> list[Finding]:
    """One finding of each kind."""
    by_code: dict[str, Finding] = {}
    for one in findings:
        by_code[one.code] = max(by_code.get(one.code, one), one, key=attrgetter("weight"))
    return list(by_code.values())


def _left(findings: tuple[Finding, ...]) -> list[float]:
    """The points that findings leave at most: none where the take is rejected."""
    return [100 * max(0.0, 1 - finding.severity) for finding in findings]
