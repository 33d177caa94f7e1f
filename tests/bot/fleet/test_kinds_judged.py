"""Every kind of clip that a stranger's machine hands in is looked at beside what it was to be made from.

The clips are real: the engine makes each kind, and what is wrong with one is drawn into its frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from bot.clips.continuation import extended, looped, slowed
from db.files import Blobs
from engine.clips.encode import encode
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.recipe import Before, Effect, Kind, Recipe, Role, SoundSource
from engine.core.request import Request, Subject
from engine.families.upscale import SPAN
from engine.gate.upscaled import plainly
from engine.planning.plan import PlanLimits, plan
from engine.planning.upscaling import UpscaleLimits, upscaled
from engine.process.remake import Remade, Remake, remake
from engine.rendering.limits import CLIP_NAME, RenderLimits
from engine.rendering.render import Renderer
from tests import ROOT, sounds
from tests.present import present

SIZE = (192, 112)
FPS = 24


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A clip that the engine made, and what it was made from."""

    recipe: Recipe
    inputs: dict[str, Path]
    frames: np.ndarray
    sound: np.ndarray | None = None


class House:
    """Makes clips, and judges files that are handed in for them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.blobs, self._number = folder, Blobs(folder / "blobs"), 0
        self._renderer = Renderer()
        _, packed = cv2.imencode(
            ".png", cv2.resize(present(cv2.imread(str(ROOT / "examples/lake.png"))), SIZE)
        )
        self.picture = self.blobs.put(packed.tobytes())

    def camera(self, **changes) -> Recipe:
        request = Request(kind=Kind.ANIMATE, engine="camera", seconds=1.0, size=SIZE, seed=7, **changes)
        return plan(request, Subject(sha256=self.picture, width=SIZE[0], height=SIZE[1]))

    def draw(self, recipe: Recipe) -> Drawn:
        self._number += 1
        work = self.folder / f"work{self._number}"
        work.mkdir()
        inputs = {str(role): self.blobs.path(digest) for role, digest in recipe.inputs.items()}
        limits = RenderLimits()
        self._renderer.render(
            recipe, inputs, work=work, limits=limits, on_event=lambda _: None, cancel=CancelToken()
        )
        made = read_clip(work / CLIP_NAME)
        return Drawn(recipe=recipe, inputs=inputs, frames=made.frames, sound=made.sound)

    def write(self, frames, sound=None) -> Path:
        self._number += 1
        path = self.folder / f"file{self._number}.mp4"
        encode(
            np.ascontiguousarray(frames),
            fps=FPS,
            path=path,
            metadata={},
            max_bytes=50_000_000,
            progress=lambda _: None,
            cancel=CancelToken(),
            sound=sound,
        )
        return path

    def before(self, frames, sound=None) -> tuple[Before, str]:
        height, width = frames.shape[1:3]
        digest = self.blobs.put(self.write(frames, sound).read_bytes())
        told = Before(
            width=width,
            height=height,
            frames=len(frames),
            engines=("camera",),
            real=True,
            sound=sound is not None,
        )
        return told, digest

    def handed_in(self, drawn: Drawn, frames=None, sound=None) -> Remade:
        """What the bot makes of a file for a job."""
        file = self.write(drawn.frames if frames is None else frames)
        wav = ""
        if sound is not None:
            wav = str(file.with_suffix(".m4a"))
            Path(wav).write_bytes(self.write(drawn.frames, sound).read_bytes())
        return remake(
            Remake(
                clip=str(file),
                made=str(file.with_suffix(".made.mp4")),
                sound=wav,
                fps=FPS,
                max_bytes=9_000_000,
                models=str(self.folder / "models"),
                calibration=str(self.folder / "gate.json"),
                ffmpeg=imageio_ffmpeg.get_ffmpeg_exe(),
                whole=drawn.recipe.kind is Kind.UPSCALE,
                recipe=drawn.recipe.to_json(),
                judged=True,
                inputs={role: str(path) for role, path in drawn.inputs.items()},
            )
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return House(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def plain(house):
    return house.draw(house.camera())


@pytest.fixture(scope="module")
def longer(house, plain):
    before, clip = house.before(plain.frames)
    recipe = extended(
        plain.recipe, before, clip, capabilities=Capabilities(), limits=PlanLimits(), max_seconds=9
    )
    return house.draw(recipe)


def upside_down(frames):
    return frames[:, ::-1]


def torn(frames):
    """Its second half is another scene."""
    spoilt = frames.copy()
    spoilt[len(frames) * 3 // 4 :] = 255 - spoilt[len(frames) * 3 // 4 :]
    return spoilt


def test_a_longer_clip_is_judged_by_its_new_part_and_begins_with_the_old_one(house, longer):
    good = house.handed_in(longer)
    assert (good.rejects, good.strange) == (False, False)
    assert present(good.score) > 40
    assert house.handed_in(longer, torn(longer.frames)).rejects
    begin = longer.frames.copy()
    begin[:12] = upside_down(begin[:12])
    assert house.handed_in(longer, begin).strange


def test_a_loop_and_a_slower_clip_are_made_of_the_clip_that_they_are_made_from(house, plain):
    before, clip = house.before(plain.frames)
    for remade in (looped, slowed):
        made = house.draw(remade(plain.recipe, before, clip, max_seconds=9))
        good = house.handed_in(made)
        assert (good.rejects, good.strange) == (False, False)
        assert house.handed_in(made, upside_down(made.frames)).strange


def test_an_enlarged_clip_is_compared_with_the_small_one_and_keeps_the_sound_that_the_bot_has(house, plain):
    tone = sounds.sine(1.0, 997)
    before, clip = house.before(plain.frames, tone)
    recipe = upscaled(
        before,
        {str(Role.BEFORE): clip},
        fps=FPS,
        capabilities=Capabilities(weights=frozenset({SPAN}), slow=True),
        limits=UpscaleLimits(),
    )
    large = np.stack([plainly(frame, recipe.width, recipe.height) for frame in plain.frames])
    job = Drawn(recipe=recipe, inputs={str(Role.BEFORE): house.blobs.path(clip)}, frames=large)
    good = house.handed_in(job, sound=sounds.noise(1.0))
    assert (good.rejects, good.strange, good.sound) == (False, False, True)
    kept = read_clip(max(house.folder.glob("*.made.mp4"), key=lambda path: path.stat().st_mtime_ns))
    assert sounds.frequency(present(kept.sound)) == pytest.approx(997, abs=3)
    crumbs = np.random.default_rng(1).integers(-60, 60, large.shape).astype(np.int16)
    bad = house.handed_in(job, np.clip(large + crumbs, 0, 255).astype(np.uint8))
    assert bad.rejects
    assert "the added detail flickers" in bad.reasons
    assert house.handed_in(job, upside_down(large)).strange


def test_a_clip_that_ends_with_a_picture_is_judged_by_both_of_its_ends(house):
    other = cv2.flip(present(cv2.imread(str(house.blobs.path(house.picture)))), 0)
    end = house.blobs.put(cv2.imencode(".png", other)[1].tobytes())
    request = Request(kind=Kind.ANIMATE, engine="camera", seconds=1.0, size=SIZE, seed=7)
    subject = Subject(sha256=house.picture, width=SIZE[0], height=SIZE[1])
    crossing = house.draw(plan(request, subject, end=Subject(sha256=end, width=SIZE[0], height=SIZE[1])))
    assert not house.handed_in(crossing).rejects
    assert house.handed_in(crossing, torn(crossing.frames)).rejects


def test_sound_that_was_drawn_is_listened_to_and_a_members_own_is_the_bots(house, plain):
    drawn = replace(plain, recipe=replace(plain.recipe, sound=SoundSource.DRAWN))
    assert not house.handed_in(drawn, sound=sounds.music(1.0)).rejects
    silent = house.handed_in(drawn, sound=np.zeros_like(sounds.music(1.0)))
    assert any("sound" in reason or "silent" in reason for reason in silent.reasons)
    given = house.write(plain.frames, sounds.sine(1.0, 997))
    mine = replace(
        plain,
        recipe=replace(plain.recipe, sound=SoundSource.GIVEN),
        inputs={**plain.inputs, str(Role.SOUND): given},
    )
    assert house.handed_in(mine, sound=sounds.sine(1.0, 333)).sound
    kept = read_clip(max(house.folder.glob("*.made.mp4"), key=lambda path: path.stat().st_mtime_ns))
    assert sounds.frequency(present(kept.sound)) == pytest.approx(997, abs=3)


def test_an_effect_is_laid_over_what_the_gate_has_seen(house, plain):
    effect = Effect(name="Old film", look="old film")
    job = replace(plain, recipe=replace(plain.recipe, effect=effect))
    made = house.handed_in(job)
    assert not made.rejects
    kept = read_clip(max(house.folder.glob("*.made.mp4"), key=lambda path: path.stat().st_mtime_ns))
    assert np.abs(kept.frames.astype(int) - plain.frames).mean() > 5, "the effect is there"
    assert house.handed_in(job, torn(plain.frames)).rejects


def test_where_an_effect_makes_a_clip_flash_the_worker_is_not_to_blame(house, plain, monkeypatch):
    def flashing(frames, *_, **__):
        frames[::2], frames[1::2] = 0, 255
        return frames

    monkeypatch.setattr("engine.effects.apply.with_effect", flashing)
    job = replace(plain, recipe=replace(plain.recipe, effect=Effect(name="Old film", look="old film")))
    made = house.handed_in(job)
    assert (made.too_many, made.by_effect) == (True, True)
    bare = plain.frames.copy()
    bare[::2], bare[1::2] = 0, 255
    made = house.handed_in(job, bare)
    assert (made.too_many, made.by_effect) == (True, False)
