"""From measures to a verdict: limits that hold everywhere, and the calibrated score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from engine.core.receipt import Outcome
from engine.core.sentence import Sentence
from engine.gate.calibration import Calibration, shipped
from engine.gate.clip import Clip
from engine.gate.listening import SOUND_FAULTS, Heard
from engine.gate.meaning import FAULTS, Fault, find_faults
from engine.gate.measure import Reading
from engine.gate.measures import MEASURES
from engine.gate.troubles import TROUBLES, Trouble
from engine.vision.box import Box
from engine.vision.eyes import Eyes
from engine.vision.sighting import Noted, Sighting

_WORST_SHARE = 0.6
_USUAL_LEVEL = 1.0
"""One good clip in ten has this level in any one respect, so it costs no points."""
_MOST_REASONS = 4


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One measure that exceeded a limit, one trouble whose level did, or one fault of a face, text or sound.

    Attributes:
        code: the name of the measure, trouble or fault.
        second: when it is worst, or None if it is all over the clip.
        severity: the value as a share of the limit for rejection; of twice the limit for warning where it
            never rejects.
        rejects: whether this alone rejects the take.
        box: where in the frame at that second, in pixels of the judged frames; None: all over it.
    """

    code: str
    second: float | None
    severity: float
    rejects: bool
    box: Box | None = None

    @property
    def weight(self) -> tuple[bool, float]:
        """The larger, the worse."""
        return self.rejects, self.severity


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The gate's verdict on a take.

    Attributes:
        reasons: the four worst findings, worst first, in words a member understands, with the second.
        findings: all of them, for programs.
        scores: every measure's value by its name, in the unit ``MEASURES[name].unit``.
        readings: the same to four digits, without the measures that had nothing to measure; for receipts.
        levels: for each trouble, minus log10 of the share of good clips that look more like it.
        score: 0 (broken) … 100 (like the median of good clips everywhere).
        spared: the calibrated score would have rejected the take, but does not know clips of its kind.
        sightings: faces, bodies and text that the eyes saw in the judged frames.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    scores: dict[str, float]
    readings: dict[str, float]
    levels: dict[str, float]
    score: float
    spared: bool = False
    sightings: tuple[Sighting, ...] = ()

    @property
    def rejected(self) -> bool:
        """Whether the take is rejected."""
        return self.outcome is Outcome.REJECTED

    def with_findings(self, findings: tuple[Finding, ...], score: float, *, spared: bool) -> Verdict:
        """The same measurements with other findings, worst first, and the outcome and reasons that follow."""
        return replace(
            self,
            outcome=_outcome(findings),
            reasons=_reasons(findings),
            findings=findings,
            score=score,
            spared=spared and _outcome(findings) is not Outcome.REJECTED,
        )

    def reasons_from(self, begins: float) -> tuple[str, ...]:
        """The reasons, with the seconds counted in a clip of which the judged frames are a part.

        Args:
            begins: the second at which that part begins.
        """
        return _reasons(
            [one if one.second is None else replace(one, second=one.second + begins) for one in self.findings]
        )


def judge(
    frames: NDArray[np.uint8] | NDArray[np.floating],
    reference: NDArray[np.uint8] | None,
    fps: float,
    *,
    calibration: Calibration | None = None,
    travels: bool = False,
    known: bool = True,
    encoded: bool = False,
    flat: bool = False,
    eyes: Eyes | None = None,
) -> Verdict:
    """Judge a take before it is smoothed and encoded, at its native rate.

    Args:
        frames: ``[T, H, W, 3]``, RGB; uint8, or floats in 0 … 1; NaN is allowed.
        reference: the picture that the clip was made from, uint8 ``[H, W, 3]``, or None;
            burnt and oversaturated pictures count as content then.
        fps: native frames per second.
        calibration: the calibration to compare with, for example one fitted to an installation's own good
            clips. None: the shipped one.
        travels: the camera was asked to move, so a picture that is only enlarged is not a fault.
        known: see :func:`weigh`.
        encoded: the frames were read from a finished file.
        flat: all of it is drawn, and flat: faces and hands are not judged.
        eyes: look for faces and text. None, or eyes without weights: these are not judged.

    Raises:
        ValueError: a shape or dtype is wrong, or ``fps`` is not a positive number.
    """
    clip = Clip(frames, reference, fps, travels=travels, encoded=encoded)
    limits, has_input = calibration or shipped(), reference is not None
    verdict = weigh(measured(clip), fps, limits, has_input=has_input, known=known)
    if eyes is None:
        return verdict
    noted = Noted(clip.frames)
    found = with_faults(verdict, find_faults(clip, eyes.telling(noted.note), flat=flat), fps)
    return replace(found, sightings=noted.sightings)


def with_faults(verdict: Verdict, faults: Sequence[Fault], fps: float) -> Verdict:
    """Add what is wrong with faces and text to a verdict on everything else.

    Args:
        verdict: without them.
        faults: as :func:`engine.gate.meaning.find_faults` gives them.
        fps: native frames per second.
    """
    if not faults:
        return verdict
    own = [
        Finding(
            code=fault.code,
            second=fault.frame / fps,
            severity=fault.severity,
            rejects=fault.rejects,
            box=fault.box,
        )
        for fault in faults
    ]
    return _with_own(verdict, own, {fault.code: fault.value for fault in faults})


def with_heard(verdict: Verdict, heard: Sequence[Heard]) -> Verdict:
    """Add what is wrong with the sound to a verdict on the frames.

    Args:
        verdict: without it.
        heard: as :func:`engine.gate.listening.listen` gives it.
    """
    if not heard:
        return verdict
    own = [
        Finding(code=one.code, second=one.second, severity=one.severity, rejects=one.rejects) for one in heard
    ]
    return _with_own(verdict, own, {one.code: one.value for one in heard})


def _with_own(verdict: Verdict, own: Sequence[Finding], values: dict[str, float]) -> Verdict:
    """Add findings of another kind, and their values; the worst of them limits the score."""
    findings = tuple(sorted((*verdict.findings, *own), key=attrgetter("weight"), reverse=True))
    points = 100 * min(max(0.0, 1 - finding.severity) for finding in own)
    score = min(verdict.score, _WORST_SHARE * points + (1 - _WORST_SHARE) * verdict.score)
    told = verdict.with_findings(findings, score, spared=verdict.spared)
    return replace(told, scores={**verdict.scores, **values})


def measured(clip: Clip) -> dict[str, Reading]:
    """Measure a take: readings by the measure's name."""
    return {name: entry(clip) for name, entry in MEASURES.items()}


def weigh(
    readings: dict[str, Reading],
    fps: float,
    calibration: Calibration,
    *,
    has_input: bool,
    known: bool = True,
) -> Verdict:
    """Compare readings with the limits of their measures, and with good clips.

    Args:
        readings: by the measure's name, all of :data:`MEASURES`.
        fps: native frames per second.
        calibration: what good clips look like.
        has_input: whether the clip was made from an input picture.
        known: whether the calibrated score was fitted to good clips of this family. What is rare among other
            clips may be usual in this one, so without that the score only warns. The limits reject all the
            same.
    """
    levels = calibration.levels(readings, has_input=has_input)
    by_code: dict[str, Finding] = {}
    points = []
    spared = False
    for name, entry in MEASURES.items():
        value, frame = readings[name].value, readings[name].frame
        scale = _Scale(usual=entry.usual, warn=entry.warn, reject=entry.reject)
        points.append(scale.points(value))
        if value >= scale.warn:
            by_code[name] = scale.finding(name, value, None if frame is None else frame / fps)
    for name, level in levels.items():
        scale = _level_scale(name, calibration, has_input=has_input)
        points.append(scale.points(level))
        if level >= scale.warn:
            finding = scale.finding(name, level, _second(TROUBLES[name], readings, fps))
            if finding.rejects and not known:
                spared = True
                finding = replace(finding, rejects=False)
            by_code[name] = max(by_code.get(name, finding), finding, key=attrgetter("weight"))
    findings = tuple(sorted(by_code.values(), key=attrgetter("weight"), reverse=True))
    spared = spared and _outcome(findings) is not Outcome.REJECTED
    return Verdict(
        outcome=_outcome(findings),
        reasons=_reasons(findings),
        findings=findings,
        scores={name: reading.value for name, reading in readings.items()},
        readings={name: float(f"{reading.value:.4g}") for name, reading in readings.items() if reading.known},
        levels=levels,
        score=_WORST_SHARE * min(points) + (1 - _WORST_SHARE) * float(np.mean(points)),
        spared=spared,
    )


def _outcome(findings: tuple[Finding, ...]) -> Outcome:
    if any(finding.rejects for finding in findings):
        return Outcome.REJECTED
    return Outcome.WARNED if findings else Outcome.ACCEPTED


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """What a measure's value or a trouble's level is worth."""

    usual: float
    warn: float
    reject: float

    @property
    def end(self) -> float:
        return self.reject if math.isfinite(self.reject) else 2 * self.warn

    def points(self, value: float) -> float:
        """Points: 100 up to the usual value, 0 from the end of the scale on."""
        if math.isinf(self.end):
            return 100.0
        return 100 * float(np.clip((self.end - value) / (self.end - self.usual), 0, 1))

    def finding(self, code: str, value: float, second: float | None) -> Finding:
        return Finding(code=code, second=second, severity=value / self.end, rejects=value >= self.reject)


def _level_scale(name: str, calibration: Calibration, *, has_input: bool) -> _Scale:
    reject = calibration.limit(name, has_input=has_input)
    # Some troubles reject below the common level of warning: what rejects is never passed over in silence.
    return _Scale(usual=_USUAL_LEVEL, warn=min(calibration.warn, reject), reject=reject)


def _second(trouble: Trouble, readings: dict[str, Reading], fps: float) -> float | None:
    for name in trouble.measures:
        frame = readings[name].frame
        if frame is not None:
            return frame / fps
    return None


def _reasons(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The worst findings in words. What several measures and troubles show is said once, of the worst."""
    told: dict[str, str] = {}
    for finding in findings:
        kinds = (TROUBLES, FAULTS, SOUND_FAULTS, MEASURES)
        words = next(kind[finding.code].words for kind in kinds if finding.code in kind)
        at_second = Sentence("{fault} at {second:.1f} s", fault=words, second=finding.second or 0.0)
        told.setdefault(words, words if finding.second is None else at_second)
    return tuple(told.values())[:_MOST_REASONS]
