"""A model is compiled where the owner wants it, on CUDA, and for usual shapes alone."""

from __future__ import annotations

import importlib

import pytest
import torch

from engine.core.device import Device, DeviceKind
from engine.diffusion.compiled import BROKEN, compiled_for, compiling
from engine.runtime.context import EngineContext

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch's own, of itself

CARD = Device(kind=DeviceKind.CUDA, name="a card", memory=2**34)


class Twice(torch.nn.Module):
    """One of torch's own layers alone would not be compiled."""

    def forward(self, given):
        return given * 2


@pytest.fixture
def shapes(monkeypatch):
    """Those that were compiled for. What they are compiled to is what they were, so nothing takes minutes."""
    seen = []

    def keep(graph, inputs, **_):
        seen.append(tuple(inputs[-1].shape))
        return graph.forward

    monkeypatch.setattr(importlib.import_module("torch._inductor.compile_fx"), "compile_fx", keep)
    yield seen
    torch.compiler.reset()


@pytest.mark.parametrize(
    ("wanted", "device", "is_compiled"),
    [(True, CARD, True), (False, CARD, False), (True, Device(), False)],
)
def test_only_where_the_owner_wants_it_and_only_on_cuda(shapes, wanted, device, is_compiled):
    model = compiled_for(Twice(), EngineContext(device=device, compile_models=wanted))
    with compiling(usual=True, gave_up=pytest.fail):
        model(torch.ones(2, 3))
    assert bool(shapes) == is_compiled


def test_each_usual_shape_is_compiled_for_once_and_no_other(shapes):
    model = compiled_for(Twice(), EngineContext(device=CARD, compile_models=True))
    for rows, usual in ((2, True), (3, False), (2, True), (4, True), (5, False), (4, True)):
        with compiling(usual=usual, gave_up=pytest.fail):
            assert model(-torch.ones(rows, 3)).shape == (rows, 3)
    assert shapes == [(2, 3), (4, 3)]


def test_a_model_that_cannot_be_compiled_is_used_as_it_is_and_tried_once(monkeypatch):
    tried = []

    def fail(*_, **__):
        tried.append(1)
        raise RuntimeError("no compiler")

    monkeypatch.setattr(importlib.import_module("torch._inductor.compile_fx"), "compile_fx", fail)
    model = compiled_for(Twice(), EngineContext(device=CARD, compile_models=True))
    told: list[str] = []
    for _ in range(2):
        with compiling(usual=True, gave_up=told.append):
            assert model(torch.ones(2)).tolist() == [2, 2]
    assert (told, tried) == ([BROKEN, BROKEN], [1])


def test_an_error_of_the_model_itself_is_passed_on(shapes):
    """Where memory runs out, the memory ladder must hear of it."""

    class Full(torch.nn.Module):
        @torch.compiler.disable
        def forward(self, given):
            raise torch.OutOfMemoryError("CUDA out of memory")

    model = compiled_for(Full(), EngineContext(device=CARD, compile_models=True))
    with compiling(usual=True, gave_up=pytest.fail), pytest.raises(torch.OutOfMemoryError):
        model(torch.ones(2))
    assert not shapes
