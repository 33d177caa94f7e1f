"""How often the gate sees broken faces and text: ``python -m benchmarks.meaning --clips DIR DIR``.

Faults that grow to the end of a clip are put into clean clips with a face, and into the camera's clips of
photos (:mod:`benchmarks.meaning_faults`). Prints the share that is caught, by a rejection or a warning, and
the false alarms on harmless changes. ``--half`` shows every second repository in alphabetical order. Only the
findings of :mod:`engine.gate.meaning` count; :mod:`benchmarks.fit_meaning` fits the limits of those on faces.

``--time`` prints what they add to a take. The eyes are those of ``FRAMEKILN_MODELS_DIR``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.clips import labelled
from benchmarks.meaning_faults import FACE_FAULTS, HARMLESS, STRENGTHS, Frames, Place, garbled, marked
from benchmarks.own_clips import camera
from engine.gate.clip import Clip
from engine.gate.meaning import FAULTS, find_faults
from engine.vision.eyes import Eyes
from engine.vision.face_mesh import Mesh
from engine.weights.store import Store

RATE, LENGTH, SIDE = 12, 25, 640
APPEAR = "letters appear"
"""The one fault that needs no face; the mean of all is without it."""
_RUNS = 4
"""The least time of so many counts: other programs that run only add to it."""
NARROWEST = 36
"""Pixels of a face's width, below which no faults are put into it."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A clean clip, and where its largest face is; None where it has none that can be followed."""

    name: str
    source: str
    fps: float
    frames: Frames
    places: list[Place] | None


def clips(folders: list[Path], photos: list[Path], eyes: Eyes, *, parts: int = 1) -> Iterator[Taken]:
    """All clean clips of folders, of long ones so many parts, and the camera's of photos."""
    for folder in folders:
        for one in labelled(folder):
            if one.label == "clean":
                step = max(1, round(one.fps / RATE))
                frames = one.frames(parts * LENGTH * step, SIDE)[::step]
                for part in range(max(1, min(parts, len(frames) // LENGTH))):
                    some = np.ascontiguousarray(frames[part * LENGTH :][:LENGTH])
                    name = one.path.stem + (f", part {part + 1}" if part else "")
                    yield _taken(name, one.source, one.fps / step, some, eyes)
    for photo in photos:
        picture = np.asarray(cv2.imread(str(photo)), np.uint8)[..., ::-1]
        height, width = (round(side * 416 / max(picture.shape[:2]) / 16) * 16 for side in picture.shape[:2])
        for turn in range(3):
            own = camera(turn, np.ascontiguousarray(picture), size=(width, height))
            yield _taken(f"{photo.stem}, camera {turn}", f"photo {photo.stem}", RATE, own.frames, eyes)


def _taken(name: str, source: str, fps: float, frames: Frames, eyes: Eyes) -> Taken:
    places = _places(frames, eyes)
    return Taken(name=name, source=source, fps=fps, frames=frames, places=places)


def _largest(picture: Frames, eyes: Eyes) -> Mesh | None:
    found = [face for face in eyes.faces(picture) if face.box.width >= NARROWEST]
    return eyes.mesh(picture, max(found, key=lambda face: face.box.area)) if found else None


def place_of(picture: Frames, eyes: Eyes) -> Place | None:
    """Where a picture's largest face is; None where it has none that is large enough."""
    mesh = _largest(picture, eyes)
    return None if mesh is None else _place(mesh)


def _places(frames: Frames, eyes: Eyes) -> list[Place] | None:
    mesh = _largest(frames[0], eyes)
    places = []
    for frame in frames:
        mesh = None if mesh is None else eyes.mesh(frame, mesh)
        if mesh is None:
            return None
        places.append(_place(mesh))
    return places


def _place(mesh: Mesh) -> Place:
    left, right = mesh.eyes
    across = (right - left) / np.hypot(*(right - left))
    axes = np.stack([across, np.array([-across[1], across[0]])])
    turned = mesh.points[:, :2] @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    return Place(
        middle=((low + high) / 2 @ axes).astype(np.float32),
        across=axes[0].astype(np.float32),
        down=axes[1].astype(np.float32),
        width=float(high[0] - low[0]),
        height=float(high[1] - low[1]),
        eyes=mesh.eyes,
    )


def changed(clip: Taken, number: int) -> Iterator[tuple[str, int, Frames]]:
    """The name, the strength (0: harmless) and the frames of each change."""
    for name, change in HARMLESS.items():
        if clip.places is not None or name in ("itself", "backwards"):
            yield name, 0, change(clip.frames, np.random.default_rng(number))
    for strength in STRENGTHS:
        yield APPEAR, strength, marked(clip.frames, strength, np.random.default_rng(number))
        if clip.places is None:
            continue
        for name, spoil in FACE_FAULTS.items():
            yield name, strength, spoil(clip.frames, clip.places, strength, np.random.default_rng(number))
        yield "caption garbled", strength, garbled(clip.frames, strength, np.random.default_rng(number))


def values(clip: Taken, eyes: Eyes, number: int, *, has_input: bool) -> Iterator[dict[str, object]]:
    """What was found in each change of a clip."""
    for name, strength, frames in changed(clip, number):
        found = find_faults(Clip(frames, frames[0] if has_input else None, clip.fps), eyes)
        yield {
            "clip": clip.name,
            "source": clip.source,
            "face": clip.places is not None,
            "change": name,
            "strength": strength,
            "found": {fault.code: fault.value for fault in found},
        }


def report(rows: list[dict[str, object]]) -> Iterator[str]:
    """Two tables: faults caught, and false alarms."""
    yield from ("| fault | caught at 1 / 2 / 3 | rejected at 1 / 2 / 3 |", "|---|---|---|")
    caught: dict[str, list[list[bool]]] = defaultdict(lambda: [[], [], []])
    thrown: dict[str, list[list[bool]]] = defaultdict(lambda: [[], [], []])
    for row in rows:
        strength = int(str(row["strength"]))
        if strength:
            names = (str(row["change"]),) if row["change"] == APPEAR else (str(row["change"]), "all")
            for name in names:
                caught[name][strength - 1].append(bool(row["found"]))
                thrown[name][strength - 1].append(_rejects(row))
    for name, shares in caught.items():
        cells = (" / ".join(f"{np.mean(each):.2f}" for each in kind) for kind in (shares, thrown[name]))
        yield f"| {name} | {' | '.join(cells)} |"
    yield from ("", "| harmless | false alarms | of them rejected | of |", "|---|---|---|---|")
    for face in (True, False):
        kinds = [row for row in rows if row["face"] is face and not row["strength"]]
        for name in (*HARMLESS, "all"):
            some = [row for row in kinds if name in (row["change"], "all")]
            alarms, rejected = sum(bool(row["found"]) for row in some), sum(map(_rejects, some))
            what = "with a face" if face else "without one"
            if some:
                rates = f"{alarms / len(some):.1%} | {rejected / len(some):.1%}"
                yield f"| {name}, clips {what} | {rates} | {len(some)} |"


def _rejects(row: dict[str, object]) -> bool:
    found = row["found"]
    return isinstance(found, dict) and any(value >= FAULTS[code].reject for code, value in found.items())


def _milliseconds(clip: Clip, eyes: Eyes) -> float:
    begin = time.process_time()
    find_faults(clip, eyes)
    return 1000 * (time.process_time() - begin)


def _print_time(all_clips: list[Taken], eyes: Eyes) -> None:
    spent: dict[bool, list[float]] = {True: [], False: []}
    for clip in all_clips:
        seen = Clip(clip.frames, None, clip.fps)
        seen.flows  # noqa: B018 - every take has it computed
        spent[clip.places is not None].append(min(_milliseconds(seen, eyes) for _ in range(_RUNS)))
    for face, each in spent.items():
        if not each:
            continue
        shown = ", ".join(f"{share} % {np.percentile(each, share):.0f}" for share in (50, 95))
        print(f"ms of one core, {len(each)} clips {'with' if face else 'without'} a face: {shown}")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, nargs="+", required=True, help="folders of labelled clips")
    parser.add_argument("--photos", type=Path, nargs="*", default=[], help="photos with a face")
    parser.add_argument("--half", choices=("chosen", "held", "both"), default="both")
    parser.add_argument("--faces", action="store_true", help="only clips with a face")
    parser.add_argument("--no-input", action="store_true", help="without the first frame as input picture")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers in the faults")
    parser.add_argument("--rows", type=Path, help="write what was found in each clip here, as JSON lines")
    parser.add_argument("--time", action="store_true", help="how long a clip takes, instead")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    eyes = Eyes(Store(Path(os.environ.get("FRAMEKILN_MODELS_DIR", "models"))))
    every = list(clips(options.clips, options.photos, eyes))
    sources = sorted({clip.source for clip in every})
    wanted = {"chosen": sources[::2], "held": sources[1::2], "both": sources}[options.half]
    every = [clip for clip in every if clip.source in wanted]
    if options.faces:
        every = [clip for clip in every if clip.places is not None]
    if options.time:
        return _print_time(every, eyes)
    rows = []
    for number, clip in enumerate(every, start=options.seed):
        rows += list(values(clip, eyes, number, has_input=not options.no_input))
        if options.rows:
            options.rows.write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(f"{len(every)} clips of {len(wanted)} repositories\n")
    print("\n".join(report(rows)))
    return None


if __name__ == "__main__":
    main()
