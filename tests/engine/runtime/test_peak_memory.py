from __future__ import annotations

import mmap

import pytest
import torch

from engine.core.device import Device, DeviceKind
from engine.runtime import peak_memory
from engine.runtime.peak_memory import forget_peak, peak

MB = 1_000_000


def test_the_peak_of_the_process_is_counted_anew_for_each_clip():
    if not forget_peak(Device()):
        pytest.skip("this system does not count the peak anew")
    before = peak(Device()) or 0
    # Memory of its own: what an allocator hands out may have been resident already.
    with mmap.mmap(-1, 60 * MB) as held:
        held[:: mmap.PAGESIZE] = bytes(-(-60 * MB // mmap.PAGESIZE))
        with_it = peak(Device()) or 0
    assert with_it - before > 50 * MB
    assert forget_peak(Device())
    assert 0 < (peak(Device()) or 0) < with_it - 50 * MB, "the last clip's is forgotten"


def test_on_cuda_it_is_what_torch_handed_out(monkeypatch):
    calls = []
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: calls.append("forgot"))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 5 * MB)
    card = Device(kind=DeviceKind.CUDA, name="a GPU", memory=1)
    assert forget_peak(card)
    assert (calls, peak(card)) == (["forgot"], 5 * MB)


def test_where_nothing_counts_it_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(peak_memory, "_CLEAR", tmp_path / "no" / "such")
    monkeypatch.setattr(peak_memory, "_STATUS", tmp_path / "nor this")
    assert not forget_peak(Device())
    assert peak(Device()) is None
    assert peak(Device(kind=DeviceKind.MPS, name="Apple GPU", memory=1)) is None
