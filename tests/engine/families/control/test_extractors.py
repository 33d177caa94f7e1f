"""The extractors: where their weights lie, what they find, and when they cannot be trusted."""

from __future__ import annotations

import os
import pickle
import sys
import types
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.core.device import Device, DeviceKind
from engine.core.errors import RenderFailed
from engine.core.family import SourceClip
from engine.core.recipe import Follow
from engine.following import extractors
from engine.following.needs import NEEDS
from engine.runtime.context import EngineContext
from engine.weights.shared import ANNOTATORS
from engine.weights.store import Store
from tests.engine.tiny import animatediff_control

from engine.following import control_clip as follow  # isort: skip
from tests.engine.families.control.bench import ALL, bar, planned, shown

EXTRACTED = tuple(way for ways in NEEDS.values() for way in ways if way.file)


MIDAS = NEEDS[Follow.DEPTH][1]


@pytest.fixture
def annotated(tmp_path):
    """A workshop with the extractors' folder; and with files that are no weights."""
    for way in EXTRACTED:
        folder = tmp_path / way.entries[0]
        folder.mkdir(exist_ok=True)
        (folder / way.file).write_bytes(b"PK\3\4 cut off")
    return EngineContext(store=Store(tmp_path))


@pytest.mark.parametrize("way", [*EXTRACTED, NEEDS[Follow.POSE][1]], ids=lambda way: way.name)
def test_without_its_weights_an_extractor_says_how_to_get_them(way, tmp_path):
    with pytest.raises(RenderFailed, match=f"framekiln models pull {' '.join(way.entries)}") as caught:
        shown(bar(1, 2), way, context=EngineContext(store=Store(tmp_path)))
    assert caught.value.code == "E_WEIGHTS"
    assert way.follow in str(caught.value)


def test_soft_edges_are_found_and_the_extractor_is_gone_before_anything_is_drawn(aux, annotated, monkeypatch):
    from controlnet_aux.hed import ControlNetHED_Apache2

    torch.manual_seed(1)
    path = annotated.store.path(ANNOTATORS) / NEEDS[Follow.SOFT_EDGES][0].file
    torch.save(ControlNetHED_Apache2().state_dict(), path)
    made: list[weakref.ref[Any]] = []

    def watched(*arguments):
        extractor = extractors.load_extractor(*arguments)
        made.extend((weakref.ref(extractor), weakref.ref(extractor.models[0])))
        assert extractor.size > 50_000_000
        return extractor

    monkeypatch.setattr(follow, "load_extractor", watched)
    clip = SourceClip(frames=np.random.default_rng(1).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8), fps=8)
    edges = shown(clip, Follow.SOFT_EDGES, frames=2, size=(64, 64), context=annotated)
    assert edges.shape == (2, 64, 64, 3)
    assert edges.std() > 1
    assert len(made) == 2
    assert [reference() for reference in made] == [None, None]
    assert annotated.model_cache.names() == ()


@pytest.mark.parametrize("what", [Follow.SOFT_EDGES, Follow.POSE])
def test_damaged_weights_are_called_that(what, aux, annotated):
    with pytest.raises(RenderFailed, match="cannot be loaded") as caught:
        shown(bar(1, 2), what, context=annotated)
    assert caught.value.code == "E_WEIGHTS"
    assert annotated.model_cache.names() == ()


def test_code_inside_an_extractors_weights_is_never_run(aux, annotated, tmp_path):
    class Canary:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    path = annotated.store.path(ANNOTATORS) / NEEDS[Follow.SOFT_EDGES][0].file
    torch.save({"norm": Canary()}, path)
    with pytest.raises(RenderFailed, match="cannot be loaded"):
        shown(bar(1, 2), Follow.SOFT_EDGES, context=annotated)
    assert not (tmp_path / "ran").exists()
    path.write_bytes(pickle.dumps(Canary()))
    with pytest.raises(RenderFailed, match="cannot be loaded"):
        shown(bar(1, 2), Follow.SOFT_EDGES, context=annotated)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("error", [ImportError, RuntimeError])
def test_a_package_that_cannot_be_imported_is_named_with_how_to_get_it(error, annotated, monkeypatch):
    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "controlnet_aux":
                raise error("operator torchvision::nms does not exist")

    for name in [name for name in sys.modules if name.split(".")[0] == "controlnet_aux"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(RenderFailed, match="to get them: pip install") as caught:
        shown(bar(1, 2), Follow.POSE, context=annotated)
    assert (caught.value.code, caught.value.detail) == (
        "E_EXTRACTOR",
        "operator torchvision::nms does not exist",
    )
    assert shown(bar(1, 2), Follow.EDGES, context=annotated).any()


class Depth(torch.nn.Module):
    """Stands for MiDaS: what is bright is near, with no particular range."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, pixels):
        return pixels.mean(1) * 1000 * self.weight


def test_depth_has_one_range_for_the_whole_clip(aux, annotated, monkeypatch):
    def from_pretrained(folder, *, filename, local_files_only):
        assert Path(folder, filename).is_file()
        assert local_files_only
        return types.SimpleNamespace(model=Depth())

    monkeypatch.setattr(aux.MidasDetector, "from_pretrained", from_pretrained)
    frames = np.stack([np.full((64, 64, 3), value, np.uint8) for value in (50, 100, 150)])
    depth = shown(SourceClip(frames=frames, fps=8), MIDAS, frames=3, size=(64, 64), context=annotated)
    assert [int(frame.mean()) for frame in depth] == [0, 127, 255]
    flat = shown(SourceClip(frames=frames[:1], fps=8), MIDAS, frames=1, size=(64, 64), context=annotated)
    assert not flat.any()


def test_depth_anything_is_read_by_transformers_alone(tmp_path, monkeypatch):
    """The real class, small and random: the clip has one range, and a picture of any shape fits."""
    monkeypatch.setitem(sys.modules, "controlnet_aux", None)
    torch.manual_seed(2)
    animatediff_control.depth_anything().save_pretrained(tmp_path / "depth-anything")
    context = EngineContext(store=Store(tmp_path))
    clip = SourceClip(frames=np.random.default_rng(1).integers(0, 256, (2, 40, 70, 3), dtype=np.uint8), fps=8)
    depth = shown(clip, Follow.DEPTH, frames=2, size=(70, 40), context=context)
    assert depth.shape == (2, 40, 70, 3)
    assert (depth.min(), depth.max()) == (0, 255)
    assert not np.array_equal(depth[0], depth[1])
    assert context.model_cache.names() == ()


def test_damaged_depth_weights_are_called_that(tmp_path):
    folder = tmp_path / "depth-anything"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"cut off")
    with pytest.raises(RenderFailed) as caught:
        shown(bar(1, 2), Follow.DEPTH, context=EngineContext(store=Store(tmp_path)))
    assert caught.value.code == "E_WEIGHTS"


def test_depth_is_found_by_what_is_installed(tmp_path):
    both = ALL | {ANNOTATORS, "depth-anything"}
    assert planned(Follow.DEPTH, both).settings["extractor"] == "depth-anything"
    assert planned(Follow.DEPTH, both - {"depth-anything"}).settings["extractor"] == "midas"
    (tmp_path / ANNOTATORS).mkdir()
    assert follow.way_of(Follow.DEPTH, {}, Store(tmp_path)) is MIDAS


def test_poses_are_drawn_from_the_body_alone(aux, annotated, monkeypatch):
    from controlnet_aux.open_pose import body as bodies

    asked = []

    class Body:
        def __init__(self, path):
            assert Path(path).is_file()
            self.model = torch.nn.Linear(2, 2)

    def see(self, frame, **options):
        asked.append((self.hand_estimation, self.face_estimation, options["detect_resolution"]))
        return np.full((128, 128, 3), 7, np.uint8)

    monkeypatch.setattr(bodies, "Body", Body)
    monkeypatch.setattr(aux.OpenposeDetector, "__call__", see)
    poses = shown(bar(1, 2), Follow.POSE, frames=2, context=annotated)
    assert poses.shape == (2, 32, 32, 3)
    assert asked == [(None, None, 32)] * 2


def test_an_extractor_that_does_not_fit_the_card_works_on_the_processor(monkeypatch):
    tried = []
    said: list[str] = []

    def load_extractor(what, folder, device):
        tried.append(device.kind)
        if device.is_gpu:
            raise torch.OutOfMemoryError("CUDA out of memory (simulated)")
        return extractors.Extractor((torch.nn.Linear(1, 1),), lambda frame: frame, device)

    monkeypatch.setattr(follow, "load_extractor", load_extractor)
    context = EngineContext(device=Device(kind=DeviceKind.CUDA))
    assert shown(bar(1, 2), Follow.DEPTH, context=context, gave_up=said.append).any()
    assert tried == [DeviceKind.CUDA, DeviceKind.CPU]
    assert follow.ON_CPU.about in said
    assert context.model_cache.names() == ()
