"""A secret that no text may repeat."""

from __future__ import annotations

CANARY = "canary-" + "x" * 30
