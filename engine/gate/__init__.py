"""The gate: measures of a take, and the verdict on it."""

from engine.gate.calibration import Calibration
from engine.gate.listening import listen
from engine.gate.meaning import FAULTS
from engine.gate.measure import MEASURES
from engine.gate.troubles import TROUBLES
from engine.gate.verdict import Finding, Verdict, judge, with_heard

__all__ = [
    "FAULTS",
    "MEASURES",
    "TROUBLES",
    "Calibration",
    "Finding",
    "Verdict",
    "judge",
    "listen",
    "with_heard",
]
