"""The process that makes a finished clip of what a stranger's machine drew, and ends.

What it reads has been through :mod:`engine.untrusted.read_video` before: bare pixels in a file of ours. It
looks for nudity, judges them again, lays the effect over them if there is one, and writes the clip with the
bot's own tags. One line of JSON leaves by standard output. It is a process of its own because all of that
takes seconds of a core.

Run by :mod:`bot.fleet.checking` as ``python -I`` with an empty environment.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import system
from engine.core.sentence import SENTENCES, Sentence, by_table, table_of

if TYPE_CHECKING:
    from engine.core.family import Frames, Inputs, SourceClip
    from engine.core.recipe import Recipe
    from engine.core.sound import Sound
    from engine.weights.store import Store

NICENESS = 5
EXECUTABLE = "IMAGEIO_FFMPEG_EXE"


@dataclass(frozen=True, kw_only=True)
class Remake:
    """What is made.

    Attributes:
        clip: path of the pixels, an MP4 without loss and without sound.
        sound: path of the sound, a WAV; "": it is silent.
        made: path of the clip that is written.
        fps: frames per second of the clip.
        max_bytes: of the clip.
        metadata: its tags.
        whole: its picture may not become smaller to fit.
        models: the folder of weights.
        ffmpeg: path of ffmpeg.
        recipe: that it was drawn by, JSON; "": of a first look, of which nothing else is looked at.
        judged: the gate looks at it.
        take: the one that was kept, which an effect depends on.
        calibration: path of what this house's gate has learnt; it need not be there.
        inputs: role → path of what it was made from: pictures, the clip before, a member's own sound.
    """

    clip: str
    made: str
    fps: float
    max_bytes: int
    models: str
    ffmpeg: str
    sound: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
    recipe: str = ""
    judged: bool = False
    take: int = 1
    calibration: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Remade:
    """What came of it.

    Attributes:
        width, height, frames, size, sha256, sound, ladder: as in :class:`engine.clips.encode.Encoded`.
        nudity: as in :class:`engine.core.receipt.Receipt`.
        rejects: the gate does not let it through.
        reasons: what the gate found, in words of members; empty where it was not judged.
        score: the gate's, 0 … 100; None: it was not judged.
        flashes: the most within a second that a quarter of a view shows.
        flashes_from: the second from which those are.
        too_many: more of them than people may be shown.
        by_effect: it is the effect that makes them.
        strange: it does not show the clip that it was to be made from.
    """

    width: int
    height: int
    frames: int
    size: int
    sha256: str
    sound: bool
    ladder: tuple[str, ...]
    nudity: float | None
    rejects: bool = False
    reasons: tuple[str, ...] = ()
    score: float | None = None
    flashes: int = 0
    flashes_from: float = 0.0
    too_many: bool = False
    by_effect: bool = False
    strange: bool = False

    def to_json(self) -> str:
        """A line of JSON."""
        return json.dumps({**dataclasses.asdict(self), SENTENCES: table_of((*self.ladder, *self.reasons))})

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what :meth:`to_json` wrote."""
        told = json.loads(text)
        find = by_table(told.pop(SENTENCES))
        return cls(**{**told, **{key: tuple(map(find, told[key])) for key in ("ladder", "reasons")}})


def remake(order: Remake) -> Remade:
    """Make a clip.

    Raises:
        ValueError: a file is not readable.
        ClipTooLarge: it does not fit.
    """
    # cv2 and numpy are slow to import, and the limits are set before.
    from engine.clips.encode import SCALES, encode  # noqa: PLC0415
    from engine.clips.pcm import read_sound  # noqa: PLC0415
    from engine.clips.read_clip import read_clip  # noqa: PLC0415
    from engine.core.cancel import CancelToken  # noqa: PLC0415
    from engine.core.recipe import Recipe  # noqa: PLC0415
    from engine.effects.flashes import count_flashes  # noqa: PLC0415
    from engine.vision.nudity import highest_score  # noqa: PLC0415
    from engine.weights.store import Store  # noqa: PLC0415

    clip, store = read_clip(Path(order.clip)), Store(Path(order.models))
    recipe = Recipe.from_json(order.recipe) if order.recipe else None
    frames = clip.frames
    notes: tuple[str, ...] = ()
    sound = read_sound(Path(order.sound)) if order.sound else None
    found: dict[str, Any] = {}
    flashes = count_flashes(frames, order.fps, loops=recipe is not None and recipe.loop)
    if recipe is not None:
        inputs = _inputs(order, recipe)
        sound = _own_sound(recipe, inputs, sound, len(frames))
        found = _judged(order, clip, recipe, inputs, sound)
        if recipe.effect is not None and not flashes.too_many:
            frames, notes = _with_effect(order, clip, recipe, store)
            flashes = count_flashes(frames, order.fps, loops=recipe.effect.loops)
            found["by_effect"] = flashes.too_many
    nudity = highest_score(frames, store)
    made = encode(
        frames,
        fps=order.fps,
        path=Path(order.made),
        metadata=order.metadata,
        max_bytes=order.max_bytes,
        progress=lambda _: None,
        cancel=CancelToken(),
        sound=sound,
        scales=SCALES[:1] if order.whole else SCALES,
    )
    return Remade(
        width=made.width,
        height=made.height,
        frames=made.frames,
        size=made.size,
        sha256=made.sha256,
        sound=made.sound,
        ladder=(*notes, *made.ladder),
        nudity=nudity,
        flashes=flashes.count,
        flashes_from=flashes.second,
        too_many=flashes.too_many,
        **found,
    )


def _inputs(order: Remake, recipe: Recipe) -> Inputs:
    from engine.core.cancel import CancelToken  # noqa: PLC0415 - see above
    from engine.rendering.read_inputs import read_inputs  # noqa: PLC0415

    return read_inputs(recipe, {role: Path(path) for role, path in order.inputs.items()}, CancelToken())


def _own_sound(recipe: Recipe, inputs: Inputs, told: Sound | None, frames: int) -> Sound | None:
    """The sound of the finished clip. What the bot has itself is not taken from a stranger's file."""
    from engine.clips.sound_seams import joined_sound  # noqa: PLC0415 - see above
    from engine.core.recipe import Kind, SoundSource  # noqa: PLC0415
    from engine.core.sound import fitted, samples_for  # noqa: PLC0415

    before, whole = inputs.before, samples_for(frames, recipe.fps)
    if recipe.kind is Kind.UPSCALE and not recipe.only_remade:
        told = inputs.sound if inputs.sound is not None or before is None else before.sound
    elif recipe.sound is SoundSource.GIVEN and not recipe.only_remade:
        told = inputs.sound
        if told is not None and before is not None:
            part = frames - len(before.frames) + 1
            told = joined_sound(
                before.sound,
                fitted(told, samples_for(part, recipe.fps)),
                before_frames=len(before.frames),
                part_frames=part,
                fps=recipe.fps,
            )
    return None if told is None else fitted(told, whole)


def _judged(
    order: Remake, clip: SourceClip, recipe: Recipe, inputs: Inputs, sound: Sound | None
) -> dict[str, Any]:
    """What the gate says, with the eyes and the calibration of this house."""
    from engine.gate.calibration import shipped  # noqa: PLC0415 - see above
    from engine.gate.local_calibration import read_calibrations  # noqa: PLC0415
    from engine.rendering.rejudging import belongs, judge_again  # noqa: PLC0415
    from engine.vision.eyes import Eyes  # noqa: PLC0415
    from engine.weights.store import Store  # noqa: PLC0415

    if not belongs(clip, recipe, inputs.before):
        return {"strange": True}
    if not order.judged:
        return {}
    judged = judge_again(
        clip,
        recipe,
        inputs,
        sound=sound,
        calibration=read_calibrations(Path(order.calibration), shipped()).get(recipe.engine),
        eyes=Eyes(Store(Path(order.models))),
    )
    return dataclasses.asdict(judged)


def _with_effect(
    order: Remake, clip: SourceClip, recipe: Recipe, store: Store
) -> tuple[Frames, tuple[str, ...]]:
    """The frames with the effect over what was drawn, and what is broken in it, for the receipt.

    A worker of a stranger's draws without it, because the gate judges what is below.
    """
    import numpy as np  # noqa: PLC0415 - see above

    from engine.effects.apply import with_effect  # noqa: PLC0415
    from engine.rendering.effects import faults_of  # noqa: PLC0415
    from engine.rendering.rejudging import new_part  # noqa: PLC0415
    from engine.vision.eyes import Eyes  # noqa: PLC0415

    effect = recipe.effect
    assert effect is not None  # noqa: S101 - the caller has looked
    part = new_part(clip, recipe)
    made = with_effect(
        part.copy(), effect, fps=recipe.fps, seed=recipe.take_seed(order.take), eyes=Eyes(store)
    )
    notes = faults_of(made, recipe.fps, effect.look) if effect.look else ()
    old = clip.frames[: len(clip.frames) - len(part) + 1]
    frames = made if len(part) == len(clip.frames) else np.concatenate([old, made[1:]])
    return frames, tuple(
        Sentence("the quality check about the effect: {reason}", reason=reason) for reason in notes
    )


def main() -> int:
    """Read what is to be made from the first argument; write what came of it."""
    order = Remake(**json.loads(sys.argv[1]))
    system.give_way(NICENESS)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.environ[EXECUTABLE] = order.ffmpeg
    sys.stdout.write(remake(order).to_json() + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
