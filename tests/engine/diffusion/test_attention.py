"""Which kernel for attention is tried first, and that the last one is always there."""

from __future__ import annotations

import pytest
import torch

from engine.core.device import Device, DeviceKind
from engine.diffusion.attention import attending, order_for
from engine.runtime.context import Attention, EngineContext

FAST = {Attention.CUDNN, Attention.FLASH, Attention.EFFICIENT}


@pytest.mark.parametrize(
    ("card", "capability", "first"),
    [
        ("GTX 1080", (6, 1), Attention.EFFICIENT),
        ("RTX 2080", (7, 5), Attention.EFFICIENT),
        ("A100", (8, 0), Attention.FLASH),
        ("RTX 3060", (8, 6), Attention.FLASH),
        ("RTX 4090", (8, 9), Attention.FLASH),
        ("H100", (9, 0), Attention.CUDNN),
        ("B200", (10, 0), Attention.CUDNN),
        ("RTX 5090", (12, 0), Attention.FLASH),
    ],
)
def test_each_card_has_its_own_and_all_others_behind_it(card, capability, first):
    order = order_for(capability)
    assert order[0] is first, card
    assert set(order) == FAST | {Attention.MATH}
    assert order[-1] is Attention.MATH, "the slow one is for what no other can do"


@pytest.mark.parametrize("wanted", sorted(FAST | {Attention.MATH}))
def test_the_owners_choice_goes_before_the_cards(wanted):
    order = order_for((8, 9), wanted)
    assert order[0] is wanted
    assert [name for name in order if name is not wanted] == [
        name for name in order_for((8, 9)) if name is not wanted
    ]


def attended(context):
    query = torch.randn(1, 2, 64, 32, generator=torch.Generator().manual_seed(1))
    with attending(context):
        priority = torch._C._get_sdp_priority_order()
        return torch.nn.functional.scaled_dot_product_attention(query, query, query), priority


def test_on_the_cpu_nothing_is_chosen_and_no_bit_changes():
    query = torch.randn(1, 2, 64, 32, generator=torch.Generator().manual_seed(1))
    before = torch._C._get_sdp_priority_order()
    drawn, priority = attended(EngineContext(attention=Attention.MATH))
    assert torch.equal(drawn, torch.nn.functional.scaled_dot_product_attention(query, query, query))
    assert priority == before


def test_on_a_card_torch_is_told_for_the_block_alone(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    before = torch._C._get_sdp_priority_order()
    kernels = torch.nn.attention.SDPBackend
    _, priority = attended(EngineContext(device=Device(kind=DeviceKind.CUDA, name="H100")))
    named = (kernels.CUDNN_ATTENTION, kernels.FLASH_ATTENTION, kernels.EFFICIENT_ATTENTION, kernels.MATH)
    assert priority[:4] == [int(kernel) for kernel in named]
    assert torch._C._get_sdp_priority_order() == before
