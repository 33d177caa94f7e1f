"""The gate: what is measured on a take, and the verdict."""

from engine.gate.calibration import Calibration
from engine.gate.measure import MEASURES
from engine.gate.troubles import TROUBLES
from engine.gate.verdict import Finding, Verdict, judge

__all__ = ["MEASURES", "TROUBLES", "Calibration", "Finding", "Verdict", "judge"]
