"""Run by a test: each family draws in a process where torchvision is broken, and so taken for absent.

Prints a line for each engine that drew, and what an extractor says.
"""

from __future__ import annotations

import importlib.abc
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np


class Broken(importlib.abc.MetaPathFinder):
    """Fails as a torchvision does that was built for another torch."""

    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            return importlib.util.spec_from_loader(name, BrokenLoader())
        return None


class BrokenLoader(importlib.abc.Loader):
    def exec_module(self, module):
        raise RuntimeError("operator torchvision::nms does not exist")


def main(models: Path) -> None:
    sys.meta_path.insert(0, Broken())

    from engine.core.capabilities import Capabilities
    from engine.core.device import Device
    from engine.core.errors import RenderFailed
    from engine.core.family import Hooks, Inputs, SourceClip, frames_of
    from engine.core.recipe import Follow, Kind, Quality
    from engine.core.request import Request, Subject
    from engine.families import FAMILIES, load
    from engine.planning.plan import plan
    from engine.runtime.context import EngineContext
    from engine.weights.store import Store

    names = frozenset(path.name for path in models.iterdir())
    capabilities, context = Capabilities(weights=names, slow=True), EngineContext(store=Store(models))
    picture = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    inputs = Inputs(picture=picture, reference=SourceClip(frames=np.stack([picture] * 8), fps=8))
    subject = Subject(sha256="ab" * 32, width=64, height=64)
    here = {name: spec for name, spec in FAMILIES.items() if spec.lacks(capabilities) is None}
    for name, spec in here.items():
        kind = Kind.ANIMATE if Kind.ANIMATE in spec.kinds else Kind.TEXT2VIDEO
        follow = Follow.EDGES if name == "animatediff-control" else None
        given = subject if kind is Kind.ANIMATE else None
        request = Request(
            kind=kind, prompt="a fox", engine=name, quality=Quality.FAST, size=(64, 64), follow=follow
        )
        recipe = plan(request, given, reference=subject if follow else None, capabilities=capabilities)
        frames = spec.count(5)
        recipe = replace(recipe, frames=frames, length=frames, steps=min(recipe.steps, 3))
        shown = inputs if kind is Kind.ANIMATE or follow else Inputs()
        drawn = load(name, context).draw(recipe, shown, seed=1, hooks=Hooks())
        assert len(frames_of(drawn)) == frames
        print(name)
    assert sys.modules["torchvision"] is None, "to Python, it is not there"
    from engine.following.extractors import load_extractor
    from engine.following.needs import NEEDS

    (models / "annotators").mkdir()
    (models / "annotators" / "ControlNetHED.pth").write_bytes(b"never read")
    try:
        load_extractor(NEEDS[Follow.SOFT_EDGES][0], models / "annotators", Device())
    except RenderFailed as error:
        print(error.code, error)


main(Path(sys.argv[1]))
