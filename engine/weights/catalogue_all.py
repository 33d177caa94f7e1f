"""The weights that Framekiln knows by name: where they come from, and what their licence allows."""

from __future__ import annotations

from collections.abc import Mapping

from engine.weights.catalogue import entries
from engine.weights.model_spec import HubSource, Licence, ModelSpec, WheelSource

__all__ = ["CATALOGUE", "HubSource", "Licence", "ModelSpec", "WheelSource"]

CATALOGUE: Mapping[str, ModelSpec] = {spec.name: spec for spec in entries()}
