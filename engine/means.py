"""What this machine has for making clips, and which engines can therefore run here."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.backends.spec import BackendSpec, Way
from engine.device import Device
from engine.models import CATALOGUE
from engine.recipe import Quality
from engine.store import Store


@dataclass(frozen=True, kw_only=True)
class Means:
    """All that a plan must know of the machine.

    Attributes:
        device: where models run.
        weights: names of the catalogue's entries that are installed.
        checkpoints, styles: names of the owner's own files.
        slow: models may run without a GPU, because the owner chose it; clips then take very long.
    """

    device: Device = field(default_factory=Device)
    weights: frozenset[str] = frozenset()
    checkpoints: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    slow: bool = False

    def lacks(self, spec: BackendSpec) -> str | None:
        """What an engine is missing here, in words; None: nothing."""
        if not spec.trained:
            return None
        missing = [name for name in spec.weights if name not in self.weights]
        if spec.any_of and not self.weights & set(spec.any_of):
            missing.append(spec.any_of[0])
        if missing:
            return f"its weights ({', '.join(missing)}); framekiln models pull {' '.join(missing)}"
        if spec.needs_checkpoint and not self.checkpoints and not self.weights & set(spec.base):
            return f"a checkpoint; framekiln models pull {spec.base[0]}"
        if not any(self.way(spec, quality) for quality in Quality):
            return "the weights of each of its ways of drawing"
        if not (self.device.is_gpu or self.slow):
            return "a GPU"
        return None

    def way(self, spec: BackendSpec, quality: Quality) -> Way | None:
        """The first way of drawing whose weights are here; None where there is none for this quality."""
        return next((way for way in spec.ways.get(quality, ()) if self.weights >= set(way.weights)), None)


def means_of(store: Store, device: Device, *, slow: bool = False) -> Means:
    """Look at the disk."""
    return Means(
        device=device,
        weights=frozenset(name for name in CATALOGUE if store.has(name)),
        checkpoints=store.checkpoints(),
        styles=store.styles(),
        slow=slow,
    )
