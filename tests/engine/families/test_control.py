"""Following a clip, on tiny weights: what the ControlNet is shown, what it does, and what following needs."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import types
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.clips.encode import encode
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.errors import Cancelled, RenderFailed, Unsupported, UserError
from engine.core.family import Hooks, Inputs, SourceClip
from engine.core.recipe import Follow, Kind, Recipe, Role
from engine.core.request import Request, Subject
from engine.families import FAMILIES, load
from engine.families.animatediff_control.weights import CONTROLNETS
from engine.following import extractors
from engine.following.needs import BODY_POINTS, NEEDS, way_named
from engine.following.skeleton import KEYPOINTS, draw_skeleton, find_poses, keypoints
from engine.planning.plan import plan
from engine.rendering.render import Renderer, RenderLimits
from engine.runtime.context import EngineContext
from engine.vision.bodies import Body
from engine.weights.shared import ANNOTATORS
from engine.weights.store import Store
from tests import ROOT
from tests.engine.tiny import animatediff as tiny
from tests.engine.tiny import animatediff_control, svd, wan
from tests.present import present

from diffusers import ControlNetModel  # isort: skip

from engine.families.animatediff_control import draw as drawing  # isort: skip
from engine.following import control_clip as follow  # isort: skip

EXTRACTED = tuple(way for ways in NEEDS.values() for way in ways if way.file)
MIDAS = NEEDS[Follow.DEPTH][1]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for family in (animatediff_control, svd, wan):
        family.build(folder)
    return Store(folder)


@pytest.fixture(scope="module")
def family(store):
    return load("animatediff-control", EngineContext(store=store))


def bar(*columns, fps=8.0, size=32):
    """A clip of a white bar that stands at one column after the other."""
    frames = np.zeros((len(columns), size, size, 3), np.uint8)
    for frame, column in zip(frames, columns, strict=True):
        frame[:, column : column + 6] = 255
    return SourceClip(frames=frames, fps=fps)


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


def shown(clip, what=Follow.EDGES, *, frames=6, fps=8.0, size=(32, 32), context=None, **hooks):
    width, height = size
    pictures = follow.control_clip(
        *(clip, NEEDS[what][0] if isinstance(what, Follow) else what),
        frames=frames,
        fps=fps,
        width=width,
        height=height,
        context=context or EngineContext(),
        hooks=Hooks(**hooks),
    )
    return np.stack([np.asarray(picture) for picture in pictures])


# --- what it is shown


def columns_of(frames):
    """Where a bar's edges are: the first and the last column that is not black."""
    lit = frames.any(axis=(1, 3))
    return [(int(row.argmax()), len(row) - int(row[::-1].argmax()) - 1) for row in lit]


def test_frames_are_chosen_by_time_not_by_number():
    fast = bar(*range(1, 25), fps=24)
    every_third = bar(*range(1, 19, 3), fps=8)
    assert np.array_equal(shown(fast), shown(every_third))
    first, *_, last = columns_of(shown(fast))
    assert last[0] - first[0] == pytest.approx(15, abs=1)


def test_a_clip_that_is_too_short_holds_its_last_frame_and_that_is_said():
    said: list[str] = []
    edges = shown(bar(2, 20), frames=6, gave_up=said.append)
    assert all(np.array_equal(edges[1], later) for later in edges[2:])
    assert not np.array_equal(edges[0], edges[1])
    assert said == ["the clip to follow is 0.2 seconds long: its last frame is held after that"]
    said.clear()
    shown(bar(2, 8, 14, 20), frames=4, gave_up=said.append)
    assert said == []


def test_the_clip_is_cropped_to_the_frame_never_stretched():
    wide = SourceClip(frames=np.zeros((2, 32, 96, 3), np.uint8), fps=8)
    wide.frames[:, 8:24, 40:56] = 255  # a square, in the middle
    lit = shown(wide, frames=1)[0].any(axis=2)
    assert abs(int(lit.any(axis=0).sum()) - int(lit.any(axis=1).sum())) <= 1


def test_faint_edges_count_in_a_faint_clip_and_grain_counts_in_none():
    faint = bar(8, 12)
    assert shown(SourceClip(frames=faint.frames // 4 + 40, fps=8)).any()
    grain = np.random.default_rng(1).integers(118, 124, (4, 32, 32, 3), dtype=np.uint8)
    assert not shown(SourceClip(frames=grain, fps=8)).any()


def test_edges_are_black_and_white_in_three_channels():
    edges = shown(bar(4, 8, 12))
    assert edges.shape == (6, 32, 32, 3)
    assert set(np.unique(edges)) == {0, 255}


@pytest.mark.parametrize("at", [0, 3])
def test_reading_the_clip_stops_when_asked_to(at):
    cancel, done = CancelToken(), []

    def progress(share):
        done.append(share)
        if len(done) > at:
            cancel.cancel()

    with pytest.raises(Cancelled):
        shown(bar(1, 2, 3), progress=progress, cancel=cancel)
    assert len(done) == at + 1


# --- the extractors


@pytest.fixture
def annotated(tmp_path):
    """A workshop with the extractors' folder; and with files that are no weights."""
    for way in EXTRACTED:
        folder = tmp_path / way.entries[0]
        folder.mkdir(exist_ok=True)
        (folder / way.file).write_bytes(b"PK\3\4 cut off")
    return EngineContext(store=Store(tmp_path))


@pytest.fixture(scope="session")
def aux(torchvision):
    """controlnet-aux, as the product imports it."""
    return extractors.controlnet_aux(Follow.POSE)


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


# --- what it does


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


# --- the plan

CONTROL = FAMILIES["animatediff-control"]
ALL = frozenset(name for ways in CONTROL.follows.values() for name in ways[0]) | {"sd15", "motion-v1-5-3"}
CLIP = Subject(sha256="cd" * 32, width=640, height=480, seconds=3)


def planned(what=Follow.EDGES, weights=ALL, **request):
    asked = Request(kind=Kind.TEXT2VIDEO, prompt="a fox", follow=what, **request)
    return plan(asked, reference=CLIP, capabilities=Capabilities(weights=weights, slow=True))


@pytest.mark.parametrize("what", Follow)
def test_to_follow_a_clip_the_plan_chooses_this_engine_and_says_by_what(what):
    recipe = planned(what)
    assert recipe.engine == "animatediff-control"
    assert recipe.follow is what
    assert any(CONTROLNETS[what] in reason for reason in recipe.reasons)
    assert recipe.settings["extractor"] == NEEDS[what][0].name
    assert any("do not sell" in reason for reason in recipe.reasons) == (what is Follow.POSE)


def test_what_is_not_installed_is_named_with_what_could_be_followed_instead():
    with pytest.raises(UserError, match="models pull controlnet-openpose centerface body-points") as caught:
        planned(Follow.POSE, frozenset({"sd15", "motion-v1-5-3", "controlnet-canny"}))
    assert caught.value.code == "E_WEIGHTS"
    assert str(caught.value).endswith("Here you can follow edges.")


def test_this_engine_is_never_chosen_without_a_clip():
    assert planned(None).engine == "animatediff"
    with pytest.raises(UserError, match="attach one"):
        planned(None, engine="animatediff-control")
    without = Capabilities(weights=frozenset({"sd15", "motion-v1-5-3"}), slow=True)
    assert "controlnet-openpose" in present(FAMILIES["animatediff-control"].lacks(without))


def test_each_kind_of_following_says_what_its_licence_allows():
    assert set(NEEDS) == set(CONTROL.follows) == set(Follow)
    ways = [way for ways in NEEDS.values() for way in ways]
    assert [way.name for way in ways if not way.sold] == ["openpose"]
    assert all(way.url.startswith("https://") and way.licence for way in ways)
    assert {what: {way.follow for way in ways} for what, ways in NEEDS.items()} == {
        what: {what} for what in Follow
    }
    assert len({way.name for way in ways}) == len(ways)
    assert CONTROL.follows[Follow.EDGES] == (("controlnet-canny",),)


def test_poses_are_followed_by_the_eyes_unless_the_owner_pulled_openpose():
    """Who sells clips leaves OpenPose alone: nothing of it is used that was not asked for by name."""
    eyes = (ALL - {"openpose"}) | set(BODY_POINTS)
    free = planned(Follow.POSE, eyes)
    assert free.settings["extractor"] == "body-points"
    assert not any("do not sell" in reason for reason in free.reasons)
    assert any("MediaPipe's body points" in reason for reason in free.reasons)
    assert planned(Follow.POSE, eyes | {"openpose"}).settings["extractor"] == "openpose"


def test_a_recipe_that_names_no_extractor_is_drawn_with_what_is_here(tmp_path):
    store = Store(tmp_path)
    assert follow.way_of(Follow.POSE, {}, store).name == "body-points", (
        "so that this is what is said to be missing"
    )
    (tmp_path / "openpose").mkdir()
    assert follow.way_of(Follow.POSE, {}, store).name == "openpose"
    assert way_named(Follow.POSE, "midas") is None


# --- poses from body points


def person(left=100.0, *, hidden=(), nose_up=0.0):
    """A body of 33 points that stands upright, 200 pixels tall."""
    points = np.zeros((33, 2), np.float32)
    rows = {0: 20, 11: 50, 13: 80, 15: 110, 23: 120, 25: 160, 27: 200, 2: 15, 7: 16}
    aside = {0: 0, 11: 20, 13: 25, 15: 28, 23: 12, 25: 12, 27: 12, 2: 4, 7: 8}
    for number, row in rows.items():
        points[number] = left + aside[number], row - nose_up
        other = {2: 5, 0: 0}.get(number, number + 1)
        points[other] = left - aside[number], row - nose_up
    visible = np.where(points.any(axis=1), 1.0, 0.1).astype(np.float32)
    visible[list(hidden)] = 0.1
    up = np.array([0, -100], np.float32)
    return Body(
        points=points, visible=visible, certainty=0.9, middle=np.array([left, 120], np.float32), along=up
    )


def test_a_skeleton_is_that_of_openpose(aux):
    """The same points, drawn by controlnet-aux."""
    from controlnet_aux.open_pose.body import Keypoint
    from controlnet_aux.open_pose.util import draw_bodypose

    points = keypoints(person(hidden=(16, 8)), 256, 240)
    assert points[4] is None
    assert points[16] is None
    assert points[1] == (100, 50), "the neck"
    assert (points[5], points[2]) == ((120, 50), (80, 50)), "the person's left is on the viewer's right"
    own = np.zeros((240, 256, 3), np.uint8)
    draw_skeleton(own, points)
    theirs = draw_bodypose(
        np.zeros_like(own), [None if at is None else Keypoint(at[0] / 256, at[1] / 240) for at in points]
    )
    assert np.abs(own.astype(int) - theirs).max() == 0
    assert own.any(axis=2).mean() > 0.02


def test_what_lies_outside_the_frame_is_not_drawn():
    points = keypoints(person(left=5, nose_up=30), 256, 240)
    unseen = {number for number, at in enumerate(points) if at is None}
    assert unseen == set(range(KEYPOINTS)) - {5, 6, 7, 11, 12, 13}, "the left arm and leg are left"


class Watched:
    """Eyes that see a face in the first frames only."""

    def __init__(self, faces, bodies, there=True):
        self.asked: list[Any] = []
        self._faces, self._bodies, self._there = list(faces), bodies, there

    def has(self, _eye):
        return self._there

    def faces(self, _frame):
        return self._faces.pop(0)

    def body(self, _frame, start):
        self.asked.append(start)
        return self._bodies(start)


def test_a_person_who_turns_away_is_followed_from_frame_to_frame():
    frames = np.zeros((3, 240, 256, 3), np.uint8)
    said: list[str] = []
    eyes: Any = Watched([["face"], [], ["face"]], lambda _start: person())
    poses = find_poses(frames, eyes, Hooks(gave_up=said.append))
    assert poses.any(axis=(1, 2, 3)).all()
    assert [isinstance(start, Body) for start in eyes.asked] == [False, True, False], "nobody is drawn twice"
    assert said == []


def test_two_people_are_two_skeletons_and_one_who_is_lost_is_gone():
    frames = np.zeros((2, 240, 256, 3), np.uint8)
    places = {"one": person(60), "other": person(180)}
    eyes: Any = Watched(
        [["one", "other"], ["one"]], lambda start: places.get(start) if isinstance(start, str) else None
    )
    both, alone = (pose.any(axis=2).sum() for pose in find_poses(frames, eyes, Hooks()))
    assert both == pytest.approx(2 * alone, rel=0.05)


def test_a_clip_without_anybody_says_so():
    said: list[str] = []
    eyes: Any = Watched([[]], lambda _start: None)
    assert not find_poses(np.zeros((1, 64, 64, 3), np.uint8), eyes, Hooks(gave_up=said.append)).any()
    assert said == ["nobody whose face can be seen is in the clip to follow: no pose is followed"]


# --- without torchvision


def test_every_engine_draws_where_torchvision_is_broken(store, tmp_path):
    """It is then as if it were absent, so both are tried at once."""
    gc.collect()
    models = tmp_path / "models"
    models.mkdir()
    for path in store.folder.iterdir():
        (models / path.name).symlink_to(path)
    run = subprocess.run(
        [sys.executable, str(ROOT / "tests/engine/families/draw_without_torchvision.py"), str(models)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    *drawn, said = run.stdout.splitlines()
    assert set(drawn) >= {"animatediff", "animatediff-control", "camera", "sketch", "svd", "wan", "wan-5b"}
    assert said.startswith("E_EXTRACTOR To follow soft edges, this engine needs controlnet-aux")
