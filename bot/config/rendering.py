"""Settings for how the engine draws: where, with what, memory and speed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from bot.config.devices import is_devices
from engine.runtime.context import Attention, EngineContext


class Drawing(BaseSettings):
    """A part of :class:`bot.config.settings.Settings`."""

    extra_checkpoints: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="More folders of Stable Diffusion 1.5 checkpoints, such as those of ComfyUI or A1111. "
        "Comma-separated.",
    )
    extra_styles: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="More folders of style LoRAs. Comma-separated."
    )
    first_times: bool = Field(
        True,  # noqa: FBT003 - a default
        description="Draw two short clips at the first start, while nobody waits, to learn how long clips "
        "take on this machine.",
    )
    devices: str = Field(
        "auto",
        description="Engines of this machine: auto (one for each GPU, or just one), a list of GPUs by number "
        "like 0,1, or none. cpu,cpu: two without a GPU.",
    )
    models_memory: int = Field(
        0,
        ge=0,
        description="Most bytes for loaded models in total; the oldest are unloaded first. 0: no limit.",
    )
    memory_steps: int = Field(
        EngineContext.steps_down,
        ge=0,
        le=9,
        description="How many memory savers a clip can switch on when memory runs out.",
    )
    attention: Attention = Field(
        Attention.AUTO,
        description="Which of torch's attention kernels is tried first on CUDA: auto (by the GPU), cudnn, "
        "flash, efficient or math.",
    )
    clips_at_once: int = Field(
        2,
        ge=1,
        le=2,
        description="Most clips that the engine works on at once, where it has a GPU. With 2, it draws the "
        "next clip while the last one is judged, smoothed and encoded; both are in main memory meanwhile.",
    )
    compile_models: bool = Field(
        False,  # noqa: FBT003 - a default
        description="Compile models for the usual sizes and lengths, on CUDA. Takes minutes the first time; "
        "the result is kept in the data folder. The gain has not been measured yet.",
    )
    compile_ahead: float = Field(
        60.0,
        ge=0,
        le=86_400,
        description="Seconds that the engine must have been idle before models are compiled for sizes and "
        "lengths that are likely to come next, by a process that ends when a job comes; 0 for never.",
    )
    compiled_bytes: int = Field(
        5_000_000_000,
        ge=0,
        description="Most bytes of compiled models in the data folder. If there are more when the engine "
        "starts, they are deleted, and compiled anew when they are needed.",
    )
    rife_on_cpu: bool = Field(
        False,  # noqa: FBT003 - a default
        description="Smooth with RIFE even without a GPU, which is slow.",
    )

    @field_validator("extra_checkpoints", "extra_styles", mode="before")
    @classmethod
    def _split_folders(cls, value: object) -> object:
        """Blanks belong to a folder's name; those around it do not."""
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    @field_validator("devices", mode="after")
    @classmethod
    def _known_devices(cls, value: str) -> str:
        devices = value.replace(" ", "").lower()
        if not is_devices(devices):
            raise ValueError("must be auto, none, or a list of GPUs by number, like 0,1")
        if len(set(numbers := [part for part in devices.split(",") if part.isdecimal()])) < len(numbers):
            raise ValueError("must name each GPU once")
        return devices
