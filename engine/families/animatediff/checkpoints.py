"""An SD 1.5 checkpoint of the catalogue or the owner's own, with a motion adapter built in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import AnimateDiffPipeline, MotionAdapter
from diffusers.loaders.single_file_utils import SingleFileComponentError
from safetensors import SafetensorError
from safetensors.torch import load_file

from engine.core.device import Device
from engine.core.device_faults import is_device_fault, is_out_of_memory
from engine.core.errors import Code, EngineError, RenderFailed
from engine.core.sentence import Sentence
from engine.diffusion.loading import check_vocabulary, load
from engine.weights.model_spec import ModelSpec
from engine.weights.store import SUFFIX, Store

_Pipeline: Any = AnimateDiffPipeline
_MotionAdapter: Any = MotionAdapter

_UNUSED = {"feature_extractor": None, "image_encoder": None}
"""An older checkpoint names a class for it that is gone; IP-Adapter brings its own."""

LIGHTNING = "animatediff_lightning_{steps}step_diffusers.safetensors"
"""AnimateDiff-Lightning is one file for each number of steps, without a config."""


def load_animatediff(
    store: Store, *, checkpoint: str, base: Sequence[ModelSpec], motion: str, steps: int, dtype: torch.dtype
) -> Any:
    """Load an AnimateDiffPipeline into main memory.

    Args:
        store: where the weights lie.
        checkpoint: a name of the owner's list, or of an entry of ``base``.
        base: the catalogue's checkpoints. One of them tells how a single file is to be read.
        motion: the catalogue's name of a motion adapter.
        steps: denoising steps: there are adapters made for one number only.
        dtype: what it will compute in.

    Raises:
        RenderFailed: ``E_WEIGHTS``: something is not installed, damaged, or does not fit the other.
    """
    path = _find(store, checkpoint, base)
    settings = path if path.is_dir() else _settings(store, base, checkpoint)
    adapter = _load_motion(store.path(motion), steps, _unet_config(settings), dtype)
    try:
        if path.is_dir():
            pipe = load(_Pipeline, path, device=Device(), dtype=dtype, motion_adapter=adapter, **_UNUSED)
        else:
            pipe = _load_file(path, settings, adapter, dtype)
    except EngineError as error:
        if isinstance(error.__cause__, ValueError):
            raise _misfit(checkpoint, motion) from error
        raise
    except RuntimeError as error:
        if is_out_of_memory(error) or is_device_fault(error):
            raise
        raise _misfit(checkpoint, motion) from error
    check_vocabulary(pipe.tokenizer, pipe.text_encoder, settings)
    _drop_weights(pipe.motion_adapter)
    return pipe


def _find(store: Store, checkpoint: str, base: Sequence[ModelSpec]) -> Path:
    if checkpoint in store.checkpoints():
        return store.checkpoint(checkpoint)
    if any(spec.name == checkpoint and store.has(spec) for spec in base):
        return store.path(checkpoint)
    why = store.unusable().get(checkpoint)
    if why is not None:
        said = Sentence("The checkpoint “{name}” cannot be used, because {why}.", name=checkpoint, why=why)
        raise RenderFailed(Code.WEIGHTS, said)
    raise _absent(checkpoint)


def _settings(store: Store, base: Sequence[ModelSpec], checkpoint: str) -> Path:
    """A folder that tells what the parts of SD 1.5 look like; a single file does not say."""
    folders = [store.path(spec.name) for spec in base if store.has(spec)]
    folders += [store.checkpoint(name) for name in store.checkpoints()]
    found = next((folder for folder in folders if (folder / "model_index.json").is_file()), None)
    if found is None:
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence(
                "“{name}” is a single file and needs a complete checkpoint for its settings:"
                " framekiln models pull {complete}",
                name=checkpoint,
                complete=base[-1].name,
            ),
        )
    return found


def _unet_config(settings: Path) -> Mapping[str, Any]:
    config: Mapping[str, Any] = json.loads((settings / "unet" / "config.json").read_text())
    return config


def _load_motion(folder: Path, steps: int, unet: Mapping[str, Any], dtype: torch.dtype) -> Any:
    if not folder.is_dir():  # without one, the library draws with random motion modules, and says nothing
        raise RenderFailed(
            Code.WEIGHTS, Sentence("The motion adapter “{name}” is not installed here.", name=folder.name)
        )
    if (folder / "config.json").is_file():
        return load(_MotionAdapter, folder, device=Device(), dtype=dtype)
    file = folder / LIGHTNING.format(steps=steps)
    if not file.is_file():
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence("“{name}” has no weights for {steps} steps.", name=folder.name, steps=steps),
        )
    try:
        weights = load_file(file)
        adapter = _MotionAdapter(  # as wide and as deep as the UNet that it is for
            block_out_channels=tuple(unet["block_out_channels"]),
            motion_layers_per_block=unet["layers_per_block"],
            motion_num_attention_heads=unet["attention_head_dim"],
            motion_norm_num_groups=unet["norm_num_groups"],
            use_motion_mid_block=any(name.startswith("mid_block.") for name in weights),
            motion_max_seq_length=next(
                value.shape[1] for name, value in weights.items() if name.endswith(".pe")
            ),
        )
        adapter.load_state_dict(weights)
    except (RuntimeError, SafetensorError, StopIteration) as error:
        if is_out_of_memory(error):
            raise
        raise RenderFailed(
            Code.WEIGHTS, Sentence("The weights in “{folder}” are damaged.", folder=folder.name)
        ) from error
    return adapter.to(dtype=dtype)


def _load_file(path: Path, settings: Path, adapter: Any, dtype: torch.dtype) -> Any:
    """Load a single file, as the community trades them."""
    if path.suffix != SUFFIX or not path.is_file():
        raise _absent(path.stem)
    try:
        pipe = _Pipeline.from_single_file(
            str(path),
            config=str(settings),  # else it would ask the network what SD 1.5 looks like
            motion_adapter=adapter,
            **_UNUSED,
            local_files_only=True,
            dtype=dtype,
        )
    except (KeyError, OSError, SafetensorError, SingleFileComponentError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise RenderFailed(
            Code.WEIGHTS,
            Sentence("“{name}” is damaged or is not a Stable Diffusion 1.5 checkpoint.", name=path.stem),
        ) from error
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _misfit(checkpoint: str, motion: str) -> RenderFailed:
    return RenderFailed(
        Code.WEIGHTS,
        Sentence(
            "The motion adapter “{motion}” and the checkpoint “{checkpoint}” do not work together.",
            motion=motion,
            checkpoint=checkpoint,
        ),
    )


def _absent(checkpoint: str) -> RenderFailed:
    return RenderFailed(
        Code.WEIGHTS, Sentence("The checkpoint “{name}” is not installed here.", name=checkpoint)
    )


def _drop_weights(adapter: Any) -> None:
    """The UNet has copied them, and 0.9 GB are 0.9 GB; the pipelines ask the adapter for its config only."""
    for tensor in (*adapter.parameters(), *adapter.buffers()):
        tensor.data = torch.empty(0, dtype=tensor.dtype, device=tensor.device)
