"""LTX-2.3 at work: read the words, denoise picture and sound together, decode both.

The models are loaded once, into main memory, whatever the card can hold. Each attempt at a clip places them
anew, as far down the memory ladder as it must.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    FlowMatchEulerDiscreteScheduler,
    LTX2ImageToVideoPipeline,
    LTX2Pipeline,
    LTX2VideoTransformer3DModel,
)
from diffusers.pipelines.ltx2 import LTX2VocoderWithBWE
from diffusers.pipelines.ltx2.utils import DISTILLED_SIGMA_VALUES
from PIL import Image

from engine.clips.pcm import resampled
from engine.core.device import Device, DeviceKind
from engine.core.device_faults import is_out_of_memory
from engine.core.family import Frames, Hooks, Inputs, Picture, WithSound
from engine.core.precision import Precision
from engine.core.recipe import Recipe, SoundSource
from engine.core.sound import RATE, Sound, fitted, samples_for
from engine.diffusion.attention import attending
from engine.diffusion.decode import decode
from engine.diffusion.goes import Go, Unfinished
from engine.diffusion.ladder import Start, descend, free_bytes, start
from engine.diffusion.loading import bytes_in, size_of
from engine.diffusion.precision import kept_as, load_in, suffix
from engine.diffusion.sampling import Steps
from engine.diffusion.streaming import streamed
from engine.families.ltx import ENTRY, FPS, WORDS, count, grid
from engine.families.ltx.ladder import RUNGS, STREAM, TILES, costs
from engine.families.ltx.words import Reader, Words
from engine.runtime.context import EngineContext
from engine.runtime.model_cache import collect
from engine.vision.crop import cover

# diffusers is typed only in places.
_WordsPipeline: Any = LTX2Pipeline
_PicturePipeline: Any = LTX2ImageToVideoPipeline
_Scheduler: Any = FlowMatchEulerDiscreteScheduler

UNGUIDED = {
    "guidance_scale": 1.0,
    "stg_scale": 0.0,
    "modality_scale": 1.0,
    "guidance_rescale": 0.0,
    "audio_guidance_scale": 1.0,
    "audio_stg_scale": 0.0,
    "audio_modality_scale": 1.0,
    "audio_guidance_rescale": 0.0,
    "spatio_temporal_guidance_blocks": None,
}
"""The pipelines' own defaults are those of the model that is not distilled."""

AS_IT_IS = 0
"""The picture is not compressed first. The authors do that with PyAV, which is not among our libraries."""

SAMPLED = 0.85
"""The share of a take that the steps make up, about; the rest is decoding."""

AT_ONCE = 16
"""Decoded frames that are turned into bytes together."""

OWN_STEP = 0.1
"""Seconds by which its sound may be shorter or longer than its frames: it counts in steps of 40 ms, and the
first one is shorter. Silence or a cut makes up for that; more is the gate's to find."""

READING = 2 * 2**30
"""Bytes that reading a prompt takes beside the models: all hidden states of Gemma are kept. An estimate."""


@dataclass(frozen=True, kw_only=True)
class _Models:
    """What draws a recipe, and the names under which the model cache holds it."""

    transformer: Any
    vae: Any
    audio_vae: Any
    vocoder: Any
    names: frozenset[str]

    @property
    def present(self) -> int:
        """Bytes of them that are on the card."""
        every = (self.transformer, self.vae, self.audio_vae, self.vocoder)
        return sum(size_of(model) for model in every if model.device.type != "cpu")


class LtxFamily:
    """Draws and sounds."""

    def __init__(self, context: EngineContext) -> None:
        """Make one; nothing is loaded before it draws."""
        self._context = context
        self._where = context.device.kind.value
        self._on_cuda = context.device.kind is DeviceKind.CUDA
        self._dtype = torch.bfloat16 if self._on_cuda else torch.float32

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames | WithSound:
        """See :class:`engine.core.family.Family`. ``inputs.picture`` becomes the first frame."""
        hooks.cancel.check()
        words = self._words(recipe.words)
        hooks.cancel.check()  # reading and loading take a while
        models = self._models(kept_as(recipe, hooks.gave_up))
        hooks.cancel.check()
        width, height = grid(recipe.width, recipe.height)
        picture = None if inputs.picture is None else cover(inputs.picture, width, height)
        clip = Unfinished((recipe.frames, height, width), seed=seed, picture=picture)
        take = _Take(recipe, models, words, self._context.device, hooks)

        def attempt(rungs: tuple[str, ...]) -> Frames:
            if rungs:  # then there is no room for anything else
                self._context.model_cache.clear_gpu(keep=models.names)
            with attending(self._context):
                return clip.draw(
                    max(2, recipe.frames),
                    lambda go: take.denoise(go, rungs),
                    lambda latents, go: take.decode(latents, go, rungs),
                )

        drawn = descend(
            RUNGS,
            attempt,
            start=self._start(recipe, models, from_picture=picture is not None),
            most=self._context.steps_down,
            hooks=hooks,
            phase=lambda: clip.phase,
        )
        top, left = (height - recipe.height) // 2, (width - recipe.width) // 2
        frames = drawn[:, top : top + recipe.height, left : left + recipe.width]
        return frames if take.sound is None else WithSound(frames=frames, sound=take.sound)

    def _models(self, precision: Precision = Precision.BF16) -> _Models:
        """What draws, from the model cache: in main memory, or still on the card."""
        kinds = {
            "vae": AutoencoderKLLTX2Video,
            "audio_vae": AutoencoderKLLTX2Audio,
            "vocoder": LTX2VocoderWithBWE,
        }
        made = {part: self._cached(part, kind) for part, kind in kinds.items()}
        made["transformer"] = self._cached("transformer", LTX2VideoTransformer3DModel, precision)
        names = [f"{ENTRY} {part}" for part in kinds] + [f"{ENTRY} transformer{suffix(precision)}"]
        return _Models(names=frozenset(names), **made)

    def _cached(self, part: str, kind: Any, precision: Precision = Precision.BF16) -> Any:
        folder = self._context.store.path(ENTRY)
        return self._context.model_cache.get(
            f"{ENTRY} {part}{suffix(precision)}",
            lambda: load_in(kind, folder, precision, subfolder=part, dtype=self._dtype),
            size_of,
            park=lambda model: model.to("cpu"),
            coming=bytes_in(folder / part),
            files=[folder / part],
        )

    def _words(self, text: str) -> Words:
        """A text as the transformer takes it; the last one is kept, for the next take."""
        cache = self._context.model_cache
        folder = self._context.store.path(WORDS)
        kept: dict[str, Words] = cache.get(
            "ltx words", dict, lambda _: 0, park=lambda _: None, files=[folder]
        )
        if text not in kept:
            reader = cache.get(
                WORDS,
                lambda: Reader(folder, self._dtype),
                lambda made: sum(map(size_of, made.models)),
                park=Reader.park,
                coming=bytes_in(folder),
                files=[folder],
            )
            read = self._read(reader, text)
            kept.clear()
            kept[text] = read
        return kept[text]

    def _read(self, reader: Reader, text: str) -> Words:
        """Read a text: on the card as a whole where there is room, else layer by layer."""
        size = sum(map(size_of, reader.models))
        stays = not self._on_cuda or reader.encoder.device.type != "cpu"
        if stays or free_bytes() >= size + READING:
            try:
                for model in reader.models:
                    model.to(self._where)
                return reader.read(text, self._where)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
        # Out here the error is gone, and with it the frames that held what filled the memory.
        self._context.model_cache.clear_gpu(keep=frozenset())
        with streamed(reader.models, self._context.device):
            return reader.read(text, self._where)

    def _start(self, recipe: Recipe, models: _Models, *, from_picture: bool) -> Start:
        """How far down to begin; nowhere but on CUDA is it known what is free."""
        if not self._on_cuda:
            return Start()
        sizes = size_of(models.transformer), size_of(models.vae)
        needed = costs(recipe, *sizes, from_picture=from_picture)
        if needed[0] > free_bytes() + models.present:  # others give way before anything is given up
            self._context.model_cache.clear_gpu(keep=models.names)
        return start(recipe, RUNGS, needed, free_bytes() + models.present, self._context.rung_memory)


class _Take:
    """One take: how it is denoised and decoded, with rungs of the memory ladder in force.

    Attributes:
        sound: float32 ``[S, 2]``, once it is decoded; None where none is wanted.
    """

    def __init__(self, recipe: Recipe, models: _Models, words: Words, device: Device, hooks: Hooks) -> None:
        self.sound: Sound | None = None
        self._recipe = recipe
        self._models = models
        self._words = words
        self._device = device
        self._where = device.kind.value
        self._hooks = hooks

    def denoise(self, go: Go, rungs: tuple[str, ...]) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents of the picture ``[1, C, t, h, w]`` and of the sound ``[1, c, L, m]``, in main memory."""
        recipe = self._recipe
        self._hooks.cancel.check()
        width, height = grid(recipe.width, recipe.height)
        pipe = self._pipeline(go.picture)
        steps = Steps(self._hooks, steps=recipe.steps, end=SAMPLED)
        first = {} if go.picture is None else {"image": Image.fromarray(go.picture), "image_crf": AS_IT_IS}
        with self._placed(pipe, rungs):
            # The words are read already; the pipeline looks at the dtype of these alone.
            stand_in = self._words.picture[:, :1, :1].to(self._where)
            made = pipe(
                prompt_embeds=stand_in,
                prompt_attention_mask=torch.ones((1, 1), dtype=torch.long, device=self._where),
                width=width,
                height=height,
                num_frames=count(recipe.frames),
                frame_rate=float(FPS),
                num_inference_steps=recipe.steps,
                sigmas=DISTILLED_SIGMA_VALUES[: recipe.steps],
                # On the CPU: the same noise on every device.
                generator=torch.Generator("cpu").manual_seed(go.seed),
                output_type="latent",
                callback_on_step_end=steps.callback,
                **UNGUIDED,
                **first,
            )
            return made.frames.to("cpu"), made.audio.to("cpu")

    def decode(self, latents: tuple[torch.Tensor, torch.Tensor], go: Go, rungs: tuple[str, ...]) -> Frames:
        """The frames, uint8 ``[at least go.frames, height, width, 3]`` as they are drawn; and the sound."""
        picture, sound = latents
        models, where = self._models, self._where
        try:
            if rungs:  # the transformer has had its turn
                models.transformer.to("cpu")
                collect()
            if self._recipe.sound is SoundSource.DRAWN:
                self.sound = self._heard(sound)
            self._hooks.cancel.check()
            models.vae.to(where)
            if TILES.name in rungs:
                models.vae.enable_tiling()
                models.vae.use_framewise_decoding = True
            with torch.no_grad():
                video = models.vae.decode(
                    picture.to(where, models.vae.dtype), self._timestep(), return_dict=False
                )[0]
            frames = video[0].movedim(1, 0)
            return decode(lambda part: part, frames, chunk=AT_ONCE, hooks=self._hooks, begin=0.97, end=go.end)
        finally:
            models.vae.disable_tiling()
            models.vae.use_framewise_decoding = False
            if rungs:
                models.vae.to("cpu")

    def _timestep(self) -> torch.Tensor | None:
        """What a decoder is told that also removes noise: that there is none."""
        vae = self._models.vae
        if not vae.config.timestep_conditioning:
            return None
        return torch.zeros(1, device=self._where, dtype=vae.dtype)

    def _heard(self, latents: torch.Tensor) -> Sound:
        """Latents of a sound → float32 ``[S, 2]``, brought to the frames' length if it nearly has it."""
        audio_vae, vocoder = self._models.audio_vae, self._models.vocoder
        for model in (audio_vae, vocoder):
            model.to(self._where)
        with torch.no_grad():
            spectra = audio_vae.decode(latents.to(self._where, audio_vae.dtype), return_dict=False)[0]
            waves = vocoder(spectra)[0].float().cpu().numpy()
        sound = resampled(waves.T, int(vocoder.config.output_sampling_rate))
        wanted = samples_for(self._recipe.frames, FPS)
        return fitted(sound, wanted) if abs(len(sound) - wanted) <= OWN_STEP * RATE else sound

    def _pipeline(self, picture: Picture | None) -> Any:
        made = _WordsPipeline if picture is None else _PicturePipeline
        pipe = made(
            scheduler=_Scheduler(),
            vae=self._models.vae,
            audio_vae=self._models.audio_vae,
            text_encoder=None,
            tokenizer=None,
            connectors=None,
            transformer=self._models.transformer,
            vocoder=None,
        )
        pipe.set_progress_bar_config(disable=True)
        pipe.connectors = self._words.connectors(self._where)
        return pipe

    @contextmanager
    def _placed(self, pipe: Any, rungs: tuple[str, ...]) -> Iterator[None]:
        """Put the models where the rungs say; whatever happens, leave no hook on them."""
        transformer, vae, audio_vae = self._models.transformer, self._models.vae, self._models.audio_vae
        try:
            audio_vae.to(self._where)  # the pipeline takes its device for its own
            if STREAM.name in rungs:
                with streamed((transformer,), self._device, blocks_of=None):
                    vae.to(self._where)
                    yield
            elif rungs:
                pipe.model_cpu_offload_seq = "vae->transformer"  # the first frame is encoded first
                pipe.enable_model_cpu_offload(device=self._where)
                yield
            else:
                for model in (transformer, vae):
                    model.to(self._where)
                yield
        finally:
            pipe.remove_all_hooks()
            for model in (transformer, vae, audio_vae):  # accelerate leaves the model's own method on it
                vars(model).pop("forward", None)
                if rungs:
                    model.to("cpu")
