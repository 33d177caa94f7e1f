"""The look of a picture, taken over by IP-Adapter for one take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors import SafetensorError
from transformers import CLIPImageProcessorPil, CLIPVisionModelWithProjection

from engine.core.device import Device
from engine.core.device_faults import hides_out_of_memory, is_device_fault, is_out_of_memory
from engine.core.family import Picture
from engine.diffusion.loading import load, unloadable

SUBFOLDER = "models"
WEIGHTS = "ip-adapter_sd15.safetensors"


def load_encoder(folder: Path, dtype: torch.dtype) -> Any:
    """The model that looks at the picture (CLIP ViT-H/14, 632 million parameters).

    Raises:
        RenderFailed: ``E_WEIGHTS``.
    """
    return load(
        CLIPVisionModelWithProjection, folder / SUBFOLDER / "image_encoder", device=Device(), dtype=dtype
    )


@contextmanager
def looking_like(
    pipe: Any, picture: Picture, *, scale: float, folder: Path, encoder: Any
) -> Iterator[dict[str, Any]]:
    """Let a pipeline take over a picture's look, for the body of the ``with``.

    Args:
        pipe: one that is not used elsewhere: its image encoder is set and removed.
        picture: uint8 ``[H, W, 3]``; the middle of it is looked at.
        scale: 0 (as good as not at all) … 1.
        folder: of the weights, in their repository's layout.
        encoder: from :func:`load_encoder`.

    Yields:
        What the pipeline's call must be given: with an adapter loaded, it does not run without.

    Raises:
        RenderFailed: ``E_WEIGHTS``: the file is damaged, or is no adapter for this model.
    """
    pipe.register_modules(image_encoder=encoder, feature_extractor=CLIPImageProcessorPil())
    try:
        _put_on(pipe, folder)
        pipe.set_ip_adapter_scale(scale)
        yield {"ip_adapter_image": Image.fromarray(picture)}
    finally:
        pipe.unload_ip_adapter()


def _put_on(pipe: Any, folder: Path) -> None:
    try:
        pipe.load_ip_adapter(
            folder,
            subfolder=SUBFOLDER,
            weight_name=WEIGHTS,
            image_encoder_folder=None,
            local_files_only=True,
        )
    except (KeyError, OSError, RuntimeError, SafetensorError, ValueError) as error:
        if is_out_of_memory(error) or hides_out_of_memory(error) or is_device_fault(error):
            raise
        raise unloadable(folder, error) from error
