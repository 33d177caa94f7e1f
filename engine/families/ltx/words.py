"""What LTX reads: Gemma 3's hidden states, brought by the connectors to what the transformer takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import LTX2Pipeline
from diffusers.pipelines.ltx2 import LTX2TextConnectors
from transformers import Gemma3ForConditionalGeneration

from engine.core.device import Device
from engine.diffusion.loading import load, load_tokenizer

_Pipeline: Any = LTX2Pipeline

TOKENS = 1024
"""That are read; they are filled up from the left."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text as the transformer takes it, on the CPU; at full size 12 MB.

    Attributes:
        picture, sound: ``[1, 1024, width]``, the words for each of the two.
        mask: of attention, as the connectors give it.
    """

    picture: torch.Tensor
    sound: torch.Tensor
    mask: torch.Tensor

    def connectors(self, where: str) -> Any:
        """What the pipeline calls in place of the connectors, whose work is done."""
        given = tuple(part.to(where) for part in (self.picture, self.sound, self.mask))
        return lambda *_, **__: given


class Reader:
    """Gemma 3 with its tokenizer, and the connectors."""

    def __init__(self, folder: Path, dtype: torch.dtype) -> None:
        """Load them into main memory.

        Args:
            folder: of the catalogue's entry.
            dtype: what they compute in.

        Raises:
            RenderFailed: ``E_WEIGHTS``.
        """
        self.encoder: Any = load(
            Gemma3ForConditionalGeneration, folder, subfolder="text_encoder", device=Device(), dtype=dtype
        )
        self.connectors: Any = load(
            LTX2TextConnectors, folder, subfolder="connectors", device=Device(), dtype=dtype
        )
        tokenizer = load_tokenizer(folder, self.encoder)
        self._pipeline = _Pipeline(
            scheduler=None,
            vae=None,
            audio_vae=None,
            text_encoder=self.encoder,
            tokenizer=tokenizer,
            connectors=self.connectors,
            transformer=None,
            vocoder=None,
        )

    @property
    def models(self) -> tuple[Any, Any]:
        """Both, for moving them."""
        return self.encoder, self.connectors

    def park(self) -> None:
        """Move them into main memory."""
        for model in self.models:
            model.to("cpu")

    def read(self, text: str, where: str) -> Words:
        """Read a text on a device."""
        with torch.no_grad():
            states, mask, _, _ = self._pipeline.encode_prompt(
                text, do_classifier_free_guidance=False, max_sequence_length=TOKENS, device=where
            )
            side = self._pipeline.tokenizer.padding_side
            picture, sound, seen = self.connectors(states, mask, padding_side=side)
        return Words(picture=picture.cpu(), sound=sound.cpu(), mask=seen.cpu())
