"""Drawn frames come to the finished clip's rate, whatever is wrong with RIFE."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.clips.rate import BROKEN, NO_ROOM, at_rate, by_best_flow
from engine.core.cancel import CancelToken
from engine.core.recipe import Kind, Recipe
from engine.runtime.context import EngineContext
from engine.smooth.rife import FILE, NAME, Rife, weight_shapes
from engine.weights.store import Store

WIDTH, HEIGHT = 64, 48


def recipe(*, frames=4, native_fps=8.0, fps=24.0, length=10):
    return Recipe(
        kind=Kind.TEXT2VIDEO, engine="sketch", seed=1, frames=frames, width=WIDTH, height=HEIGHT,
        native_fps=native_fps, fps=fps, length=length,
    )  # fmt: skip


def drawn(frames=4):
    columns = np.arange(WIDTH + 2 * frames)
    wave = np.tile((128 + 80 * np.sin(columns / 5)).astype(np.uint8), (HEIGHT, 1))
    return np.stack([np.repeat(wave[:, 2 * n : 2 * n + WIDTH, None], 3, axis=2) for n in range(frames)])


def brought(made, context=None):
    """The frames, and what was given up."""
    given_up: list[str] = []

    def smoothed(flow):
        return at_rate(drawn(made.frames), made, flow, progress=lambda _: None, cancel=CancelToken())

    frames = by_best_flow(context or EngineContext(), smoothed, gave_up=given_up.append)
    return frames, given_up


@pytest.fixture
def installed(tmp_path):
    """A workshop that would wait for RIFE on the CPU, with a network of zeros: it sees no motion."""
    context = EngineContext(store=Store(tmp_path), rife_on_cpu=True)
    context.store.path(NAME).mkdir()
    weights = {name: torch.zeros(shape) for name, shape in weight_shapes().items()}
    torch.save(weights, context.store.path(NAME) / FILE)
    return context


def test_frames_that_are_all_drawn_are_not_copied():
    frames = drawn(4)
    told: list[float] = []
    made = recipe(frames=4, native_fps=8.0, fps=8.0, length=3)
    kept = at_rate(frames, made, None, progress=told.append, cancel=CancelToken())
    assert len(kept) == 3
    assert np.shares_memory(kept, frames)
    assert told == [1.0]


@pytest.mark.parametrize(
    ("native", "fps", "frames", "length"), [(8, 24, 4, 10), (8, 25, 4, 10), (8, 8, 4, 4)]
)
def test_a_clip_has_the_frames_that_its_recipe_says(native, fps, frames, length):
    made = recipe(frames=frames, native_fps=float(native), fps=float(fps), length=length)
    frames, given_up = brought(made)
    assert frames.shape == (length, HEIGHT, WIDTH, 3)
    assert given_up == []
    if made.factor is not None:
        assert np.array_equal(frames[:: made.factor], drawn(made.frames)[: len(frames[:: made.factor])])
    assert np.array_equal(frames[0], drawn()[0])


def test_a_damaged_file_of_rife_costs_no_clip_and_is_said(installed):
    (installed.store.path(NAME) / FILE).write_bytes(b"damaged")
    frames, given_up = brought(recipe(), installed)
    assert np.array_equal(frames, brought(recipe())[0])
    assert given_up == [BROKEN]
    assert installed.model_cache.names() == ()


@pytest.mark.parametrize("where", ["__init__", "predict"])
def test_where_there_is_no_memory_for_rife_optical_flow_does_it_and_that_is_said(
    installed, monkeypatch, where
):
    def too_large(*_args, **_more):
        raise torch.OutOfMemoryError("CUDA out of memory (simulated)")

    monkeypatch.setattr(Rife, where, too_large)
    frames, given_up = brought(recipe(), installed)
    assert np.array_equal(frames, brought(recipe())[0])
    assert given_up == [NO_ROOM]
    assert installed.model_cache.names() == ()


def test_another_fault_of_rife_is_not_hidden(installed, monkeypatch):
    def breaks(*_args, **_more):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(Rife, "predict", breaks)
    with pytest.raises(RuntimeError, match="CUDA error"):
        brought(recipe(), installed)
