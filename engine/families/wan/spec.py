"""Wan: 2.1 with 1.3 billion parameters (words), and 2.2 TI2V with 5 billion (words, and a first frame).

Both are Apache-2.0. Sources: the model cards Wan-AI/Wan2.1-T2V-1.3B-Diffusers and
Wan-AI/Wan2.2-TI2V-5B-Diffusers, FastVideo/FastWan2.1-T2V-1.3B-Diffusers, and what diffusers' WanPipeline
insists on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.core.device import Device, DeviceKind
from engine.core.family import Frames, Hooks, Inputs, Picture
from engine.core.family_spec import FamilySpec, Feature, Outline, Tuned, Way
from engine.core.recipe import Kind, Quality, Recipe
from engine.planning.prompting import construct, movement
from engine.runtime.context import EngineContext
from engine.vision.crop import cover

if TYPE_CHECKING:
    import torch

GIB = 2**30
LATENT_FRAMES = 4
"""Frames of the clip that one latent frame stands for; the first frame has one of its own."""

TOKENS = 512
"""That the text encoder reads."""

FASTWAN = "fastwan-2.1-1.3b"
FASTWAN_LEVELS = (1.0, 0.757, 0.522)
"""Of noise, as it was distilled at: FastVideo's timesteps 1000, 757 and 522."""

SAMPLED = 0.85
"""The share of a take that the steps make up, about; the rest is decoding."""


@dataclass(frozen=True, kw_only=True)
class _Version:
    """What tells the two apart.

    Attributes:
        entry: the catalogue's name of its weights.
        multiple: of both sides, in pixels.
        shift: how far the noise levels are moved towards noise, as its authors advise.
        trained_fps: frames per second of the clips it learned from.
        costs: bytes of GPU memory for its longest clip with 0, 1, 2, … rungs in force. Estimates, from the
            weights' own sizes and room for the activations.
    """

    entry: str
    multiple: int
    shift: float
    trained_fps: int
    costs: tuple[int, ...]


WAN_21 = _Version(
    entry="wan-2.1-1.3b",
    multiple=16,
    shift=8.0,
    trained_fps=16,
    costs=(20 * GIB, 13 * GIB, 12 * GIB, 5 * GIB),
)
WAN_22 = _Version(
    entry="wan-2.2-ti2v-5b",
    multiple=32,
    shift=5.0,
    trained_fps=24,
    costs=(32 * GIB, 18 * GIB, 15 * GIB, 7 * GIB),
)
_VERSIONS = {"wan": WAN_21, "wan-5b": WAN_22}

_RESIDENT, _OFFLOAD, _TILES, _STREAM = "resident", "offload", "tiles", "stream"
_GIVEN_UP = (
    (_OFFLOAD, "each part of the model was on the GPU only while it worked, to save memory"),
    (_TILES, "frames decoded in tiles to save memory"),
    (_STREAM, "the model was streamed to the GPU layer by layer to save memory (slower)"),
)


def _count(frames: int) -> int:
    """One frame, and whole groups of four after it."""
    return frames + (1 - frames) % LATENT_FRAMES


def _tune(version: _Version, outline: Outline) -> Tuned:
    request, subject, way = outline.request, outline.subject, outline.way
    made = construct(
        request.prompt,
        raw=request.raw,
        faces=None if subject is None else subject.faces,
        is_drawing=subject is not None and subject.is_drawing,
    )
    # It has no other ear for the camera's path and the amount of motion than the words.
    moves, why = movement(request.camera, request.motion, raw=request.raw)
    reasons = [*made.reasons, *why]
    guided = way is not None and way.guidance > 1
    negative = (made.negative if request.negative is None else request.negative) if guided else ""
    if request.negative and not guided:
        reasons.append("this preset ignores the negative prompt")
    pace = outline.native_fps / version.trained_fps
    if pace < 0.9:  # noqa: PLR2004 - a tenth slower is not seen
        reasons.append(f"a clip this long moves at about {pace:.0%} of the model's natural pace")
    return Tuned(
        words=", ".join([made.text, *moves]),
        negative=negative,
        settings={} if way is not None and way.name == _FAST.name else {"flow_shift": version.shift},
        reasons=tuple(reasons),
    )


def _way(version: _Version, steps: int, guidance: float) -> Way:
    about, memory = f"{steps} steps with guidance", version.costs[1]
    return Way(name=f"unipc-{steps}", about=about, steps=steps, guidance=guidance, memory=memory)


_FAST = replace(
    _way(WAN_21, 3, 1.0), name="fastwan", about="3 steps of the distilled model", weights=(FASTWAN,)
)

SPECS = (
    FamilySpec(
        name="wan",
        target="engine.families.wan.spec:WanBackend",
        kinds=frozenset({Kind.TEXT2VIDEO}),
        needs_picture=False,
        max_native_fps=WAN_21.trained_fps,
        min_native_fps=6,
        about="Wan 2.1 with 1.3 billion parameters: understands long prompts, moves well",
        rank=15,
        weights=(WAN_21.entry,),
        ways={
            Quality.FAST: (_FAST, _way(WAN_21, 15, 6.0)),
            Quality.BALANCED: (_way(WAN_21, 30, 6.0),),
            Quality.BEST: (_way(WAN_21, 50, 6.0),),
        },
        features=frozenset({Feature.PROMPT, Feature.CAMERA}),
        area=dict.fromkeys(Quality, 832 * 480),
        multiple=WAN_21.multiple,
        chunk=81,
        count=_count,
        tune=partial(_tune, WAN_21),
    ),
    FamilySpec(
        name="wan-5b",
        target="engine.families.wan.spec:WanBackend",
        kinds=frozenset({Kind.TEXT2VIDEO, Kind.ANIMATE}),
        needs_picture=False,
        max_native_fps=WAN_22.trained_fps,
        min_native_fps=6,
        about="Wan 2.2 with 5 billion parameters: from a prompt, or from a picture as the first frame",
        rank=16,
        weights=(WAN_22.entry,),
        ways={
            Quality.FAST: (_way(WAN_22, 20, 5.0),),
            Quality.BALANCED: (_way(WAN_22, 30, 5.0),),
            Quality.BEST: (_way(WAN_22, 50, 5.0),),
        },
        features=frozenset({Feature.PROMPT, Feature.CAMERA, Feature.FIRST_FRAME}),
        heeds_faces=True,
        area={Quality.FAST: 832 * 480, Quality.BALANCED: 960 * 544, Quality.BEST: 1280 * 704},
        multiple=WAN_22.multiple,
        chunk=121,
        count=_count,
        tune=partial(_tune, WAN_22),
    ),
)


class WanBackend:
    """Draws with either version; the recipe's engine says with which."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:
        """See :class:`engine.core.family.Family`. ``inputs.picture`` becomes the first frame."""
        from engine.diffusion.ladder import Rung, descend  # noqa: PLC0415 - torch takes seconds

        rungs = [Rung(name=name, about=about) for name, about in _GIVEN_UP]
        return descend(
            rungs,
            lambda names: self._attempt(recipe, inputs.picture, seed, hooks, names),
            first=self._first_rung(recipe),
            most=self._context.steps_down,
            hooks=hooks,
        )

    def _attempt(
        self, recipe: Recipe, picture: Picture | None, seed: int, hooks: Hooks, rungs: tuple[str, ...]
    ) -> Frames:
        import torch  # noqa: PLC0415 - takes seconds
        from PIL import Image  # noqa: PLC0415 - only pipelines want it

        from engine.diffusion.sampling import Steps  # noqa: PLC0415 - same
        from engine.families.wan.decode import decode_causal  # noqa: PLC0415 - torch takes seconds

        multiple = _VERSIONS[recipe.engine].multiple
        width, height = (math.ceil(side / multiple) * multiple for side in (recipe.width, recipe.height))
        generator = torch.Generator("cpu").manual_seed(seed)  # the same noise on every device
        pipe, reader = self._pipeline(recipe, rungs, from_picture=picture is not None)
        hooks.cancel.check()  # loading takes a while
        pipe.scheduler = _scheduler(recipe, generator)
        steps = Steps(hooks, steps=recipe.steps, end=SAMPLED, preview=_preview(recipe))
        first = {} if picture is None else {"image": Image.fromarray(cover(picture, width, height))}
        try:
            words, negative = _read(reader, recipe, pipe._execution_device)  # noqa: SLF001 - hooks decide it
            latents = pipe(
                prompt_embeds=words,
                negative_prompt_embeds=negative,
                width=width,
                height=height,
                num_frames=_count(recipe.frames),
                num_inference_steps=recipe.steps,
                guidance_scale=recipe.guidance,
                generator=generator,
                output_type="latent",
                callback_on_step_end=steps.callback,
                **first,
            ).frames
            tiles = _TILES in rungs
            clip = decode_causal(pipe.vae, latents, tiles=tiles, hooks=hooks, begin=SAMPLED, end=1.0)
        finally:
            pipe.maybe_free_model_hooks()
        top, left = (height - recipe.height) // 2, (width - recipe.width) // 2
        return clip[: recipe.frames, top : top + recipe.height, left : left + recipe.width]

    def _pipeline(self, recipe: Recipe, rungs: tuple[str, ...], *, from_picture: bool) -> tuple[Any, Any]:
        """A pipeline of this attempt's own around the models on the rack, and one that reads words."""
        import diffusers  # noqa: PLC0415 - takes seconds

        from engine.diffusion.loading import size_of  # noqa: PLC0415 - same

        mode = next((mode for mode in (_STREAM, _OFFLOAD) if mode in rungs), _RESIDENT)
        model_cache, names = self._context.model_cache, _cache_names(recipe, mode)
        entries = _entries(recipe)
        if rungs:  # then there is no room for anything else
            model_cache.clear(keep=frozenset(names))
        transformer = model_cache.get(names[0], lambda: self._load_transformer(entries[0], mode), size_of)
        rest = model_cache.get(names[1], lambda: self._load_rest(entries[1], mode), size_of)
        made: Any = diffusers.WanImageToVideoPipeline if from_picture else diffusers.WanPipeline
        pipe = made(
            tokenizer=rest.tokenizer,
            text_encoder=rest.text_encoder,
            vae=rest.vae,
            transformer=transformer,
            scheduler=None,
            expand_timesteps=rest.config.expand_timesteps,
        )
        pipe.set_progress_bar_config(disable=True)
        if mode == _OFFLOAD:
            pipe.enable_model_cpu_offload(device=self._context.device.kind.value)
        return pipe, rest

    def _load_rest(self, entry: str, mode: str) -> Any:
        import diffusers  # noqa: PLC0415 - takes seconds
        import torch  # noqa: PLC0415 - same

        # In half precision the decoder's gradients of colour fall into bands.
        kind = diffusers.AutoencoderKLWan
        vae = self._load(kind, entry, mode, streamed=False, subfolder="vae", dtype=torch.float32)
        return self._load(diffusers.WanPipeline, entry, mode, transformer=None, vae=vae)

    def _load_transformer(self, entry: str, mode: str) -> Any:
        import diffusers  # noqa: PLC0415 - takes seconds

        return self._load(diffusers.WanTransformer3DModel, entry, mode, subfolder="transformer")

    def _load(self, kind: Any, entry: str, mode: str, *, streamed: bool = True, **parts: Any) -> Any:
        import torch  # noqa: PLC0415 - takes seconds

        from engine.diffusion.loading import check_folder, load  # noqa: PLC0415 - same

        on_cuda = self._context.device.kind is DeviceKind.CUDA
        folder = self._context.store.path(entry)
        check_folder(folder)
        # Trained in bfloat16; in float16 the text encoder overflows.
        parts = {"dtype": torch.bfloat16 if on_cuda else torch.float32, **parts}
        home = self._context.device if mode == _RESIDENT else Device()
        loaded = load(kind, folder, device=home, **parts)
        if mode == _STREAM and streamed:
            device = torch.device(self._context.device.kind.value)
            loaded.enable_group_offload(device, offload_type="leaf_level", use_stream=on_cuda)
        return loaded

    def _first_rung(self, recipe: Recipe) -> int:
        """How far down to begin; nowhere but on CUDA is it known what is free."""
        from engine.diffusion.ladder import (
            first_rung,
            free_bytes,
        )

        model_cache, costs = self._context.model_cache, _VERSIONS[recipe.engine].costs
        if self._context.device.kind is not DeviceKind.CUDA:
            return 0
        if free_bytes() < costs[0]:  # other models give way before anything is given up
            model_cache.clear(keep=frozenset(_cache_names(recipe, _RESIDENT)))
        return first_rung(costs, free_bytes() + model_cache.size)


def _entries(recipe: Recipe) -> tuple[str, str]:
    """Where the transformer comes from, and all the rest."""
    entry = _VERSIONS[recipe.engine].entry
    return FASTWAN if recipe.way == _FAST.name else entry, entry


def _cache_names(recipe: Recipe, mode: str) -> tuple[str, str]:
    transformer, rest = _entries(recipe)
    return f"{transformer} transformer, {mode}", f"{rest} but its transformer, {mode}"


def _read(reader: Any, recipe: Recipe, device: torch.device) -> Any:
    """What the text encoder makes of the words: the pipeline for pictures could not do without ftfy."""
    import torch  # noqa: PLC0415 - takes seconds

    with torch.no_grad():
        return reader.encode_prompt(
            recipe.words,
            recipe.negative,
            do_classifier_free_guidance=recipe.guidance > 1,
            max_sequence_length=TOKENS,
            device=device,
        )


def _preview(recipe: Recipe) -> Callable[[torch.Tensor], Frames | None]:
    from engine.diffusion.preview import draft_frames  # noqa: PLC0415 - torch takes seconds

    def preview(latents: torch.Tensor) -> Frames | None:
        often = [1] + [LATENT_FRAMES] * (latents.shape[2] - 1)
        shown = draft_frames(latents[0].movedim(0, 1))
        return None if shown is None else shown.repeat(often, axis=0)[: recipe.frames]

    return preview


def _scheduler(recipe: Recipe, generator: torch.Generator) -> Any:
    import diffusers  # noqa: PLC0415 - takes seconds

    from engine.diffusion.renoise import RenoisingScheduler  # noqa: PLC0415 - same

    if recipe.way == _FAST.name:
        return RenoisingScheduler(FASTWAN_LEVELS, generator)
    scheduler: Any = diffusers.UniPCMultistepScheduler
    return scheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=recipe.settings["flow_shift"]
    )
