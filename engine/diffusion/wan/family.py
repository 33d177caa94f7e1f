"""What all families of Wan's do: read the words, place the models, denoise, decode.

The models are loaded once, into main memory, whatever the card can hold. Each attempt at a clip places them
anew, as far down the memory ladder as it must.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLWan

from engine.core.device import Device, DeviceKind
from engine.core.device_faults import is_out_of_memory
from engine.core.family import Frames, Hooks, Inputs
from engine.core.precision import Precision
from engine.core.recipe import Recipe
from engine.core.video_model import UMT5, Version, count
from engine.diffusion.attention import attending
from engine.diffusion.compiled import compiled_for, compiling
from engine.diffusion.goes import Unfinished
from engine.diffusion.ladder import Start, descend, free_bytes, start
from engine.diffusion.loading import bytes_in, load, size_of
from engine.diffusion.precision import kept_as, load_in, suffix
from engine.diffusion.sampling import showing_one_draft
from engine.diffusion.streaming import streamed
from engine.diffusion.wan.ladder import BLOCKS_HELD, READING, SHORTER, costs, rungs_of, shorter
from engine.diffusion.wan.levers import cached_every
from engine.diffusion.wan.take import Models, Take
from engine.diffusion.wan.words import Reader, WordMemory
from engine.runtime.context import EngineContext
from engine.vision.crop import cover


class WanBase(ABC):
    """Draws with Wan's transformer and VAE; a family says with which, and what it is drawn by."""

    transformer_class: Any
    """Of diffusers."""

    def __init__(self, context: EngineContext) -> None:
        """Make one; nothing is loaded before it draws."""
        self._context = context
        self._on_cuda = context.device.kind is DeviceKind.CUDA
        # Trained in bfloat16; in float16 the text encoder overflows.
        self._dtype = torch.bfloat16 if self._on_cuda else torch.float32

    @abstractmethod
    def version_of(self, recipe: Recipe) -> Version:
        """The model that draws a recipe."""

    @abstractmethod
    def encoded(self, recipe: Recipe, inputs: Inputs, go: int) -> int:
        """Frames that are encoded at a time before a go is drawn; 0: none."""

    @abstractmethod
    def is_usual(self, recipe: Recipe) -> bool:
        """Whether its shape comes up often enough to compile for."""

    @abstractmethod
    def take(
        self,
        recipe: Recipe,
        inputs: Inputs,
        models: Models,
        words: tuple[torch.Tensor, torch.Tensor | None],
        hooks: Hooks,
    ) -> Take:
        """A take of a recipe; see :class:`engine.diffusion.wan.take.Take`."""

    def transformer_entry(self, recipe: Recipe) -> str:
        """The catalogue's entry with the transformer that draws a recipe."""
        return self.version_of(recipe).entry

    def vae_entry(self, recipe: Recipe) -> str:
        """The catalogue's entry with the VAE."""
        return self.version_of(recipe).entry

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:
        """See :class:`engine.core.family.Family`. ``inputs.picture`` becomes the first frame."""
        hooks.cancel.check()
        hooks = showing_one_draft(hooks)
        version = self.version_of(recipe)
        most = int(recipe.settings.get("go", version.trained_frames))
        precision = kept_as(recipe, hooks.gave_up)
        models = self._models(recipe, precision)
        hooks.cancel.check()  # loading takes a while
        go = min(most, count(recipe.frames))
        encoded = self.encoded(recipe, inputs, go)
        needed = costs(version, recipe, models.weights(), go=go, encoded=encoded)
        words = self._words(recipe, models, beside=needed[0])
        hooks.cancel.check()
        width, height = version.grid(recipe.width, recipe.height)
        picture = None if inputs.picture is None else cover(inputs.picture, width, height)
        clip = Unfinished((recipe.frames, height, width), seed=seed, picture=picture)
        take = self.take(recipe, inputs, models, words, hooks)

        # The cache's hooks decide anew on each step which blocks work: that is no graph.
        usual = self.is_usual(recipe) and recipe.frames <= most and cached_every(recipe) == 1
        usual = usual and precision is Precision.BF16  # the others' weights are unpacked by hooks

        def attempt(rungs: tuple[str, ...]) -> Frames:
            if rungs:  # then there is no room for anything else
                self._context.model_cache.clear_gpu(keep=models.names)
            with attending(self._context), compiling(usual=usual and not rungs, gave_up=hooks.gave_up):
                return clip.draw(
                    shorter(most) if SHORTER.name in rungs else most,
                    lambda go: take.denoise(go, rungs),
                    lambda latents, go: take.decode(latents, go, rungs),
                )

        drawn = descend(
            rungs_of(version),
            attempt,
            start=self._start(recipe, models, needed),
            most=self._context.steps_down,
            hooks=hooks,
            phase=lambda: clip.phase,
        )
        top, left = (height - recipe.height) // 2, (width - recipe.width) // 2
        return drawn[:, top : top + recipe.height, left : left + recipe.width]

    def _models(self, recipe: Recipe, precision: Precision = Precision.BF16) -> Models:
        """What draws a recipe, from the model cache: in main memory, or still on the card."""
        own = self.transformer_entry(recipe)
        name = f"{own} transformer{suffix(precision)}"
        part = {"subfolder": "transformer", "dtype": self._dtype}
        transformer = self._cached(
            name, own, lambda folder: load_in(self.transformer_class, folder, precision, **part)
        )
        compiled_for(transformer, self._context)
        vae_name, vae = self._vae(recipe)
        return Models(transformer=transformer, vae=vae, names=frozenset((name, vae_name)))

    def _vae(self, recipe: Recipe) -> tuple[str, Any]:
        """What the model cache calls the VAE, and the VAE."""
        entry = self.vae_entry(recipe)
        # In half precision the decoder's gradients of colour fall into bands.
        part = {"subfolder": "vae", "dtype": torch.float32}
        name = f"{entry} vae"
        vae = self._cached(
            name, entry, lambda folder: load(AutoencoderKLWan, folder, device=Device(), **part), of="vae"
        )
        return name, vae

    def _cached(self, name: str, entry: str, read: Callable[[Path], Any], *, of: str = "transformer") -> Any:
        folder = self._context.store.path(entry)
        return self._context.model_cache.get(
            name,
            lambda: read(folder),
            size_of,
            park=_park,
            coming=bytes_in(folder / of),
            files=[folder / of],
        )

    def _words(
        self, recipe: Recipe, models: Models, *, beside: int
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The embeddings of the words, and of what is steered away from: read only where they are new."""
        cache = self._context.model_cache
        folder = self._context.store.path(UMT5)
        memory: WordMemory = cache.get(
            "wan words", WordMemory, lambda _: 0, park=lambda _: None, files=[folder]
        )
        texts = [recipe.words, *([recipe.negative] if recipe.guidance > 1 else [])]
        if missing := memory.missing(texts):
            reader = cache.get(
                UMT5,
                lambda: Reader(folder, self._dtype),
                lambda made: size_of(made.encoder),
                park=Reader.park,
                coming=bytes_in(folder),
                files=[folder],
            )
            memory.keep(self._read(reader, missing, models, beside))
        words, *negative = (memory.take(text) for text in texts)
        return words, negative[0] if negative else None

    def _read(
        self, reader: Reader, texts: tuple[str, ...], models: Models, beside: int
    ) -> dict[str, torch.Tensor]:
        """Read texts: on the card as a whole where it can stay there beside the rest, else block by block."""
        size = size_of(reader.encoder)
        stays = not self._on_cuda or reader.encoder.device.type != "cpu"
        if not stays and free_bytes() + models.weights().present < size + beside:
            if free_bytes() < BLOCKS_HELD * size + READING:
                self._context.model_cache.clear_gpu(keep=frozenset())
            return self._read_in_blocks(reader, texts)
        try:
            reader.encoder.to(self._context.device.kind.value)
            return reader.read(texts)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        # Out here the error is gone, and with it the frames that held what filled the memory.
        self._context.model_cache.clear_gpu(keep=frozenset())
        return self._read_in_blocks(reader, texts)

    def _read_in_blocks(self, reader: Reader, texts: tuple[str, ...]) -> dict[str, torch.Tensor]:
        with streamed((reader.encoder,), self._context.device, blocks_of=("encoder",)):
            return reader.read(texts)

    def _start(self, recipe: Recipe, models: Models, needed: tuple[int, ...]) -> Start:
        """How far down to begin; nowhere but on CUDA is it known what is free."""
        if not self._on_cuda:
            return Start()
        present = models.weights().present
        if needed[0] > free_bytes() + present:  # others give way before anything is given up
            self._context.model_cache.clear_gpu(keep=models.names)
        return start(
            recipe,
            rungs_of(self.version_of(recipe)),
            needed,
            free_bytes() + present,
            self._context.rung_memory,
        )


def _park(model: Any) -> None:
    model.to("cpu")
