"""Weights that an owner laid into the folder by hand: whether all are there, by their names and sizes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

from engine.weights.model_spec import ModelSpec, WheelSource

INDEX = "model_index.json"
SUFFIX = ".safetensors"
"""Nothing else is loaded by diffusers here: other formats can carry code."""

_UNUSED = {"safety_checker"}
"""In most Stable Diffusion checkpoints, and in no video pipeline."""

_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.safetensors")


def is_whole(folder: Path, spec: ModelSpec) -> bool:
    """Whether a folder holds what an entry needs.

    A pipeline needs ``model_index.json`` and its components, whichever variant they are of; anything else
    needs the entry's files, where ``x.fp16.safetensors`` may stand in for ``x.safetensors`` and the other
    way round.
    """
    if isinstance(spec.source, WheelSource):
        return _size(folder / spec.source.file) == spec.source.member_size
    if INDEX in spec.source.files:
        return _is_pipeline(folder)
    found = {path.relative_to(folder).as_posix(): _size(path) for path in folder.rglob("*")}
    present = {_plain(name) for name, size in found.items() if size}
    return all(any(fnmatchcase(name, _plain(file)) for name in present) for file in spec.source.files)


def _is_pipeline(folder: Path) -> bool:
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(index, dict):
        return False
    parts = {name for name, value in index.items() if isinstance(value, list) and any(value)} - _UNUSED
    if index.keys() & _UNUSED:
        parts.discard("feature_extractor")  # it reads pictures for the safety checker alone
    return bool(parts) and all(_is_component(folder / part) for part in parts)


def _is_component(folder: Path) -> bool:
    """Models have a ``config.json`` and weights; tokenizers and the like only settings of another name."""
    names = {path.name: path for path in folder.glob("*")}
    if "config.json" not in names:
        return any(name.endswith(".json") for name in names)
    weights = [name for name, path in names.items() if name.endswith(SUFFIX) and _size(path)]
    shards: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    single = False
    for name in weights:
        if shard := _SHARD.fullmatch(name):
            shards[shard[1], shard[3]].add(shard[2])
        else:
            single = True
    return single or any(len(parts) == int(count) for (_, count), parts in shards.items())


def _plain(name: str) -> str:
    return name.replace(f".fp16{SUFFIX}", SUFFIX)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
