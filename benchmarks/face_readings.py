"""What the gate reads in the faces of harmless and of broken takes, recorded for all that is fitted to it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import harmless
from benchmarks.meaning import Taken
from benchmarks.meaning_faults import FACE_FAULTS, HARMLESS, STRENGTHS, Frames
from engine.gate.clip import Clip
from engine.gate.meaning.faces import Followed
from engine.gate.meaning.look import SHORTEST, follow_faces
from engine.gate.meaning.movement import movement_of
from engine.gate.meaning.shape import COARSE
from engine.gate.meaning.witnesses import SLIGHT, readings_of
from engine.vision.eyes import Eyes
from engine.vision.face_mesh import POINTS
from engine.vision.face_movement import PLANES

FOLDER = Path("meaning-readings")
"""A file a clip."""
HELD = "held"
"""Folder among them: what networks say of the faces that they have not seen, a file a fold."""

MORE: dict[str, Callable[[Frames, np.random.Generator], Frames]] = {
    "mirrored": lambda frames, _: np.ascontiguousarray(frames[:, :, ::-1]),
    "recompressed": lambda frames, rng: np.asarray(harmless.recompressed(frames, 1, rng), np.uint8),
    "every second frame": lambda frames, _: np.ascontiguousarray(frames[::2]),
    "its last two thirds": lambda frames, _: np.ascontiguousarray(frames[len(frames) // 3 :]),
}
"""Harmless changes beside those by which the gate is measured."""

PARTS, LATER = 4, ", part "
"""Parts of a long clip that are read, and what the names of the later ones hold."""


@dataclass(frozen=True)
class Take:
    """A clip with one change; strength 0: harmless."""

    clip: str
    source: str
    change: str
    strength: int


@dataclass(frozen=True)
class Recorded:
    """Takes, and what was read in all their faces.

    Attributes:
        takes: all of them.
        take: the number of each face's take, ``[faces]``.
        readings: of each face, in the order of :data:`engine.gate.meaning.witnesses.SLIGHT`, ``[faces, 5]``.
        told: which faces' movement could be read, bool ``[faces]``.
        planes: that movement, float16 ``[faces, PLANES, h, w]``; 0 where it could not.
        points: the face's mesh in its crop, float16 ``[faces, 468, 3]``, widths.
    """

    takes: list[Take]
    take: NDArray[np.intp]
    readings: NDArray[np.float64]
    told: NDArray[np.bool_]
    planes: NDArray[np.float16]
    points: NDArray[np.float16]

    @classmethod
    def of(cls, takes: list[Take], faces: list[tuple[int, Followed, bool]]) -> Recorded:
        """Read followed faces, each with the number of its take and whether the detector is sure of it."""
        moved = [movement_of(face, plain=plain) for _, face, plain in faces]
        nothing = np.zeros((len(PLANES), *COARSE), np.float16)
        shapes = ((len(SLIGHT),), nothing.shape, (POINTS, 3))
        readings, planes, points = (np.zeros((len(faces), *shape)) for shape in shapes)
        for n, ((_, face, _), movement) in enumerate(zip(faces, moved, strict=True)):
            read = readings_of(face)
            readings[n] = [read[name] for name in SLIGHT]
            planes[n] = nothing if movement is None else movement
            points[n] = face.first.points
        numbers = np.array([take for take, *_ in faces], np.intp)
        told = np.array([movement is not None for movement in moved], np.bool_)
        return cls(takes, numbers, readings, told, planes.astype(np.float16), points.astype(np.float16))

    @classmethod
    def joined(cls, parts: list[Recorded]) -> Recorded:
        """One after the other."""
        before = np.cumsum([0, *(len(part.takes) for part in parts)])
        return cls(
            [take for part in parts for take in part.takes],
            np.concatenate([part.take + begin for part, begin in zip(parts, before[:-1], strict=True)]),
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("readings", "told", "planes", "points")
            ),
        )

    @property
    def family(self) -> NDArray[np.str_]:
        """Who owns the repository that each take is from: what is held out together."""
        return np.array([take.source.split("/")[0].lower() for take in self.takes])

    @property
    def strength(self) -> NDArray[np.intp]:
        """Of each take's fault."""
        return np.array([take.strength for take in self.takes], np.intp)

    @property
    def change(self) -> NDArray[np.str_]:
        """The name of each take's change."""
        return np.array([take.change for take in self.takes])

    def write(self, path: Path) -> None:
        """Write them to a file that :func:`recorded_in` reads."""
        names = json.dumps([vars(take) for take in self.takes])
        arrays: Mapping[str, Any] = {key: value for key, value in vars(self).items() if key != "takes"}
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, takes=np.array(names), **arrays)
        unfinished.rename(path)


def recorded_in(folder: Path) -> Recorded:
    """All that was recorded in a folder."""
    paths = sorted(path for path in folder.glob("*.npz") if not path.name.endswith(".part.npz"))
    return Recorded.joined([_read(path) for path in paths])


def _read(path: Path) -> Recorded:
    with np.load(path) as file:
        takes = [Take(**one) for one in json.loads(str(file["takes"]))]
        return Recorded(takes, **{key: file[key] for key in file.files if key != "takes"})


def record(takes: Iterator[Taken], eyes: Eyes, folder: Path) -> None:
    """Read the faces of all clips of which there is no file yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, parts in groupby(takes, key=lambda clip: clip.name.split(LATER)[0]):
        path = folder / f"{name}.npz"
        if path.exists():
            continue
        # The chance in a clip's faults stays the same, whatever other clips there are.
        number, known, faces = zlib.crc32(name.encode()), list[Take](), list[tuple[int, Followed, bool]]()
        for clip in parts:
            for change, strength, make in changes(clip, number):
                if len(frames := make()) >= SHORTEST:
                    found = follow_faces(Clip(frames, frames[0], clip.fps), eyes)
                    faces += [(len(known), face, plain) for face, plain in found]
                    known.append(Take(clip.name, clip.source, change, strength))
        Recorded.of(known, faces).write(path)


def changes(clip: Taken, number: int) -> Iterator[tuple[str, int, Callable[[], Frames]]]:
    """The name, the strength and the maker of each change of a clip with a face."""
    if clip.places is None:
        return
    whole = LATER not in clip.name  # later parts only tell how people move
    for name, change in (HARMLESS | (MORE if whole else {})).items():
        yield name, 0, partial(change, clip.frames, np.random.default_rng(number))
    for name, spoil in FACE_FAULTS.items():
        for strength in STRENGTHS if whole else ():
            made = partial(spoil, clip.frames, clip.places, strength, np.random.default_rng(number))
            yield name, strength, made
