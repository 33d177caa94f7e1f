"""From drawn frames to the finished clip's rate: by RIFE where it works, else by optical flow.

Nothing about RIFE may cost a clip: what is wrong with it is said, and the clip is smoothed without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from engine.core.cancel import CancelToken
from engine.core.device_faults import is_out_of_memory
from engine.core.family import Frames
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence
from engine.runtime.context import EngineContext
from engine.smooth import FlowModel, PrecomputedFlow, smooth, smooth_to_rate
from engine.smooth.rife import NAME, can_run, find_model
from engine.vision.sighting import Sighting

T = TypeVar("T")

BROKEN = Sentence("smoothed by optical flow alone: RIFE's weights could not be loaded")
NO_ROOM = Sentence("smoothed by optical flow alone: not enough memory for RIFE")


def at_rate(
    drawn: Frames,
    recipe: Recipe,
    flow: FlowModel | PrecomputedFlow | None,
    *,
    progress: Callable[[float], None],
    cancel: CancelToken,
    sightings: Sequence[Sighting] = (),
) -> Frames:
    """As many frames a second, and as many in all, as a recipe says.

    Args:
        drawn: uint8 ``[recipe.frames, H, W, 3]``.
        recipe: knows both rates and the length.
        flow: a learned flow, or what it said of these frames; None: optical flow alone.
        progress: told the finished share.
        cancel: looked at for each frame.
        sightings: what the eyes saw in ``drawn``.

    Returns:
        uint8 ``[recipe.length, H, W, 3]``; a part of ``drawn`` itself where every frame was drawn.
    """
    if recipe.factor == 1:
        progress(1.0)
        whole = drawn
    elif recipe.factor is None:
        rates = recipe.native_fps, recipe.fps
        whole = smooth_to_rate(
            drawn, *rates, progress=progress, cancel=cancel, flow=flow, sightings=sightings
        )
    else:
        whole = smooth(drawn, recipe.factor, progress=progress, cancel=cancel, flow=flow, sightings=sightings)
    return whole[: recipe.length]


def smooths_on_gpu(context: EngineContext) -> bool:
    """Whether :func:`by_best_flow` uses the GPU, or any other device that models draw on."""
    return can_run(context)


def by_best_flow(
    context: EngineContext, make: Callable[[FlowModel | None], T], *, gave_up: Callable[[str], None]
) -> T:
    """Make something with RIFE where it works, and else without.

    Args:
        context: where RIFE's weights may lie.
        make: makes it, with RIFE or with None.
        gave_up: told why RIFE was not used although it is installed.
    """
    model = _model(context, gave_up)
    if model is not None:
        try:
            return make(model)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        # Out here the error is gone, and with it the frames that held what filled the memory.
        model = None
        context.model_cache.drop(NAME)
        gave_up(NO_ROOM)
    return make(None)


def _model(context: EngineContext, gave_up: Callable[[str], None]) -> FlowModel | None:
    try:
        return find_model(context)
    except ValueError:
        gave_up(BROKEN)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        gave_up(NO_ROOM)
    return None
