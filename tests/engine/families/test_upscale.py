"""The upscaler: its network against the paper's, its pieces, its file."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch.nn import functional

from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled, Unsupported, UserError
from engine.core.family import Hooks, Inputs, SourceClip
from engine.core.recipe import Kind, Recipe
from engine.families.upscale import FILE, SPAN, draw
from engine.families.upscale.draw import Upscaler
from engine.families.upscale.network import Span, file_size
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.tiny import upscale

CLIP = np.random.default_rng(5).integers(0, 256, (3, 40, 24, 3), np.uint8)


def store_with(folder: Path, data: bytes) -> EngineContext:
    (folder / SPAN).mkdir()
    (folder / SPAN / FILE).write_bytes(data)
    return EngineContext(store=Store(folder))


def recipe(width=48, height=80, frames=3):
    return Recipe(
        kind=Kind.UPSCALE,
        engine="upscale",
        seed=0,
        width=width,
        height=height,
        frames=frames,
        native_fps=8,
        fps=8,
        length=frames,
    )


def enlarged(context, *, hooks=None, **size):
    inputs = Inputs(before=SourceClip(frames=CLIP, fps=8))
    return Upscaler(context).draw(recipe(**size), inputs, seed=1, hooks=hooks or Hooks())


def as_the_paper_has_it(layers, frame):
    """SPAN written down once more, from the paper's figures: blocks with a parameter-free attention."""
    part = {
        name: tuple(
            torch.from_numpy(np.asarray(one)) for one in (weight.astype(np.float16).astype(np.float32), bias)
        )
        for name, (weight, bias) in layers.items()
    }

    def conv(name, x):
        return functional.conv2d(x, *part[name], padding=(part[name][0].shape[2] - 1) // 2)

    x = torch.from_numpy(frame).permute(2, 0, 1)[None].double().float() - 255 * torch.from_numpy(
        upscale.MEAN
    ).view(1, 3, 1, 1)
    found = first = conv("first", x)
    outs, inners = [], []
    for block in range(6):
        inner = conv(f"block{block}.0", found)
        inner = inner / (1 + torch.exp(-inner))
        middle = conv(f"block{block}.1", inner)
        third = conv(f"block{block}.2", middle * torch.sigmoid(middle))
        found = (third + found) * (1 / (1 + torch.exp(-third)) - 0.5)
        outs.append(found)
        inners.append(inner)
    joined = conv("joined", torch.cat([first, conv("last", found), outs[0], inners[-1]], 1))
    twelve = conv("large", joined)[0].numpy()
    height, width = frame.shape[:2]
    large = np.zeros((2 * height, 2 * width, 3), np.float32)
    for channel in range(3):
        for place in range(4):
            large[place // 2 :: 2, place % 2 :: 2, channel] = twelve[4 * channel + place]
    return np.clip(np.rint(large * 255), 0, 255)


def test_the_network_is_the_papers(tmp_path):
    layers = upscale.random(3)
    weight, bias = layers["large"]
    layers["large"] = (weight * 0.008, bias + 0.5)
    file = tmp_path / FILE
    file.write_bytes(upscale.file_of(layers))
    shown = Span.load(file).enlarge(CLIP[:1])[0]
    wanted = as_the_paper_has_it(layers, CLIP[0])
    assert wanted.std() > 10, "it must not be all one colour"
    assert np.abs(shown - wanted).max() <= 1


def test_the_pieces_of_a_frame_have_no_seams(tmp_path, monkeypatch):
    layers = upscale.random(4)
    layers["large"] = (layers["large"][0] * 0.008, layers["large"][1] + 0.5)
    context = store_with(tmp_path, upscale.file_of(layers))
    whole = enlarged(context)
    monkeypatch.setattr(draw, "PIXELS_AT_ONCE", 1)
    assert np.abs(enlarged(context).astype(int) - whole).max() <= 1


def test_a_size_below_twice_is_the_doubled_clip_made_smaller(tmp_path):
    context = store_with(tmp_path, upscale.file_of(upscale.repeating()))
    assert (enlarged(context) == CLIP.repeat(2, axis=1).repeat(2, axis=2)).all()
    shown = enlarged(context, width=36, height=60)
    assert shown.shape == (3, 60, 36, 3)
    assert shown.mean() == pytest.approx(CLIP.mean(), abs=1)


def test_a_stop_is_heard_in_every_piece_and_progress_is_told_for_each_frame(tmp_path):
    context = store_with(tmp_path, upscale.file_of(upscale.repeating()))
    told: list[float] = []
    enlarged(context, hooks=Hooks(progress=told.append))
    assert told == sorted(told)
    assert list(dict.fromkeys(told)) == [pytest.approx(share) for share in (0, 1 / 3, 2 / 3, 1)]
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        enlarged(context, hooks=Hooks(cancel=cancel))


GOOD = upscale.file_of(upscale.repeating())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD[:-1],
        GOOD + b"\0",
        b"\0" * len(GOOD),
        GOOD[:12] + b"\xff" * 8 + GOOD[20:],
        GOOD[:16] + b"\x00\x7e" + GOOD[18:],  # NaN
    ],
    ids=["empty", "cut", "longer", "zeros", "no sign", "not a number"],
)
def test_a_damaged_file_is_refused_in_plain_words(tmp_path, data):
    assert len(GOOD) == file_size()
    with pytest.raises(UserError, match=r"cannot be read.*models verify"):
        enlarged(store_with(tmp_path, data))


def test_another_clip_than_the_one_that_was_planned_for_is_refused(tmp_path):
    context = store_with(tmp_path, GOOD)
    with pytest.raises(Unsupported):
        enlarged(context, frames=4)
    with pytest.raises(Unsupported):
        Upscaler(context).draw(recipe(), Inputs(), seed=1, hooks=Hooks())


def test_the_network_stays_loaded_for_the_next_clip(tmp_path):
    context = store_with(tmp_path, GOOD)
    enlarged(context)
    assert context.model_cache.names() == (SPAN,)
    with patch.object(Span, "load", side_effect=AssertionError("it is loaded once")):
        enlarged(context)
