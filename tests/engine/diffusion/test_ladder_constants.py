"""The memory ladders' constants are what the full-size models take: counted on the meta device.

Small frames: what a pixel or a token takes hardly depends on how many there are. The sizes that are drawn,
and the rungs that are left out here, are measured by ``python -m benchmarks.meta_memory``.
"""

from __future__ import annotations

import dataclasses

import pytest
import torch

from benchmarks import full_size, meta_memory
from engine.diffusion.precision import FP8
from engine.diffusion.wan.ladder import activations
from engine.families import ltx
from engine.families.animatediff import ladder as animatediff
from engine.families.svd import ladder as svd
from engine.families.wan import VERSIONS
from engine.families.wan_a14b import EXPERTS, I2V
from engine.families.wan_vace import VACE

CLOSE = 0.1
WAN_SIZE = {"wan": (416, 240), "wan-5b": (640, 352)}


def test_a_step_and_a_decode_of_stable_video_diffusion():
    step = meta_memory.svd_step(full_size.svd_unet(), 256, 256, 8, passes=1)
    assert step.each == pytest.approx(svd.STEP_BYTES, rel=CLOSE)
    decode = meta_memory.svd_decode(full_size.svd_vae(), 256, 256, 2)
    assert decode.each == pytest.approx(svd.DECODE_BYTES, rel=CLOSE)


def test_a_step_and_a_decode_of_animatediff():
    step = meta_memory.motion_step(full_size.motion_unet(), 256, 256, 8, passes=2)
    assert step.each == pytest.approx(animatediff.STEP_BYTES, rel=CLOSE)
    decode = meta_memory.sd_decode(full_size.sd_vae(), 256, 256, 1)
    assert decode.each == pytest.approx(animatediff.DECODE_BYTES, rel=CLOSE)


@pytest.mark.parametrize("name", list(VERSIONS))
def test_a_step_a_decode_and_a_first_frame_of_wan(name):
    """Two blocks of the transformer's thirty: they work one after the other."""
    width, height = WAN_SIZE[name]
    vae = full_size.wan_vae(name)
    transformer = full_size.wan_transformer(name, blocks=2)
    measured = (
        meta_memory.wan_step(transformer, name, width, height, 9).total,
        meta_memory.wan_decode(vae, name, width, height, 9).total,
        meta_memory.wan_encode(vae, name, width, height).total,
        meta_memory.wan_decode(vae.to(torch.bfloat16), name, width, height, 9).total,
    )
    takes = activations(VERSIONS[name].footprint, width, height, 9, encoded=1)
    assert measured == pytest.approx((takes.step, takes.decode, takes.encode, takes.half), rel=CLOSE)


def test_a_step_and_an_encode_of_vace():
    """Two blocks of thirty, and one control block of fifteen: what the others give is held beside it."""
    vae = full_size.wan_vae("wan")
    step = meta_memory.vace_step(full_size.vace_transformer(blocks=2), 416, 240, 9)
    others = step.units * 14 * 1536 * 2  # a number of bfloat16 for each channel
    encode = meta_memory.vace_encode(vae, 416, 240, 9).total
    takes = activations(dataclasses.replace(VACE.footprint, held=0), 416, 240, 9, encoded=9)
    assert (step.total + others, encode) == pytest.approx((takes.step, takes.encode), rel=CLOSE)
    assert full_size.weights_of(full_size.vace_transformer()) == pytest.approx(VACE.transformer, rel=0.01)


def test_a_step_and_a_first_frame_of_a14b():
    """One block of forty. A small clip's step is what unpacking a layer takes."""
    version = EXPERTS[I2V].version
    expert = full_size.gguf_expert(blocks=1, channels=36)
    for size in ((832, 480, 81), (416, 240, 9)):
        step = meta_memory.wan_step(expert, "wan", *size).total
        assert step == pytest.approx(activations(version.footprint, *size, encoded=0).step, rel=CLOSE)
    encode = meta_memory.first_frame_encode(full_size.wan_vae("wan"), 416, 240, 9).total
    takes = activations(version.footprint, 416, 240, 9, encoded=9)
    assert encode == pytest.approx(takes.encode, rel=CLOSE)


@pytest.mark.parametrize(
    ("make", "bytes_in_8_bits"),
    [
        (lambda: full_size.wan_transformer("wan"), VERSIONS["wan"].eight_bits),
        (lambda: full_size.wan_transformer("wan-5b"), VERSIONS["wan-5b"].eight_bits),
        (full_size.vace_transformer, VACE.eight_bits),
    ],
    ids=["wan", "wan-5b", "wan-vace"],
)
def test_the_weights_in_8_bits(make, bytes_in_8_bits):
    transformer = make()
    transformer.enable_layerwise_casting(storage_dtype=FP8, compute_dtype=torch.bfloat16)
    assert full_size.weights_of(transformer) == pytest.approx(bytes_in_8_bits, rel=0.01)


def test_nearly_all_of_ltx_is_kept_in_8_bits():
    transformer = full_size.ltx_transformer(blocks=1)
    whole = full_size.weights_of(transformer)
    transformer.enable_layerwise_casting(storage_dtype=FP8, compute_dtype=torch.bfloat16)
    share = full_size.weights_of(transformer) / whole
    assert share == pytest.approx(ltx.EIGHT_BITS / ltx.TRANSFORMER, rel=0.01)


def test_a_step_in_fp8_takes_no_more_than_one_in_16_bits():
    transformer = full_size.wan_transformer("wan-5b", blocks=2)
    transformer.enable_layerwise_casting(storage_dtype=FP8, compute_dtype=torch.bfloat16)
    step = meta_memory.wan_step(transformer, "wan-5b", 1280, 704, 121).total
    assert step <= 1.1 * activations(VERSIONS["wan-5b"].footprint, 1280, 704, 121, encoded=0).step


def test_vace_decodes_as_wan_does():
    decodes = ("decode", "decoded_frame", "tile", "tiled_frame")
    ours, theirs = ([getattr(one.footprint, name) for name in decodes] for one in (VACE, VERSIONS["wan"]))
    assert (ours, VACE.vae) == (theirs, VERSIONS["wan"].vae)


@pytest.mark.parametrize("name", list(VERSIONS))
def test_the_weights_of_wan(name):
    version = VERSIONS[name]
    assert full_size.weights_of(full_size.wan_transformer(name)) == pytest.approx(
        version.transformer, rel=0.01
    )
    assert full_size.weights_of(full_size.wan_vae(name)) == pytest.approx(version.vae, rel=0.01)


def test_a_step_and_the_decoder_of_ltx():
    transformer = full_size.ltx_transformer(blocks=1)
    for from_picture, each in ((False, ltx.STEP), (True, ltx.STEP_FROM_PICTURE)):
        step = meta_memory.ltx_step(transformer, 960, 544, 121, from_picture=from_picture)
        assert step.each == pytest.approx(each, rel=CLOSE)
    assert full_size.weights_of(full_size.ltx_vae()) == pytest.approx(ltx.VAE, rel=0.01)
