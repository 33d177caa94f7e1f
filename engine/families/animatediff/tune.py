"""AnimateDiff's own part of a plan: checkpoint, motion adapter, camera and words."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import TYPE_CHECKING

from engine.core.errors import Code, UserError
from engine.core.family_spec import Outline, Tuned
from engine.core.prompt_schedule import is_scheduled
from engine.core.recipe import Camera, Kind, Motion, Number, Quality, Recipe
from engine.core.request import Request, word
from engine.core.retake import Retake
from engine.core.sentence import Sentence, as_is
from engine.families.animatediff.weights import CHECKPOINTS
from engine.planning.prompting import CLIP_TOKENS, construct

if TYPE_CHECKING:
    from engine.core.installed import Installed

V1_5_2, V1_5_3 = "motion-v1-5-2", "motion-v1-5-3"
LCM, LIGHTNING = "animatelcm", "lightning"
SPARSE, SPARSE_LORA, IP_ADAPTER = "sparsectrl-rgb", "motion-lora-v1-5-3", "sd15-ip-adapter"
BASE = tuple(spec.name for spec in CHECKPOINTS)

CAMERAS = {
    Camera.PUSH_IN: "motion-lora-zoom-in",
    Camera.PULL_OUT: "motion-lora-zoom-out",
    Camera.PAN_LEFT: "motion-lora-pan-left",
    Camera.PAN_RIGHT: "motion-lora-pan-right",
    Camera.TILT_UP: "motion-lora-tilt-up",
    Camera.TILT_DOWN: "motion-lora-tilt-down",
    Camera.ROLL_LEFT: "motion-lora-roll-left",
    Camera.ROLL_RIGHT: "motion-lora-roll-right",
}

FOLLOWS_CAMERAS = frozenset({V1_5_2, LCM, LIGHTNING})
"""The motion LoRAs were trained on v2 (v1-5-2), which the distilled adapters come from; v3 ignores them."""

WINDOW = 16
"""Frames of the clips that the adapters were trained on."""

WHOLE = 32
"""The most frames that are drawn at once: more the adapters cannot hold. Windows cost half as much again."""

ROUNDS = 3
"""How often FreeInit draws a clip, each time from the last one's slow part; the authors' own number."""

FEWEST_FOR_ROUNDS = 20
"""Distilled weights come to the same clip each time."""

SLOWER = 0.5
"""Weight of a camera's LoRA that has gone wrong twice."""

STRENGTH = 0.6
LIKE = 0.6

_DRAWS = re.compile(
    r"anime|toon|comic|manga|ink|draw|paint|waifu|abyss|anything|counterfeit|meina", re.IGNORECASE
)
"""Names of checkpoints that draw rather than photograph."""


def tune(outline: Outline) -> Tuned:
    """Settle what only this family knows.

    The settings are: ``motion``, the motion adapter; ``window``, frames of a sliding window, and ``whole``,
    the most that are drawn without; ``camera``, a motion LoRA, and ``camera_weight``; ``first_lora``, what
    SparseCtrl was trained beside; ``rounds`` of FreeInit; ``like``, the weight of the picture whose look is
    taken.

    Raises:
        UserError: what it takes is not installed.
    """
    request = outline.request
    _check(outline)
    model, reasons = _choose_model(outline)
    motion, settings, why = _choose_motion(outline)
    reasons += why
    read = construct(
        request.prompt,
        raw=request.raw,
        shows=None if outline.subject is None else outline.subject.shows,
        is_drawing=outline.subject is not None and outline.subject.is_drawing,
        has_letters=outline.subject is not None and outline.subject.has_letters,
        photo=not _DRAWS.search(model),
        limit=CLIP_TOKENS,
    )
    reasons += read.reasons
    settings |= {"motion": motion, "window": WINDOW, "whole": WHOLE}
    if outline.like is not None:
        settings["like"] = LIKE
    if request.motion is not Motion.NORMAL:
        reasons.append(
            Sentence(
                "“{motion}” motion has no effect here: AnimateDiff takes its motion from the prompt",
                motion=word(request.motion),
            )
        )
    if (
        request.quality is Quality.BEST
        and request.kind is Kind.TEXT2VIDEO
        and outline.way is not None
        and outline.way.steps >= FEWEST_FOR_ROUNDS
    ):
        settings["rounds"] = ROUNDS
        reasons.append(Sentence("drawn {rounds} times (FreeInit) for steadier motion", rounds=ROUNDS))
    if outline.frames > WHOLE:
        reasons.append(
            Sentence(
                "more than {frames} frames: drawn in overlapping windows of {window} (FreeNoise)",
                frames=WHOLE,
                window=WINDOW,
            )
        )
    if is_scheduled(request.prompt):
        reasons.append(
            Sentence("prompt by frame: {frames:g} of these frames make one second", frames=outline.native_fps)
        )
    return Tuned(
        model=model,
        words=read.text,
        negative=_negative(outline, read.negative),
        strength=_strength(outline) if request.kind is Kind.RESTYLE else 0.0,
        settings=settings,
        reasons=tuple(reasons),
    )


def calm(recipe: Recipe) -> Retake | None:
    """What changes when the same thing spoilt two takes: the camera goes slower, then FreeInit helps."""
    settings = recipe.settings
    if float(settings.get("camera_weight", 0)) > SLOWER:
        return Retake(
            recipe=dataclasses.replace(recipe, settings={**settings, "camera_weight": SLOWER}),
            changed=Sentence("the camera moves more slowly"),
        )
    if recipe.kind is Kind.TEXT2VIDEO and recipe.steps >= FEWEST_FOR_ROUNDS and "rounds" not in settings:
        return Retake(
            recipe=dataclasses.replace(recipe, settings={**settings, "rounds": 2}),
            changed=Sentence("drawn twice (FreeInit) for steadier motion"),
        )
    return None


def _check(outline: Outline) -> None:
    """Refuse what cannot be drawn, while the member can still change the request."""
    weights = outline.capabilities.weights
    begins = outline.subject is not None and outline.request.kind is Kind.TEXT2VIDEO
    if begins and SPARSE not in weights:
        raise UserError(
            Code.WEIGHTS,
            "To start with a picture, this engine needs “{weights}”, which is not installed here."
            " Leave the picture out, or use /animate.",
            weights=as_is(SPARSE),
        )
    if outline.like is not None and IP_ADAPTER not in weights:
        raise UserError(
            Code.WEIGHTS,
            "To take the look of a picture, this engine needs “{weights}”, which is not installed here."
            " Leave the picture out.",
            weights=as_is(IP_ADAPTER),
        )


def _choose_model(outline: Outline) -> tuple[str, list[str]]:
    """The checkpoint, and why."""
    request, capabilities = outline.request, outline.capabilities
    known = [*(name for name in BASE if name in capabilities.weights), *capabilities.checkpoints]
    if request.model:
        if request.model not in known:
            raise UserError(
                Code.MODEL,
                "There is no checkpoint {model} here. Choose from: {known}.",
                model=request.model[:60],
                known=known,
            )
        return request.model, [Sentence("checkpoint {model}, as asked", model=request.model)]
    if not known:
        raise UserError(Code.MODEL, "There is no checkpoint here to draw with.")
    drawn = next((name for name in known if _DRAWS.search(name)), None)
    if drawn is not None and _asks_for_a_drawing(request, outline):
        return drawn, [Sentence("checkpoint {model}, for a drawing", model=drawn)]
    return known[0], [Sentence("checkpoint {model}", model=known[0])]


def _asks_for_a_drawing(request: Request, outline: Outline) -> bool:
    words = re.findall(r"[a-z]+", request.prompt.lower())
    return bool({"anime", "manga", "cartoon", "comic", "drawing", "drawn", "illustration"} & set(words)) or (
        outline.subject is not None and outline.subject.is_drawing
    )


def _choose_motion(outline: Outline) -> tuple[str, dict[str, Number], list[str]]:
    """The motion adapter, the camera's LoRA where there is one, and why."""
    request, capabilities = outline.request, outline.capabilities
    motion = outline.way.weights[0] if outline.way is not None and outline.way.weights else ""
    if outline.subject is not None and request.kind is Kind.TEXT2VIDEO:
        return motion, *_beside_sparse(request, capabilities)
    if request.camera is Camera.AUTO:
        return motion, {}, []
    lora = CAMERAS.get(request.camera)
    if lora is None:
        free = Sentence(
            "AnimateDiff has no camera path “{camera}”, so the camera moves freely",
            camera=word(request.camera),
        )
        return motion, {}, [free]
    missing = _missing_for_camera(lora, motion, capabilities)
    if missing:
        left_out = Sentence(
            "camera “{camera}” left out: {weights} is not installed",
            camera=word(request.camera),
            weights=missing,
        )
        return motion, {}, [left_out]
    if motion in FOLLOWS_CAMERAS:
        return motion, _camera(lora, motion), [Sentence("camera: {camera}", camera=word(request.camera))]
    return (
        V1_5_2,
        _camera(lora, V1_5_2),
        [Sentence("camera: {camera}, with the motion adapter made for it", camera=word(request.camera))],
    )


def _beside_sparse(request: Request, capabilities: Installed) -> tuple[dict[str, Number], list[str]]:
    """What SparseCtrl was trained beside, and why the camera is free: its LoRAs belong to another adapter."""
    reasons: list[str] = []
    if request.camera is not Camera.AUTO:
        reasons.append(
            Sentence(
                "camera “{camera}” has no effect here: the clip starts with a picture",
                camera=word(request.camera),
            )
        )
    if SPARSE_LORA in capabilities.weights:
        return {"first_lora": SPARSE_LORA}, reasons
    without = Sentence("drawn without {weights}, which is not installed", weights=SPARSE_LORA)
    return {}, [*reasons, without]


def _missing_for_camera(lora: str, motion: str, capabilities: Installed) -> str:
    if lora not in capabilities.weights:
        return lora
    if motion not in FOLLOWS_CAMERAS and V1_5_2 not in capabilities.weights:
        return V1_5_2
    return ""


def _camera(lora: str, motion: str) -> dict[str, Number]:
    # Its authors warn of watermarks above 0.8 with Lightning.
    return {"camera": lora, "camera_weight": 0.7 if motion == LIGHTNING else 0.8}


def _negative(outline: Outline, usual: str) -> str:
    """What the clip is steered away from: nothing where there is no guidance."""
    if outline.way is not None and outline.way.guidance <= 1:
        return ""
    return usual if outline.request.negative is None else outline.request.negative


def _strength(outline: Outline) -> float:
    """How far the new clip leaves its source: at least one step must be left to draw."""
    asked = STRENGTH if outline.request.strength is None else outline.request.strength
    steps = 1 if outline.way is None else outline.way.steps
    return max(min(1.0, asked), math.ceil(1000 / steps) / 1000)
