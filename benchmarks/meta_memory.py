"""What the large models' activations take on a card, counted without one.

    python -m benchmarks.meta_memory

The full-size models are counted by :mod:`benchmarks.meta_count`; the weights are left out. What cuDNN works
in, the CUDA context and fragmentation come on top. The constants of the memory ladders are these figures;
``tests/engine/diffusion/test_ladder_constants.py`` holds them to ten percent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import engine.diffusion  # noqa: F401 - puts the libraries in order before they are imported

import diffusers  # isort: skip
import torch

from benchmarks import full_size
from benchmarks.meta_count import Figure, empty, peak
from engine.families.animatediff.ladder import chunk_forward as chunk_motion
from engine.families.svd.ladder import chunk_forward as chunk_svd

GIB = 2**30


def svd_step(
    unet: Any, width: int, height: int, frames: int, *, passes: int, chunked: bool = False
) -> Figure:
    """One denoising step; the unit is a pixel of a frame of a pass."""
    high, wide = height // 8, width // 8

    def call() -> object:
        return unet(
            empty(passes, frames, 8, high, wide),
            empty(1, dtype=torch.float32)[0],
            encoder_hidden_states=empty(passes, 1, 1024),
            added_time_ids=empty(passes, 3),
            return_dict=False,
        )

    chunk_svd(unet, 1 if chunked else None)
    total = peak((unet,), call)
    chunk_svd(unet, None)
    name = f"svd step {width}×{height}×{frames}, {passes} passes{', chunked' if chunked else ''}"
    return Figure(name=name, total=total, units=width * height * frames * passes)


def svd_decode(vae: Any, width: int, height: int, frames: int) -> Figure:
    """Frames decoded together; the unit is a pixel of a frame."""
    latents = empty(frames, 4, height // 8, width // 8)
    total = peak((vae,), lambda: vae.decode(latents, num_frames=frames).sample)
    return Figure(name=f"svd decode {width}×{height}×{frames}", total=total, units=width * height * frames)


def motion_step(
    unet: Any, width: int, height: int, frames: int, *, passes: int, chunked: bool = False
) -> Figure:
    """One denoising step of AnimateDiff; the unit is a pixel of a frame of a pass."""
    high, wide = height // 8, width // 8

    def call() -> object:
        return unet(
            empty(passes, 4, frames, high, wide),
            empty(1, dtype=torch.float32)[0],
            encoder_hidden_states=empty(passes * frames, 77, 768),
            return_dict=False,
        )

    chunk_motion(unet, 1 if chunked else None)
    total = peak((unet,), call)
    chunk_motion(unet, None)
    name = f"animatediff step {width}×{height}×{frames}, {passes} passes{', chunked' if chunked else ''}"
    return Figure(name=name, total=total, units=width * height * frames * passes)


def sd_decode(vae: Any, width: int, height: int, frames: int, *, tiled: bool = False) -> Figure:
    """Frames decoded at a time; the unit is a pixel of a frame."""
    (vae.enable_tiling if tiled else vae.disable_tiling)()
    total = peak((vae,), lambda: vae.decode(empty(frames, 4, height // 8, width // 8)).sample)
    name = f"animatediff decode {width}×{height}×{frames}{', tiled' if tiled else ''}"
    return Figure(name=name, total=total, units=width * height * frames)


def wan_step(transformer: Any, name: str, width: int, height: int, frames: int) -> Figure:
    """One pass; the unit is a token: four frames of 16×16 pixels, or of 32×32 with 2.2."""
    cell = 8 if name == "wan" else 16
    latents = (frames - 1) // 4 + 1, height // cell, width // cell
    tokens = latents[0] * (latents[1] // 2) * (latents[2] // 2)
    times = empty(1, dtype=torch.float32) if name == "wan" else empty(1, tokens, dtype=torch.float32)
    channels = transformer.config.in_channels

    def call() -> object:
        return transformer(
            hidden_states=empty(1, channels, *latents, dtype=torch.bfloat16),
            timestep=times,
            encoder_hidden_states=empty(1, 512, 4096, dtype=torch.bfloat16),
            return_dict=False,
        )

    return Figure(
        name=f"{name} step {width}×{height}×{frames}", total=peak((transformer,), call), units=tokens
    )


def wan_decode(vae: Any, name: str, width: int, height: int, frames: int, *, tiled: bool = False) -> Figure:
    """A whole clip; the unit is a pixel of a frame, whatever the number of frames."""
    (vae.enable_tiling if tiled else vae.disable_tiling)()
    cell = 8 if name == "wan" else 16
    latents = empty(
        1, vae.config.z_dim, (frames - 1) // 4 + 1, height // cell, width // cell, dtype=vae.dtype
    )
    total = peak((vae,), lambda: vae.decode(latents, return_dict=False)[0])
    rounded = ", bfloat16" if vae.dtype is torch.bfloat16 else ""
    said = f"{name} decode {width}×{height}×{frames}{rounded}{', tiled' if tiled else ''}"
    return Figure(name=said, total=total, units=width * height)


def ltx_pass(
    transformer: Any, width: int, height: int, frames: int, *, from_picture: bool
) -> tuple[Callable[[], object], int]:
    """A pass of LTX's transformer, and its tokens: eight frames of 32×32 pixels each."""
    latents = (frames - 1) // 8 + 1, height // 32, width // 32
    tokens, sound = latents[0] * latents[1] * latents[2], round(frames / 24 * 25)
    half, whole = torch.bfloat16, torch.float32

    def call() -> object:
        return transformer(
            hidden_states=empty(1, tokens, 128, dtype=half),
            audio_hidden_states=empty(1, sound, 128, dtype=half),
            encoder_hidden_states=empty(1, 1024, 4096, dtype=half),
            audio_encoder_hidden_states=empty(1, 1024, 2048, dtype=half),
            timestep=empty(1, *((tokens,) if from_picture else ()), dtype=whole),
            audio_timestep=empty(1, dtype=whole),
            sigma=empty(1, dtype=whole),
            encoder_attention_mask=empty(1, 1024, dtype=whole),
            audio_encoder_attention_mask=empty(1, 1024, dtype=whole),
            num_frames=latents[0],
            height=latents[1],
            width=latents[2],
            fps=24.0,
            audio_num_frames=sound,
            video_coords=empty(1, 3, tokens, 2, dtype=whole),
            audio_coords=empty(1, 1, sound, 2, dtype=whole),
            use_cross_timestep=True,
            return_dict=False,
        )

    return call, tokens


def ltx_step(transformer: Any, width: int, height: int, frames: int, *, from_picture: bool) -> Figure:
    """One pass; the unit is a token."""
    call, tokens = ltx_pass(transformer, width, height, frames, from_picture=from_picture)
    begun = " from a picture" if from_picture else ""
    return Figure(
        name=f"ltx step{begun} {width}×{height}×{frames}", total=peak((transformer,), call), units=tokens
    )


def ltx_decode(vae: Any, width: int, height: int, frames: int, *, tiled: bool = False) -> Figure:
    """A clip; the unit is a pixel of a frame."""
    vae.use_tiling = vae.use_framewise_decoding = tiled
    latents = empty(1, 128, (frames - 1) // 8 + 1, height // 32, width // 32, dtype=torch.bfloat16)
    total = peak((vae,), lambda: vae.decode(latents, None, return_dict=False))
    how = " in tiles" if tiled else ""
    return Figure(
        name=f"ltx decode{how} {width}×{height}×{frames}", total=total, units=width * height * frames
    )


def wan_encode(vae: Any, name: str, width: int, height: int) -> Figure:
    """The first frame; the unit is a pixel."""
    vae.disable_tiling()
    picture = empty(1, 3, 1, height, width, dtype=torch.float32)
    total = peak((vae,), lambda: vae.encode(picture).latent_dist.mean)
    return Figure(name=f"{name} encode {width}×{height}", total=total, units=width * height)


def first_frame_encode(vae: Any, width: int, height: int, frames: int, *, tiled: bool = False) -> Figure:
    """A first frame and grey after it, as A14B takes it, by the pipeline's own code; the unit is a pixel."""
    (vae.enable_tiling if tiled else vae.disable_tiling)()
    pipe = diffusers.WanImageToVideoPipeline(
        None, None, vae, None, transformer=full_size.gguf_expert(blocks=0)
    )
    picture = empty(1, 3, height, width, dtype=torch.float32)
    size, where = (height, width, frames), torch.device("meta")
    total = peak((vae,), lambda: pipe.prepare_latents(picture, 1, 16, *size, torch.bfloat16, where))
    said = f"wan-a14b-i2v encode {width}×{height}×{frames}{', tiled' if tiled else ''}"
    return Figure(name=said, total=total, units=width * height)


def vace_step(transformer: Any, width: int, height: int, frames: int) -> Figure:
    """One pass; the unit is a token: four frames of 16×16 pixels."""
    latents = (frames - 1) // 4 + 1, height // 8, width // 8

    def call() -> object:
        return transformer(
            hidden_states=empty(1, 16, *latents, dtype=torch.bfloat16),
            timestep=empty(1, dtype=torch.float32),
            encoder_hidden_states=empty(1, 512, 4096, dtype=torch.bfloat16),
            control_hidden_states=empty(1, 96, *latents, dtype=torch.bfloat16),
            return_dict=False,
        )

    tokens = latents[0] * (latents[1] // 2) * (latents[2] // 2)
    return Figure(
        name=f"wan-vace step {width}×{height}×{frames}", total=peak((transformer,), call), units=tokens
    )


def vace_encode(vae: Any, width: int, height: int, frames: int, *, tiled: bool = False) -> Figure:
    """What the clip is drawn by, through the pipeline's own code; the unit is a pixel of a frame."""
    (vae.enable_tiling if tiled else vae.disable_tiling)()
    pipe = diffusers.WanVACEPipeline(None, None, vae, None, transformer=full_size.vace_transformer(blocks=1))

    def call() -> object:
        clip = empty(1, 3, frames, height, width, dtype=torch.float32)
        mask = empty(1, 1, frames, height, width, dtype=torch.float32)
        return pipe.prepare_video_latents(clip, mask, [[]], device=torch.device("meta"))

    said = f"wan-vace encode {width}×{height}×{frames}{', tiled' if tiled else ''}"
    return Figure(name=said, total=peak((vae,), call), units=width * height)


def reading(encoder: Any) -> Figure:
    """Reading a prompt of 512 tokens."""
    tokens = empty(1, 512, dtype=torch.int64)
    total = peak((encoder,), lambda: encoder(tokens))
    return Figure(name="reading 512 tokens", total=total, units=512)


def every() -> Iterator[Figure]:
    """All figures, at the sizes that are drawn."""
    yield from _of_svd()
    yield from _of_animatediff()
    yield from _of_wan("wan", (832, 480), (33, 81))
    yield from _of_wan("wan-5b", (1280, 704), (49, 121))
    yield from _of_vace()
    yield from _of_a14b()
    yield reading(full_size.umt5())


def _of_svd() -> Iterator[Figure]:
    unet, vae = full_size.svd_unet(), full_size.svd_vae()
    for passes in (2, 1):
        for chunked in (False, True):
            yield svd_step(unet, 1024, 576, 25, passes=passes, chunked=chunked)
    for frames in (2, 8):
        yield svd_decode(vae, 1024, 576, frames)


def _of_animatediff() -> Iterator[Figure]:
    unet, vae = full_size.motion_unet(), full_size.sd_vae()
    for width, height, frames in ((512, 512, 16), (640, 512, 32)):
        for chunked in (False, True):
            yield motion_step(unet, width, height, frames, passes=2, chunked=chunked)
    for tiled in (False, True):
        yield sd_decode(vae, 640, 512, 1, tiled=tiled)


def _of_wan(name: str, size: tuple[int, int], counts: tuple[int, ...]) -> Iterator[Figure]:
    transformer, vae = full_size.wan_transformer(name), full_size.wan_vae(name)
    for frames in counts:
        yield wan_step(transformer, name, *size, frames)
        for tiled in (False, True):
            yield wan_decode(vae, name, *size, frames, tiled=tiled)
    yield wan_encode(vae, name, *size)
    vae.to(torch.bfloat16)
    for tiled in (False, True):
        yield wan_decode(vae, name, *size, counts[-1], tiled=tiled)


def _of_vace() -> Iterator[Figure]:
    """It decodes as Wan 2.1 does, with the same VAE."""
    transformer, vae = full_size.vace_transformer(), full_size.wan_vae("wan")
    for frames in (33, 81):
        yield vace_step(transformer, 832, 480, frames)
        for tiled in (False, True):
            yield vace_encode(vae, 832, 480, frames, tiled=tiled)


def _of_a14b() -> Iterator[Figure]:
    """It decodes as Wan 2.1 does, with the same VAE. Two blocks of forty: they work one after the other."""
    expert, vae = full_size.gguf_expert(blocks=2, channels=36), full_size.wan_vae("wan")
    for frames in (33, 81):
        yield wan_step(expert, "wan", 832, 480, frames)
        for tiled in (False, True):
            yield first_frame_encode(vae, 832, 480, frames, tiled=tiled)


def _ltx() -> Iterator[Figure]:
    transformer, vae, size = full_size.ltx_transformer(blocks=2), full_size.ltx_vae(), (960, 544)
    for from_picture in (False, True):
        yield ltx_step(transformer, *size, 121, from_picture=from_picture)
    for tiled in (False, True):
        yield ltx_decode(vae, *size, 121, tiled=tiled)


def main() -> None:
    """Print them."""
    for figure in chain(every(), _ltx()):
        print(f"{figure.name:45s} {figure.total / GIB:6.2f} GiB  {figure.each:9.0f} bytes a unit", flush=True)


if __name__ == "__main__":
    main()
