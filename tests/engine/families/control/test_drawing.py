"""What following a clip does."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from engine.clips.encode import encode
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.device import Device
from engine.core.errors import Cancelled, RenderFailed, Unsupported
from engine.core.family import Hooks, Inputs
from engine.core.recipe import Follow, Kind, Recipe, Role
from engine.following.needs import NEEDS
from engine.rendering.render import Renderer, RenderLimits
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests import ROOT
from tests.engine.tiny import animatediff as tiny

from diffusers import ControlNetModel  # isort: skip
from engine.families.animatediff_control import draw as drawing  # isort: skip
from engine.following import control_clip as follow  # isort: skip
from tests.engine.families.control.bench import bar


def small(**changes):
    """Six frames of 32×32 in two steps with guidance."""
    fields = {
        "kind": Kind.TEXT2VIDEO,
        "engine": "animatediff-control",
        "seed": 3,
        "width": 32,
        "height": 32,
        "frames": 6,
        "native_fps": 8,
        "fps": 8,
        "length": 6,
        "words": "a red fox",
        "way": "full",
        "steps": 2,
        "guidance": 7.5,
        "model": "sd15",
        "follow": Follow.EDGES,
        "settings": {"motion": "motion-v1-5-3"} | changes.pop("settings", {}),
    }
    return Recipe(**{**fields, **changes})


def draw(family, recipe=None, clip=None, **hooks):
    clip = clip or bar(*range(0, 24, 4))
    return family.draw(recipe or small(), Inputs(reference=clip), seed=1, hooks=Hooks(**hooks))


def test_a_control_without_effect_is_told_from_one_that_has_some(family):
    """A new ControlNet adds nothing at all: a test that did not wake it would prove nothing."""
    untouched = draw(family, small(settings={"control": 0}))
    followed = draw(family)
    assert followed.shape == (6, 32, 32, 3)
    assert followed.dtype == np.uint8
    assert not np.array_equal(followed, untouched)
    assert not np.array_equal(followed, draw(family, clip=bar(*range(23, 0, -4))))
    assert not np.array_equal(followed, draw(family, small(settings={"control": 0.5})))
    assert np.array_equal(followed, draw(family))


def test_a_control_of_zeros_changes_nothing(family, monkeypatch):
    monkeypatch.setattr(
        "engine.families.animatediff_control.draw.control_clip",
        lambda clip, way, **given: follow.control_clip(clip, NEEDS[Follow.EDGES][0], **given),
    )
    of_zeros = small(follow=Follow.DEPTH)
    assert np.array_equal(draw(family, of_zeros), draw(family, of_zeros, bar(20, 16, 12)))


def test_a_clip_longer_than_the_adapter_holds_is_followed_in_windows(family):
    frames = tiny.WINDOW + 2
    long = small(frames=frames, length=frames, steps=1, guidance=1.0)
    assert draw(family, long, bar(*range(26))).shape[0] == frames


def test_a_look_is_taken_while_a_clip_is_followed_and_nothing_of_it_stays(family):
    plain = draw(family)
    like = np.random.default_rng(2).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    inputs = Inputs(reference=bar(*range(0, 24, 4)), like=like)
    assert not np.array_equal(family.draw(small(), inputs, seed=1, hooks=Hooks()), plain)
    assert np.array_equal(draw(family), plain)


def test_a_stop_while_drawing_leaves_the_next_clip_as_it_was(family):
    plain, cancel = draw(family), CancelToken()

    def progress(share):
        if share > 0.3:
            cancel.cancel()

    with pytest.raises(Cancelled):
        draw(family, cancel=cancel, progress=progress)
    assert np.array_equal(draw(family), plain)


def test_progress_never_goes_back(family):
    shares: list[float] = []
    draw(family, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1


def test_after_an_out_of_memory_the_clip_is_not_read_again(family, monkeypatch):
    read: list[int] = []
    failed: list[int] = []
    real = follow.control_clip
    monkeypatch.setattr(
        "engine.families.animatediff_control.draw.control_clip",
        lambda *given, **named: read.append(1) or real(*given, **named),
    )
    original = ControlNetModel.forward

    def forward(self, *given, **named):
        if not failed:
            failed.append(1)
            raise torch.OutOfMemoryError("CUDA out of memory (simulated)")
        return original(self, *given, **named)

    said: list[str] = []
    plain = draw(family)
    read.clear()
    monkeypatch.setattr(ControlNetModel, "forward", forward)
    again = draw(family, gave_up=said.append)
    assert np.abs(again.astype(int) - plain).max() <= 1  # decoded one by one, the last bit may differ
    assert (len(read), len(failed), len(said)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("recipe", "inputs", "error"),
    [
        (small(), Inputs(), Unsupported),
        (small(follow=None), Inputs(reference=bar(1, 2)), Unsupported),
        (small(follow=Follow.POSE), Inputs(reference=bar(1, 2)), RenderFailed),
    ],
    ids=["no clip", "nothing to follow", "no extractor"],
)
def test_what_cannot_be_followed_is_said_plainly(family, recipe, inputs, error):
    with pytest.raises(error):
        family.draw(recipe, inputs, seed=1, hooks=Hooks())


def test_a_controlnet_that_is_not_safetensors_is_refused(tmp_path):
    folder = tmp_path / "controlnet-canny"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    torch.save({}, folder / "diffusion_pytorch_model.bin")
    with pytest.raises(RenderFailed, match="safetensors"):
        drawing.load_controlnet(EngineContext(store=Store(tmp_path)), Follow.EDGES, torch.float32, Device())


def test_a_members_clip_becomes_a_finished_one(store, tmp_path):
    """The whole way through the renderer: the reference as a file, a kept take, an MP4."""
    path = tmp_path / "reference.mp4"
    clip = bar(*range(0, 24, 4), size=64)
    encode(
        clip.frames,
        fps=clip.fps,
        path=path,
        metadata={},
        max_bytes=10**6,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    receipt = Renderer(EngineContext(store=store)).render(
        small(),
        {Role.REFERENCE: path},
        work=tmp_path,
        limits=RenderLimits(max_takes=1),
        on_event=lambda _: None,
        cancel=CancelToken(),
    )
    assert (receipt.engine, receipt.frames) == ("animatediff-control", 6)
    assert len(read_clip(tmp_path / "clip.mp4").frames) == 6


@pytest.mark.parametrize("how", ["broken", "absent"])
def test_every_engine_draws_where_torchvision_is_broken_or_absent(how, store, tmp_path):
    gc.collect()
    models = tmp_path / "models"
    models.mkdir()
    for path in store.folder.iterdir():
        (models / path.name).symlink_to(path)
    run = subprocess.run(
        [sys.executable, str(ROOT / "tests/engine/families/draw_without_torchvision.py"), how, str(models)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    *drawn, said = run.stdout.splitlines()
    assert set(drawn) >= {"animatediff", "animatediff-control", "camera", "sketch", "svd", "wan", "wan-5b"}
    assert said.startswith("E_EXTRACTOR To follow soft edges, this engine needs controlnet-aux")
