"""How many multiplications and additions a clip takes with each lever, beside the stock pipeline.

    python -m benchmarks.flops

The full-size models run on torch's meta device: shapes are worked out, nothing
is computed. So the figures are exact, and say nothing of memory traffic or of kernels: what a GPU
makes of them is measured by benchmarks/gpu.py. What a lever changes is measured on a small random UNet of the
same layout, by drawing the same clip with and without it. That bounds the arithmetic; what the eye makes of
it, only trained weights can show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.full_size import motion_unet, on_meta, sd_vae, svd_unet, svd_vae
from benchmarks.meta_count import empty
from engine.diffusion.deep_cache import DeepCache
from engine.diffusion.guidance_interval import GuidanceInterval, guided_steps
from engine.diffusion.single_key_attention import attend_to_one_key

WIDTH, HEIGHT, FRAMES = 1024, 576, 25
STEPS = 25
TERA = 10**12


@dataclass(frozen=True, kw_only=True)
class Way:
    """A number of denoising steps, and the levers in force."""

    name: str
    steps: int = STEPS
    guidance: bool = True
    guided: float = 1.0
    deep_every: int = 1
    one_key: bool = True


WAYS = (
    Way(name="stock: 25 steps, guided", one_key=False),
    Way(name="attention to one key"),
    Way(name="… and the first half guided", guided=0.5),
    Way(name="… and deep layers on every 3rd step", guided=0.5, deep_every=3),
    Way(name="full (best)"),
    Way(name="light (balanced)", steps=20, guided=0.5),
    Way(name="quick (fast)", steps=20, guided=0.5, deep_every=3),
    Way(name="turbo (fast, distilled)", steps=4, guidance=False),
)


def flops(call: Callable[[], object]) -> int:
    """Multiplications and additions of a call, each counted as one."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call()
    total: int = counter.get_total_flops()
    return total


class Unet:
    """The full-size UNet, whose steps are counted once for each kind."""

    def __init__(self, *, one_key: bool) -> None:
        """Make one, stock or with attention to one key."""
        self._unet = svd_unet()
        if one_key:
            attend_to_one_key(self._unet)
        self._cache = DeepCache(self._unet)
        self._counted: dict[tuple[int, bool], int] = {}

    def step(self, passes: int, *, skips: bool) -> int:
        """FLOPs of a step of one or two passes, with or without the deep layers."""
        key = passes, skips
        if key not in self._counted:
            self._counted[key] = self._count(passes, skips=skips)
        return self._counted[key]

    def _count(self, passes: int, *, skips: bool) -> int:
        def call() -> object:
            return self._unet(
                empty(passes, FRAMES, 8, HEIGHT // 8, WIDTH // 8),
                empty(1, dtype=torch.float32)[0],
                encoder_hidden_states=empty(passes, 1, 1024),
                added_time_ids=empty(passes, 3),
                return_dict=False,
            )

        if not skips:
            return flops(call)
        with torch.no_grad(), self._cache.over(2):
            call()
            self._cache.step_done()
            return flops(call)


def denoising(way: Way, unet: Unet) -> int:
    """FLOPs of all steps of a way."""
    guided = guided_steps(way.steps, way.guided) if way.guidance else 0
    return sum(
        unet.step(2 if number < guided else 1, skips=number % way.deep_every != 0)
        for number in range(way.steps)
    )


def decoding() -> int:
    """FLOPs of the decoder over the clip."""
    vae = svd_vae()
    return flops(
        lambda: vae.decode(empty(FRAMES, 4, HEIGHT // 8, WIDTH // 8), num_frames=FRAMES, return_dict=False)
    )


def likeness(way: Way) -> float:
    """Correlation of the latents with those of the stock steps, on a small random UNet."""
    from tests.engine.tiny import svd  # noqa: PLC0415 - for this column alone

    def drawn(chosen: Way) -> torch.Tensor:
        torch.manual_seed(3)
        unet = svd.unet(8).eval()
        if chosen.one_key:
            attend_to_one_key(unet)
        interval, cache = GuidanceInterval(unet), DeepCache(unet)
        pipe: Any = svd.pipeline(8)
        scheduler = pipe.scheduler
        scheduler.set_timesteps(chosen.steps)
        generator = torch.Generator().manual_seed(1)
        latents = torch.randn((1, 8, 4, 8, 8), generator=generator) * scheduler.init_noise_sigma
        picture = torch.randn((1, 8, 4, 8, 8), generator=generator)
        word = torch.randn((1, 1, svd.EMBEDDED), generator=generator)
        scale = torch.linspace(1, 3, 8).view(1, 8, 1, 1, 1)
        with torch.no_grad(), interval.over(chosen.steps, chosen.guided), cache.over(chosen.deep_every):
            for time in scheduler.timesteps:
                scaled = scheduler.scale_model_input(latents, time)
                both = (torch.cat((scaled, torch.zeros_like(picture)), 2), torch.cat((scaled, picture), 2))
                without, with_it = unet(
                    torch.cat(both),
                    time,
                    encoder_hidden_states=torch.cat((torch.zeros_like(word), word)),
                    added_time_ids=torch.tensor([[6.0, 127.0, 0.02]] * 2),
                    return_dict=False,
                )[0].chunk(2)
                latents = scheduler.step(without + scale * (with_it - without), time, latents).prev_sample
                interval.step_done()
                cache.step_done()
        return latents.flatten()

    return float(torch.corrcoef(torch.stack((drawn(WAYS[0]), drawn(way))))[0, 1])


def svd_rows() -> Iterator[str]:
    """The table of SVD-XT, a line at a time."""
    yield f"SVD-XT, {WIDTH}×{HEIGHT}, {FRAMES} frames"
    yield "| way | denoising, TFLOP | fewer than stock | with the decoder | likeness on a small UNet |"
    yield "|---|---|---|---|---|"
    unets = {one_key: Unet(one_key=one_key) for one_key in (False, True)}
    decoder = decoding()
    stock = denoising(WAYS[0], unets[False])
    for way in WAYS:
        own = denoising(way, unets[way.one_key])
        same = f"{likeness(way):.4f}" if way.guidance else "–"
        whole = (stock + decoder) / (own + decoder)
        yield f"| {way.name} | {own / TERA:,.0f} | {stock / own:.2f}× | {whole:.2f}× | {same} |"
    yield f"decoder: {decoder / TERA:.0f} TFLOP"


def animatediff_rows() -> Iterator[str]:
    """The table of AnimateDiff: its only lever is few steps of distilled weights."""
    width, height, frames = 512, 512, 32
    yield f"AnimateDiff, {width}×{height}, {frames} frames"
    yield "| way | denoising, TFLOP | fewer than stock | with the decoder |"
    yield "|---|---|---|---|"
    unet, vae = motion_unet(), sd_vae()
    latents = height // 8, width // 8
    one = flops(
        lambda: unet(
            empty(1, 4, frames, *latents),
            empty(1, dtype=torch.float32)[0],
            encoder_hidden_states=empty(frames, 77, 768),
            return_dict=False,
        )
    )
    decoder = frames * flops(lambda: vae.decode(empty(1, 4, *latents), return_dict=False))
    stock = 2 * 25 * one
    for name, steps, passes in (
        ("stock, full (best, drawn once)", 25, 2),
        ("full (balanced, without distilled weights)", 20, 2),
        ("AnimateLCM (balanced)", 8, 2),
        ("AnimateLCM (fast)", 6, 2),
        ("Lightning (fast)", 4, 1),
    ):
        own = passes * steps * one
        whole = (stock + decoder) / (own + decoder)
        yield f"| {name} | {own / TERA:,.0f} | {stock / own:.2f}× | {whole:.2f}× |"
    yield f"decoder: {decoder / TERA:.0f} TFLOP"
    from diffusers import AutoencoderTiny  # noqa: PLC0415 - engine.diffusion puts the libraries in order first

    tiny = on_meta(AutoencoderTiny, torch.float16)
    draft = frames * flops(lambda: tiny.decode(empty(1, 4, *latents), return_dict=False))
    share = draft / (12 * one)
    yield f"a draft by TAESD: {draft / TERA:.1f} TFLOP, {share:.1%} of the steps of AnimateLCM (fast)"


if __name__ == "__main__":
    from benchmarks.flops_distilled import a14b_rows, ltx_rows
    from benchmarks.flops_wan import wan_rows

    for rows in (svd_rows, wan_rows, animatediff_rows, a14b_rows, ltx_rows):
        for row in rows():
            print(row, flush=True)
