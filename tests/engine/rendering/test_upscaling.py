"""From a finished clip to a larger one: what is kept of it, what the gate lets pass, and what is refused."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from engine.clips.encode import encode
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.errors import Cancelled, Unsupported, UserError
from engine.core.events import Event, Progress, TakeDiscarded
from engine.core.receipt import Outcome, Receipt
from engine.core.recipe import Before, Role, Stage
from engine.families.upscale import FILE, SPAN
from engine.gate import judge
from engine.gate.upscaled import plainly
from engine.planning.upscaling import UpscaleLimits, upscaled
from engine.provenance.statement import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA, metadata, source_type
from engine.rendering import upscaling
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits
from engine.runtime.context import EngineContext
from engine.weights.store import Store
from tests import sounds
from tests.engine.tiny import upscale

WIDTH, HEIGHT, FRAMES, FPS = 64, 48, 8, 12
BEFORE = Before(width=WIDTH, height=HEIGHT, frames=FRAMES, engines=("camera",), real=True, sound=True)
RECIPE = upscaled(
    BEFORE,
    {str(Role.BEFORE): "b" * 64},
    fps=FPS,
    capabilities=Capabilities(weights=frozenset({SPAN}), slow=True),
    limits=UpscaleLimits(),
)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A clip of a second with a tone."""
    wide = np.random.default_rng(1).integers(40, 216, (10, 24, 3), np.uint8)
    wide = cv2.resize(wide, (2 * WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    encode(
        np.stack([wide[:, 2 * number :][:, :WIDTH] for number in range(FRAMES)]),
        fps=FPS,
        path=path,
        metadata={},
        max_bytes=1_000_000,
        progress=lambda _: None,
        cancel=CancelToken(),
        sound=sounds.sine(FRAMES / FPS, 997, onset=0.25),
    )
    return path


@pytest.fixture
def render(tmp_path, film):
    """Renders with the network whose layers are given; returns the receipt, the clip and the events."""

    def make(layers=None, recipe=RECIPE, file=film, cancel=None, **limits):
        (tmp_path / "models" / SPAN).mkdir(parents=True, exist_ok=True)
        network = upscale.file_of(upscale.repeating() if layers is None else layers)
        (tmp_path / "models" / SPAN / FILE).write_bytes(network)
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        events: list[Event] = []
        renderer = Renderer(EngineContext(store=Store(tmp_path / "models")))
        receipt = renderer.render(
            recipe,
            {} if file is None else {Role.BEFORE: file},
            work=work,
            limits=RenderLimits(**limits),
            on_event=events.append,
            cancel=cancel or CancelToken(),
        )
        return receipt, work / CLIP_NAME, events

    return make


def test_a_clip_is_shown_twice_as_large_with_its_sound(render, film):
    receipt, clip, events = render()
    was, now = read_clip(film), read_clip(clip)
    assert now.frames.shape == (FRAMES, 2 * HEIGHT, 2 * WIDTH, 3)
    assert now.fps == FPS
    small = np.stack(
        [cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for frame in now.frames]
    )
    assert np.abs(small.astype(int) - was.frames).mean() < 3
    assert now.sound is not None
    assert sounds.onset(now.sound) == pytest.approx(0.25, abs=1 / FPS)
    assert sounds.frequency(now.sound[14_400:]) == pytest.approx(997, abs=5)
    assert (receipt.engine, receipt.width, receipt.height, receipt.sound) == ("upscale", 128, 96, True)
    assert [take.outcome for take in receipt.takes] == [Outcome.ACCEPTED]
    assert Receipt.from_json(receipt.to_json()) == receipt
    stages = [event.stage for event in events if isinstance(event, Progress)]
    assert list(dict.fromkeys(stages)) == [Stage.PREPARING, Stage.DRAWING, Stage.CHECKING, Stage.ENCODING]


def test_the_file_says_that_a_model_had_a_part_in_it():
    assert source_type(RECIPE) == COMPOSITE_TRAINED_MEDIA
    drawn = dataclasses.replace(BEFORE, engines=("sketch",), real=False)
    assert source_type(dataclasses.replace(RECIPE, before=drawn)) == TRAINED_MEDIA
    told = metadata(RECIPE)["description"]
    assert told.startswith("Made by a machine (upscale), with the sound of the clip before.")


def test_a_network_that_shows_something_else_is_not_let_through(render):
    with pytest.raises(UserError, match="no longer looks like the clip") as raised:
        render(upscale.random())
    assert raised.value.code == "E_UPSCALE"


def grainy(strength):
    """A stand-in for the network's work: other grain in each frame."""
    rng = np.random.default_rng(7)

    def add(self, recipe, inputs, *, seed, hooks):
        del self, seed, hooks
        large = np.stack([plainly(frame, 2 * WIDTH, 2 * HEIGHT) for frame in inputs.before.frames])
        return np.clip(large + rng.normal(0, strength, large.shape), 0, 255).astype(np.uint8)

    return add


def test_detail_that_flickers_is_mixed_with_plain_resizing_and_the_receipt_says_so(render, monkeypatch):
    monkeypatch.setattr("engine.families.upscale.draw.Upscaler.draw", grainy(2))
    receipt, _, events = render()
    assert [take.outcome for take in receipt.takes] == [Outcome.REJECTED, Outcome.ACCEPTED]
    assert receipt.takes[0].causes[0] == "upscaled_flickers"
    assert receipt.kept == 2
    assert upscaling.EASED in receipt.ladder
    assert sum(isinstance(event, TakeDiscarded) for event in events) == 1


def test_what_flickers_all_the_same_is_refused_in_plain_words(render, monkeypatch):
    monkeypatch.setattr("engine.families.upscale.draw.Upscaler.draw", grainy(20))
    with pytest.raises(UserError, match="doesn't make this clip better: the added detail flickers"):
        render()
    monkeypatch.setattr("engine.families.upscale.draw.Upscaler.draw", grainy(2))
    with pytest.raises(UserError, match="flickers"):
        render(max_takes=1)


def test_what_was_wrong_with_the_clip_before_is_not_held_against_it(render, tmp_path, monkeypatch):
    """A clip whose light flickers is rejected when it is drawn; upscaled, it is what it was."""
    monkeypatch.setattr("engine.families.upscale.draw.Upscaler.draw", grainy(0))
    lit = np.linspace(40, 160, WIDTH * HEIGHT * 3).reshape(1, HEIGHT, WIDTH, 3)
    lit = lit * np.array([1, 0.6] * (FRAMES // 2)).reshape(-1, 1, 1, 1)
    unsteady = tmp_path / "unsteady.mp4"
    encode(
        lit.astype(np.uint8),
        fps=FPS,
        path=unsteady,
        metadata={},
        max_bytes=1_000_000,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    silent = dataclasses.replace(RECIPE, before=dataclasses.replace(BEFORE, sound=False))
    assert judge(read_clip(unsteady).frames, None, FPS, encoded=True).rejected
    receipt, clip, _ = render(recipe=silent, file=unsteady)
    assert not receipt.forced
    assert not receipt.sound
    assert read_clip(clip).sound is None


def test_what_does_not_fit_the_upload_limit_is_refused_and_never_made_small_again(render, monkeypatch):
    monkeypatch.setattr("engine.families.upscale.draw.Upscaler.draw", grainy(0))
    receipt, clip, _ = render(max_bytes=20_000)
    assert clip.stat().st_size <= 20_000
    assert receipt.width == 2 * WIDTH
    assert receipt.sound
    with pytest.raises(UserError, match="too large for this server's upload limit"):
        render(max_bytes=4_000)


def test_without_its_clip_there_is_nothing_to_upscale(render):
    with pytest.raises(Unsupported, match="missing"):
        render(file=None)
    with pytest.raises(Unsupported, match="not the one that was planned for"):
        render(recipe=dataclasses.replace(RECIPE, frames=FRAMES + 1))


def test_a_stop_is_heard(render):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        render(cancel=cancel)
