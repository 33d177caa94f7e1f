from __future__ import annotations

import pytest

from bot.requests.wording import NO_WORDS, worded
from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.errors import UserError
from engine.core.recipe import Kind, Style
from engine.core.request import Request
from engine.families import CATALOGUE

HERE = Capabilities(
    device=Device(kind=DeviceKind.CUDA, memory=24 * 2**30),
    weights=frozenset(CATALOGUE),
    checkpoints=("toon",),
    styles=("ink", "Neon Nights"),
)


def read(prompt, *, kind=Kind.TEXT2VIDEO, here=HERE, limit=400, **given):
    return worded(Request(kind=kind, prompt=prompt, **given), here, limit=limit)


@pytest.mark.parametrize("limit", [20, 400])
def test_a_prompt_over_the_limit_is_cut_and_says_so(limit):
    fits = "x" * limit
    assert read(fits, limit=limit).notes == ()
    cut = read(fits + " and a tall white lighthouse", limit=limit)
    assert cut.prompt == fits
    assert cut.notes == (f"your prompt was cut after {limit} characters",)


def test_a_negative_over_the_limit_is_cut_and_says_so():
    assert read("rain", negative="y" * 30, limit=20).notes == ("what to avoid was cut after 20 characters",)


def test_what_cleaning_takes_out_is_no_cut():
    assert read("x" * 390 + "\u200b" * 50 + " " * 50).notes == ()


@pytest.mark.parametrize("typed", ["\u200b\u200b", "\u2800", "   ", "", "<lora:gone:1>", "BREAK"])
@pytest.mark.parametrize("kind", [Kind.TEXT2VIDEO, Kind.RESTYLE])
def test_a_prompt_of_no_words_is_refused(typed, kind):
    with pytest.raises(UserError, match=NO_WORDS):
        read(typed, kind=kind)


def test_a_picture_needs_no_words_but_blank_ones_are_refused():
    assert read("", kind=Kind.ANIMATE).prompt == ""
    with pytest.raises(UserError, match=NO_WORDS):
        read("\u200b", kind=Kind.ANIMATE)


def test_a_lora_of_the_owner_s_list_is_read_as_a_style():
    request = read("<lora:ink:0.8> red boat, <LoRA:neon nights>, sea")
    assert request.prompt == "red boat, sea"
    assert request.styles == (Style(name="ink", weight=0.8), Style(name="Neon Nights", weight=1.0))
    assert any("ink:0.8" in note for note in request.notes)


@pytest.mark.parametrize(
    "lora", ["<lora:gone:0.8>", "<lora:ink:-1>", "<lora:ink:9>", "<lora:ink:x>", "<lyco:a:1:2>"]
)
def test_a_lora_that_cannot_be_used_is_left_out_and_named(lora):
    request = read(f"red boat {lora}")
    assert (request.prompt, request.styles) == ("red boat", ())
    assert "was left out" in request.notes[0]


def test_a_picture_takes_no_loras():
    request = read("red boat <lora:ink:0.8>", kind=Kind.ANIMATE)
    assert (request.prompt, request.styles) == ("red boat", ())


def test_no_more_loras_are_taken_than_a_clip_can_have():
    given = tuple(Style(name=f"s{number}") for number in range(4))
    request = read("boat <lora:ink:1> <lora:neon nights:1>", styles=given)
    assert [style.name for style in request.styles] == ["s0", "s1", "s2", "s3", "ink"]
    assert "up to 5 styles" in request.notes[-1]


@pytest.mark.parametrize(
    ("typed", "prompt"),
    [
        ("(red boat:1.3), BREAK sea", "red boat, sea"),
        ("((red boat:1.2) at sea:.9)", "red boat at sea"),
        ("a boat, embedding:EasyNegative, sea", "a boat, sea"),
        ("(blue) boat (in a 16:9 frame)", "(blue) boat (in a 16:9 frame)"),
        ("breaking waves, break of day", "breaking waves, break of day"),
        ("a boat at (10:30)", "a boat at (10:30)"),
        ("a frame (2:1) of (boat:1)", "a frame (2:1) of boat"),
    ],
)
def test_weights_and_commands_of_other_programs_are_taken_out_and_named(typed, prompt):
    request = read(typed)
    assert request.prompt == prompt
    assert bool(request.notes) == (typed != prompt)


def test_the_negative_is_read_alike():
    request = read("boat", negative="(worst quality:1.4), embedding:x, <lora:ink:1>")
    assert request.negative == "worst quality"
    assert request.styles == ()


def test_a_raw_prompt_stays_and_what_means_nothing_in_it_is_named():
    request = read("(red boat:1.3) <lora:ink:1>", raw=True)
    assert request.prompt == "(red boat:1.3) <lora:ink:1>"
    assert "because you chose raw" in request.notes[0]


def test_a_mistyped_schedule_says_that_it_was_read_as_plain_words():
    assert "0: a bud | 8: a flower" in read("0: a bud, 8: a flower").notes[0]
    assert read("10:30 pm, the sea moves").notes == ()


def test_hostile_names_do_not_reach_the_notes():
    (note,) = read("boat <lora:](http://x.test) @everyone `:1>").notes
    assert not set("[]()@`/") & set(note)


def test_reading_twice_is_reading_once():
    once = read("<lora:ink:0.8> (red boat:1.3), BREAK sea")
    twice = worded(Request(kind=once.kind, prompt=once.prompt, styles=once.styles), HERE, limit=400)
    assert (twice.prompt, twice.styles, twice.notes) == (once.prompt, once.styles, ())
