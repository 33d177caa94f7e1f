"""A control clip: what was found in a member's clip, one picture for each frame that will be drawn."""

from __future__ import annotations

from PIL import Image

from engine.core.device import Device, DeviceKind
from engine.core.family import Frames, Hooks, SourceClip
from engine.core.recipe import Follow
from engine.diffusion.by_time import frames_by_time
from engine.diffusion.ladder import Rung, Start, descend
from engine.following.extractors import Extractor, find_edges, load_extractor
from engine.following.needs import NEEDS
from engine.runtime.context import EngineContext

ON_CPU = Rung(name="cpu", about="the clip to follow was read on the CPU to save memory (same picture)")


def control_clip(
    clip: SourceClip,
    follow: Follow,
    *,
    frames: int,
    fps: float,
    width: int,
    height: int,
    context: EngineContext,
    hooks: Hooks,
) -> list[Image.Image]:
    """What a model is shown of a clip, one picture for each frame that will be drawn.

    The clip's frames are chosen by time, so that it is followed at its own pace whatever its rate; the last
    one stays where the clip is shorter. An extractor is loaded for this, and gone when it returns.

    Args:
        clip: the member's.
        follow: what of it.
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
    if follow is Follow.EDGES:
        found = find_edges(chosen, hooks)
    else:
        on_gpu = context.device.kind is not DeviceKind.CPU
        found = descend(
            (ON_CPU,) if on_gpu else (),
            lambda rungs: _extract(chosen, follow, Device() if rungs else context.device, context, hooks),
            start=Start(),
            most=1,
            hooks=hooks,
        )
    return [Image.fromarray(frame) for frame in found]


def _extract(chosen: Frames, follow: Follow, device: Device, context: EngineContext, hooks: Hooks) -> Frames:
    entry = NEEDS[follow].entry
    folder, name = context.store.path(entry), f"{entry}/{follow}"

    def make() -> Extractor:
        return load_extractor(follow, folder, device)

    try:
        # In the model cache, so that what else is held there makes room for it.
        return context.model_cache.get(name, make, lambda extractor: extractor.size)(chosen, hooks)
    finally:
        context.model_cache.drop(name)
