"""Weights that an owner laid into the folder by hand: whether all are there, and none is cut off."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from engine.weights import headers
from engine.weights.model_spec import ModelSpec, PackageSource

INDEX = "model_index.json"
SUFFIX = ".safetensors"
"""Nothing else is loaded by diffusers here: other formats can carry code."""

_UNUSED = {"safety_checker"}
"""In most Stable Diffusion checkpoints, and in no video pipeline."""

_VOCABULARIES = (
    {"tokenizer.json"},
    {"vocab.json", "merges.txt"},
    {"spiece.model"},
    {"tokenizer.model"},
)
"""Any of them makes a tokenizer: the first two are everybody's and CLIP's, the others T5's and Gemma's."""

_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.safetensors")


def is_whole(folder: Path, spec: ModelSpec) -> bool:
    """Whether a folder holds what an entry needs.

    A pipeline needs ``model_index.json`` and its components, whichever variant they are of; anything else
    needs the entry's files, where ``x.fp16.safetensors`` may stand in for ``x.safetensors`` and the other
    way round.
    """
    if isinstance(spec.source, PackageSource):
        return _size(folder / spec.source.file) == spec.source.member_size
    if INDEX in spec.source.files:
        return _is_pipeline(folder)
    found = {path.relative_to(folder).as_posix(): _size(path) for path in folder.rglob("*")}
    present = {_plain(name) for name, size in found.items() if size}
    if not all(any(fnmatchcase(name, _plain(file)) for name in present) for file in spec.source.files):
        return False
    if not all(_has_all_parts(numbers, count) for (_, count), numbers in _parts(present).items()):
        return False
    return _none_cut_off(folder / name for name, size in found.items() if size)


def parts_of(index: Mapping[str, Any]) -> frozenset[str]:
    """The folders of a pipeline that its ``model_index.json`` names."""
    return frozenset(name for name, value in index.items() if isinstance(value, list) and any(value))


def are_whole(parts: Collection[Path]) -> bool:
    """Whether folders of a pipeline, at least one, have all their files, and the weights are not cut off."""
    files = (file for part in parts for file in part.glob("*"))
    return bool(parts) and all(map(_is_component, parts)) and _none_cut_off(files)


def _none_cut_off(files: Iterable[Path]) -> bool:
    """Of those that are loaded; hidden ones are another program's notes."""
    weights = (file for file in files if file.suffix == SUFFIX and not file.name.startswith("."))
    return all(map(headers.is_whole, weights))


def _is_pipeline(folder: Path) -> bool:
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(index, dict):
        return False
    parts = set(parts_of(index)) - _UNUSED
    if index.keys() & _UNUSED:
        parts.discard("feature_extractor")  # it reads pictures for the safety checker alone
    return are_whole([folder / part for part in parts])


def _is_component(folder: Path) -> bool:
    """Models have a ``config.json`` and weights, tokenizers their words, and others settings alone."""
    names = {path.name: path for path in folder.glob("*")}
    if folder.name.startswith("tokenizer"):
        there = {name for name, path in names.items() if _size(path)}
        return any(files <= there for files in _VOCABULARIES)
    if "config.json" not in names:
        return any(name.endswith(".json") for name in names)
    weights = [name for name, path in names.items() if name.endswith(SUFFIX) and _size(path)]
    single = any(not _SHARD.fullmatch(name) for name in weights)
    return single or any(_has_all_parts(numbers, count) for (_, count), numbers in _parts(weights).items())


def _parts(names: Iterable[str]) -> dict[tuple[str, str], set[str]]:
    """Of weights that come in parts: their name and how many parts there are → the numbers of those here."""
    parts: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for name in names:
        if part := _SHARD.fullmatch(name):
            parts[part[1], part[3]].add(part[2])
    return parts


def _has_all_parts(numbers: set[str], count: str) -> bool:
    return len(numbers) == int(count)


def _plain(name: str) -> str:
    return name.replace(f".fp16{SUFFIX}", SUFFIX)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
