"""What Wan's families read: UMT5's embeddings of the words, made once and kept by the words."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import WanPipeline
from transformers import UMT5EncoderModel

from engine.core.device import Device
from engine.diffusion.loading import load, load_tokenizer

_Pipeline: Any = WanPipeline

TOKENS = 512
"""That the text encoder reads."""

WORDS_KEPT = 64
"""Texts whose embeddings stay in main memory: at most 4 MB each."""


class WordMemory:
    """Embeddings by their words, the least recently used dropped first.

    What is steered away from is the same for most clips, so it is never among those.
    """

    def __init__(self, most: int = WORDS_KEPT) -> None:
        """Make an empty one.

        Args:
            most: texts to keep.
        """
        self._most = most
        self._kept: OrderedDict[str, torch.Tensor] = OrderedDict()

    def missing(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Those that must be read, each once."""
        return tuple(dict.fromkeys(text for text in texts if text not in self._kept))

    def keep(self, read: Mapping[str, torch.Tensor]) -> None:
        """Remember embeddings, ``[tokens, width]`` by their texts."""
        for text, rows in read.items():
            self._kept[text] = rows.cpu()
        while len(self._kept) > max(self._most, len(read)):
            self._kept.popitem(last=False)

    def take(self, text: str) -> torch.Tensor:
        """A text's embedding, ``[1, 512, width]`` on the CPU: what no token fills is zero."""
        self._kept.move_to_end(text)
        rows = self._kept[text]
        padded = rows.new_zeros((1, TOKENS, rows.shape[-1]))
        padded[0, : len(rows)] = rows
        return padded

    def __len__(self) -> int:
        """How many texts are kept."""
        return len(self._kept)


class Reader:
    """The text encoder with its tokenizer, for all versions."""

    def __init__(self, folder: Path, dtype: torch.dtype) -> None:
        """Load it into main memory.

        Args:
            folder: of the catalogue's entry.
            dtype: what it computes in; in float16 it overflows.

        Raises:
            RenderFailed: ``E_WEIGHTS``.
        """
        self.encoder: Any = load(
            UMT5EncoderModel, folder, subfolder="text_encoder", device=Device(), dtype=dtype
        )
        tokenizer = load_tokenizer(folder, self.encoder)
        self._pipeline = _Pipeline(
            tokenizer=tokenizer, text_encoder=self.encoder, vae=None, transformer=None, scheduler=None
        )

    def park(self) -> None:
        """Move it into main memory."""
        self.encoder.to("cpu")

    def read(self, texts: Iterable[str]) -> dict[str, torch.Tensor]:
        """Embeddings ``[tokens, width]`` by their texts, without what fills them up to 512 tokens."""
        return {text: self._rows(text) for text in texts}

    def _rows(self, text: str) -> torch.Tensor:
        with torch.no_grad():
            (padded,), _ = self._pipeline.encode_prompt(
                text, do_classifier_free_guidance=False, max_sequence_length=TOKENS, device="cpu"
            )
        used = int(padded.any(dim=1).nonzero().max()) + 1
        return padded[:used].clone()  # a view would keep all 512 rows
