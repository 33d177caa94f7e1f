"""What a clip is followed by: control frames from a member's clip, and the ControlNet that reads them.

L. Zhang et al., Adding Conditional Control to Text-to-Image Diffusion Models, arXiv 2302.05543.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from diffusers import ControlNetModel
from PIL import Image

from engine.core.device import Device, DeviceKind
from engine.core.family import Frames, Hooks, SourceClip
from engine.core.recipe import Follow
from engine.diffusion.by_time import frames_by_time
from engine.diffusion.ladder import Rung, Start, descend
from engine.diffusion.loading import bytes_in, load, size_of
from engine.families.animatediff_control.extractors import Extractor, find_edges, load_extractor
from engine.families.animatediff_control.follow_needs import NEEDS, FollowNeeds, nearest_way, way_here
from engine.families.animatediff_control.skeleton import find_poses
from engine.runtime.context import EngineContext
from engine.weights.store import Store

ON_CPU = Rung(name="cpu", about="the clip to follow was read on the CPU to save memory (same picture)")


def way_in(follow: Follow, store: Store) -> FollowNeeds:
    """The way of following something whose weights lie in a store; the one to which the least is missing."""
    entries = {entry for needs in NEEDS[follow] for entry in needs.weights}
    there = {entry for entry in entries if store.path(entry).is_dir()}
    # The ControlNet is the same for all ways, and is missed by name when it is loaded.
    return way_here(follow, there | {NEEDS[follow][0].controlnet}) or nearest_way(follow, there)


def conditioning_frames(
    clip: SourceClip,
    way: FollowNeeds,
    *,
    frames: int,
    fps: float,
    width: int,
    height: int,
    context: EngineContext,
    hooks: Hooks,
) -> list[Image.Image]:
    """What a ControlNet is shown, one picture for each frame that will be drawn.

    The clip's frames are chosen by time, so that it is followed at its own pace whatever its rate; the last
    one stays where the clip is shorter. An extractor is loaded for this, and gone when it returns.

    Args:
        clip: the member's.
        way: what of it, and by what that is found.
        frames, fps: how many will be drawn, and how many of them a second.
        width, height: of the pictures, in pixels.
        context: where the extractor's weights lie and where it runs.
        hooks: asked whether to stop, and told of progress from 0 to 1, once a frame; told where the clip is
            too short, or was read on the processor for want of memory.

    Raises:
        Cancelled: a stop was asked for.
        RenderFailed: ``E_WEIGHTS``, ``E_EXTRACTOR``: the extractor cannot be used here; the text says how
            it could.
    """
    chosen = frames_by_time(clip, frames, fps, (width, height))
    seconds = len(clip.frames) / clip.fps
    if (frames - 1) / fps > seconds:
        hooks.gave_up(f"the clip to follow is {seconds:.1f} seconds long: its last frame is held after that")
    own = _OWN.get(way.name)
    if own is not None:
        found = own(chosen, context, hooks)
    else:
        on_gpu = context.device.kind is not DeviceKind.CPU
        found = descend(
            (ON_CPU,) if on_gpu else (),
            lambda rungs: _extract(chosen, way, Device() if rungs else context.device, context, hooks),
            start=Start(),
            most=1,
            hooks=hooks,
        )
    return [Image.fromarray(frame) for frame in found]


_OWN: Mapping[str, Callable[[Frames, EngineContext, Hooks], Frames]] = {
    "canny": lambda frames, _context, hooks: find_edges(frames, hooks),
    "body-points": lambda frames, context, hooks: find_poses(frames, context.eyes, hooks),
}
"""Ways that need no torch: nothing is loaded for them on a device."""


def _extract(
    chosen: Frames, way: FollowNeeds, device: Device, context: EngineContext, hooks: Hooks
) -> Frames:
    entry = way.entries[0]
    folder, name = context.store.path(entry), f"{entry}/{way.name}"

    def make() -> Extractor:
        return load_extractor(way, folder, device)

    try:
        # In the model cache, so that what else is held there makes room for it.
        return context.model_cache.get(name, make, lambda extractor: extractor.size)(chosen, hooks)
    finally:
        context.model_cache.drop(name)


def load_controlnet(context: EngineContext, way: FollowNeeds, dtype: torch.dtype, device: Device) -> Any:
    """The ControlNet for what is followed, from the model cache.

    Raises:
        RenderFailed: ``E_WEIGHTS``: it is not installed, or damaged, or not in safetensors.
    """
    entry = way.controlnet
    return context.model_cache.get(
        f"{entry}/{dtype}",
        lambda: load(ControlNetModel, context.store.path(entry), device=device, dtype=dtype),
        size_of,
        park=lambda model: model.to("cpu"),
        coming=bytes_in(context.store.path(entry)),
    )
