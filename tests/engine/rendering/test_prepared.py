"""What a machine elsewhere draws from: the pictures as they are to be shown."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine.core.cancel import CancelToken
from engine.core.elsewhere import TakeFile
from engine.core.family import Hooks, Inputs, SourceClip
from engine.core.recipe import Before, Kind, Recipe
from engine.rendering.limits import RenderLimits
from engine.rendering.render_job import RenderJob
from tests.present import present

RECIPE = Recipe(
    kind=Kind.ANIMATE,
    engine="camera",
    seed=1,
    width=64,
    height=48,
    frames=9,
    native_fps=8,
    fps=24,
    length=25,
)
PICTURE = np.full((48, 64, 3), (200, 40, 10), np.uint8)
CLIP = SourceClip(frames=np.zeros((3, 48, 64, 3), np.uint8), fps=24.0)
BEFORE = Before(width=64, height=48, frames=3, engines=("camera",), real=True)
CONTINUED = replace(RECIPE, before=BEFORE)
CROPPED = replace(RECIPE, crops={"picture": (0.5, 0.2)})


@pytest.mark.parametrize(
    ("recipe", "inputs", "roles"),
    [
        (RECIPE, Inputs(picture=PICTURE, end=PICTURE), set()),
        (CROPPED, Inputs(picture=PICTURE, end=PICTURE), {"picture"}),
        (replace(CROPPED, crops={"end": (0.5, 0.2)}), Inputs(picture=PICTURE, end=PICTURE), {"end"}),
        (CONTINUED, Inputs(picture=PICTURE, before=CLIP), {"picture"}),
        (replace(CONTINUED, kind=Kind.UPSCALE), Inputs(picture=PICTURE, before=CLIP), set()),
    ],
    ids=["as given", "cropped", "end cropped", "continued", "upscaled"],
)
def test_a_picture_is_sent_as_it_is_drawn_from(tmp_path, recipe, inputs, roles):
    sent = {}

    def fetch(recipe, *, take, seed, files, cancel, progress):
        sent.update(files)
        return TakeFile(clip=tmp_path / "take.mp4")

    job = RenderJob(
        recipe=recipe,
        inputs=inputs,
        work=tmp_path,
        limits=RenderLimits(),
        on_event=lambda _: None,
        cancel=CancelToken(),
        elsewhere=fetch,
    )
    hooks = job.reaching_elsewhere(Hooks(cancel=job.cancel, progress=lambda _: None), 1)
    hooks.elsewhere(recipe, 5)
    assert sent.keys() == roles
    for path in sent.values():
        assert (cv2.cvtColor(present(cv2.imread(str(path))), cv2.COLOR_BGR2RGB) == PICTURE).all()
