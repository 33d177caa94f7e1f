"""The straight line, with an engine whose takes are written down beforehand."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, ClassVar

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from engine.clips.encode import ClipTooLarge, read_metadata
from engine.core.cancel import CancelToken
from engine.core.errors import Cancelled, HopelessTake, RenderFailed, Unsupported
from engine.core.events import Draft, Event, Progress, TakeDiscarded
from engine.core.family import Hooks
from engine.core.family_spec import FamilySpec
from engine.core.receipt import Outcome, Receipt
from engine.core.recipe import Kind, Motion, Recipe, Role, Stage
from engine.families import FAMILIES
from engine.gate import FAULTS, TROUBLES, judge
from engine.gate.calibration import shipped
from engine.gate.meaning import Fault
from engine.gate.verdict import with_faults
from engine.rendering.limits import DRAFT_BYTES
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits
from engine.rendering.takes import ONLY_WARNS, SHEET_WIDTH
from engine.runtime.context import EngineContext
from engine.vision.box import Box
from engine.vision.eyes import Eyes
from tests.present import present


def good(recipe):
    """A pattern that wanders to the left."""
    rows, columns = np.mgrid[: recipe.height, : recipe.width + recipe.frames]
    wide = 128 + 60 * np.sin(columns / 9.0) + 30 * np.cos(rows / 7.0) + 20 * np.cos((rows + columns) / 1.7)
    wide = np.stack([wide, wide * 0.9, wide * 0.8], axis=-1).astype(np.uint8)
    return np.stack([wide[:, i : i + recipe.width] for i in range(recipe.frames)])


def flickering(recipe, strength=60):
    frames = good(recipe).astype(np.int16)
    frames[::2] += strength
    return np.clip(frames, 0, 255).astype(np.uint8)


def broken(recipe):
    """What a model gives whose numbers ran away."""
    frames = (good(recipe) / 255).astype(np.float32)
    frames[3] = np.nan
    frames[4, :8] = np.inf
    frames[5, 8:] = -np.inf
    return frames


class Scripted:
    """Draws the takes that a test has written down, and remembers what it was asked for."""

    takes: ClassVar[list[Any]] = []
    asked: ClassVar[list[tuple[int, Any]]] = []
    hooks: ClassVar[Hooks]

    def __init__(self, context):
        pass

    def draw(self, recipe, inputs, *, seed, hooks):
        Scripted.hooks = hooks
        self.asked.append((seed, None if inputs.picture is None else inputs.picture.copy()))
        hooks.progress(1.0)
        return self.takes[min(len(self.asked), len(self.takes)) - 1](recipe)


RECIPE = Recipe(
    kind=Kind.TEXT2VIDEO, engine="scripted", seed=11, width=96, height=64,
    frames=9, native_fps=12.0, fps=24.0, length=16, prompt="waves",
)  # fmt: skip


@pytest.fixture
def render(monkeypatch, tmp_path):
    spec = FamilySpec(
        name="scripted",
        target=f"{__name__}:Scripted",
        kinds=frozenset(Kind),
        needs_picture=False,
        max_native_fps=12,
        about="draws what a test wrote down",
        fitted=True,
    )
    monkeypatch.setitem(FAMILIES, "scripted", spec)

    def make(*takes, recipe=RECIPE, inputs=None, on_event=None, cancel=None, calibrations=None, **limits):
        monkeypatch.setattr(Scripted, "takes", list(takes))
        monkeypatch.setattr(Scripted, "asked", [])
        return Renderer(EngineContext(calibrations=calibrations or {})).render(
            recipe,
            inputs or {},
            work=tmp_path,
            limits=RenderLimits(**limits),
            on_event=on_event or (lambda _: None),
            cancel=cancel or CancelToken(),
        )

    made: Any = make
    made.clip = tmp_path / CLIP_NAME
    return made


def test_a_good_take_becomes_the_clip(render):
    receipt = render(good)
    assert [(take.number, take.outcome, take.seed) for take in receipt.takes] == [(1, Outcome.ACCEPTED, 11)]
    assert (receipt.kept, receipt.forced, receipt.engine) == (1, False, "scripted")
    assert (receipt.width, receipt.height, receipt.frames, receipt.fps) == (96, 64, 16, 24.0)
    assert receipt.sha256 == hashlib.sha256(render.clip.read_bytes()).hexdigest()
    assert receipt.size == render.clip.stat().st_size
    assert receipt.ladder == ()


def test_the_receipt_keeps_what_was_read_on_a_take_that_passed_and_nothing_of_the_others(render):
    receipt = render(flickering, good)
    rejected, kept = receipt.takes
    assert rejected.readings == {}
    assert kept.readings["brightness_flickers"] < 0.01
    assert "more_saturated" not in kept.readings, "there was no picture to read it against"
    assert Receipt.from_json(receipt.to_json()) == receipt


def test_takes_are_held_against_the_house_of_their_engine(render):
    blind = replace(shipped(), warn=1e9, reject={}, reject_without_input={})
    strict = replace(shipped(), reject_without_input=dict.fromkeys(TROUBLES, -1.0))
    assert render(good, calibrations={"scripted": strict, "sketch": blind}, max_takes=1).forced
    assert not render(good, calibrations={"scripted": blind, "sketch": strict}, max_takes=1).forced


def test_a_take_of_a_family_that_the_gate_does_not_know_is_kept_with_a_warning_and_the_receipt_says_so(
    render, monkeypatch
):
    monkeypatch.setitem(FAMILIES, "scripted", replace(FAMILIES["scripted"], fitted=False))
    strict = replace(shipped(), reject_without_input=dict.fromkeys(TROUBLES, -1.0))
    receipt = render(good, calibrations={"scripted": strict})
    assert [take.outcome for take in receipt.takes] == [Outcome.WARNED]
    assert not receipt.forced
    assert receipt.takes[0].readings, "so that calibrate can learn from it"
    assert receipt.ladder == (ONLY_WARNS,)
    assert render(broken, calibrations={"scripted": strict}, max_takes=1).forced


def test_the_file_has_the_asked_frames_and_its_recipe_inside(render):
    render(good)
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(render.clip))
    details = next(imageio_ffmpeg.read_frames(str(render.clip)))
    assert (frames, details["size"], details["fps"]) == (16, (96, 64), 24.0)
    assert seconds == pytest.approx(16 / 24, abs=0.05)
    assert Recipe.from_json(read_metadata(render.clip)["comment"]) == RECIPE


def test_the_same_recipe_gives_the_same_bytes(render):
    assert render(good).sha256 == render(good).sha256


def test_a_rejected_take_is_drawn_again_with_another_seed(render):
    receipt = render(flickering, good)
    assert [take.outcome for take in receipt.takes] == [Outcome.REJECTED, Outcome.ACCEPTED]
    assert [seed for seed, _ in Scripted.asked] == [RECIPE.take_seed(1), RECIPE.take_seed(2)]
    assert [take.seed for take in receipt.takes] == [RECIPE.take_seed(1), RECIPE.take_seed(2)]
    assert (receipt.kept, receipt.forced) == (2, False)
    assert receipt.takes[0].reasons
    assert receipt.takes[0].score < receipt.takes[1].score


@pytest.mark.parametrize("budget", [1, 2, 4])
def test_no_more_takes_are_drawn_than_the_budget_has(render, budget):
    receipt = render(flickering, max_takes=budget)
    assert len(receipt.takes) == len(Scripted.asked) == budget
    assert receipt.forced


def test_a_budget_of_nothing_is_a_mistake_of_the_caller(render):
    with pytest.raises(ValueError, match="max_takes"):
        render(good, max_takes=0)


def test_the_best_of_the_rejected_is_kept_and_says_so(render):
    receipt = render(lambda r: flickering(r, 110), lambda r: flickering(r, 35), broken)
    assert [take.outcome for take in receipt.takes] == [Outcome.REJECTED] * 3
    scores = [take.score for take in receipt.takes]
    assert scores[1] == max(scores) > min(scores)
    assert (receipt.kept, receipt.forced) == (2, True)


def test_a_take_that_was_only_warned_of_is_not_forced(render):
    wary = replace(shipped(), warn=-1.0, reject={}, reject_without_input={})
    receipt = render(good, calibrations={"scripted": wary})
    assert [take.outcome for take in receipt.takes] == [Outcome.WARNED]
    assert not receipt.forced


def test_a_take_that_is_not_a_number_is_rejected(render):
    receipt = render(broken, good)
    assert receipt.takes[0].outcome is Outcome.REJECTED
    assert receipt.kept == 2


def test_even_a_broken_take_can_be_posted_when_there_is_no_other(render):
    receipt = render(broken, max_takes=1)
    assert receipt.forced
    assert receipt.frames == 16


def test_floats_become_the_bytes_that_they_stand_for(render):
    exact = render(good).sha256
    for off in (-0.4, 0.0, 0.4):
        nearly = render(lambda recipe, off=off: ((good(recipe) + off) / 255).astype(np.float32))
        assert nearly.sha256 == exact, "they are rounded, not cut"


@pytest.mark.parametrize(
    "cut", [lambda f: f[1:], lambda f: f[:, 1:], lambda f: f[:, :, 1:], lambda f: f[..., :1], lambda f: f[0]]
)
def test_an_engine_that_draws_another_shape_is_found_out(render, cut):
    with pytest.raises(ValueError, match=r"scripted drew .* and was asked for"):
        render(lambda recipe: cut(good(recipe)))
    assert not render.clip.exists()


def test_the_stages_are_told_in_their_order(render):
    events: list[Event] = []
    render(flickering, good, on_event=events.append)
    told: list[str | tuple[Stage, int]] = []
    for event in events:
        assert not isinstance(event, Draft)
        step = "again" if isinstance(event, TakeDiscarded) else (event.stage, event.take)
        if told[-1:] != [step]:
            told.append(step)
    assert told == [
        (Stage.PREPARING, 1),
        *((Stage.DRAWING, 1), (Stage.CHECKING, 1)),
        "again",
        *((Stage.DRAWING, 2), (Stage.CHECKING, 2)),
        *((Stage.SMOOTHING, 2), (Stage.ENCODING, 2)),
    ]
    shares = [event.fraction for event in events if isinstance(event, Progress)]
    assert all(0.0 <= share <= 1.0 for share in shares)


def test_each_rejected_take_is_told_of_with_a_small_picture_of_it(render):
    told = []

    def listen(event):
        if isinstance(event, TakeDiscarded):
            told.append((event.take, present(event.sheet).read_bytes()))

    receipt = render(flickering, broken, max_takes=2, on_event=listen)
    assert [take for take, _ in told] == list(receipt.takes)
    for _, data in told:
        sheet = present(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
        assert sheet.shape[1] == SHEET_WIDTH
        assert len(data) < 300_000


def test_a_good_take_leaves_no_picture_of_itself(render):
    render(good)
    assert [path.name for path in render.clip.parent.glob("sheet*")] == []


@pytest.mark.parametrize("stage", Stage)
def test_a_stop_takes_hold_in_every_stage_and_leaves_no_clip(render, stage):
    token = CancelToken()

    def listen(event):
        if event.stage is stage:
            token.cancel()

    with pytest.raises(Cancelled):
        render(good, on_event=listen, cancel=token)
    assert not render.clip.exists()


@pytest.mark.parametrize(
    ("native", "shown", "rate"), [(12.0, 17, 12.0), (24.0, 9, 12.0), (60.0, 4, 12.0), (25.0, 6, 25 / 3)]
)
def test_the_gate_looks_at_the_rate_that_it_was_fitted_on(render, monkeypatch, native, shown, rate):
    """A family that draws every frame is judged by as many a second as one that draws every second one."""
    monkeypatch.setitem(FAMILIES, "scripted", replace(FAMILIES["scripted"], max_native_fps=60, judged_fps=12))
    seen = []

    def look(frames, reference, fps, **more):
        seen.append((len(frames), fps))
        return judge(frames, reference, fps, **more)

    monkeypatch.setattr("engine.rendering.takes.judge", look)
    receipt = render(good, recipe=replace(RECIPE, frames=17, native_fps=native, fps=native, length=17))
    assert seen == [(shown, pytest.approx(rate))]
    assert receipt.frames == 17


def test_a_broken_face_is_drawn_again_with_less_motion_and_its_place_is_on_the_sheet(render, monkeypatch):
    box = Box(left=20, top=10, width=40, height=40)
    fault = Fault(code="face_bends", value=FAULTS["face_bends"].reject, frame=4, box=box)
    seen: list[Any] = []
    sheets = []

    def look(frames, reference, fps, *, eyes, **more):
        seen.append(eyes)
        return with_faults(judge(frames, reference, fps, **more), [fault] if len(seen) == 1 else [], fps)

    def listen(event):
        if isinstance(event, TakeDiscarded):
            sheets.append(present(cv2.imread(str(event.sheet))))

    monkeypatch.setattr("engine.rendering.takes.judge", look)
    broken_face, whole = render(good, on_event=listen, max_takes=2).takes
    assert (broken_face.causes, whole.outcome) == (("face_bends",), Outcome.ACCEPTED)
    assert broken_face.reasons[0] == "a face bends out of shape at 0.3 s"
    assert whole.changed == "gentle motion instead of normal"
    assert isinstance(seen[0], Eyes)
    assert seen[0] is seen[1], "one pair of eyes serves all takes"
    blue, green, red = (sheets[0][..., channel].astype(int) for channel in range(3))
    assert ((red > 180) & (green < 120) & (blue < 120)).sum() > 300


def test_a_take_is_not_judged_after_a_stop(render, monkeypatch):
    token = CancelToken()
    judged = []
    monkeypatch.setattr("engine.rendering.takes.judge", lambda *given, **_: judged.append(given))
    with pytest.raises(Cancelled):
        render(good, on_event=lambda event: event.stage is Stage.CHECKING and token.cancel(), cancel=token)
    assert not judged


def test_nothing_is_drawn_after_a_stop_before_the_start(render):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        render(good, cancel=token)
    assert Scripted.asked == []


def test_the_seconds_of_every_stage_are_on_the_receipt(render):
    receipt = render(flickering, good)
    assert set(receipt.seconds) == set(Stage)
    assert all(seconds >= 0 for seconds in receipt.seconds.values())
    assert 0 < receipt.charged_seconds < receipt.busy_seconds
    assert all(take.seconds > 0 for take in receipt.takes)


def test_what_was_given_up_for_size_is_on_the_receipt(render):
    limit = render(good).size - 150
    receipt = render(good, max_bytes=limit)
    assert receipt.size <= limit
    assert receipt.ladder


def test_a_clip_that_cannot_fit_is_an_error_and_no_file(render):
    with pytest.raises(ClipTooLarge):
        render(good, max_bytes=100)


def test_the_picture_reaches_the_engine_as_it_was_sent(render, tmp_path):
    picture = np.random.default_rng(1).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    render(good, inputs={Role.PICTURE: path})
    assert np.array_equal(Scripted.asked[0][1], picture)


def test_a_picture_is_cropped_where_the_plan_says_so(render, tmp_path):
    picture = np.zeros((400, 100, 3), np.uint8)
    picture[:100] = 200  # the head
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), picture)
    recipe = replace(RECIPE, crops={str(Role.PICTURE): (0.5, 0.0)})
    render(good, inputs={Role.PICTURE: path}, recipe=recipe)
    shown = Scripted.asked[0][1]
    assert shown.shape[1] == 100
    assert shown.shape[0] < 100
    assert (shown == 200).all()


def test_a_picture_that_cannot_be_read_is_unsupported(render, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"no picture")
    with pytest.raises(Unsupported, match="can no longer be read"):
        render(good, inputs={Role.PICTURE: path})


def test_an_engine_that_does_not_exist_is_unsupported(tmp_path):
    recipe = Recipe.from_json(RECIPE.to_json().replace("scripted", "warp"))
    with pytest.raises(Unsupported, match=r"no engine called 'warp'; choose from .*camera.*, sketch"):
        Renderer().render(
            recipe, {}, work=tmp_path, limits=RenderLimits(), on_event=lambda _: None, cancel=CancelToken()
        )


def test_an_engine_is_loaded_once(render, monkeypatch):
    made = []

    def remember(self, context):
        made.append(self)

    monkeypatch.setattr(Scripted, "__init__", remember)
    monkeypatch.setattr(Scripted, "takes", [good])
    renderer = Renderer()
    for _ in range(2):
        renderer.render(
            RECIPE,
            {},
            work=render.clip.parent,
            limits=RenderLimits(),
            on_event=lambda _: None,
            cancel=CancelToken(),
        )
    assert len(made) == 1


def test_a_sketch_says_on_its_receipt_that_it_is_one(render, tmp_path):
    sketch = Recipe.from_json(RECIPE.to_json().replace('"scripted"', '"sketch"'))
    assert render(recipe=sketch, max_takes=1).ladder[-1].startswith("a sketch: ")


def test_the_same_defect_twice_is_drawn_with_less_motion_and_the_receipt_says_so(render):
    asked = []

    def remember(recipe):
        asked.append(recipe.motion)
        return good(recipe) if recipe.motion is Motion.GENTLE else broken(recipe)

    told: list[Event] = []
    receipt = render(remember, remember, remember, on_event=told.append)
    assert asked == [Motion.NORMAL, Motion.NORMAL, Motion.GENTLE]
    assert [take.changed for take in receipt.takes] == ["", "", "gentle motion instead of normal"]
    assert "gentle motion instead of normal" in receipt.ladder
    assert [event.take.number for event in told if isinstance(event, TakeDiscarded)] == [1, 2]


def test_a_hopeless_take_is_followed_by_the_next(render):
    def hopeless(recipe):
        raise HopelessTake("it contains invalid numbers")

    receipt = render(hopeless, good)
    assert [take.outcome for take in receipt.takes] == [Outcome.REJECTED, Outcome.ACCEPTED]
    assert receipt.takes[0].reasons == ("it contains invalid numbers",)
    assert (receipt.kept, receipt.forced) == (2, False)


def test_where_all_takes_are_hopeless_there_is_no_clip(render):
    def hopeless(recipe):
        raise HopelessTake("it contains invalid numbers")

    with pytest.raises(RenderFailed, match="invalid numbers") as caught:
        render(hopeless)
    assert caught.value.code == "E_BROKEN"


def test_a_draft_is_a_small_clip_in_the_work_folder_while_it_draws(render):
    seen = []

    def look(event):
        if isinstance(event, Draft):
            seen.append((event.take, event.path.stat().st_size))

    def drafting(recipe):
        Scripted.hooks.draft(good(recipe)[:, ::2, ::2])
        return good(recipe)

    render(drafting, on_event=look)
    assert [number for number, _ in seen] == [1]
    assert 500 < seen[0][1] < DRAFT_BYTES
