"""Finding out what this machine has for making clips."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from engine.core.capabilities import Capabilities
from engine.core.device import Device
from engine.core.precision import PACKAGES
from engine.weights.model_spec import ModelSpec
from engine.weights.store import Store


def capabilities_of(
    store: Store, catalogue: Mapping[str, ModelSpec], device: Device, *, slow: bool = False
) -> Capabilities:
    """Look at the disk.

    Args:
        store: where weights lie.
        catalogue: the entries that are looked for, by name; see :data:`engine.families.CATALOGUE`.
        device: where models run.
        slow: models may run without a GPU.
    """
    return Capabilities(
        device=device,
        weights=frozenset(name for name, spec in catalogue.items() if store.has(spec)),
        checkpoints=store.checkpoints(),
        styles=store.styles(),
        unusable=store.unusable(),
        packages=frozenset(name for name in PACKAGES.values() if find_spec(name) is not None),
        slow=slow,
    )
