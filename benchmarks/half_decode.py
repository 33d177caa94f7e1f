"""What each family's decoder loses, and saves, in half precision.

    python -m benchmarks.half_decode

Small random decoders draw noise in float32, bfloat16 and float16: the decibels are of the bytes. Memory is
counted at full size on torch's meta device, for a small frame.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks import full_size
from benchmarks.meta_count import empty, peak
from tests.engine.tiny import animatediff, ltx, svd, wan

FRAMES, SIDE = 5, 4


@dataclass(frozen=True, kw_only=True)
class Decoder:
    """A family's decoder.

    Attributes:
        works_in: what the family decodes in.
        small, full: make it, with random weights and on the meta device.
        latents: shape of what is decoded.
        call: decodes.
    """

    name: str
    works_in: str
    small: Callable[[], Any]
    full: Callable[[], Any]
    latents: tuple[int, ...]
    call: Callable[[Any, torch.Tensor], torch.Tensor]


def _plain(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    decoded: torch.Tensor = vae.decode(latents, return_dict=False)[0]
    return decoded


def _counted(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    decoded: torch.Tensor = vae.decode(latents, num_frames=len(latents), return_dict=False)[0]
    return decoded


def _untimed(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    decoded: torch.Tensor = vae.decode(latents, None, return_dict=False)[0]
    return decoded


DECODERS = (
    Decoder(
        name="Stable Video Diffusion",
        works_in="float16",
        small=lambda: svd.pipeline(FRAMES).vae,
        full=full_size.svd_vae,
        latents=(FRAMES, 4, 16, 16),
        call=_counted,
    ),
    Decoder(
        name="AnimateDiff",
        works_in="float16",
        small=lambda: animatediff.checkpoint().vae,
        full=full_size.sd_vae,
        latents=(1, 4, 16, 16),
        call=_plain,
    ),
    Decoder(
        name="Wan 2.1, VACE, A14B",
        works_in="float32",
        small=wan.vae_21,
        full=lambda: full_size.wan_vae("wan"),
        latents=(1, 16, 3, 16, 16),
        call=_plain,
    ),
    Decoder(
        name="Wan 2.2 5B",
        works_in="float32",
        small=wan.vae_22,
        full=lambda: full_size.wan_vae("wan-5b"),
        latents=(1, 48, 3, 16, 16),
        call=_plain,
    ),
    Decoder(
        name="LTX",
        works_in="bfloat16",
        small=ltx.vae,
        full=full_size.ltx_vae,
        latents=(1, 128, 2, 8, 8),
        call=_untimed,
    ),
)


def near(decoder: Decoder, dtype: torch.dtype) -> float:
    """Decibels of the bytes to those of float32."""
    torch.manual_seed(5)
    vae = decoder.small().float().eval()
    channels = vae.config.get("latent_channels") or vae.config.z_dim
    # Small: a CPU is slow in half precision.
    latents = torch.randn(decoder.latents[0], channels, *decoder.latents[2:-2], SIDE, SIDE)
    with torch.no_grad():
        whole, rounded = (
            decoder.call(copy.deepcopy(vae).to(kind), latents.to(kind)).float().clamp(-1, 1)
            for kind in (torch.float32, dtype)
        )
    levels = [(127.5 * clip + 127.5).round().numpy() for clip in (whole, rounded)]
    error = float(np.mean((levels[0] - levels[1]) ** 2))
    return 10 * float(np.log10(255**2 / error)) if error else float("inf")


def saved(decoder: Decoder) -> float:
    """The share of float32's activations that a decode takes in half precision."""
    vae = decoder.full()
    totals = []
    for dtype in (torch.bfloat16, torch.float32):
        vae.to(dtype)
        latents = empty(*decoder.latents, dtype=dtype)
        totals.append(peak((vae,), partial(decoder.call, vae, latents)))
    return totals[0] / totals[1]


def rows() -> Iterator[str]:
    """The table, a line at a time."""
    yield "| decoder | works in | bfloat16, dB | float16, dB | memory of a decode, of that in float32 |"
    yield "|---|---|---|---|---|"
    for each in DECODERS:
        rounded = [f"{near(each, dtype):.1f}" for dtype in (torch.bfloat16, torch.float16)]
        yield f"| {each.name} | {each.works_in} | {' | '.join(rounded)} | {saved(each):.0%} |"


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
