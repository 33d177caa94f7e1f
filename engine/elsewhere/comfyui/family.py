"""A workflow as a family: planned like any other, and drawn by a ComfyUI server."""

from __future__ import annotations

from functools import partial
from typing import Any

from engine.core.errors import Code, UserError
from engine.core.family_spec import FamilySpec, Outline, Tuned
from engine.core.recipe import Camera, Follow, Kind, Motion, Quality, Role
from engine.core.request import Feature, word
from engine.core.sentence import Sentence, as_is, both, listed
from engine.elsewhere.comfyui.workflow import Slot, Workflow
from engine.planning.prompting import movement

LANE = "comfyui"
"""Where these families' takes are drawn."""

TARGET = "engine.families.elsewhere.draw:ElsewhereFamily"

JUDGED_FPS = 16.0
"""The gate sees at most so many frames a second, the rate of most of these models."""


def engine_name(workflow: str) -> str:
    """What members call the engine of a workflow."""
    return f"{LANE}/{workflow}"


def spec_of(workflow: Workflow) -> FamilySpec:
    """A workflow as a family. What it has no slot for, it does not do; what it has one for, it needs."""
    about, slots = workflow.about, workflow.slots
    kind = next(iter(about.kinds))
    roles = {workflow.role_of(slot, kind) for slot in slots} - {None, Role.PICTURE, Role.BEFORE}
    follows = about.follows if Slot.CLIP_IN in slots and Kind.TEXT2VIDEO in about.kinds else frozenset()
    return FamilySpec(
        name=engine_name(workflow.name),
        target=TARGET,
        kinds=about.kinds,
        needs_picture=Slot.PICTURE in slots,
        requires=frozenset(role for role in roles if role is not None),
        max_native_fps=about.fps,
        min_native_fps=about.fps if about.min_fps is None else about.min_fps,
        judged_fps=JUDGED_FPS,
        about=about.title,
        rank=about.rank,
        features=_features(workflow, follows),
        follows=dict.fromkeys(follows, ((),)),
        area={quality: width * height for quality, (width, height) in about.sizes.items()} or None,
        trained_sizes=tuple(
            dict.fromkeys(size for wide in about.sizes.values() for size in (wide, wide[::-1]))
        ),
        multiple=about.multiple,
        longest=about.longest,
        count=about.frames.at_least,
        tune=partial(_tune, workflow, follows),
        made_at=LANE,
        by_name=about.by_name,
        seconds=about.seconds,
    )


def _features(workflow: Workflow, follows: frozenset[Follow]) -> frozenset[Feature]:
    slots, kinds = workflow.slots, workflow.about.kinds
    has = {
        Feature.PROMPT: Slot.PROMPT in slots,
        Feature.CAMERA: Slot.PROMPT in slots,
        Feature.FIRST_FRAME: Slot.PICTURE in slots and Kind.TEXT2VIDEO in kinds,
        Feature.END: Slot.END in slots,
        Feature.FOLLOW: bool(follows),
        Feature.SOUND: workflow.about.sound,
    }
    return frozenset(feature for feature, there in has.items() if there)


def _tune(workflow: Workflow, follows: frozenset[Follow], outline: Outline) -> Tuned:
    """The words and numbers of a recipe, and what of the request has no effect here.

    Raises:
        UserError: it cannot follow this.
    """
    request, slots = outline.request, workflow.slots
    if request.follow is not None and request.follow not in follows:
        raise UserError(
            Code.FOLLOW,
            "The engine “{engine}” cannot follow {what}. It can follow {choices}.",
            engine=as_is(engine_name(workflow.name)),
            what=word(request.follow),
            choices=listed(word(follow) for follow in sorted(follows)),
        )
    moves: tuple[str, ...] = ()
    reasons: list[str] = []
    if Slot.PROMPT in slots:
        moves, said = movement(request.camera, request.motion, raw=request.raw)
        reasons += said
    unheard = {
        Sentence("your prompt"): bool(request.prompt) and Slot.PROMPT not in slots,
        Sentence("the camera's path"): request.camera is not Camera.AUTO and Slot.PROMPT not in slots,
        Sentence("the amount of motion"): request.motion is not Motion.NORMAL and Slot.PROMPT not in slots,
        Sentence("what to avoid"): bool(request.negative) and Slot.NEGATIVE not in slots,
        Sentence("the strength"): request.strength is not None and Slot.STRENGTH not in slots,
        Sentence("the quality"): request.quality is not Quality.BALANCED and not _has_sizes(workflow),
    }
    if ignored := [what for what, is_so in unheard.items() if is_so]:
        reasons.append(
            Sentence("{what} had no effect: this workflow has no place for it", what=both(ignored))
        )
    return Tuned(
        words=", ".join(filter(None, (request.prompt or _text(workflow, Slot.PROMPT), *moves))),
        negative=_text(workflow, Slot.NEGATIVE) if request.negative is None else request.negative,
        strength=_strength(workflow, request.strength),
        reasons=tuple(reasons),
    )


def _has_sizes(workflow: Workflow) -> bool:
    return Slot.WIDTH in workflow.slots


def _text(workflow: Workflow, slot: Slot) -> str:
    """What its author wrote there."""
    left: Any = workflow.left_as(slot)
    return left if isinstance(left, str) else ""


def _strength(workflow: Workflow, asked: float | None) -> float:
    if Slot.STRENGTH not in workflow.slots:
        return 0.0
    left: Any = workflow.left_as(Slot.STRENGTH)
    usual = float(left) if isinstance(left, int | float) else 1.0
    return usual if asked is None else asked
