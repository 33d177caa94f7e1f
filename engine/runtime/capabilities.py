"""Finding out what this machine has for making clips."""

from __future__ import annotations

from engine.core.capabilities import Capabilities
from engine.core.device import Device
from engine.weights.catalogue_all import CATALOGUE
from engine.weights.store import Store


def capabilities_of(store: Store, device: Device, *, slow: bool = False) -> Capabilities:
    """Look at the disk."""
    return Capabilities(
        device=device,
        weights=frozenset(name for name in CATALOGUE if store.has(name)),
        checkpoints=store.checkpoints(),
        styles=store.styles(),
        slow=slow,
    )
