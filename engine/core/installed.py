"""What is installed on this machine, and where models run on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.device import Device


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What a family must know of the machine.

    Attributes:
        device: where models run.
        weights: names of the catalogue's entries that are installed.
        checkpoints, styles: names of the owner's own files.
        unusable: those of the owner's files that cannot be used here: name → why, in words after “because”.
        packages: names of the optional Python packages that are installed here.
        slow: models may run without a GPU, because the owner chose it; clips then take very long.
        lacking: families of the owner's that cannot draw now: name → what they are missing, as
            :meth:`~engine.core.family_spec.FamilySpec.lacks` says it.
    """

    device: Device = field(default_factory=Device)
    weights: frozenset[str] = frozenset()
    checkpoints: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    unusable: Mapping[str, str] = field(default_factory=dict)
    packages: frozenset[str] = frozenset()
    slow: bool = False
    lacking: Mapping[str, str] = field(default_factory=dict)
