"""The owner's own calibration of the gate: what the bot knows of it without importing the gate."""

from __future__ import annotations

CALIBRATION_VARIABLE = "FRAMEKILN_LOCAL_CALIBRATION"
"""The environment variable that tells the engine process where the file is."""

FEWEST = 40
"""With fewer kept clips, a single one would decide the 5 % point."""
