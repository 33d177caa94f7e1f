"""AnimateDiff on tiny weights: each kind of clip the whole way, its traps, and what it draws with."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.core.errors import RenderFailed, Unsupported, UserError
from engine.core.events import Draft, Event, Progress
from engine.core.family import Inputs, SourceClip
from engine.core.recipe import Before, Role, Stage, Style
from engine.diffusion.by_time import frames_by_time
from engine.families import load
from engine.families.animatediff import loras, parts
from engine.families.animatediff.draw import _Take
from engine.families.animatediff.ip_adapter import WEIGHTS
from engine.families.animatediff.parts import Parts
from engine.runtime.context import EngineContext
from engine.vision.crop import cover
from engine.weights.store import Store
from tests.engine.families.animatediff_bench import (
    CAMERA,
    CLIP,
    EVERYTHING,
    LCM,
    LIGHTNING,
    PICTURE,
    RESTYLE,
    V2,
    V3,
    differ,
    draw,
    furnished,
    renders,
    small,
)
from tests.engine.tiny import animatediff as tiny

from diffusers import AnimateDiffPipeline, AnimateDiffSparseControlNetPipeline  # isort: skip


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    return furnished(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def store(context):
    return context.store


@pytest.fixture(scope="module")
def family(context):
    return load("animatediff", context)


@pytest.fixture(scope="module")
def plain(family):
    """What an undisturbed take of ``small()`` looks like."""
    return draw(family)


@pytest.fixture
def render(context, tmp_path):
    return renders(context, tmp_path)


@pytest.mark.parametrize(
    ("recipe", "roles"),
    [
        (small(), ()),
        (small(**LCM), ()),
        (small(**LIGHTNING), ()),
        (small(), (Role.PICTURE,)),
        (small(), (Role.LIKE,)),
        (small(**RESTYLE), (Role.REFERENCE,)),
        (EVERYTHING, (Role.LIKE,)),
    ],
    ids=["words", "lcm", "lightning", "first frame", "like", "restyle", "everything"],
)
def test_a_recipe_becomes_a_clip_the_same_bytes_each_time(render, recipe, roles):
    first, second = render(recipe, *roles), render(recipe, *roles)
    assert (first.engine, first.frames, first.width) == ("animatediff", 6, 32)
    assert (first.sha256, first.ladder) == (second.sha256, ())


def test_words_go_on_with_a_clip_from_its_last_frame(render):
    before = Before(width=64, height=48, frames=12, engines=("animatediff",), real=False)
    recipe = small(fps=12, native_fps=12, before=before, inputs={Role.BEFORE: "a" * 64})
    receipt = render(recipe, Role.BEFORE)
    assert (receipt.frames, receipt.width, receipt.height) == (12 + recipe.length - 1, 64, 48)


def test_a_draft_is_shown_once_before_the_clip_is_drawn(render):
    events: list[Event] = []
    render(small(steps=6), on_event=events.append)
    (place,) = (number for number, event in enumerate(events) if isinstance(event, Draft))
    before = [event for event in events[:place] if isinstance(event, Progress)]
    assert before[-1].stage is Stage.DRAWING
    assert before[-1].fraction < 0.6


# --- the traps


def test_trap_1_clip_skip_which_crashes_is_never_asked_for(family, monkeypatch):
    asked = []
    encode = AnimateDiffPipeline.encode_prompt

    def spy(*args, **more):
        asked.append(more.get("clip_skip"))
        return encode(*args, **more)

    monkeypatch.setattr(AnimateDiffPipeline, "encode_prompt", spy)
    draw(family)
    assert asked == [None]


def test_trap_7_the_window_is_the_loaded_adapters_not_the_librarys(family):
    """The library's default is 32 frames; these adapters hold 24, and more at once is an error there."""
    long = small(frames=tiny.WINDOW + 2, settings={"window": 64, "whole": 64})
    assert draw(family, long).shape == (tiny.WINDOW + 2, 32, 32, 3)


def test_trap_7_a_window_is_never_longer_than_the_clip(family):
    by_frame = small(words="0: a bud | 3: a flower", settings={"window": 16})
    assert differ(draw(family, by_frame), draw(family, small(words="a bud", settings={"window": 16})))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings": {"motion": ""}}, "names no motion adapter"),
        ({"settings": {"motion": "motion-v9"}}, "“motion-v9” is not installed"),
        ({"model": "dream"}, "“dream” is not installed"),
        ({"model": "../sd15"}, "“../sd15” is not installed"),
        ({**LIGHTNING, "steps": 3}, "no weights for 3 steps"),
    ],
)
def test_trap_8_nothing_is_drawn_with_weights_that_are_not_there(family, changes, said):
    with pytest.raises(RenderFailed, match=said) as caught:
        draw(family, small(**changes))
    assert caught.value.code == "E_WEIGHTS"


def test_trap_8_a_pipeline_that_came_without_a_motion_adapter_is_refused(store):
    whole = AnimateDiffPipeline.from_pretrained(store.path("sd15"), feature_extractor=None)
    with pytest.raises(RenderFailed, match="needs a motion adapter"):
        Parts(whole)


def test_trap_9_the_picture_that_a_clip_begins_with_changes_it(family, plain):
    drawn = draw(family, inputs=Inputs(picture=PICTURE))
    assert differ(drawn, plain)
    assert differ(drawn, draw(family, inputs=Inputs(picture=PICTURE[::-1].copy())))


def test_the_picture_that_a_clip_begins_with_is_cropped_never_stretched(family, monkeypatch):
    seen = []
    monkeypatch.setattr(
        AnimateDiffSparseControlNetPipeline,
        "prepare_image",
        lambda _pipe, frames, *_: seen.extend(frames) or pytest.fail("far enough"),
    )
    with pytest.raises(pytest.fail.Exception):
        draw(family, inputs=Inputs(picture=PICTURE))
    assert not differ(np.asarray(seen[0]), cover(PICTURE, 32, 32))


def test_torchs_own_random_numbers_decide_nothing(family):
    """SparseCtrl encodes its picture with them."""
    torch.manual_seed(1)
    one = draw(family, inputs=Inputs(picture=PICTURE))
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert not differ(one, draw(family, inputs=Inputs(picture=PICTURE)))
    assert torch.equal(torch.get_rng_state(), before)


# --- words


def test_words_beyond_77_tokens_are_named(family):
    said: list[str] = []
    draw(family, small(words="a fox " + "x" * 90, negative="b " * 100), gave_up=said.append)
    assert [text.split("“")[0] for text in said] == ["not used, because the prompt is too long: "] * 2
    assert said[0].endswith("x”")
    draw(family, gave_up=pytest.fail)


def test_words_by_frame_are_read_by_frame_and_said_where_they_are_not(family):
    by_frame = small(words="0: a bud | 3: a flower")
    assert differ(draw(family, by_frame), draw(family, small(words="0: a bud | 3: a tree")))
    said: list[str] = []
    picture = Inputs(picture=PICTURE)
    drawn = draw(family, by_frame, inputs=picture, gave_up=said.append)
    assert "only the first frame's prompt" in said[0]
    assert not differ(drawn, draw(family, small(words="a bud"), inputs=picture))


def test_words_negative_words_and_the_seed_change_the_clip(family, plain):
    assert differ(plain, draw(family, small(words="a blue whale")))
    assert differ(plain, draw(family, small(negative="sharp")))
    assert differ(plain, draw(family, seed=2))


# --- what is loaded


def test_a_single_file_draws_what_its_folder_draws(family):
    assert not differ(draw(family, small(model="toon")), draw(family, small(model="toon-in-one")))


def test_a_single_file_alone_says_what_it_lacks(store, tmp_path):
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    (tmp_path / V3).symlink_to(store.path(V3))
    (checkpoints / "mine.safetensors").symlink_to(store.checkpoint("toon-in-one"))
    with pytest.raises(RenderFailed, match="models pull sd15"):
        draw(load("animatediff", EngineContext(store=Store(tmp_path))), small(model="mine"))


@pytest.mark.parametrize("what", ["cut off", "of another kind"])
def test_a_single_file_that_is_no_checkpoint_is_refused_in_words(store, what):
    path = store.folder / "checkpoints" / "odd.safetensors"
    if what == "cut off":
        path.write_bytes(store.checkpoint("toon-in-one").read_bytes()[:5000])
    else:
        save_file({"weight": torch.zeros(2)}, path)
    try:
        with pytest.raises(RenderFailed, match=r"cannot be used, because it is (damaged|not a checkpoint)"):
            draw(load("animatediff", EngineContext(store=store)), small(model="odd"))
    finally:
        path.unlink()


def test_a_checkpoint_whose_tokenizer_knows_no_words_is_refused_in_words(tmp_path):
    """transformers makes a tokenizer without words of it, and all prompts would give one clip."""
    context = furnished(tmp_path / "models")
    tokenizer = context.store.path("epicrealism") / "tokenizer"
    for path in tokenizer.iterdir():
        if path.name != "tokenizer_config.json":
            path.unlink()
    family = load("animatediff", context)
    with pytest.raises(RenderFailed, match=r"“epicrealism” is not installed"):
        draw(family)
    (tokenizer / "vocab.json").write_text('{"<|startoftext|>": 0, "<|endoftext|>": 1}')
    (tokenizer / "merges.txt").write_text("#version: 0.2\n")
    with pytest.raises(RenderFailed, match=r"The tokenizer in “epicrealism” is damaged") as caught:
        draw(family)
    assert caught.value.code == "E_WEIGHTS"


def test_an_adapter_of_another_width_is_refused_in_words(store, tmp_path):
    (tmp_path / "sd15").symlink_to(store.path("sd15"))
    tiny.adapter(mid_block=True, widths=(16, 32)).save_pretrained(tmp_path / "motion-xl")
    alone = load("animatediff", EngineContext(store=Store(tmp_path)))
    with pytest.raises(RenderFailed, match="do not work together"):
        draw(alone, small(model="sd15", settings={"motion": "motion-xl"}))


@pytest.mark.parametrize("changes", [LCM, LIGHTNING, {"settings": {"motion": V2}}, {"model": "sd15"}])
def test_ways_adapters_and_checkpoints_draw_different_clips(family, plain, changes):
    assert differ(plain, draw(family, small(**changes)))


# --- LoRAs


@pytest.mark.parametrize(
    "name", ["ink", "chalk", "clay"], ids=["today's keys", "keys of 2023", "kohya's keys"]
)
def test_a_style_changes_the_clip_by_its_weight_and_is_taken_off(family, plain, name):
    assert differ(plain, draw(family, small(styles=(Style(name=name),))))
    assert not differ(plain, draw(family, small(styles=(Style(name=name, weight=0.0),))))
    assert not differ(plain, draw(family))


def test_several_loras_are_worn_together(family):
    camera = {"settings": {"motion": V2, **CAMERA}}
    both = draw(family, small(**camera, styles=(Style(name="ink"), Style(name="clay", weight=0.5))))
    assert differ(both, draw(family, small(**camera, styles=(Style(name="ink"),))))
    assert differ(both, draw(family, small(settings={"motion": V2})))


@pytest.mark.parametrize("what", ["cut off", "another model's"])
def test_an_ip_adapter_that_cannot_be_loaded_is_refused_in_words_and_leaves_nothing(tmp_path, what):
    context = furnished(tmp_path / "models")
    family, file = load("animatediff", context), context.store.path("sd15-ip-adapter") / "models" / WEIGHTS
    whole = file.read_bytes()
    if what == "cut off":
        file.write_bytes(whole[: len(whole) // 2])
    else:
        file.write_bytes(context.store.style("ink").read_bytes())
    with pytest.raises(RenderFailed, match=r"“sd15-ip-adapter” cannot be loaded") as caught:
        draw(family, inputs=Inputs(like=PICTURE))
    assert caught.value.code == "E_WEIGHTS"
    alone = draw(family)
    file.write_bytes(whole)
    assert differ(draw(family, inputs=Inputs(like=PICTURE)), alone)
    assert not differ(draw(family), alone)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-lora", "made for another kind"),
        ("wrong-size", "made for another kind"),
        ("cut-off", "damaged"),
        ("nothing-for-us", "not a LoRA of the Stable Diffusion 1.5 kind"),
        ("../sd15", "no style"),
    ],
)
def test_a_style_that_cannot_be_used_is_refused_in_words_and_leaves_nothing(family, plain, name, said):
    with pytest.raises(UserError, match=said):
        draw(family, small(styles=(Style(name="ink"), Style(name=name))))
    assert not differ(plain, draw(family))


def test_a_look_changes_the_clip_by_its_weight(family, plain):
    like = Inputs(like=PICTURE)
    assert differ(plain, draw(family, inputs=like))
    assert not differ(plain, draw(family, small(settings={"like": 0.0}), inputs=like))


# --- a clip drawn anew


@pytest.mark.parametrize(
    ("fps", "shown"), [(12, [0, 2, 3, 4, 6, 8]), (8, [0, 1, 2, 3, 4, 5]), (30, [0, 4, 8, 11, 11, 11])]
)
def test_frames_of_a_clip_are_chosen_by_time_and_the_last_one_stays(fps, shown):
    numbered = np.arange(12, dtype=np.uint8)[:, None, None, None] * np.ones((1, 20, 30, 3), np.uint8)
    chosen = frames_by_time(SourceClip(frames=numbered, fps=fps), 6, 8, (32, 32))
    assert chosen.shape == (6, 32, 32, 3)
    assert chosen[:, 0, 0, 0].tolist() == shown


def test_a_clip_is_drawn_anew_as_far_as_the_strength_goes(family):
    source = Inputs(reference=CLIP)
    every_other = SourceClip(frames=CLIP.frames[::2].repeat(2, axis=0), fps=12)
    steps = {"steps": 4}
    weak = draw(family, small(**{**RESTYLE, **steps, "strength": 0.25}), inputs=source)
    strong = draw(family, small(**{**RESTYLE, **steps, "strength": 1.0}), inputs=source)
    assert differ(weak, strong)
    assert differ(
        weak,
        draw(family, small(**{**RESTYLE, **steps, "strength": 0.25}), inputs=Inputs(reference=every_other)),
    )


@pytest.mark.parametrize(
    ("changes", "inputs", "said"),
    [
        (RESTYLE, Inputs(), "no clip"),
        ({**RESTYLE, "strength": 0.1}, Inputs(reference=CLIP), "nothing would change"),
        ({"way": "hurried"}, Inputs(), "no preset called"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(family, changes, inputs, said):
    with pytest.raises(Unsupported, match=said):
        draw(family, small(**changes), inputs=inputs)


def test_the_lora_of_animatelcm_is_read_once_and_draws_what_it_drew_when_it_was_worn(store, monkeypatch):
    """Fused, its numbers round a little differently: that is the way's picture."""
    read: list[str] = []
    working = loras._load

    def reading(pipe, name, lora):
        read.append(lora.name)
        return working(pipe, name, lora)

    monkeypatch.setattr(loras, "_load", reading)
    family = load("animatediff", EngineContext(store=store))
    asked = small(way="lcm", steps=2, guidance=1.0, settings={"motion": "animatelcm"})
    first = draw(family, asked)
    assert not differ(draw(family, asked), first)
    assert read == ["animatelcm"]
    lora = loras.Lora(name="worn", file=store.path("animatelcm") / parts.LCM_LORA, weight=parts.LCM_WEIGHT)
    monkeypatch.setattr(parts, "fuse", lambda *_: None)
    monkeypatch.setattr(_Take, "_loras", lambda _: (lora,))
    worn = draw(load("animatediff", EngineContext(store=store)), asked)
    assert abs(worn.astype(int) - first).max() <= 1
    monkeypatch.setattr(_Take, "_loras", lambda _: ())
    without = draw(load("animatediff", EngineContext(store=store)), asked)
    assert abs(without.astype(int) - first).max() > 1, "it has an effect"


def test_its_draft_is_the_first_look(family, monkeypatch):
    look = np.random.default_rng(0).integers(0, 256, (6, 64, 64, 3), np.uint8)
    monkeypatch.setattr("engine.families.animatediff.draw.first_look", lambda *_: look)
    shown: list[object] = []
    draw(family, small(steps=4), draft=shown.append)
    assert [draft is look for draft in shown] == [True]
