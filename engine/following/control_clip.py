"""A control clip: what was found in a member's clip, one picture for each frame that will be drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PIL import Image

from engine.core.device import Device, DeviceKind
from engine.core.family import Frames, Hooks, SourceClip
from engine.core.recipe import Follow
from engine.core.sentence import Sentence
from engine.diffusion.by_time import frames_by_time
from engine.diffusion.ladder import Rung, Start, descend
from engine.following.extractors import Extractor, find_edges, load_extractor
from engine.following.needs import EXTRACTOR, NEEDS, FollowNeeds, nearest_way, way_here, way_named
from engine.following.skeleton import find_poses
from engine.runtime.context import EngineContext
from engine.weights.store import Store

ON_CPU = Rung(
    name="cpu", about=Sentence("the clip to follow was read on the CPU to save memory (same picture)")
)


def way_of(follow: Follow, settings: Mapping[str, object], store: Store) -> FollowNeeds:
    """The way in which a recipe's clip is followed.

    Args:
        follow: what is followed.
        settings: the recipe's. Where they name no way, it is the one whose weights lie in the store, or the
            one to which the least is missing.
        store: of this machine.
    """
    named = way_named(follow, str(settings.get(EXTRACTOR, "")))
    if named is not None:
        return named
    entries = {entry for way in NEEDS[follow] for entry in way.entries}
    there = {entry for entry in entries if store.path(entry).is_dir()}
    return way_here(follow, there) or nearest_way(follow, there)


def control_clip(
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
    """What a model is shown of a clip, one picture for each frame that will be drawn.

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
        hooks.gave_up(
            Sentence(
                "the clip to follow is {seconds:.1f} seconds long: its last frame is held after that",
                seconds=seconds,
            )
        )
    own = _OWN.get(way.name)
    found = extracted(chosen, way, context, hooks) if own is None else own(chosen, context, hooks)
    return [Image.fromarray(frame) for frame in found]


def extracted(frames: Frames, way: FollowNeeds, context: EngineContext, hooks: Hooks) -> Frames:
    """What an extractor finds in some frames; it is loaded for this, and gone when it returns.

    Args:
        frames: uint8 ``[T, H, W, 3]``, RGB.
        way: one that needs torch.
        context: where its weights lie and where it runs; on the processor, where the GPU has no room.
        hooks: asked whether to stop, and told of progress, once a frame.

    Returns:
        uint8 ``[T, H, W, 3]``, with one range for all frames.

    Raises:
        Cancelled: a stop was asked for.
        RenderFailed: ``E_WEIGHTS``, ``E_EXTRACTOR``: the extractor cannot be used here.
    """
    on_gpu = context.device.kind is not DeviceKind.CPU
    return descend(
        (ON_CPU,) if on_gpu else (),
        lambda rungs: _extract(frames, way, Device() if rungs else context.device, context, hooks),
        start=Start(),
        most=1,
        hooks=hooks,
    )


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
