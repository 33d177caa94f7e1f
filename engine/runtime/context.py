"""What an engine process has at hand: a device, the weights on disk, and what of them is in memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.device import Device, find_device
from engine.runtime.model_cache import ModelCache
from engine.runtime.rung_memory import RungMemory
from engine.weights.store import Store, store_of

if TYPE_CHECKING:
    from engine.core.family_spec import FamilySpec
    from engine.gate.calibration import Calibration
    from engine.vision.eyes import Eyes

DEVICE_VARIABLE = "FRAMEKILN_DEVICE"
MODELS_MEMORY_VARIABLE = "FRAMEKILN_MODELS_MEMORY"
STEPS_DOWN_VARIABLE = "FRAMEKILN_MEMORY_STEPS"
RIFE_ON_CPU_VARIABLE = "FRAMEKILN_RIFE_ON_CPU"
COMPILE_VARIABLE = "FRAMEKILN_COMPILE_MODELS"
COMPILED_BYTES_VARIABLE = "FRAMEKILN_COMPILED_BYTES"
ATTENTION_VARIABLE = "FRAMEKILN_ATTENTION"
"""Names of settings, as the bot passes them on to the engine process."""

CALIBRATION_VARIABLE = "FRAMEKILN_LOCAL_CALIBRATION"
"""Where the owner's own calibration of the gate is."""

CACHE_VARIABLE = "TORCHINDUCTOR_CACHE_DIR"
"""Where torch keeps what it compiled; torch's own name."""

ALLOCATOR_VARIABLE, ALLOCATOR = "PYTORCH_ALLOC_CONF", "expandable_segments:True"
"""How torch takes memory of the card. Models of all sizes come and go in one process: what one leaves fits
the next if segments can grow; fixed ones leave gaps that nothing fits."""

YES = "1"


class Attention(StrEnum):
    """torch's kernels for attention; see :mod:`engine.diffusion.attention`."""

    AUTO = "auto"
    """What suits the card."""

    CUDNN = "cudnn"
    FLASH = "flash"
    EFFICIENT = "efficient"
    MATH = "math"


@dataclass(frozen=True, kw_only=True)
class EngineContext:
    """Handed to each family when it is made.

    Attributes:
        device: where models run.
        store: where their weights lie.
        model_cache: what is loaded.
        rung_memory: how far down the memory ladder clips had to go.
        calibrations: by engine what the gate holds its takes against, where the owner calibrated it.
        steps_down: how often one take may go a step further down the memory ladder.
        rife_on_cpu: whether RIFE smooths where there is no GPU, which takes its time.
        compile_models: whether models are compiled; see :mod:`engine.diffusion.compiled`.
        attention: which kernel for attention is tried first.
        added: gives the families that the owner's folders and accounts add, as they are now; asked for each
            render, because an owner may add one at any time.
    """

    device: Device = field(default_factory=Device)
    store: Store = field(default_factory=Store)
    model_cache: ModelCache = field(default_factory=ModelCache)
    rung_memory: RungMemory = field(default_factory=RungMemory)
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    steps_down: int = 4
    rife_on_cpu: bool = False
    compile_models: bool = False
    attention: Attention = Attention.AUTO
    added: Callable[[], Mapping[str, FamilySpec]] = dict

    @cached_property
    def eyes(self) -> Eyes:
        """What looks at pictures and takes: one pair, so that each network is read once."""
        from engine.vision.eyes import Eyes  # noqa: PLC0415 - the bot reads this module for its settings alone

        return Eyes(self.store)


def context_of(environment: Mapping[str, str]) -> EngineContext:
    """The context of an engine process, from the settings as its parent passes them on.

    Args:
        environment: of the process; those of the weights are read by :func:`engine.weights.store.store_of`.
    """
    store = store_of(environment)
    wanted = environment.get(DEVICE_VARIABLE, "auto")
    return EngineContext(
        device=find_device(wanted) if store.in_use() else Device(),
        store=store,
        calibrations=_calibrations(environment.get(CALIBRATION_VARIABLE, "")),
        model_cache=ModelCache(int(environment.get(MODELS_MEMORY_VARIABLE) or 0) or None),
        steps_down=int(environment.get(STEPS_DOWN_VARIABLE) or EngineContext.steps_down),
        rife_on_cpu=environment.get(RIFE_ON_CPU_VARIABLE) == YES,
        compile_models=environment.get(COMPILE_VARIABLE) == YES,
        attention=Attention(environment.get(ATTENTION_VARIABLE) or Attention.AUTO),
    )


def _calibrations(path: str) -> Mapping[str, Calibration]:
    from engine.gate.calibration import shipped  # noqa: PLC0415 - same
    from engine.gate.local_calibration import read_calibrations  # noqa: PLC0415

    try:
        return read_calibrations(Path(path), shipped()) if path else {}
    except ValueError as error:  # a gate as it came is better than no engine
        sys.stderr.write(f"the gate uses its built-in calibration: {error}\n")
        return {}
