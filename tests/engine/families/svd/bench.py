"""What tests of Stable Video Diffusion share."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from engine.core.capabilities import Capabilities
from engine.core.device import Device
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Kind, Quality
from engine.core.request import Request, Subject
from engine.planning.plan import plan

GIB = 2**30


ALL = frozenset({"svd-xt", "svd", "animatelcm-svd"})


PICTURE = np.random.default_rng(7).integers(0, 256, (90, 120, 3), dtype=np.uint8)


SUBJECT = Subject(sha256="ab" * 32, width=120, height=90)


OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory (simulated)")


def planned(weights=ALL, *, device=None, subject=SUBJECT, **request):
    capabilities = Capabilities(weights=weights, device=device or Device(), slow=True)
    return plan(Request(kind=Kind.ANIMATE, **request), subject, capabilities=capabilities)


SMALL = {"quality": Quality.FAST, "size": (64, 64), "seconds": 0.5, "fps": 8, "seed": 3, "engine": "svd"}


def small(**changes):
    """Four frames of 64×64 in two steps with guidance, decoded two by two: a moment's work."""
    recipe = planned(frozenset({"svd-xt"}), **SMALL)
    settings = {**recipe.settings, "decode_chunk": 2, **changes.pop("settings", {})}
    return dataclasses.replace(recipe, **{"steps": 2, "settings": settings, **changes})


def draw(family, recipe=None, *, seed=1, picture=PICTURE, **hooks):
    return family.draw(recipe or small(), Inputs(picture=picture), seed=seed, hooks=Hooks(**hooks))


def failing(function, times, error=OUT_OF_MEMORY, *, after=0):
    """Fails some times, after having worked some times, then works."""
    calls: list[None] = []

    def call(*args, **kwargs):
        calls.append(None)
        if after < len(calls) <= after + times:
            raise error
        return function(*args, **kwargs)

    return call
