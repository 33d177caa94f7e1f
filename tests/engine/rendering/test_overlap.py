"""Two clips at once in one renderer: what happens at the same time, and that it changes no clip."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from engine.clips import encode as clips_encode
from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled, GpuClosed
from engine.core.events import Progress
from engine.core.recipe import Stage
from engine.families import FAMILIES
from engine.rendering import render as render_module
from engine.rendering.overlap import Place
from engine.rendering.render import Renderer, RenderLimits
from tests.engine.rendering.test_render import RECIPE, Scripted, flickering, good, render

__all__ = ["render"]

LONG = 10.0
"""Seconds after which a thread is stuck."""


def one(renderer, folder, *, seed=11, on_event=lambda event: None, cancel=None):
    folder.mkdir()
    receipt = renderer.render(
        replace(RECIPE, seed=seed),
        {},
        work=folder,
        limits=RenderLimits(),
        on_event=on_event,
        cancel=cancel or CancelToken(),
    )
    return receipt.sha256


@pytest.fixture
def on_gpu(render, monkeypatch):
    """The scripted family, with weights."""
    monkeypatch.setitem(FAMILIES, "scripted", replace(FAMILIES["scripted"], weights=("some",)))
    monkeypatch.setattr(Scripted, "takes", [good])
    monkeypatch.setattr(Scripted, "asked", [])


@pytest.mark.usefixtures("on_gpu")
def test_the_next_clip_is_drawn_while_one_is_encoded_and_both_are_what_they_are_alone(tmp_path, monkeypatch):
    alone = [one(Renderer(), tmp_path / f"alone{seed}", seed=seed) for seed in (1, 2)]
    encoding, drawn = threading.Event(), threading.Event()
    encode = clips_encode.encode

    def encode_when_the_other_is_drawn(*given, **named):
        encoding.set()
        assert drawn.wait(LONG), "nothing is drawn meanwhile"
        return encode(*given, **named)

    monkeypatch.setattr(render_module, "encode", encode_when_the_other_is_drawn)
    renderer = Renderer()

    def second():
        assert encoding.wait(LONG)

        def listen(event):
            if event == Progress(stage=Stage.DRAWING, fraction=1.0):
                drawn.set()

        return one(renderer, tmp_path / "second", seed=2, on_event=listen)

    with ThreadPoolExecutor() as pool:
        both = pool.submit(one, renderer, tmp_path / "first", seed=1), pool.submit(second)
        assert [each.result() for each in both] == alone


@pytest.mark.usefixtures("on_gpu")
def test_what_a_clip_waited_for_another_is_on_no_receipt(tmp_path, monkeypatch):
    """A rejected take is drawn again when the other clip has left the GPU; nobody is charged for the wait."""
    monkeypatch.setattr(Scripted, "takes", [flickering, good])
    renderer = Renderer()
    leave, waits = threading.Event(), threading.Event()
    stages = []

    def holding():
        with renderer.overlap.gpu.taken(CancelToken(), lambda: None):
            assert waits.wait(LONG)
            leave.wait(0.5)

    def listen(event):
        stages.append(getattr(event, "stage", None))
        if len(stages) > 1 and event == Progress(stage=Stage.PREPARING, fraction=0.0):
            waits.set()

    folder = tmp_path / "one"
    folder.mkdir()
    with ThreadPoolExecutor() as pool:
        holder = pool.submit(holding)
        receipt = renderer.render(
            RECIPE, {}, work=folder, limits=RenderLimits(), on_event=listen, cancel=CancelToken()
        )
        holder.result()
    assert stages[:2] == [Stage.PREPARING, Stage.PREPARING], "it says that it waits"
    assert sum(take.seconds for take in receipt.takes) <= receipt.busy_seconds
    assert receipt.seconds[Stage.DRAWING] < 0.4


def test_a_wait_for_a_place_ends_with_a_stop():
    place, token = Place(), CancelToken()
    with place.taken(CancelToken(), lambda: None), pytest.raises(Cancelled), place.taken(token, token.cancel):
        pytest.fail("it had the place twice")


def test_a_place_where_the_gpu_broke_is_shut_before_it_is_free():
    place = Place()
    with pytest.raises(RuntimeError, match="CUDA"), place.taken(CancelToken(), lambda: None):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    with pytest.raises(GpuClosed), place.taken(CancelToken(), lambda: None):
        pytest.fail("a broken GPU was given away")
    assert place.close(), "the process has still to end"


def test_an_error_that_breaks_nothing_leaves_the_place_open():
    place = Place()
    with pytest.raises(ValueError, match="seed"), place.taken(CancelToken(), lambda: None):
        raise ValueError("seed")
    with place.taken(CancelToken(), lambda: None):
        pass
