"""RIFE in a render: asked while the render has the GPU; all else of smoothing is the processor's work."""

import dataclasses
import threading
from typing import Any

import numpy as np
import pytest
import torch

from engine.clips.rate import NO_ROOM
from engine.core.cancel import CancelToken
from engine.core.events import Progress
from engine.core.recipe import Stage
from engine.families import FAMILIES
from engine.gate import judge
from engine.rendering import smoothing
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits
from engine.runtime.context import EngineContext
from engine.smooth.rife import FILE, NAME, Rife, weight_shapes
from engine.vision.box import Box
from engine.vision.sighting import Sighting, Thing
from engine.weights.store import Store
from tests.engine.rendering.test_render import RECIPE, Scripted, flickering, good, render

__all__ = ["render"]

FACE = Sighting(thing=Thing.FACE, frame=2, box=Box(left=10, top=10, width=40, height=40))


@pytest.fixture
def renderer(render, monkeypatch, tmp_path):
    """A workshop with the scripted family, as if with weights, and a RIFE of small random weights.

    The processor stands for the GPU: RIFE is asked for as on one.
    """
    monkeypatch.setitem(FAMILIES, "scripted", dataclasses.replace(FAMILIES["scripted"], weights=("some",)))
    monkeypatch.setattr(Scripted, "takes", [good])
    monkeypatch.setattr(Scripted, "asked", [])
    context = EngineContext(store=Store(tmp_path / "models"), rife_on_cpu=True)
    context.store.path(NAME).mkdir(parents=True)
    generator = torch.Generator().manual_seed(5)
    weights = {
        name: 0.02 * torch.randn(shape, generator=generator) for name, shape in weight_shapes().items()
    }
    torch.save(weights, context.store.path(NAME) / FILE)
    return Renderer(context)


@pytest.fixture
def make(renderer, tmp_path):
    def clip(recipe=RECIPE, **more):
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        told: list[Any] = []
        receipt = renderer.render(
            recipe, {}, work=work, limits=RenderLimits(**more), on_event=told.append, cancel=CancelToken()
        )
        return receipt, (work / CLIP_NAME).read_bytes(), told

    return clip


def has_gpu(renderer):
    """Whether a render has the GPU just now."""
    return renderer.overlap.gpu._lock.locked()


def watched(monkeypatch, renderer, owner, name):
    """Have each call of something note whether its render had the GPU meanwhile."""
    had_gpu, real = [], getattr(owner, name)

    def call(*args, **named):
        had_gpu.append(has_gpu(renderer))
        return real(*args, **named)

    monkeypatch.setattr(owner, name, call)
    return had_gpu


def test_rife_is_asked_on_the_gpu_and_the_frames_are_mixed_when_it_is_free(make, renderer, monkeypatch):
    asked = watched(monkeypatch, renderer, Rife, "predict")
    judged = watched(monkeypatch, renderer, smoothing, "at_rate")
    receipt, _, told = make()
    assert asked == [True] * (RECIPE.frames - 1)
    assert judged == [False]
    assert receipt.ladder == ()
    stages = list(dict.fromkeys(event.stage for event in told if isinstance(event, Progress)))
    assert stages == [Stage.PREPARING, Stage.DRAWING, Stage.CHECKING, Stage.SMOOTHING, Stage.ENCODING]


def test_a_rejected_take_costs_no_mixing_and_the_kept_ones_flow_is_used(make, renderer, monkeypatch):
    monkeypatch.setattr(Scripted, "takes", [flickering, good])
    mixed = watched(monkeypatch, renderer, smoothing, "at_rate")
    kept, clip, _ = make(max_takes=2)
    assert (kept.kept, len(mixed)) == (2, 1)
    monkeypatch.setattr(Scripted, "takes", [good])
    monkeypatch.setattr(Scripted, "asked", [])
    assert make()[1] == clip


def test_what_the_eyes_saw_reaches_the_smoothing_by_rife_too(make, monkeypatch):
    seen = []

    def look(*given, **named):
        return dataclasses.replace(judge(*given, **named), sightings=(FACE,))

    def at_rate(drawn, recipe, flow, *, sightings, **_):
        seen.append((sightings, len(flow.gaps)))
        return drawn[np.arange(recipe.length) % len(drawn)]

    monkeypatch.setattr("engine.rendering.takes.judge", look)
    monkeypatch.setattr(smoothing, "at_rate", at_rate)
    make()
    assert seen == [((FACE,), RECIPE.frames - 1)]


def test_where_the_gpu_has_no_memory_for_rife_it_is_not_asked_again_by_the_smoothing(make, monkeypatch):
    asked = []

    def too_large(*_args, **_more):
        asked.append(threading.get_ident())
        raise torch.OutOfMemoryError("CUDA out of memory (simulated)")

    monkeypatch.setattr(Rife, "predict", too_large)
    receipt, clip, _ = make()
    assert receipt.ladder == (NO_ROOM,)
    assert len(asked) == 1
    monkeypatch.setattr(smoothing, "smooths_on_gpu", lambda context: False)
    monkeypatch.setattr("engine.clips.rate.find_model", lambda context: None)
    assert make()[1] == clip


@pytest.mark.parametrize("change", [{"fps": 12.0, "length": 9}, {}])
def test_rife_is_loaded_only_for_a_clip_that_has_to_be_smoothed(make, renderer, change):
    make(dataclasses.replace(RECIPE, **change))
    assert renderer._context.model_cache.names() == (() if change else (NAME,))
