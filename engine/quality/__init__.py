"""The gate: what is measured on a take, and the verdict."""

from engine.quality.calibration import Calibration
from engine.quality.registry import MEASURES
from engine.quality.troubles import TROUBLES
from engine.quality.verdict import Finding, Verdict, judge

__all__ = ["MEASURES", "TROUBLES", "Calibration", "Finding", "Verdict", "judge"]
