"""From a finished clip to the recipe of the same clip at a larger size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.core.capabilities import Capabilities
from engine.core.errors import Code, UserError
from engine.core.family_spec import FamilySpec
from engine.core.recipe import Before, Kind, Quality, Recipe, Role, SoundSource
from engine.core.request import Request, Subject
from engine.core.sentence import Sentence, sentence
from engine.families import FAMILIES, families_of
from engine.planning.given_sound import about_given

LARGEST_FACTOR = 2.0
"""The network doubles each side."""

LEAST_FACTOR = 1.25
"""Less is not worth a job."""

NO_CLIP = Sentence("There is no clip to upscale.")

UPSCALER = next(spec for spec in FAMILIES.values() if Kind.UPSCALE in spec.kinds)
"""The built-in family that does it."""


@dataclass(frozen=True, kw_only=True)
class UpscaleLimits:
    """How far a clip may be upscaled.

    Attributes:
        side: the longest side of an upscaled clip, in pixels.
        frames: the most frames that it may have. All of them are in main memory at once, three bytes a pixel.
    """

    side: int = 1920
    frames: int = 300


def can_upscale(capabilities: Capabilities) -> bool:
    """Whether this machine can upscale clips."""
    return _upscaler(capabilities).lacks(capabilities) is None


def _upscaler(capabilities: Capabilities) -> FamilySpec:
    """The preferred family that can do it now; where none can, the built-in one, whose lack is told."""
    able = (
        spec
        for spec in families_of(capabilities).values()
        if Kind.UPSCALE in spec.kinds and not spec.by_name and spec.lacks(capabilities) is None
    )
    return next(able, UPSCALER)


def upscaled(
    before: Before,
    inputs: Mapping[str, str],
    *,
    fps: float,
    capabilities: Capabilities,
    limits: UpscaleLimits,
    prompt: str = "",
    seed: int = 0,
    sound: SoundSource = SoundSource.NONE,
) -> Recipe:
    """The recipe of a clip at a larger size.

    Args:
        before: the clip.
        inputs: role → digest; the clip is ``before``.
        fps: its frames per second.
        capabilities: what this machine has.
        limits: how large it may become.
        prompt, seed: what the clip was made from, by which it is known again.
        sound: ``given`` where the clip's sound is a file of its own.

    Raises:
        UserError: it is too long, or large enough, or this machine cannot upscale clips.
    """
    upscaler = _upscaler(capabilities)
    factor = _factor(before, fps, upscaler.lacks(capabilities), limits)
    width, height = (round(side * factor / 2) * 2 for side in (before.width, before.height))
    return Recipe(
        kind=Kind.UPSCALE,
        engine=upscaler.name,
        prompt=prompt,
        inputs=inputs,
        seed=seed,
        width=width,
        height=height,
        frames=before.frames,
        native_fps=fps,
        fps=fps,
        length=before.frames,
        way=upscaler.ways[Quality.BALANCED][0].name if upscaler.ways else "",
        sound=sound,
        reasons=(
            Sentence("{engine}: {about}", engine=upscaler.name, about=upscaler.about),
            Sentence(
                "{width}×{height}; the clip was {before_width}×{before_height}",
                width=width,
                height=height,
                before_width=before.width,
                before_height=before.height,
            ),
        ),
        before=before,
    )


def _factor(before: Before, fps: float, lack: str | None, limits: UpscaleLimits) -> float:
    """By how much a clip can be enlarged.

    Raises:
        UserError: as for :func:`upscaled`.
    """
    if lack is not None:
        raise UserError(
            Code.UPSCALE,
            "I can't upscale clips on this machine. It is missing {lack}.",
            lack=sentence(lack),
        )
    if before.frames > limits.frames:
        raise UserError(
            Code.UPSCALE,
            "That clip is too long to upscale: it has {frames} frames, and I can upscale "
            "{most} at most, which is {seconds:.3g} s at its rate.",
            frames=before.frames,
            most=limits.frames,
            seconds=limits.frames / fps,
        )
    factor = min(LARGEST_FACTOR, limits.side / max(before.width, before.height))
    if factor < LEAST_FACTOR:
        raise UserError(
            Code.UPSCALE,
            "That clip is large enough: it is {width}×{height}, and upscaled clips have "
            "{most} pixels on their longest side at most.",
            width=before.width,
            height=before.height,
            most=limits.side,
        )
    return factor


def plan_upscale(
    request: Request,
    clip: Subject | None,
    sound: Subject | None,
    *,
    capabilities: Capabilities,
    limits: UpscaleLimits,
) -> Recipe:
    """The recipe for a clip that was given as a file: what it shows counts as real.

    Raises:
        UserError: there is none, or as for :func:`upscaled`.
    """
    if clip is None or clip.seconds is None or not clip.fps:
        raise UserError(Code.UPSCALE, NO_CLIP)
    before = Before(
        width=clip.width, height=clip.height, frames=round(clip.seconds * clip.fps), engines=(), real=True
    )
    inputs = {str(Role.BEFORE): clip.sha256}
    if sound is not None:
        inputs[str(Role.SOUND)] = sound.sha256
    recipe = upscaled(
        before,
        inputs,
        fps=clip.fps,
        capabilities=capabilities,
        limits=limits,
        prompt=request.prompt,
        sound=SoundSource.NONE if sound is None else SoundSource.GIVEN,
    )
    told = () if sound is None else about_given(sound, clip.seconds)
    return replace(recipe, reasons=(*recipe.reasons, *clip.notes, *told))
