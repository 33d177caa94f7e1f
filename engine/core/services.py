"""The services that draw for money, by the first part of their engines' names."""

from __future__ import annotations

from collections.abc import Mapping

SERVICES: Mapping[str, str] = {"replicate": "Replicate", "fal": "fal", "runpod": "RunPod"}
"""Name → title, in words."""


def service_of(engine: str) -> str:
    """The title of the service that an engine draws at; "" where it is none."""
    name, slash, _ = engine.partition("/")
    return SERVICES.get(name, "") if slash else ""
