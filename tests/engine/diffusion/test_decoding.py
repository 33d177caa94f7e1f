"""Decoding latents, chunk by chunk; the sampler of distilled Stable Video Diffusion."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled, HopelessTake
from engine.core.family import Hooks
from engine.diffusion.consistency import ConsistencyScheduler
from engine.diffusion.decode import decode
from tests.engine import tiny  # noqa: F401 - one thread, and the libraries in order
from tests.engine.diffusion.steps_bench import CLEAN, walk


def flat(part):
    """A decoder whose frames all have the value of their latent."""
    return part.mean(dim=(1, 2, 3)).view(-1, 1, 1, 1).expand(-1, 3, 4, 6)


def ramp(*values):
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 4, 2, 2).contiguous()


def test_decoding_goes_chunk_by_chunk_straight_to_bytes():
    sizes = []
    told: list[float] = []

    def vae(part):
        sizes.append(len(part))
        return flat(part)

    latents = ramp(-1.0, -0.5, 0.0, 0.5, 1.0)
    frames = decode(vae, latents, chunk=2, hooks=Hooks(progress=told.append), begin=0.5, end=1.0)
    assert sizes == [2, 2, 1]
    assert frames.shape == (5, 4, 6, 3)
    assert frames.dtype == np.uint8
    assert frames[:, 0, 0, 0].tolist() == [0, 64, 128, 191, 255]
    assert told == pytest.approx([0.7, 0.9, 1.0])


def test_what_is_out_of_range_is_clipped_not_wrapped():
    frames = decode(flat, ramp(-3.0, 3.0), chunk=2, hooks=Hooks(), begin=0, end=1)
    assert (frames.min(axis=(1, 2, 3)).tolist(), frames.max(axis=(1, 2, 3)).tolist()) == ([0, 255], [0, 255])


@pytest.mark.parametrize("broken", [torch.nan, torch.inf, -torch.inf])
def test_trap_10_a_number_that_is_not_finite_is_found_before_it_is_a_black_pixel(broken):
    with pytest.raises(HopelessTake, match="invalid numbers"):
        decode(flat, ramp(0.0, 0.0, broken), chunk=2, hooks=Hooks(), begin=0, end=1)


def test_a_stop_takes_hold_between_two_chunks():
    token, sizes = CancelToken(), []

    def vae(part):
        sizes.append(len(part))
        token.cancel()
        return flat(part)

    with pytest.raises(Cancelled):
        decode(vae, ramp(0.0, 0.0, 0.0), chunk=1, hooks=Hooks(cancel=token), begin=0, end=1)
    assert sizes == [1]


def test_trap_11_decoding_keeps_no_gradients_in_a_thread_of_its_own():
    modes = []

    def vae(part):
        modes.append(torch.is_grad_enabled())
        return flat(part)

    thread = threading.Thread(
        target=lambda: (
            modes.append(torch.is_grad_enabled()),
            decode(vae, ramp(0.0), chunk=1, hooks=Hooks(), begin=0, end=1),
        )
    )
    thread.start()
    thread.join()
    assert modes == [True, False]


def test_consistency_sampling_ends_at_the_clip_that_its_model_knows():
    def velocity(scheduler, time, latents):
        sigma = torch.exp(4 * time)
        return (latents / (sigma**2 + 1) - CLEAN) * (sigma**2 + 1) ** 0.5 / sigma

    scheduler = ConsistencyScheduler(torch.Generator("cpu").manual_seed(1))
    stages = list(walk(scheduler, 4, velocity))
    assert torch.exp(4 * scheduler.timesteps).tolist() == pytest.approx([700, 128.56, 13.64, 0.497], rel=0.03)
    assert all((after - CLEAN).abs().max() > 0.3 for _, _, after in stages[:-1])
    assert torch.allclose(stages[-1][2], CLEAN, atol=1e-3)
    assert torch.allclose(scheduler.clean, CLEAN, atol=1e-3), "and it says so, for the draft"


def test_the_noise_of_consistency_sampling_is_the_clips_own():
    def last_of(seed):
        scheduler = ConsistencyScheduler(torch.Generator("cpu").manual_seed(seed))
        return list(walk(scheduler, 3, lambda _scheduler, _time, latents: latents * 0.1))[-1][2]

    torch.manual_seed(5)
    first = last_of(1)
    torch.manual_seed(6)
    assert torch.equal(last_of(1), first)
    assert not torch.equal(last_of(2), first)
