"""A model is compiled where the owner wants it, on CUDA, and for usual shapes alone."""

from __future__ import annotations

import importlib

import pytest
import torch

from engine.core.device import Device, DeviceKind
from engine.diffusion.compiled import compiled_for, compiling
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
    with compiling(usual=True):
        model(torch.ones(2, 3))
    assert bool(shapes) == is_compiled


def test_each_usual_shape_is_compiled_for_once_and_no_other(shapes):
    model = compiled_for(Twice(), EngineContext(device=CARD, compile_models=True))
    for rows, usual in ((2, True), (3, False), (2, True), (4, True), (5, False), (4, True)):
        with compiling(usual=usual):
            assert model(-torch.ones(rows, 3)).shape == (rows, 3)
    assert shapes == [(2, 3), (4, 3)]
