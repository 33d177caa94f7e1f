"""How many multiplications and additions a clip takes with each lever, beside the stock pipeline.

    python -m benchmarks.flops

The full-size UNet of SVD-XT and transformer of Wan 2.1 run on torch's meta device: shapes are worked out,
nothing is computed. So the figures are exact, and say nothing of memory traffic or of kernels: what a GPU
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

from benchmarks.full_size import svd_unet, svd_vae, wan_transformer
from benchmarks.meta_memory import empty
from engine.diffusion.deep_cache import DeepCache
from engine.diffusion.guidance_interval import GuidanceInterval, guided_steps
from engine.diffusion.one_key import attend_to_one_key
from engine.diffusion.wan.levers import WHOLE_FIRST, cached
from engine.families.wan import CACHED_EVERY, GUIDED_SHARE

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


WAN_FRAMES, WAN_WIDTH, WAN_HEIGHT, WAN_STEPS = 81, 832, 480, 30


def wan_pass(every: int) -> tuple[int, int]:
    """FLOPs of a pass of Wan 2.1's transformer: with its blocks, and on a step without them."""
    transformer = wan_transformer("wan")
    tokens = ((WAN_FRAMES - 1) // 4 + 1, WAN_HEIGHT // 8, WAN_WIDTH // 8)

    def call() -> object:
        with transformer.cache_context("cond"):
            return transformer(
                hidden_states=empty(1, 16, *tokens, dtype=torch.bfloat16),
                timestep=empty(1, dtype=torch.float32),
                encoder_hidden_states=empty(1, 512, 4096, dtype=torch.bfloat16),
                return_dict=False,
            )

    with cached(transformer, every):
        counts = [flops(call) for _ in range(WHOLE_FIRST + every)]
    return max(counts), min(counts)


def wan_rows() -> Iterator[str]:
    """The table of Wan 2.1."""
    yield f"Wan 2.1 1.3B, {WAN_WIDTH}×{WAN_HEIGHT}, {WAN_FRAMES} frames, {WAN_STEPS} steps"
    yield "| way | denoising, TFLOP | fewer than stock |"
    yield "|---|---|---|"
    whole, light = wan_pass(CACHED_EVERY)
    stock = 2 * WAN_STEPS * whole
    half = guided_steps(WAN_STEPS, GUIDED_SHARE)
    for name, guided, every in (
        ("stock", WAN_STEPS, 1),
        ("the first half guided", half, 1),
        (f"blocks on every {CACHED_EVERY}nd step", WAN_STEPS, CACHED_EVERY),
        ("both (fast and balanced)", half, CACHED_EVERY),
    ):
        own = sum(
            (2 if step < guided else 1) * (whole if works(step, every) else light)
            for step in range(WAN_STEPS)
        )
        yield f"| {name} | {own / TERA:,.0f} | {stock / own:.2f}× |"


def works(step: int, every: int) -> bool:
    """Whether Wan's blocks work on a step."""
    return every == 1 or step < WHOLE_FIRST or (step - WHOLE_FIRST - 1) % every == 0


if __name__ == "__main__":
    for rows in (svd_rows, wan_rows):
        for row in rows():
            print(row, flush=True)
