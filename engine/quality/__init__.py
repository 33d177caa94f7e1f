"""The gate: what is measured on a take, and the verdict."""

from engine.quality.registry import MEASURES
from engine.quality.verdict import Finding, Verdict, judge

__all__ = ["MEASURES", "Finding", "Verdict", "judge"]
