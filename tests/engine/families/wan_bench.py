"""What the tests of Wan share: small weights, recipes, and models that fail when they are told to."""

from typing import Any

import numpy as np
import torch

from engine.core.cancel import CancelToken
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Kind, Recipe
from engine.weights.store import Store
from tests.engine.tiny import wan


def built(folder):
    """A store with small weights of all versions."""
    torch.set_num_threads(1)
    wan.build(folder)
    return Store(folder)


def recipe(**changes):
    given: dict[str, Any] = {
        "kind": Kind.TEXT2VIDEO,
        "engine": "wan",
        "way": "unipc-15",
        "seed": 3,
        "width": 32,
        "height": 32,
        "frames": 5,
        "native_fps": 16,
        "fps": 16,
        "length": 5,
        "words": "a fox, snow",
        "negative": "blurry",
        "steps": 2,
        "guidance": 6.0,
        "settings": {"flow_shift": 8.0},
    }
    return Recipe(**(given | changes))


def fast(**changes):
    given = {
        "engine": "wan-5b",
        "way": "fastwan",
        "steps": 3,
        "guidance": 1.0,
        "negative": "",
        "settings": {},
    }
    return recipe(**(given | changes))


def from_picture(**changes):
    return recipe(engine="wan-5b", kind=Kind.ANIMATE, settings={"flow_shift": 5.0}, **changes)


def picture(width=70, height=40):
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([columns * 3 % 256, rows * 6 % 256, (rows + columns) * 2 % 256], axis=2).astype(np.uint8)


def draw(family, what, *, inputs=None, seed=3, **hooks):
    return family.draw(what, inputs or Inputs(), seed=seed, hooks=Hooks(**hooks))


class StopsAt:
    """Asks for a stop when progress reaches a share, and remembers what was told."""

    def __init__(self, share):
        self.token = CancelToken()
        self.told = []
        self._share = share

    def __call__(self, share):
        self.told.append(share)
        if share >= self._share:
            self.token.cancel()


def out_of_memory():
    return torch.OutOfMemoryError("CUDA out of memory (simulated)")


def fail_once(monkeypatch, cls, method):
    """Let a method of a model fail the first time, and count its calls."""
    working = getattr(cls, method)
    calls: list[int] = []

    def failing(*arguments, **options):
        calls.append(1)
        if len(calls) == 1:
            raise out_of_memory()
        return working(*arguments, **options)

    monkeypatch.setattr(cls, method, failing)
    return calls


def counted(monkeypatch, cls, method="forward"):
    """Count the calls of a method of a model."""
    working, calls = getattr(cls, method), []

    def counting(*arguments, **options):
        calls.append(1)
        return working(*arguments, **options)

    monkeypatch.setattr(cls, method, counting)
    return calls
