"""The words for choices, as members read them in sentences. What recipes hold stays English."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from engine.core.family_spec import Feature
from engine.core.recipe import Camera, Follow, Motion, Quality
from engine.core.sentence import Sentence

_WORDS: Mapping[StrEnum, Sentence] = {
    Motion.GENTLE: Sentence("gentle"),
    Motion.NORMAL: Sentence("normal"),
    Motion.WILD: Sentence("wild"),
    Camera.AUTO: Sentence("auto"),
    Camera.STILL: Sentence("still"),
    Camera.PUSH_IN: Sentence("push in"),
    Camera.PULL_OUT: Sentence("pull out"),
    Camera.PAN_LEFT: Sentence("pan left"),
    Camera.PAN_RIGHT: Sentence("pan right"),
    Camera.TILT_UP: Sentence("tilt up"),
    Camera.TILT_DOWN: Sentence("tilt down"),
    Camera.ROLL_LEFT: Sentence("roll left"),
    Camera.ROLL_RIGHT: Sentence("roll right"),
    Camera.ORBIT: Sentence("orbit"),
    Quality.FAST: Sentence("fast"),
    Quality.BALANCED: Sentence("balanced"),
    Quality.BEST: Sentence("best"),
    Follow.POSE: Sentence("pose"),
    Follow.DEPTH: Sentence("depth"),
    Follow.EDGES: Sentence("edges"),
    Follow.SOFT_EDGES: Sentence("soft edges"),
    Feature.PROMPT: Sentence("prompts"),
    Feature.FIRST_FRAME: Sentence("a picture as the first frame"),
    Feature.END: Sentence("ending with a picture"),
    Feature.LIKE: Sentence("the look of a picture"),
    Feature.FOLLOW: Sentence("following a clip"),
    Feature.STYLE: Sentence("styles"),
    Feature.SCHEDULE: Sentence("prompts by frame"),
    Feature.CAMERA: Sentence("camera paths"),
    Feature.SOUND: Sentence("sound"),
}


def word(choice: StrEnum) -> Sentence:
    """The word for a choice."""
    return _WORDS[choice]
