"""The process that makes a finished clip of what a stranger's machine drew, and ends.

What it reads has been through :mod:`engine.untrusted.read_video` before: bare pixels in a file of ours. It
looks for nudity, judges them again if that is wanted, and writes the clip with the bot's own tags. One line
of JSON leaves by standard output. It is a process of its own because all of that takes seconds of a core.

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
from typing import Any, Self

from engine.core.sentence import SENTENCES, by_table, table_of

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
        loops: it begins anew at its end.
        whole: its picture may not become smaller to fit.
        models: the folder of weights.
        ffmpeg: path of ffmpeg.
        judged_by: the recipe by which it is judged, JSON; "": it is not judged.
        calibration: path of what this house's gate has learnt; it need not be there.
        inputs: role → path of the pictures that it begins and ends with.
    """

    clip: str
    made: str
    fps: float
    max_bytes: int
    models: str
    ffmpeg: str
    sound: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    loops: bool = False
    whole: bool = False
    judged_by: str = ""
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
        too_many: more of them than people may be shown.
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
    too_many: bool = False

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
    from engine.core.sound import fitted, samples_for  # noqa: PLC0415
    from engine.effects.flashes import count_flashes  # noqa: PLC0415
    from engine.vision.nudity import highest_score  # noqa: PLC0415
    from engine.weights.store import Store  # noqa: PLC0415

    clip = read_clip(Path(order.clip))
    nudity = highest_score(clip.frames, Store(Path(order.models)))
    flashes = count_flashes(clip.frames, order.fps, loops=order.loops)
    sound = None
    if order.sound:
        sound = fitted(read_sound(Path(order.sound)), samples_for(len(clip.frames), order.fps))
    made = encode(
        clip.frames,
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
        ladder=made.ladder,
        nudity=nudity,
        flashes=flashes.count,
        too_many=flashes.too_many,
        **(_judged(order, clip) if order.judged_by else {}),
    )


def _judged(order: Remake, clip: Any) -> dict[str, Any]:
    """What the gate says, with the eyes and the calibration of this house."""
    from engine.core.cancel import CancelToken  # noqa: PLC0415 - see above
    from engine.core.recipe import Recipe, Role, SoundSource  # noqa: PLC0415
    from engine.gate.calibration import shipped  # noqa: PLC0415
    from engine.gate.local_calibration import read_calibrations  # noqa: PLC0415
    from engine.rendering.finished import judge_finished, judged_frames  # noqa: PLC0415
    from engine.rendering.read_inputs import read_inputs  # noqa: PLC0415
    from engine.vision.eyes import Eyes  # noqa: PLC0415
    from engine.weights.store import Store  # noqa: PLC0415

    recipe = Recipe.from_json(order.judged_by)
    files = {role: Path(path) for role, path in order.inputs.items() if role in {Role.PICTURE, Role.END}}
    seen = read_inputs(dataclasses.replace(recipe, sound=SoundSource.NONE), files, CancelToken())
    frames, fps = judged_frames(clip, recipe)
    verdict = judge_finished(
        frames,
        fps,
        recipe,
        picture=seen.picture,
        end=seen.end,
        calibration=read_calibrations(Path(order.calibration), shipped()).get(recipe.engine),
        eyes=Eyes(Store(Path(order.models))),
    )
    return {"rejects": verdict.rejected, "reasons": tuple(verdict.reasons), "score": float(verdict.score)}


def main() -> int:
    """Read what is to be made from the first argument; write what came of it."""
    order = Remake(**json.loads(sys.argv[1]))
    os.nice(NICENESS)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.environ[EXECUTABLE] = order.ffmpeg
    sys.stdout.write(remake(order).to_json() + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
