import re

import pytest

from engine.core.prompt_schedule import parse
from engine.core.recipe import Camera, Motion
from engine.core.sight import Shows
from engine.planning.prompting import CLIP_TOKENS, PromptText, clip_tokens, construct, movement

PROMPTS = {
    "an old woman laughs by a window": "a portrait",
    "two foxes in a forest": "an animal",
    "a bowl of ramen, steam rising": "food",
    "Tokyo in the rain": "a city",
    "mountains above the clouds": "a landscape",
    "wild roses open": "a flower",
    "a red sailboat": "a vehicle",
    "something nobody has a word for": "a scene",
    "watercolor of a fox": "a drawing",
    "Ein Fuchs im Schnee": "a scene",
    "": "a scene",
}
SOUND = re.compile(r"[^\W_]+")


def words_of(text):
    return SOUND.findall(text.casefold())


@pytest.mark.parametrize(("prompt", "about"), PROMPTS.items())
def test_the_template_is_the_subjects_and_the_plan_says_so(prompt, about):
    made = construct(prompt)
    assert made.text.startswith(prompt)
    assert len(made.text) > len(prompt)
    assert made.reasons == (f"words added for {about}: {made.text[len(prompt) :].lstrip(', ')}",)


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize(
    "extra", ["", " in natural light", ", close-up, wide view", " with detailed architecture"]
)
def test_no_added_word_was_said_already(prompt, extra):
    made = construct(prompt + extra)
    added = words_of(made.text.removeprefix(prompt + extra))
    assert not set(added) & set(words_of(prompt + extra))
    assert len(added) == len(set(added))


@pytest.mark.parametrize("prompt", [*PROMPTS, "0: a bud | 8: a flower"])
def test_raw_words_are_read_as_they_are_and_steered_nowhere(prompt):
    made = construct(prompt, raw=True, shows=Shows.GROUP, is_drawing=True, photo=False)
    assert made == PromptText(text=prompt, reasons=("your prompt exactly as you wrote it",))


def test_each_step_of_words_by_frame_gets_the_same_ending():
    made = construct("0: a bud | 8: a flower")
    steps = parse(made.text, 16)
    assert list(steps) == [0, 8]
    assert (
        steps[0].removeprefix("a bud")
        == steps[8].removeprefix("a flower")
        == ", close-up, fine detail, soft light"
    )


def test_the_first_known_word_decides():
    assert "fur" in construct("a fox in a city").text
    assert "architecture" in construct("a city full of foxes").text


def test_words_outdo_the_picture_which_outdoes_nothing():
    assert "skin" in construct("it begins to snore", shows=Shows.PORTRAIT).text
    assert "fur" in construct("a fox", shows=Shows.PORTRAIT).text
    assert "skin" not in construct("it begins to snore", shows=None).text


@pytest.mark.parametrize(
    ("prompt", "given", "drawn"),
    [
        ("a fox", {}, False),
        ("a fox, anime", {}, True),
        ("a fox", {"is_drawing": True}, True),
        ("a fox", {"photo": False}, True),
        ("a photo of a fox", {"photo": False}, False),
        ("a photorealistic fox", {"is_drawing": True}, False),
    ],
)
def test_drawings_and_photographs_are_steered_apart(prompt, given, drawn):
    made = construct(prompt, **given)
    assert ("3d render" in made.negative) is drawn
    assert ("overexposed" in made.negative) is not drawn
    assert ("clean lines" in made.text) is drawn


def test_letters_that_the_picture_shows_are_not_steered_away_from():
    assert {"text", "watermark"} <= set(construct("a fox").negative.split(", "))
    assert not {"text", "watermark"} & set(construct("a fox", has_letters=True).negative.split(", "))


def test_nothing_that_was_asked_for_is_steered_away_from():
    assert "text" in words_of(construct("a neon sign").negative)
    made = construct("a blurry neon sign with the text OPEN, flickering")
    assert not {"blurry", "text", "flickering"} & set(words_of(made.negative))


def test_bodies_are_minded_where_there_are_people():
    assert "bad hands" in construct("a girl waves").negative
    assert "bad hands" not in construct("a mountain").negative


def test_what_is_added_gives_way_before_the_members_words_are_cut():
    prompt = "a fox " + "and a hen " * 24
    assert clip_tokens(prompt) < CLIP_TOKENS
    made = construct(prompt, limit=CLIP_TOKENS)
    assert made.text == prompt.rstrip()
    assert made.reasons == ()


@pytest.mark.parametrize("raw", [True, False])
def test_words_that_are_cut_off_are_spoken_of(raw):
    long = "a fox " + "and a hen " * 40
    assert any("long" in reason for reason in construct(long, raw=raw, limit=CLIP_TOKENS).reasons)
    assert not any("long" in reason for reason in construct(long, raw=raw).reasons)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a fox", 2), ("a fox, red", 4), ("photosynthesis", 2), ("狐狸", 2), ("don't", 3)],
)
def test_tokens_are_counted_about(text, tokens):
    assert clip_tokens(text) == tokens


def test_only_what_is_unusual_of_camera_and_motion_is_said():
    assert movement(Camera.AUTO, Motion.NORMAL) == ((), ())
    said, (why,) = movement(Camera.ORBIT, Motion.WILD)
    assert said == ("the camera orbits around", "fast and lively motion")
    assert why == f"added for camera and motion: {', '.join(said)}"
    assert movement(Camera.ORBIT, Motion.NORMAL, raw=True) == (
        (),
        ("left out, because nothing is added to a raw prompt: “orbit”",),
    )
    assert all(len(movement(camera, Motion.NORMAL)[0]) == 1 for camera in set(Camera) - {Camera.AUTO})
