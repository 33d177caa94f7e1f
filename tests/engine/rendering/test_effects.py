"""An effect on its way through a whole render."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine.clips.encode import read_metadata
from engine.core.cancel import CancelToken
from engine.core.errors import Code, UserError
from engine.core.recipe import Recipe
from engine.core.request import Subject
from engine.effects.effect_recipe import EffectRecipe
from engine.effects.looks import LOOKS, LookSpec
from engine.planning.plan import plan
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits
from engine.untrusted.foreign_recipe import read_foreign
from tests.engine.effects.test_looks import bare


def strobe(scene):
    """A look that nobody should be shown."""
    return lambda frame, index: np.full_like(frame, 255 * (index % 2))


@pytest.fixture
def render(tmp_path):
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), bare()[0])

    def make(effect):
        request = replace(effect.request(), seconds=1.0, fps=12.0, size=(96, 64), seed=5)
        recipe = plan(request, Subject(sha256="a" * 64, width=128, height=96))
        receipt = Renderer().render(
            recipe,
            {"picture": picture},
            work=tmp_path,
            limits=RenderLimits(),
            on_event=lambda event: None,
            cancel=CancelToken(),
        )
        return recipe, receipt, read_metadata(tmp_path / CLIP_NAME)

    return make


def test_the_clip_has_the_effect_and_its_file_tells_it_to_whoever_replays_it(render):
    effect = EffectRecipe(name="Ours", look="old film", engine="camera", loops=True, amount=0.9)
    recipe, receipt, tags = render(effect)
    assert receipt.frames == 12
    assert Recipe.from_json(tags["comment"]).effect == recipe.effect
    assert read_foreign(tags["comment"]).request().effect == effect.request().effect


def test_an_effect_that_flashes_is_refused_in_words(render, monkeypatch):
    monkeypatch.setitem(LOOKS, "glitch", LookSpec(target=f"{__name__}:strobe"))
    with pytest.raises(UserError, match=r"flash [4-9] times") as refused:
        render(EffectRecipe(name="x", look="glitch", engine="camera"))
    assert refused.value.code == Code.FLASHES


def test_any_finished_clip_that_flashes_says_so_on_its_receipt(render, monkeypatch):
    flashing = np.stack([np.full((64, 96, 3), 255 * (index % 2), np.uint8) for index in range(24)])
    monkeypatch.setattr("engine.families.camera.draw.CameraFamily.draw", lambda *_, **__: flashing[:12])
    _, receipt, _ = render(EffectRecipe(name="x", engine="camera"))
    assert any("flashes" in line for line in receipt.ladder)
