"""What the tests of AnimateDiff share: tiny weights, small recipes, and a way to draw them."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np

from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.family import Hooks, Inputs, SourceClip
from engine.core.recipe import Kind, Recipe, Role, Style
from engine.rendering.render import Renderer, RenderLimits
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests.engine.tiny import animatediff as tiny

V2, V3 = "motion-v1-5-2", "motion-v1-5-3"
ROWS, COLUMNS = np.mgrid[0:48, 0:64]
PICTURE = (np.stack([COLUMNS * 4, ROWS * 5, ROWS + COLUMNS], axis=-1) % 256).astype(np.uint8)
CLIP = SourceClip(frames=np.stack([np.roll(PICTURE, 5 * shift, axis=1) for shift in range(12)]), fps=12)
CAMERA = {"camera": "motion-lora-zoom-in", "camera_weight": 0.8}


def small(**changes):
    """Six frames of 32×32 in two steps with guidance: a moment's work."""
    settings = {"motion": V3, "window": 4, "whole": 24, **changes.pop("settings", {})}
    fields = {
        "kind": Kind.TEXT2VIDEO,
        "engine": "animatediff",
        "seed": 3,
        "width": 32,
        "height": 32,
        "frames": 6,
        "native_fps": 8,
        "fps": 8,
        "length": 6,
        "prompt": "a red fox",
        "words": "a red fox",
        "negative": "blurry",
        "way": "full",
        "steps": 2,
        "guidance": 7.5,
        "model": "epicrealism",
    }
    return Recipe(**{**fields, "settings": settings, **changes})


RESTYLE = {"kind": Kind.RESTYLE, "strength": 0.5}
LCM = {"way": "lcm", "steps": 2, "guidance": 1.5, "settings": {"motion": "animatelcm"}}
LIGHTNING = {"way": "lightning", "steps": 2, "guidance": 1.0, "settings": {"motion": "lightning"}}
EVERYTHING = small(
    words="0: a bud | 3: a flower",
    styles=(Style(name="ink"),),
    settings={"motion": V2, "rounds": 2, **CAMERA},
)


def furnished(folder):
    """A workshop with all weights there are."""
    tiny.build(folder)
    return EngineContext(store=Store(folder))


def draw(family, recipe=None, *, seed=1, inputs=None, **hooks):
    return family.draw(recipe or small(), inputs or Inputs(), seed=seed, hooks=Hooks(**hooks))


def differ(one, other):
    return not np.array_equal(one, other)


def renders(context, tmp_path):
    """Make clips the whole way: with the gate, the smoothing and the MP4."""
    renderer = Renderer(context)
    files = {Role.PICTURE: tmp_path / "picture.png", Role.LIKE: tmp_path / "like.png"}
    for path in files.values():
        cv2.imwrite(str(path), cv2.cvtColor(PICTURE, cv2.COLOR_RGB2BGR))
    files[Role.REFERENCE] = files[Role.BEFORE] = tmp_path / "reference.mp4"
    encode(
        CLIP.frames,
        fps=CLIP.fps,
        path=files[Role.REFERENCE],
        metadata={},
        max_bytes=10**6,
        progress=lambda _: None,
        cancel=CancelToken(),
    )

    def run(recipe, *roles, on_event=lambda _: None, cancel=None):
        receipt = renderer.render(
            recipe,
            {role: files[role] for role in roles},
            work=tmp_path,
            limits=RenderLimits(max_takes=1),
            on_event=on_event,
            cancel=cancel or CancelToken(),
        )
        assert hashlib.sha256((tmp_path / "clip.mp4").read_bytes()).hexdigest() == receipt.sha256
        return receipt

    return run
