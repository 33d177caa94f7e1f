"""From the settings to what an engine of this machine needs, whether the bot or a worker runs it."""

from __future__ import annotations

import os
from pathlib import Path

from bot.config.choices import Where
from bot.config.devices import LocalDevice, local_devices
from bot.config.paths import CALIBRATION
from bot.config.settings import Settings
from engine.core.request import AUTO
from engine.process.watch import HostLimits
from engine.runtime.context import (
    ALLOCATOR,
    ALLOCATOR_VARIABLE,
    ATTENTION_VARIABLE,
    CACHE_VARIABLE,
    CALIBRATION_VARIABLE,
    COMPILE_VARIABLE,
    COMPILED_BYTES_VARIABLE,
    DEVICE_VARIABLE,
    MODELS_MEMORY_VARIABLE,
    RIFE_ON_CPU_VARIABLE,
    STEPS_DOWN_VARIABLE,
    YES,
)
from engine.weights.store import CHECKPOINTS_VARIABLE, FOLDER_VARIABLE, STYLES_VARIABLE, Store

COMPILED = "compiled"
"""The folder in the data folder for what was compiled; it may be deleted at any time."""


def for_engine(settings: Settings) -> HostLimits:
    """How long the engine process is waited for."""
    return HostLimits(
        heartbeat_silence=settings.heartbeat_silence,
        step_silence=settings.step_silence,
        job=settings.max_job_seconds,
    )


def local_environment(settings: Settings, folder: Path) -> dict[str, str]:
    """What an engine process must know of the settings; see :mod:`engine.runtime.context`.

    Args:
        settings: the owner's.
        folder: where what was compiled and the gate's calibration lie.
    """
    return {
        FOLDER_VARIABLE: str(settings.models_dir.absolute()),
        CHECKPOINTS_VARIABLE: ",".join(map(str, whole(settings.extra_checkpoints))),
        STYLES_VARIABLE: ",".join(map(str, whole(settings.extra_styles))),
        DEVICE_VARIABLE: settings.device,
        MODELS_MEMORY_VARIABLE: str(settings.models_memory),
        STEPS_DOWN_VARIABLE: str(settings.memory_steps),
        RIFE_ON_CPU_VARIABLE: YES if settings.rife_on_cpu else "",
        ATTENTION_VARIABLE: settings.attention,
        COMPILED_BYTES_VARIABLE: str(settings.compiled_bytes),
        COMPILE_VARIABLE: YES if settings.compile_models else "",
        CACHE_VARIABLE: str(folder.absolute() / COMPILED),
        ALLOCATOR_VARIABLE: os.environ.get(ALLOCATOR_VARIABLE, ALLOCATOR),
        CALIBRATION_VARIABLE: str((folder / CALIBRATION).absolute()),
    }


def local_devices_of(settings: Settings) -> tuple[LocalDevice, ...]:
    """The engines of this machine. It may ask the driver, which can take seconds."""
    return local_devices(settings.devices, settings.device)


def store_of(settings: Settings) -> Store:
    """Where weights lie."""
    return Store(
        settings.models_dir,
        extra_checkpoints=whole(settings.extra_checkpoints),
        extra_styles=whole(settings.extra_styles),
    )


def whole(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    """As they are from any working folder; ``~`` is the owner's own."""
    return tuple(folder.expanduser().absolute() for folder in folders)


def allows_slow_models(settings: Settings) -> bool:
    """Whether models may run without a GPU: an owner who names the CPU, or an engine, wants it so."""
    return settings.device is Where.CPU or settings.engine != AUTO
