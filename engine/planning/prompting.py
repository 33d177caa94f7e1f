"""What a text encoder reads: the member's words, first and unchanged, then a few for what they are about.

A lexicon, not a language model. It finds one kind of subject by its first known word and adds a short
template for it; what the member said already is never said again, nor steered away from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.core.prompt_schedule import is_scheduled
from engine.core.recipe import Camera, Motion
from engine.core.request import word
from engine.core.sentence import Sentence, both
from engine.core.sight import Shows

AS_WRITTEN = Sentence("your prompt exactly as you wrote it")

CLIP_TOKENS = 75
"""Tokens that CLIP's text encoder reads, beside the two that mark beginning and end; the rest is cut off."""


class Topic(StrEnum):
    """What a text is about."""

    PORTRAIT = "portrait"
    GROUP = "group"
    ANIMAL = "animal"
    FOOD = "food"
    CITY = "city"
    LANDSCAPE = "landscape"
    FLOWER = "flower"
    VEHICLE = "vehicle"
    PRODUCT = "product"
    SCENE = "scene"
    """Anything else."""


@dataclass(frozen=True, kw_only=True)
class PromptText:
    """What is read, and why.

    Attributes:
        text: what the text encoder reads; words by frame stay words by frame.
        negative: what it is steered away from.
        reasons: in words a member can read.
    """

    text: str
    negative: str = ""
    reasons: tuple[str, ...] = ()


_LEXICON: Mapping[Topic, str] = {
    Topic.PORTRAIT: "portrait face headshot selfie person people man woman men women girl boy child"
    " children kid lady gentleman grandmother grandfather king queen prince princess knight wizard witch"
    " warrior samurai dancer singer actor model astronaut chef smile smiling eyes hair",
    Topic.ANIMAL: "animal cat kitten dog puppy fox wolf bear panda rabbit bunny horse cow sheep goat pig deer"
    " lion tiger leopard elephant giraffe monkey bird owl eagle parrot penguin swan duck chicken"
    " fish shark whale dolphin turtle frog snake lizard dragon bee butterfly mouse squirrel"
    " hedgehog otter seal",
    Topic.FOOD: "food meal dish breakfast lunch dinner cake bread pizza burger pasta noodle soup ramen sushi"
    " salad cheese fruit apple strawberry chocolate coffee tea drink cocktail dessert pancake"
    " steak",
    Topic.CITY: "city town street skyline downtown building skyscraper bridge market alley cafe subway"
    " station tokyo paris london york neon cyberpunk",
    Topic.LANDSCAPE: "landscape mountain hill valley forest wood jungle sea ocean lake river waterfall beach"
    " coast island desert dune field meadow sky cloud sunset sunrise aurora snow glacier canyon volcano"
    " nature countryside garden park",
    Topic.FLOWER: "flower bud blossom rose tulip lily sunflower daisy orchid petal leaf plant bouquet",
    Topic.VEHICLE: "car truck bus train tram bicycle motorcycle boat ship sailboat plane airplane helicopter"
    " rocket spaceship balloon",
}
_TOPICS: Mapping[str, Topic] = {word: topic for topic, words in _LEXICON.items() for word in words.split()}
_DRAWN = frozenset({
    "drawing", "drawn", "cartoon", "anime", "manga", "comic", "illustration", "illustrated", "painting",
    "painted", "watercolor", "watercolour", "sketch", "sketched", "doodle", "pixel", "lineart", "crayon",
    "chibi",
})  # fmt: skip
_PHOTOGRAPHED = frozenset({"photo", "photograph", "photography", "photorealistic", "realistic", "dslr"})
_PHOTO_TEMPLATES: Mapping[Topic, tuple[str, ...]] = {
    Topic.PORTRAIT: ("natural skin", "soft light", "lifelike expression"),
    Topic.GROUP: ("natural skin", "soft light", "lifelike expressions"),
    Topic.ANIMAL: ("detailed fur and features", "natural light", "lifelike movement"),
    Topic.FOOD: ("appetizing", "close-up", "soft light"),
    Topic.CITY: ("atmospheric light", "detailed architecture", "depth"),
    Topic.LANDSCAPE: ("wide view", "natural light", "depth"),
    Topic.FLOWER: ("close-up", "fine detail", "soft light"),
    Topic.VEHICLE: ("dynamic", "detailed reflections", "natural light"),
    Topic.PRODUCT: ("sharp detail", "soft studio light", "slow movement"),
    Topic.SCENE: ("detailed", "natural light", "smooth movement"),
}
_DRAWN_TEMPLATE = ("clean lines", "consistent colors", "smooth animation")
_ALWAYS_AGAINST = ("worst quality", "low quality", "blurry", "watermark", "text", "flickering")
_LETTERS = frozenset({"watermark", "text"})
_AGAINST_PHOTO = ("overexposed", "cartoon", "static")
_AGAINST_DRAWN = ("photo", "3d render", "noise")
_AGAINST_BODIES = ("deformed face", "bad hands", "extra fingers", "extra limbs")
_CAMERA = {
    Camera.STILL: "the camera stands still",
    Camera.PUSH_IN: "the camera pushes in",
    Camera.PULL_OUT: "the camera pulls out",
    Camera.PAN_LEFT: "the camera pans left",
    Camera.PAN_RIGHT: "the camera pans right",
    Camera.TILT_UP: "the camera tilts up",
    Camera.TILT_DOWN: "the camera tilts down",
    Camera.ROLL_LEFT: "the camera rolls, the picture turns anticlockwise",
    Camera.ROLL_RIGHT: "the camera rolls, the picture turns clockwise",
    Camera.ORBIT: "the camera orbits around",
}
_MOTION = {Motion.GENTLE: "slow and calm motion", Motion.WILD: "fast and lively motion"}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SHOWN: Mapping[Shows, Topic] = {
    Shows.PORTRAIT: Topic.PORTRAIT,
    Shows.GROUP: Topic.GROUP,
    Shows.ANIMAL: Topic.ANIMAL,
    Shows.VEHICLE: Topic.VEHICLE,
    Shows.PRODUCT: Topic.PRODUCT,
}
_CALLED = {
    Topic.PORTRAIT: Sentence("a portrait"),
    Topic.GROUP: Sentence("a group"),
    Topic.ANIMAL: Sentence("an animal"),
    Topic.FOOD: Sentence("food"),
    Topic.CITY: Sentence("a city"),
    Topic.LANDSCAPE: Sentence("a landscape"),
    Topic.FLOWER: Sentence("a flower"),
    Topic.VEHICLE: Sentence("a vehicle"),
    Topic.PRODUCT: Sentence("a product"),
    Topic.SCENE: Sentence("a scene"),
}
_FILLERS = frozenset({"a", "and", "of", "the", "in", "with", "quality"})
_LETTERS_A_TOKEN = 8


def construct(
    prompt: str,
    *,
    raw: bool = False,
    shows: Shows | None = None,
    is_drawing: bool = False,
    has_letters: bool = False,
    photo: bool = True,
    limit: int | None = None,
) -> PromptText:
    """Make what the text encoder reads from what the member wrote.

    Args:
        prompt: the member's words, or words by frame (:mod:`engine.core.prompt_schedule`); may be empty.
        raw: nothing is added, and nothing steered away from.
        shows: what the picture shows; None: not certain, not checked, or no picture.
        is_drawing: the picture is a drawing.
        has_letters: the picture shows text, so text is nothing to steer away from.
        photo: the checkpoint draws photographs rather than drawings.
        limit: tokens that the encoder reads; None: as many as there are. What is added gives way first.
    """
    steps = prompt.split("|") if is_scheduled(prompt) else [prompt]
    if raw:
        return PromptText(text=prompt, reasons=(AS_WRITTEN, *_cut(steps, limit)))
    said = _spoken(prompt)
    topic = _topic(prompt, shows)
    drawn = not said & _PHOTOGRAPHED and (is_drawing or not photo or bool(said & _DRAWN))
    template = _DRAWN_TEMPLATE if drawn else _PHOTO_TEMPLATES[topic]
    added = tuple(phrase for phrase in template if not _content(phrase) & said)
    if limit is not None:
        added = _fitting(steps, added, limit)
    ending = ", ".join(added)
    read = [_join(step, ending) for step in steps]
    about = Sentence("a drawing") if drawn else _CALLED[topic]
    why = Sentence("words added for {subject}: {words}", subject=about, words=ending)
    return PromptText(
        text=" | ".join(part.strip() for part in read) if len(steps) > 1 else read[0],
        negative=", ".join(_against(said, topic, drawn=drawn, has_letters=has_letters)),
        reasons=(*((why,) if added else ()), *_cut(steps, limit)),
    )


def movement(camera: Camera, motion: Motion, *, raw: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to say of camera and motion to a model that has no other ear for them: only the unusual.

    Returns:
        What is said to the model, and the reasons for the member.
    """
    asked = {camera: _CAMERA.get(camera), motion: _MOTION.get(motion)}
    said = tuple(words for words in asked.values() if words)
    if said and raw:
        left_out = both(
            [Sentence("“{choice}”", choice=word(choice)) for choice, words in asked.items() if words]
        )
        return (), (
            Sentence("left out, because nothing is added to a raw prompt: {choices}", choices=left_out),
        )
    added = Sentence("added for camera and motion: {words}", words=", ".join(said))
    return said, ((added,) if said else ())


def clip_tokens(text: str) -> int:
    """About how many tokens CLIP makes of a text; without its vocabulary, so that the bot can say it at once.

    Long words fall into several, and so do words that are not written in Latin letters.
    """
    tokens = 0
    for part in re.findall(r"[^\W_]+|[^\w\s]|_", text):
        tokens += math.ceil(len(part) / _LETTERS_A_TOKEN) if part.isascii() else len(part)
    return tokens


def _spoken(text: str) -> set[str]:
    return {form for word in _WORD.findall(text.casefold()) for form in _forms(word)}


def _forms(word: str) -> tuple[str, ...]:
    """A word, and what it may be the plural of."""
    forms = [word]
    for ending, other in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            forms.append(word.removesuffix(ending) + other)
    return tuple(forms)


def _content(phrase: str) -> set[str]:
    return _spoken(phrase) - _FILLERS


def _topic(prompt: str, shows: Shows | None) -> Topic:
    """What the first known word is about; without one, what the picture shows."""
    for said in _WORD.findall(prompt.casefold()):
        for form in _forms(said):
            if form in _TOPICS:
                return _TOPICS[form]
    return Topic.SCENE if shows is None else _SHOWN.get(shows, Topic.SCENE)


def _join(step: str, ending: str) -> str:
    said = step.rstrip()
    if not said or not ending:
        return said or ending
    return f"{said} {ending}" if said[-1] in ".,;:!?" else f"{said}, {ending}"


def _fitting(steps: list[str], added: tuple[str, ...], limit: int) -> tuple[str, ...]:
    while added and any(clip_tokens(_join(step, ", ".join(added))) > limit for step in steps):
        added = added[:-1]
    return added


def _cut(steps: Iterable[str], limit: int | None) -> tuple[str, ...]:
    """Say that the end of the member's own words may not be read."""
    if limit is None or all(clip_tokens(step) <= limit for step in steps):
        return ()
    return (
        Sentence(
            "your prompt is long: this engine reads only about the first {tokens} tokens of it", tokens=limit
        ),
    )


def _against(said: set[str], topic: Topic, *, drawn: bool, has_letters: bool) -> list[str]:
    """What to steer away from, but nothing that was asked for or that the picture shows."""
    bodies = _AGAINST_BODIES if topic in {Topic.PORTRAIT, Topic.GROUP} else ()
    phrases = (*_ALWAYS_AGAINST, *(_AGAINST_DRAWN if drawn else _AGAINST_PHOTO), *bodies)
    shown = _LETTERS if has_letters else frozenset()
    return [phrase for phrase in phrases if phrase not in shown and not _content(phrase) & said]
