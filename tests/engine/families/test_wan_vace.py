"""Wan VACE on tiny random weights: beside the stock pipeline, through the plan, and through the renderer."""

import dataclasses
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from benchmarks.parity import vace
from benchmarks.parity.__main__ import SAME
from benchmarks.parity.case import decibels
from benchmarks.parity.vace import CLIP, FILM, FIRST, FRAMES, LAST, LOOK, SIDE
from engine.clips.encode import read_metadata
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.errors import RenderFailed, Unsupported
from engine.core.events import Draft
from engine.core.family import Hooks, Inputs
from engine.core.receipt import Outcome
from engine.core.recipe import Follow, Kind, Recipe, Role
from engine.core.request import Request, Subject
from engine.diffusion.ladder import Start, first_rung
from engine.diffusion.wan.ladder import RUNGS, Weights, costs, rungs_of
from engine.families import load
from engine.families.wan_vace import VACE
from engine.families.wan_vace.conditions import conditions, on_paper
from engine.families.wan_vace.draw import WanVace
from engine.following.extractors import find_edges
from engine.planning.plan import plan
from engine.rendering.both_ends import judge_both_ends
from engine.rendering.render import CLIP_NAME, Renderer, RenderLimits
from engine.rendering.takes import ONLY_WARNS
from engine.runtime.context import EngineContext
from engine.vision.crop import cover
from engine.weights.store import Store
from tests.engine.tiny import wan_vace
from tests.engine.tiny.animatediff_control import depth_anything

import diffusers  # isort: skip

GIB = 2**30
WAYS = tuple(vace.ways())


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("vace")
    wan_vace.build(folder)
    return Store(folder)


@pytest.fixture(scope="module")
def family(store):
    return load("wan-vace", EngineContext(store=store))


def recipe(**changes):
    given: dict[str, Any] = {
        "kind": Kind.TEXT2VIDEO,
        "engine": "wan-vace",
        "way": "unipc-30",
        "seed": 3,
        "width": SIDE,
        "height": SIDE,
        "frames": FRAMES,
        "native_fps": 16,
        "fps": 16,
        "length": FRAMES,
        "words": "a fox, snow",
        "negative": "blurry",
        "steps": 2,
        "guidance": 5.0,
        "settings": {"flow_shift": 3.0},
    }
    return Recipe(**(given | changes))


def draw(family, what, inputs=None, *, seed=3, **hooks):
    return family.draw(what, inputs or Inputs(), seed=seed, hooks=Hooks(**hooks))


# --- beside the stock pipeline


@pytest.fixture(scope="module")
def cases(store):
    """Way → the plan's recipe in two steps, what goes with it, and the stock pipeline's clip of it."""
    return {case.way: case.shorter(2) for case in vace.cases(store) if case.way in WAYS}


@pytest.fixture(scope="module")
def drawn(family, cases):
    """Each way's clip, drawn once."""
    return {name: draw(family, case.recipe, case.inputs) for name, case in cases.items()}


@pytest.mark.parametrize("name", WAYS)
def test_a_clip_is_the_stock_pipelines_own(cases, drawn, name):
    case = cases[name]
    with torch.no_grad():
        theirs = case.stock(case.recipe)
    assert decibels(drawn[name], theirs.frames, top=255) >= SAME


def test_each_thing_that_a_clip_is_drawn_by_counts(drawn):
    clips = list(drawn.values())
    assert len({clip.tobytes() for clip in clips}) == len(clips)


def test_the_same_seed_gives_the_same_bytes_after_all_others(family, cases, drawn):
    name = "first and last frame"
    what, inputs = cases[name].recipe, cases[name].inputs
    assert np.array_equal(drawn[name], draw(family, what, inputs))
    assert not np.array_equal(drawn[name], draw(family, what, inputs, seed=4))


# --- what the model is shown


def test_pictures_stay_where_they_belong_and_the_last_map_is_held():
    maps = np.stack([np.full((SIDE, SIDE, 3), 50 + number, np.uint8) for number in range(3)])
    given = conditions((SIDE, SIDE), 5, control=maps, kept={0: FIRST, 4: LAST})
    shown = [np.asarray(picture) for picture in given["video"]]
    assert np.array_equal(shown[0], FIRST)
    assert np.array_equal(shown[4], LAST)
    assert [int(picture[0, 0, 0]) for picture in shown[1:4]] == [51, 52, 52]
    assert [mask.getextrema()[0] for mask in given["mask"]] == [0, 255, 255, 255, 0]
    assert conditions((SIDE, SIDE), 5, control=None, kept={}) == {}


@pytest.mark.parametrize(
    ("what", "way"),
    [
        (recipe(follow=Follow.DEPTH, settings={"extractor": "depth-anything"}), "depth-anything"),
        (recipe(follow=Follow.POSE), "body-points"),
        (
            recipe(kind=Kind.RESTYLE, strength=0.6, settings={"keeps": "depth", "extractor": "midas"}),
            "midas",
        ),
        (recipe(kind=Kind.RESTYLE, strength=0.6, settings={"keeps": "depth"}), "depth-anything"),
    ],
)
def test_poses_and_depth_are_found_as_the_recipe_says_or_as_this_machine_can(family, what, way):
    """The weights are missing, and are missed by name."""
    needed = {"depth-anything": "Depth Anything", "body-points": "centerface", "midas": "MiDaS"}[way]
    with pytest.raises(RenderFailed, match=needed) as caught:
        draw(family, what, Inputs(reference=CLIP))
    assert caught.value.code == "E_WEIGHTS"


def test_a_clip_is_drawn_by_the_depth_that_depth_anything_finds(store, tmp_path, monkeypatch):
    """With its weights, small and random, beside VACE's own."""
    for entry in store.folder.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    depth_anything().save_pretrained(tmp_path / "depth-anything")
    calls = spy(monkeypatch)
    family = load("wan-vace", EngineContext(store=Store(tmp_path)))
    clip = draw(family, recipe(follow=Follow.DEPTH, steps=1), Inputs(reference=CLIP))
    assert clip.shape == (FRAMES, SIDE, SIDE, 3)
    maps = np.stack([np.asarray(shown) for shown in calls[0]["video"]])
    assert (maps.min(), maps.max()) == (0, 255), "the whole clip has one range"
    assert np.array_equal(maps[..., 0], maps[..., 2])


@pytest.mark.parametrize("size", [(40, 20), (20, 40), (400, 200), (7, 300)])
def test_a_picture_whose_look_is_taken_is_whole_and_in_the_middle(size):
    paper = np.asarray(on_paper(np.zeros((size[1], size[0], 3), np.uint8), (64, 48)))
    dark = np.argwhere(paper.max(axis=2) < 128)
    high, wide = np.ptp(dark, axis=0) + 1
    assert paper.shape == (48, 64, 3)
    assert wide == 64 or high == 48
    assert wide / high == pytest.approx(size[0] / size[1], rel=0.15)
    assert np.abs(dark.mean(axis=0) - (23.5, 31.5)).max() <= 0.5


def spy(monkeypatch):
    """What the pipeline is called with, call by call."""
    calls: list[dict[str, Any]] = []
    working = diffusers.WanVACEPipeline.__call__

    def listening(self, **given):
        calls.append(given)
        return working(self, **given)

    monkeypatch.setattr(diffusers.WanVACEPipeline, "__call__", listening)
    return calls


def test_a_clip_that_is_not_whole_groups_of_four_still_ends_with_its_picture(family, monkeypatch):
    calls = spy(monkeypatch)
    what = recipe(kind=Kind.ANIMATE, frames=7, length=7, steps=1)
    assert len(draw(family, what, Inputs(picture=FIRST, end=LAST))) == 7
    (given,) = calls
    masks = [mask.getextrema()[0] for mask in given["mask"]]
    assert masks == [0, 255, 255, 255, 255, 255, 0, 0, 0], "the seventh is the last that is shown"


def test_a_longer_clip_goes_on_from_its_last_frame_and_follows_on(family, monkeypatch):
    calls = spy(monkeypatch)
    what = recipe(follow=Follow.EDGES, steps=1, settings={"flow_shift": 3.0, "go": 5})
    clip = draw(family, what, Inputs(reference=CLIP, end=LAST))
    assert clip.shape == (FRAMES, SIDE, SIDE, 3)
    edges = find_edges(FILM, Hooks())
    first, second = (given["video"] for given in calls)
    assert [np.array_equal(np.asarray(shown), edges[n]) for n, shown in enumerate(first)] == [True] * 5
    assert np.array_equal(np.asarray(second[0]), clip[4])
    assert [np.array_equal(np.asarray(second[n]), edges[4 + n]) for n in range(1, 4)] == [True] * 3
    assert np.array_equal(np.asarray(second[4]), LAST)


@pytest.mark.parametrize(
    ("what", "inputs", "says"),
    [
        (recipe(kind=Kind.RESTYLE), Inputs(), "no clip to restyle"),
        (recipe(follow=Follow.EDGES), Inputs(), "no clip to follow"),
        (recipe(kind=Kind.RESTYLE, settings={"keeps": "its soul"}), Inputs(reference=CLIP), "what to keep"),
    ],
)
def test_what_cannot_be_drawn_is_spoken_of(family, what, inputs, says):
    with pytest.raises(Unsupported, match=says):
        draw(family, what, inputs)


# --- memory and speed


def test_what_is_given_up_changes_neither_this_clip_nor_how_the_next_is_encoded(
    family, cases, drawn, monkeypatch
):
    tiled = []
    working = diffusers.AutoencoderKLWan.encode

    def listening(self, *arguments, **options):
        tiled.append(self.use_tiling)
        return working(self, *arguments, **options)

    monkeypatch.setattr(diffusers.AutoencoderKLWan, "encode", listening)
    name = "control, a first frame and a look"
    what, inputs = cases[name].recipe, cases[name].inputs
    with monkeypatch.context() as low:
        low.setattr(WanVace, "_start", lambda *_: Start(rungs=frozenset({"offload", "tiles", "stream"})))
        assert np.allclose(drawn[name].astype(int), draw(family, what, inputs).astype(int), atol=1)
    draw(family, recipe(steps=1))
    assert tiled == [True] * 3 + [False] * 2, "what stays and what is drawn; and the look, in the first"


def test_where_the_ladder_begins_on_each_card():
    """6, 8, 12, 16, 24 and 80 GB, of which a desktop and CUDA take some; the longest clip, full size."""
    weights = Weights(transformer=VACE.transformer, vae=VACE.vae)
    needed = costs(VACE, recipe(width=832, height=480, frames=81), weights, go=81, encoded=81)
    assert list(needed) == sorted(needed, reverse=True)
    assert rungs_of(VACE) == RUNGS
    cards = [int((gib - 0.6) * GIB) for gib in (6, 8, 12, 16, 24, 80)]
    assert [first_rung(needed, free) for free in cards] == [4, 2, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("settings", "passes", "blocks"),
    [({}, 12, 12), ({"guided": 0.5, "cached_every": 2}, 9, 7)],
    ids=["as ever", "lighter"],
)
def test_the_recipe_says_which_steps_are_guided_and_on_which_the_blocks_work(
    family, monkeypatch, settings, passes, blocks
):
    """Of six steps the blocks work on the first three, then on the fifth."""
    transformer = family._models(recipe()).transformer
    counts = {"passes": 0, "blocks": 0, "control blocks": 0}
    for name, module in (
        ("passes", transformer.patch_embedding),
        ("blocks", transformer.blocks[0].attn1),
        ("control blocks", transformer.vace_blocks[0].attn1),
    ):

        def count(*args, to=module.forward, which=name, **more):
            counts[which] += 1
            return to(*args, **more)

        monkeypatch.setattr(module, "forward", count)
    clip = draw(family, recipe(steps=6, settings={"flow_shift": 3.0, **settings}), Inputs(picture=FIRST))
    assert clip.min() < clip.max()
    assert counts == {"passes": passes, "blocks": blocks, "control blocks": blocks}


def test_one_draft_of_the_clip_alone_is_shown(family):
    drafts: list[Any] = []
    draw(family, recipe(steps=3), Inputs(like=LOOK), draft=drafts.append)
    assert [draft.shape for draft in drafts] == [(FRAMES, 128, 128, 3)]


def test_from_one_picture_to_another_through_the_renderer(store, tmp_path, monkeypatch):
    """Request, plan, takes, gate, smoothing, MP4. Each end is judged by its own picture."""
    judged: list[tuple[Any, bool, bool]] = []

    def listening(frames, first, last, *rest, **more):
        wide = [cover(picture, 64, 64) for picture in (FIRST, LAST)]
        judged.append((frames, np.array_equal(first, wide[0]), np.array_equal(last, wide[1])))
        return judge_both_ends(frames, first, last, *rest, **more)

    monkeypatch.setattr("engine.rendering.takes.judge_both_ends", listening)
    made = plan(
        Request(kind=Kind.ANIMATE, prompt="day turns to night", seconds=0.5, size=(64, 64), fps=24, seed=3),
        Subject(sha256="a" * 64, width=SIDE, height=SIDE, faces=0),
        end=Subject(sha256="c" * 64, width=SIDE, height=SIDE, faces=0),
        capabilities=Capabilities(weights=frozenset({"wan-vace-1.3b", "wan-umt5"}), slow=True),
    )
    assert (made.engine, made.frames, made.length) == ("wan-vace", 9, 12)
    assert "it goes from one picture to another" in made.reasons[0]
    files: dict[str, Path] = {}
    for role, picture in ((Role.PICTURE, FIRST), (Role.END, LAST)):
        files[role] = tmp_path / f"{role}.png"
        cv2.imwrite(str(files[role]), picture[..., ::-1])
    work = tmp_path / "work"
    work.mkdir()
    events: list[Any] = []
    receipt = Renderer(EngineContext(store=store)).render(
        dataclasses.replace(made, steps=3),
        files,
        work=work,
        limits=RenderLimits(max_takes=1),
        on_event=events.append,
        cancel=CancelToken(),
    )
    assert (receipt.engine, receipt.frames, receipt.width) == ("wan-vace", 12, 64)
    assert len(read_clip(work / CLIP_NAME).frames) == 12
    assert Recipe.from_json(read_metadata(work / CLIP_NAME)["comment"]).inputs.keys() == {"picture", "end"}
    assert sum(isinstance(event, Draft) for event in events) == 1
    assert [(len(frames), *ends) for frames, *ends in judged] == [(9, True, True)]
    assert (receipt.takes[0].outcome, receipt.forced) == (Outcome.WARNED, False)
    assert ONLY_WARNS in receipt.ladder, "the gate was not fitted to its clips"
