"""What makes a UNet work less: that it does, and what it changes."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.diffusion.deep_cache import DeepCache
from engine.diffusion.guidance_interval import GuidanceInterval, guided_steps
from engine.diffusion.single_key_attention import OneKeyProcessor, attend_to_one_key
from tests.engine.tiny import svd

from diffusers.models.attention_processor import Attention, AttnProcessor2_0  # isort: skip - after ours

FRAMES = 3


@pytest.fixture
def unet():
    torch.manual_seed(5)
    return svd.unet(FRAMES).eval().requires_grad_(requires_grad=False)


@pytest.fixture
def asked():
    """What the pipeline hands over with guidance: the unconditional half first, which sees no picture."""
    torch.manual_seed(6)
    noise, picture = torch.randn(1, FRAMES, 4, 8, 8), torch.randn(1, FRAMES, 4, 8, 8)
    word = torch.randn(1, 1, svd.EMBEDDED)
    return {
        "sample": torch.cat(
            (torch.cat((noise, torch.zeros_like(picture)), 2), torch.cat((noise, picture), 2))
        ),
        "timestep": torch.tensor(1.2),
        "encoder_hidden_states": torch.cat((torch.zeros_like(word), word)),
        "added_time_ids": torch.tensor([[6.0, 127.0, 0.02]] * 2),
        "return_dict": False,
    }


def work(model, asked):
    """The output, and the multiplications and additions that it took."""
    with FlopCounterMode(display=False) as counter:
        out = model(**asked)[0]
    return out, counter.get_total_flops()


def test_attention_to_one_key_is_what_the_library_works_out():
    torch.manual_seed(1)
    layer = Attention(query_dim=32, cross_attention_dim=24, heads=4, dim_head=8, bias=False)
    query, word = torch.randn(6, 10, 32), torch.randn(6, 1, 24)
    layer.set_processor(AttnProcessor2_0())
    stock = layer(query, encoder_hidden_states=word)
    layer.set_processor(OneKeyProcessor())
    assert torch.allclose(layer(query, encoder_hidden_states=word), stock, atol=1e-6)


@pytest.mark.parametrize("keys", [None, 2])
def test_attention_to_more_than_one_key_is_refused(keys):
    layer = Attention(query_dim=32, cross_attention_dim=32, heads=4, dim_head=8)
    layer.set_processor(OneKeyProcessor())
    words = None if keys is None else torch.randn(1, keys, 32)
    with pytest.raises(ValueError, match="more than one token"):
        layer(torch.randn(1, 10, 32), encoder_hidden_states=words)


def test_a_whole_unet_draws_the_same_with_attention_to_one_key(unet, asked):
    stock, whole = work(unet, asked)
    layers = sum(name.endswith(".attn2") for name, _ in unet.named_modules())
    assert attend_to_one_key(unet) == layers > 0
    drawn, less = work(unet, asked)
    assert torch.allclose(drawn, stock, atol=1e-5)
    assert less < whole


@pytest.mark.parametrize(("steps", "share", "guided"), [(25, 0.5, 13), (4, 0.0, 0), (4, 1.0, 4), (3, 0.1, 1)])
def test_a_share_of_the_steps_is_guided(steps, share, guided):
    assert guided_steps(steps, share) == guided


def test_after_the_guided_steps_only_the_conditional_half_is_worked_out(unet, asked):
    stock, whole = work(unet, asked)
    interval = GuidanceInterval(unet)
    with interval.over(4, 0.5):
        for guided in (True, True, False, False):
            drawn, flops = work(unet, asked)
            if guided:
                assert torch.equal(drawn, stock)
                assert flops == whole
            else:
                assert torch.allclose(drawn, stock[1:].expand(2, -1, -1, -1, -1), atol=1e-5)
                assert flops < 0.51 * whole
            interval.step_done()
    assert torch.equal(unet(**asked)[0], stock)


def test_a_model_that_gives_no_tuple_is_refused_where_halves_must_be_doubled(unet, asked):
    with GuidanceInterval(unet).over(2, 0.0), pytest.raises(TypeError, match="return_dict"):
        unet(**asked | {"return_dict": True})


def test_a_cache_that_is_not_used_changes_nothing(unet, asked):
    stock, whole = work(unet, asked)
    cache = DeepCache(unet)
    for every in (None, 1):
        with cache.over(every or 1) if every else torch.no_grad():
            drawn, flops = work(unet, asked)
            cache.step_done()
        assert torch.equal(drawn, stock)
        assert flops == whole


def test_the_deep_layers_work_on_every_third_step(unet, asked):
    stock, whole = work(unet, asked)
    cache = DeepCache(unet)
    with cache.over(3):
        for step in range(6):
            drawn, flops = work(unet, asked)
            assert torch.allclose(drawn, stock, atol=1e-5), "the same noise, so what was found is still right"
            assert (flops == whole) == (step % 3 == 0)
            cache.step_done()
    drawn, flops = work(unet, asked)
    assert torch.equal(drawn, stock)
    assert flops == whole


def test_a_step_that_skips_sees_the_new_noise(unet, asked):
    cache = DeepCache(unet)
    later = asked | {"sample": asked["sample"] + 0.1 * torch.randn_like(asked["sample"])}
    exact = unet(**later)[0]
    with cache.over(2):
        before = unet(**asked)[0]
        cache.step_done()
        drawn = unet(**later)[0]
    assert (drawn - exact).abs().mean() < (before - exact).abs().mean()


def test_a_step_that_skips_goes_on_after_the_guidance_has_ended(unet, asked):
    stock = unet(**asked)[0]
    cache, interval = DeepCache(unet), GuidanceInterval(unet)
    with interval.over(2, 0.5), cache.over(2):
        unet(**asked)
        interval.step_done()
        cache.step_done()
        drawn = unet(**asked)[0]
    assert torch.allclose(drawn, stock[1:].expand(2, -1, -1, -1, -1), atol=1e-5)


def test_what_a_take_has_found_is_not_there_for_the_next(unet, asked):
    cache = DeepCache(unet)
    with cache.over(2):
        unet(**asked)
    with cache.over(2):
        cache.step_done()
        with pytest.raises(RuntimeError, match="have not worked yet"):
            unet(**asked)
