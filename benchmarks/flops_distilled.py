"""What distilled weights save A14B and LTX; ``python -m benchmarks.flops`` prints the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch

from benchmarks.flops import TERA, flops
from benchmarks.full_size import gguf_expert, ltx_transformer, ltx_vae
from benchmarks.meta_count import empty
from benchmarks.meta_memory import ltx_pass
from engine.families.ltx import STEPS

A14B_BLOCKS, LTX_BLOCKS = 40, 48
A14B_SIZE, LTX_SIZES = (832, 480, 81), ((704, 384, 121), (960, 544, 121), (1280, 704, 121))


def of_all_blocks(counted: Callable[[int], int], blocks: int) -> int:
    """FLOPs of a transformer whose blocks are alike: of one block, and of each one more."""
    one, two = counted(1), counted(2)
    return one + (blocks - 1) * (two - one)


def a14b_pass() -> int:
    """FLOPs of a pass of one of A14B's experts."""
    width, height, frames = A14B_SIZE
    latents = (frames - 1) // 4 + 1, height // 8, width // 8

    def counted(blocks: int) -> int:
        expert = gguf_expert(blocks=blocks)
        return flops(
            lambda: expert(
                hidden_states=empty(1, expert.config.in_channels, *latents, dtype=torch.bfloat16),
                timestep=empty(1, dtype=torch.float32),
                encoder_hidden_states=empty(1, 512, 4096, dtype=torch.bfloat16),
                return_dict=False,
            )
        )

    return of_all_blocks(counted, A14B_BLOCKS)


def a14b_rows() -> Iterator[str]:
    """The table of Wan 2.2 A14B, a line at a time."""
    width, height, frames = A14B_SIZE
    yield f"Wan 2.2 A14B, {width}×{height}, {frames} frames"
    yield "| way | denoising, TFLOP | fewer than stock |"
    yield "|---|---|---|"
    one = a14b_pass()
    stock = 40 * 2 * one
    for name, passes in (("stock, 40 steps, guided (best)", 80), ("4 steps (fast, balanced)", 4)):
        yield f"| {name} | {passes * one / TERA:,.0f} | {stock / passes / one:.2f}× |"


def ltx_rows() -> Iterator[str]:
    """The table of LTX-2.3, a line at a time. Stock guides by the words alone here: more passes cost more."""
    yield "LTX-2.3, 121 frames with sound, from words"
    yield "| size | stock: 30 steps, guided, TFLOP | 8 steps of the distilled weights | fewer | decoder |"
    yield "|---|---|---|---|---|"
    vae = ltx_vae()
    for width, height, frames in LTX_SIZES:

        def counted(blocks: int, size: tuple[int, int, int] = (width, height, frames)) -> int:
            call, _ = ltx_pass(ltx_transformer(blocks=blocks), *size, from_picture=False)
            return flops(call)

        one = of_all_blocks(counted, LTX_BLOCKS)
        stock, own = 30 * 2 * one, STEPS * one
        latents = empty(1, 128, (frames - 1) // 8 + 1, height // 32, width // 32, dtype=torch.bfloat16)
        decoder = flops(partial(vae.decode, latents, None, return_dict=False))
        yield (
            f"| {width}×{height} | {stock / TERA:,.0f} | {own / TERA:,.0f} | {stock / own:.2f}× |"
            f" {decoder / TERA:,.0f} |"
        )
