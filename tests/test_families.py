"""Every folder of engine/families registers a family, is light to import, and draws a tiny clip."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest

from engine.core.device import Device
from engine.core.family import Hooks, Inputs, SourceClip, frames_of
from engine.core.recipe import Follow, Kind, Role
from engine.core.request import Feature, Request, Subject
from engine.families import CATALOGUE, FAMILIES, FOLDERS, load, specs_of
from engine.planning.plan import plan
from engine.runtime.capabilities import capabilities_of
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests import ROOT

HEAVY = {"torch", "torchvision", "diffusers", "transformers", "accelerate", "peft", "controlnet_aux"}
SIDE = 64
PICTURE = np.zeros((SIDE, SIDE, 3), np.uint8)
PICTURE[20:44, 20:44] = (200, 80, 40)
SOURCE = SourceClip(frames=np.stack([np.roll(PICTURE, 4 * frame, axis=1) for frame in range(8)]), fps=8.0)
SUBJECT = Subject(sha256="0" * 64, width=SIDE, height=SIDE)
CLIP = Subject(sha256="1" * 64, width=SIDE, height=SIDE, seconds=1.0, fps=8.0)
DRAWN = [
    (folder, spec.name, kind)
    for folder, package in FOLDERS.items()
    for spec in specs_of(package)
    for kind in sorted(spec.kinds)
]


def test_every_folder_registers_a_family():
    folders = {
        path.name
        for path in (ROOT / "engine" / "families").iterdir()
        if path.is_dir() and list(path.glob("*.py"))
    }
    assert folders == set(FOLDERS), "a folder needs an __init__.py to be found"
    registered = [spec.name for package in FOLDERS.values() for spec in specs_of(package)]
    assert sorted(registered) == sorted(FAMILIES)


def test_listing_the_families_imports_nothing_heavy():
    assert find_spec("torch") is not None, "torch must be installed, or this proves nothing"
    look = f"import engine.families, sys; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_draws_lies_in_the_familys_folder(folder):
    for spec in specs_of(FOLDERS[folder]):
        import_module("engine.diffusion")  # as load() does
        module, _, attribute = spec.target.partition(":")
        assert module.startswith(f"engine.families.{folder}.")
        assert callable(getattr(import_module(module), attribute).draw)


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if hasattr(FOLDERS[folder], "WEIGHTS")])
def test_a_family_with_weights_has_tiny_ones_for_its_tests(folder):
    assert find_spec(f"tests.engine.tiny.{folder}"), (
        f"write tests/engine/tiny/{folder}.py with a build(folder)"
    )


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """Makes the context of a family's folder, with tiny random weights where it needs any."""
    made = {}

    def context_of(folder):
        if folder not in made:
            models = tmp_path_factory.mktemp(folder)
            if hasattr(FOLDERS[folder], "WEIGHTS"):
                import_module(f"tests.engine.tiny.{folder}").build(models)
            made[folder] = EngineContext(store=Store(models))
        return made[folder]

    return context_of


@pytest.mark.parametrize(("folder", "name", "kind"), DRAWN)
def test_every_family_draws_its_tiny_clip(folder, name, kind, contexts):
    context = contexts(folder)
    here = frozenset(entry for entry in CATALOGUE if context.store.path(entry).is_dir())
    capabilities = capabilities_of(context.store, CATALOGUE, Device(), slow=True)
    capabilities = dataclasses.replace(capabilities, weights=here)  # small ones lack some files
    assert FAMILIES[name].lacks(capabilities) is None, "the tiny weights are not all that the family needs"
    recipe = plan(*_asked(name, kind), capabilities=capabilities, **_files(name, kind))
    if recipe.steps:
        recipe = dataclasses.replace(recipe, steps=min(recipe.steps, 4))
    drawn = load(name, context).draw(recipe, _inputs(recipe), seed=1, hooks=Hooks())
    clip = frames_of(drawn)
    assert clip.shape == (recipe.frames, recipe.height, recipe.width, 3)
    assert clip.dtype in (np.uint8, np.float32)
    assert clip.min() < clip.max(), "it drew nothing"


def _asked(name, kind):
    request = Request(
        kind=kind,
        prompt="" if kind in {Kind.ANIMATE, Kind.UPSCALE} else "a red fox in the snow",
        engine=name,
        seconds=0.5,
        size=(SIDE, SIDE),
        fps=8,
        seed=3,
        follow=Follow.EDGES if _follows(name) else None,
    )
    return request, SUBJECT if kind is Kind.ANIMATE or FAMILIES[name].needs_picture else None


def _files(name, kind):
    return {"reference": CLIP} if _follows(name) or kind in {Kind.RESTYLE, Kind.UPSCALE} else {}


def _follows(name):
    return Feature.FOLLOW in FAMILIES[name].features


def _inputs(recipe):
    return Inputs(
        picture=PICTURE if Role.PICTURE in recipe.inputs else None,
        reference=SOURCE if recipe.kind is Kind.RESTYLE or recipe.follow else None,
        before=SOURCE if recipe.kind is Kind.UPSCALE else None,
    )
