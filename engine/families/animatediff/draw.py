"""AnimateDiff at work: put a pipeline together, denoise, decode, and leave no trace in the shared models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch

from engine.core.device import DeviceKind
from engine.core.errors import Code, UserError
from engine.core.family import Frames, Hooks, Inputs
from engine.core.prompt_schedule import is_scheduled, parse
from engine.core.recipe import Recipe
from engine.core.sentence import Sentence, as_is, sentence
from engine.diffusion.attention import attending
from engine.diffusion.compiled import compiling
from engine.diffusion.decode import decode
from engine.diffusion.goes import Go, Unfinished
from engine.diffusion.ladder import Start, descend, first_rung, start
from engine.diffusion.loading import size_of
from engine.diffusion.sampling import Steps
from engine.families.animatediff import SPEC
from engine.families.animatediff.first_look import first_look
from engine.families.animatediff.free_noise import sliding_windows
from engine.families.animatediff.ip_adapter import load_encoder, looking_like
from engine.families.animatediff.ladder import RUNGS, costs, decode_chunk, placed
from engine.families.animatediff.loras import Lora, worn
from engine.families.animatediff.parts import Parts, name_of, parts_of
from engine.families.animatediff.sources import ENCODED, WordsSource, source_of
from engine.families.animatediff.truncation import unread
from engine.families.animatediff.tune import IP_ADAPTER, LIKE, WHOLE, WINDOW
from engine.families.animatediff.weights import CHECKPOINTS
from engine.planning.usual import is_usual
from engine.runtime.context import EngineContext

DRAWN = 0.9
"""The share of a take that is done when nothing but the decoding is left."""

SAID_OF_UNREAD = 300
"""Characters of what is not read, on a receipt."""

CAMERA_LORA = "diffusion_pytorch_model.safetensors"

Prompt = str | dict[int, str]


class AnimateDiff:
    """Draws with the weights that a recipe names. What is loaded stays in the context's model cache."""

    def __init__(self, context: EngineContext) -> None:
        """Make one; nothing is loaded before it draws."""
        self._context = context

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:
        """Draw a clip, or draw one anew; see :meth:`engine.core.family.Family.draw`.

        Returns:
            uint8 ``[recipe.frames, recipe.height, recipe.width, 3]``.

        Raises:
            Cancelled: a stop was asked for.
            UserError: a style cannot be used, or what a look needs is not installed.
            Unsupported: a file that the recipe speaks of is not there.
            HopelessTake: numbers ran away.
            RenderFailed: ``E_WEIGHTS``: what the recipe needs is not installed, or damaged.
        """
        hooks.cancel.check()
        parts = parts_of(self._context, recipe, CHECKPOINTS)
        hooks.cancel.check()
        source = self.source(recipe, inputs, hooks)
        shape = (recipe.frames, recipe.height, recipe.width)
        clip = Unfinished(shape, seed=seed, picture=None)
        take = _Take(context=self._context, parts=parts, source=source, clip=clip)
        take.say_what_is_not_read()
        return descend(
            RUNGS,
            take.draw,
            start=take.start(),
            most=self._context.steps_down,
            hooks=hooks,
            phase=lambda: clip.phase,
        )

    def source(self, recipe: Recipe, inputs: Inputs, hooks: Hooks) -> WordsSource:
        """What the clip is made from."""
        return source_of(self._context, recipe, inputs, hooks)


@dataclass(frozen=True, kw_only=True)
class _Take:
    """One take, from what is loaded to frames."""

    context: EngineContext
    parts: Parts
    source: WordsSource
    clip: Unfinished

    @property
    def recipe(self) -> Recipe:
        return self.source.recipe

    def draw(self, rungs: tuple[str, ...]) -> Frames:
        """Draw with rungs of the memory ladder in force; whatever happens, leave the models as they were."""
        recipe = self.recipe
        others = self.source.models()
        pipe = self.parts.pipeline(self.source.pipeline, recipe.way, **others)
        prompt = self._prompt()
        rounds = int(recipe.settings.get("rounds", 1))
        if rounds > 1:
            pipe.enable_free_init(num_iters=rounds)
        with ExitStack() as undo:
            # Windows first: LoRAs would rename the blocks that they rebuild.
            windows, loras = self._windows(pipe, prompt, tuple(others.values())), self._loras()
            undo.enter_context(windows)
            undo.enter_context(worn(pipe, loras))
            look = undo.enter_context(self._look(pipe))
            undo.enter_context(placed(pipe, rungs, self.context.device))
            undo.enter_context(attending(self.context))
            plain = isinstance(windows, nullcontext) and not (others or loras or look or rungs)
            usual = plain and is_usual(recipe, SPEC)
            undo.enter_context(compiling(usual=usual, gave_up=self.source.hooks.gave_up))
            return self.clip.draw(
                max(2, recipe.frames),
                lambda go: self._denoise(pipe, prompt, look, rounds, go),
                lambda latents, _: self._decode(pipe, latents, rungs),
            )

    def say_what_is_not_read(self) -> None:
        """Words beyond the text encoder's 77 tokens, and words by frame where they cannot be read."""
        prompt = self._prompt()
        texts = [*prompt.values()] if isinstance(prompt, dict) else [prompt]
        if not self.source.reads_words_by_frame and is_scheduled(self.recipe.words):
            self.source.hooks.gave_up(
                Sentence("only the first frame's prompt is used, because the clip starts from a picture")
            )
        for text in (*texts, self.recipe.negative):
            left = unread(self.parts.tokenizer, text)
            if left:
                self.source.hooks.gave_up(
                    Sentence("not used, because the prompt is too long: “{words}”", words=_shortened(left))
                )

    def start(self) -> Start:
        """How far down the memory ladder to begin; nowhere but on CUDA is it known what is free."""
        if self.context.device.kind is not DeviceKind.CUDA:
            return Start()
        # All that is on the card can be taken off it, so what torch holds counts as free.
        free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved()
        others = sum(size_of(model) for model in self.source.models().values())
        needed = costs(self.recipe, all_models=self.parts.size + others, largest=size_of(self.parts.unet))
        if needed[first_rung(needed, free)] > free - torch.cuda.memory_allocated():
            self.context.model_cache.clear_gpu(keep=frozenset({name_of(self.recipe)}))
        return start(self.recipe, RUNGS, needed, free, self.context.rung_memory)

    def _denoise(
        self, pipe: Any, prompt: Prompt, look: Mapping[str, Any], rounds: int, go: Go
    ) -> torch.Tensor:
        """Call the pipeline.

        Returns:
            ``[1, 4, frames, h, w]``, in main memory.
        """
        recipe, source = self.recipe, self.source
        generator = torch.Generator("cpu").manual_seed(go.seed)
        steps = Steps(
            source.hooks,
            steps=source.steps * rounds,
            begin=ENCODED,
            end=DRAWN,
            preview=lambda latents: first_look(self.context, latents[0].transpose(0, 1)),
        )
        with _seeded(go.seed):
            latents: torch.Tensor = pipe(
                prompt=prompt,
                negative_prompt=recipe.negative,
                width=recipe.width,
                height=recipe.height,
                num_inference_steps=recipe.steps,
                guidance_scale=float(recipe.guidance),
                generator=generator,
                output_type="latent",
                callback_on_step_end=steps.callback,
                **source.arguments(pipe, generator),
                **look,
            ).frames
        return latents.to("cpu")

    def _decode(self, pipe: Any, latents: torch.Tensor, rungs: tuple[str, ...]) -> Frames:
        """Frames of latents."""
        vae = pipe.vae
        where = pipe._execution_device  # noqa: SLF001 - with offloading, ``device`` is the CPU
        scaled = (1 / vae.config.scaling_factor * latents[0].to(where).transpose(0, 1)).to(vae.dtype)
        return decode(
            lambda part: vae.decode(part).sample,
            scaled,
            chunk=decode_chunk(rungs),
            hooks=self.source.hooks,
            begin=DRAWN,
            end=1.0,
        )

    def _prompt(self) -> Prompt:
        """What is read: words, or words by frame."""
        if not is_scheduled(self.recipe.words):
            return self.recipe.words
        steps = parse(self.recipe.words, self.recipe.frames)
        if len(set(steps.values())) == 1 or not self.source.reads_words_by_frame:
            return steps[0]
        return steps

    def _windows(self, pipe: Any, prompt: Prompt, others: tuple[Any, ...]) -> AbstractContextManager[None]:
        """Sliding windows, where the clip is too long for one look, or each frame has its own words."""
        recipe, settings, frames = self.recipe, self.recipe.settings, self.recipe.frames
        longest = self.parts.longest
        if frames <= min(longest, int(settings.get("whole", WHOLE))) and isinstance(prompt, str):
            return nullcontext()
        length = min(longest, int(settings.get("window", WINDOW)), frames)
        with_motion = tuple(model for model in others if hasattr(model, "down_blocks"))
        able = (
            pipe
            if hasattr(pipe, "enable_free_noise")
            else self.parts.pipeline(WordsSource.pipeline, recipe.way)
        )
        return sliding_windows(able, (pipe.unet, *with_motion), length=length)

    def _loras(self) -> tuple[Lora, ...]:
        """What goes with a first frame, the camera's, and the member's styles."""
        store, recipe, settings = self.context.store, self.recipe, self.recipe.settings
        loras = []
        if "first_lora" in settings:
            name = str(settings["first_lora"])
            loras.append(Lora(name=name, file=store.path(name) / CAMERA_LORA, weight=1.0))
        if "camera" in settings:
            name, weight = str(settings["camera"]), float(recipe.setting("camera_weight"))
            loras.append(Lora(name=name, file=store.path(name) / CAMERA_LORA, weight=weight))
        known = store.styles()
        for style in recipe.styles:
            if style.name not in known:  # else a name could be a path
                raise _no_style(style.name, store.unusable())
            loras.append(
                Lora(name=style.name, file=store.style(style.name), weight=style.weight, is_style=True)
            )
        return tuple(loras)

    @contextmanager
    def _look(self, pipe: Any) -> Iterator[Mapping[str, Any]]:
        """Arguments for the look of a picture, where there is one."""
        picture = self.source.inputs.like
        if picture is None:
            yield {}
            return
        folder = self.context.store.path(IP_ADAPTER)
        if not folder.is_dir():
            raise UserError(
                Code.WEIGHTS,
                "Taking the look of a picture needs “{weights}”, which is not installed here.",
                weights=as_is(IP_ADAPTER),
            )
        encoder = self.context.model_cache.get(
            f"{IP_ADAPTER} encoder",
            lambda: load_encoder(folder, self.parts.dtype),
            size_of,
            park=lambda model: model.to("cpu"),
            files=[folder],
        )
        scale = float(self.recipe.settings.get("like", LIKE))
        with looking_like(pipe, picture, scale=scale, folder=folder, encoder=encoder) as arguments:
            yield arguments


def _shortened(text: str) -> str:
    return text if len(text) <= SAID_OF_UNREAD else text[:SAID_OF_UNREAD] + "…"


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """SparseCtrl encodes its picture with torch's own random numbers: those are a take's too, for a while."""
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def _no_style(name: str, unusable: Mapping[str, str]) -> UserError:
    if name in unusable:
        return UserError(
            Code.STYLE,
            "The style {style} cannot be used, because {why}.",
            style=name[:60],
            why=sentence(unusable[name]),
        )
    return UserError(Code.STYLE, "There is no style {style} here.", style=name[:60])
