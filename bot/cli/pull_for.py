"""``framekiln models pull --for``: the weights that are recommended for a GPU."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence

from bot.cli.catalogue_lines import entries, size_text
from engine.core.device import GIB, Device, DeviceKind, find_device
from engine.planning.recommended import recommended, sold_as
from engine.runtime.gpu import driver_gpus
from engine.weights.model_spec import ModelSpec
from engine.weights.store import Store

THIS_ONE = "card"
"""What stands for this machine's own GPU."""

LEAST, MOST = 2, 1024
"""Gigabytes of a GPU; a number outside is a slip of the keyboard."""

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:gi?b?)?", re.IGNORECASE)


def gpu_meant(text: str) -> Device:
    """Read what ``--for`` was given.

    Args:
        text: gigabytes, as "12GB", "12GiB" or "12"; or "card".

    Raises:
        ValueError: it is none of them, or there is no GPU here; the text says what to write.
    """
    text = text.strip()
    if text.lower() == THIS_ONE:
        return _this_one()
    found = _SIZE.fullmatch(text)
    gigabytes = float(found[1]) if found else 0.0
    if not LEAST <= gigabytes <= MOST:
        raise ValueError(
            f"“{text[:40]}” is not the memory of a GPU. Write it as 12GB, from {LEAST} to {MOST}; "
            f"or “{THIS_ONE}” for the GPU of this machine."
        )
    return sold_as(gigabytes)


def specs_for(device: Device, store: Store) -> tuple[list[ModelSpec], list[ModelSpec]]:
    """What is recommended for a GPU: what is installed of it, and what is missing."""
    here: list[ModelSpec] = []
    missing: list[ModelSpec] = []
    for spec in recommended(device):
        (here if store.has(spec) else missing).append(spec)
    return here, missing


def offer(device: Device, here: Sequence[ModelSpec], missing: Sequence[ModelSpec]) -> Iterator[str]:
    """What is recommended for a GPU: what of it is installed, what is not, and on which terms that comes."""
    yield f"Recommended for {device.name}, which has {device.memory / GIB:.1f} GiB to use:"
    if here:
        yield f"\nAlready installed: {', '.join(spec.name for spec in here)}"
    if not missing:
        return
    yield "\nTo be downloaded:"
    yield from entries(missing)
    yield f"  {'together':<22} {size_text(sum(spec.size for spec in missing)):>8}"
    yield "\nWhat the licences say about selling clips:"
    for licence in dict.fromkeys(spec.licence for spec in missing):
        yield f"  {licence.name}: {licence.commercial}"
        yield f"      {licence.url}"


def short_of_room(missing: Sequence[ModelSpec], store: Store) -> str:
    """A warning where the disk is too small for what is missing; else ""."""
    folder = store.folder.absolute()
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    if free >= sum(spec.size for spec in missing):
        return ""
    return f"Only {size_text(free)} are free in {store.folder}: not all of it will fit."


def _this_one() -> Device:
    device = find_device()
    if device.is_gpu:
        return device
    listed = driver_gpus()  # without torch, or with one that cannot use it
    if not listed or not listed[0].memory:
        raise ValueError("No GPU was found in this machine. Give its memory instead, as in --for 12GB.")
    return Device(kind=DeviceKind.CUDA, name=listed[0].name, memory=listed[0].memory)
