"""Models that are streamed: main memory is pinned only where a second copy of their weights fits."""

from __future__ import annotations

import pytest
import torch

from engine.core.device import Device, DeviceKind
from engine.diffusion import streaming
from engine.diffusion.streaming import pins, streamed

CARD = Device(kind=DeviceKind.CUDA, name="a card", memory=2**34)


@pytest.mark.parametrize(("free", "pinned"), [(None, False), (7 * 400, False), (9 * 400, True)])
def test_main_memory_is_pinned_only_where_a_second_copy_fits(monkeypatch, free, pinned):
    """Four hundred bytes a layer, in two models of two layers: 1,600 twice."""
    models = [torch.nn.Sequential(*(torch.nn.Linear(10, 10, bias=False) for _ in "ab")) for _ in "ab"]
    asked = []
    monkeypatch.setattr(streaming, "free_main_memory", lambda: free)
    monkeypatch.setattr(streaming, "apply_group_offloading", lambda _model, **given: asked.append(given))
    with streamed(models, CARD):
        pass
    assert pins(models, free) == pinned
    assert [given["low_cpu_mem_usage"] for given in asked] == [not pinned] * 2
    assert all(given["use_stream"] for given in asked)
