"""Loading weights that can be trusted."""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import sys

import pytest
import torch

import engine.diffusion
from engine.core.device import Device, DeviceKind
from engine.core.errors import RenderFailed
from engine.diffusion.loading import check_folder, dtype_for, load, size_of
from tests.engine import tiny  # noqa: F401 - one thread, and the libraries in order
from tests.engine.tiny import svd

from diffusers import (  # isort: skip
    StableVideoDiffusionPipeline,
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    svd.build(folder)
    return folder


def test_a_snapshot_is_loaded_in_the_devices_own_precision_without_a_word(weights, capfd):
    pipe = load(StableVideoDiffusionPipeline, weights / "svd", device=Device())
    assert {pipe.unet.dtype, pipe.vae.dtype, pipe.image_encoder.dtype} == {torch.float32}
    assert capfd.readouterr() == ("", "")


def test_half_precision_is_for_cuda_alone():
    assert dtype_for(Device(kind=DeviceKind.CUDA)) is torch.float16
    assert dtype_for(Device(kind=DeviceKind.MPS)) is dtype_for(Device()) is torch.float32


def test_the_size_is_that_of_all_parameters_and_what_is_shared_counts_once(weights):
    pipe = load(StableVideoDiffusionPipeline, weights / "svd", device=Device())
    each = [size_of(model) for model in (pipe.unet, pipe.vae, pipe.image_encoder)]
    assert size_of(pipe) == sum(each)
    assert size_of(pipe.unet) == sum(p.numel() * 4 for p in pipe.unet.parameters())
    pipe.register_modules(image_encoder=pipe.vae)
    assert size_of(pipe) == sum(each[:2])


def test_the_half_size_files_are_taken_where_there_are_any(weights, tmp_path):
    assert check_folder(weights / "svd-xt") == "fp16"
    (tmp_path / "model.safetensors").touch()
    assert check_folder(tmp_path) is None


def remove_weights(folder):
    for path in folder.rglob("*.safetensors"):
        path.unlink()


def cut(folder):
    for path in folder.rglob("diffusion*.safetensors"):
        path.write_bytes(path.read_bytes()[:-1000])


def pickle_instead(folder):
    """As an old repository has it: one part is only there in the format that can carry code."""
    path = folder / "unet" / "diffusion_pytorch_model.fp16.safetensors"
    path.rename(path.with_suffix(".bin"))


def with_a_class_of_its_own(folder):
    """Its index asks for code that came with it."""
    write_code(folder / "unet" / "own_unet.py")
    index = folder / "model_index.json"
    parts = json.loads(index.read_text())
    index.write_text(json.dumps(parts | {"unet": ["own_unet", "OwnUNet"]}))


def write_code(path):
    path.write_text(f"open({str(path.with_suffix('.ran'))!r}, 'w').close()\nclass OwnUNet: ...\n")


@pytest.mark.parametrize("place", ["pipeline.py", "unet/unet.py", "control_net_depth.py", "setup.py"])
def test_code_that_lies_beside_weights_is_not_run(tmp_path, weights, place):
    """ControlNet 1.1 comes with the program that trained it: a copy of its folder was refused."""
    folder = tmp_path / "svd"
    shutil.copytree(weights / "svd", folder)
    write_code(folder / place)
    assert load(StableVideoDiffusionPipeline, folder, device=Device()).unet is not None
    assert not list(folder.rglob("*.ran"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (with_a_class_of_its_own, "cannot be loaded"),
        (remove_weights, "not in the safetensors format"),
        (cut, "cannot be loaded"),
        (pickle_instead, "cannot be loaded"),
        (lambda folder: folder.rename(folder.with_name("elsewhere")), "not installed"),
    ],
)
def test_weights_that_cannot_be_trusted_or_read_are_refused_in_words(tmp_path, weights, spoil, said):
    folder = tmp_path / "svd"
    for path in (weights / "svd").rglob("*.*"):
        copy = folder / path.relative_to(weights / "svd")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    spoil(folder)
    with pytest.raises(RenderFailed, match=f"“svd” .*{said}") as refusal:
        load(StableVideoDiffusionPipeline, folder, device=Device())
    assert refusal.value.code == "E_WEIGHTS"
    assert not list(tmp_path.rglob("*.ran"))


def test_trap_2_a_torchvision_that_cannot_be_imported_takes_no_pipeline_down(monkeypatch):
    """One for another torch raises RuntimeError; transformers asks only whether it can be found."""

    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "torchvision":
                raise RuntimeError("operator torchvision::nms does not exist")

    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torchvision", None)  # so that what follows is undone
    monkeypatch.delitem(sys.modules, "torchvision")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    engine.diffusion._leave_a_broken_torchvision_out()
    assert importlib.util.find_spec("torchvision") is None
    with pytest.raises(ImportError):
        importlib.import_module("torchvision")
