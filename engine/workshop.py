"""What an engine process has at hand: a device, the weights on disk, and what of them is in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.device import Device
from engine.rack import Rack
from engine.store import Store


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Handed to each backend when it is made.

    Attributes:
        device: where models run.
        store: where their weights lie.
        rack: what is loaded.
        steps_down: how often one take may go a step further down the memory ladder.
        rife_on_cpu: whether RIFE smooths where there is no GPU, which takes its time.
        compile_models: whether models of fixed shapes are compiled; see :mod:`engine.diffusion.compiled`.
    """

    device: Device = field(default_factory=Device)
    store: Store = field(default_factory=Store)
    rack: Rack = field(default_factory=Rack)
    steps_down: int = 3
    rife_on_cpu: bool = False
    compile_models: bool = False
