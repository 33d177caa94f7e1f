"""A first look at a clip of AnimateDiff: by the tiny decoder, or by the map of colours without one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import engine.diffusion  # noqa: F401 - puts the libraries in order before they are imported

import diffusers  # isort: skip
from engine.diffusion.preview import draft_frames
from engine.families.animatediff import DRAFT_MAP
from engine.families.animatediff.first_look import first_look
from engine.families.animatediff.weights import TAESD
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine import tiny  # noqa: F401 - one thread

LATENTS = torch.randn((6, 4, 4, 8), generator=torch.Generator().manual_seed(1))


def tiny_decoder(folder):
    torch.manual_seed(5)
    widths = {"encoder_block_out_channels": (8,) * 4, "decoder_block_out_channels": (8,) * 4}
    made = diffusers.AutoencoderTiny(**widths, num_encoder_blocks=(1,) * 4, num_decoder_blocks=(1,) * 4)
    made.save_pretrained(folder / TAESD)
    return made.eval()


def test_a_draft_is_what_the_tiny_decoder_makes_of_the_clip_made_small(tmp_path):
    stock = tiny_decoder(tmp_path)
    with torch.no_grad():
        whole = ((stock.decode(LATENTS).sample.clamp(-1, 1) + 1) * 127.5).numpy().transpose(0, 2, 3, 1)
    draft = first_look(EngineContext(store=Store(tmp_path)), LATENTS)
    assert draft.shape == draft_frames(LATENTS, DRAFT_MAP).shape == (6, 64, 128, 3)
    assert whole.shape == (6, 32, 64, 3)
    small_again = draft.reshape(6, 32, 2, 64, 2, 3).mean((2, 4))
    assert np.allclose(small_again, whole, atol=1)


@pytest.mark.parametrize("trouble", ["not installed", "damaged", "no memory"])
def test_without_it_the_draft_is_as_ever_and_the_clip_goes_on(tmp_path, monkeypatch, trouble):
    if trouble != "not installed":
        tiny_decoder(tmp_path)
    if trouble == "damaged":
        (tmp_path / TAESD / "diffusion_pytorch_model.safetensors").write_bytes(b"cut off")
    if trouble == "no memory":

        def full(*_given, **_named):
            raise torch.OutOfMemoryError("CUDA out of memory")

        monkeypatch.setattr(diffusers.AutoencoderTiny, "decode", full)
    draft = first_look(EngineContext(store=Store(tmp_path)), LATENTS)
    assert np.array_equal(draft, draft_frames(LATENTS, DRAFT_MAP))
