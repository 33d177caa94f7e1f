"""Teach the network that sees a face come apart: ``python -m benchmarks.fit_face_movement --clips DIR``.

How faces moved is read once in every harmless and every broken take of the clips (``--readings``). The
network is shown whole movements, alone and two joined, recorded faults, and faults put into whole movements
(:mod:`benchmarks.movement_faults`). ``--fold N`` teaches one that never sees a part of the owners of
repositories, and writes what it says of those: :mod:`benchmarks.fit_meaning` reckons with that. Without it,
what ships is taught by everything, and ``engine/vision/face_movement.onnx`` is written.
"""

from __future__ import annotations

import argparse
import os
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.face_readings import FOLDER, HELD, PARTS, Recorded, record, recorded_in
from benchmarks.meaning import clips
from benchmarks.movement_faults import FAULTS, Rng, broken, joined, quieter, varied, visible
from benchmarks.tails import shares
from benchmarks.taught_network import Taught, as_onnx
from engine.gate.meaning.shape import COARSE
from engine.vision.eyes import Eyes
from engine.vision.face_movement import ANSWERS, PATH, SHOWN, mirrored, standard
from engine.vision.optical_flow import Floats
from engine.weights.store import Store

FOLDS = 4
NAMED = ("face bent", "face grown", "lower face slid", "head slid")
"""The recorded faults that the first answers tell of."""
PLAN = ((24, 2), (32, 1), (48, 2), (48, 1), (64, 2), (64, 1))
"""The network's convolutions: channels and strides."""
BATCH, MADE = 96, 0.275
"""Movements that are shown at once; half of them are whole, and this share has a fault put into it."""
OFTEN = (0.35, 0.15, 0.2, 0.3)
"""How often each fault is put in."""
SLIGHT_ONES = 0.5
"""How often a recorded fault of the first strength is shown, beside the others."""
JOINED, LEAST = 0.8, 0.5
"""How often a movement has some of another one in it, and the least of a whole one that is left then."""
QUIET, QUIETEST = 0.25, 0.05
"""How often a movement is a quieter one, and how quiet at the least."""
UNSEEN, UNSEEN_OFTEN = 0.015, 0.2
"""Widths; a fault that goes no further is none, and how often a whole movement has one."""
RATE, DECAY, RISING = 2e-3, 0.03, 0.15
"""Of the optimiser: its highest rate, its decay, and the share of the steps until that rate."""
REPORTED = 200
"""Steps between two reports."""

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def fold_of(family: NDArray[np.str_]) -> NDArray[np.intp]:
    """Which fold each take is held out in."""
    return np.array([zlib.crc32(name.encode()) % FOLDS for name in family], np.intp)


class Lessons:
    """What the network is shown."""

    def __init__(self, known: Recorded, taken: NDArray[np.bool_], rng: Rng) -> None:
        """Teach by the faces of the takes that are ``taken``."""
        self._known, self._rng = known, rng
        source = np.array([take.source for take in known.takes])[known.take]
        strength, change = known.strength[known.take], known.change[known.take]
        faces = taken[known.take] & known.told
        self._whole = np.flatnonzero(faces & (strength == 0))
        self._faulty = np.flatnonzero(faces & (strength > 0) & np.isin(change, NAMED))
        self._fault = {int(n): NAMED.index(change[n]) for n in self._faulty}
        self._whole_share = shares(source[self._whole])
        share = shares(source[self._faulty]) * np.where(strength[self._faulty] == 1, SLIGHT_ONES, 1)
        self._faulty_share = share / share.sum()

    def batch(self) -> Batch:
        """Movements ``[BATCH, planes, h, w]``, what is right of each answer, and which answers count."""
        made = round(BATCH * MADE)
        rows: list[tuple[Floats, int | None]] = []
        for n in self._some(self._whole, self._whole_share, BATCH // 2):
            planes = self._movement(n)
            if self._rng.random() < UNSEEN_OFTEN:
                planes, _ = self._broken(n, planes, self._rng.uniform(0, UNSEEN))
            rows.append((planes, None))
        rows += [
            self._broken(n, self._movement(n), None) for n in self._some(self._whole, self._whole_share, made)
        ]
        rest = self._some(self._faulty, self._faulty_share, BATCH - len(rows))
        rows += [(self._moved(n, least=1.0), self._fault[int(n)]) for n in rest]
        right, counts = np.zeros((2, BATCH, len(ANSWERS)), np.float32)
        for row, (_, told) in enumerate(rows):
            # A face that bends may well seem to slide: of a broken one, no answer but its own is asked.
            asked = slice(None) if told is None else [told, -1]
            counts[row, asked], right[row, asked] = 1, told is not None
        shown = standard(np.stack([varied(planes, told, self._rng) for planes, told in rows]))
        return torch.from_numpy(shown), torch.from_numpy(right), torch.from_numpy(counts)

    def _broken(self, face: int, planes: Floats, most: float | None) -> tuple[Floats, int]:
        """A movement with a fault that can be seen where it is, and which."""
        fault = next(one for one in iter(self._fault_to_put_in, None) if visible(planes, one))
        points = self._known.points[face].astype(np.float32)
        return broken(planes, points, fault, self._rng, most=most), fault

    def _movement(self, face: int) -> Floats:
        """How a whole face moved, or something like it."""
        planes = self._moved(face)
        if self._rng.random() < QUIET:
            planes = quieter(planes, float(np.exp(self._rng.uniform(np.log(QUIETEST), 0))))
        return planes

    def _fault_to_put_in(self) -> int:
        return int(self._rng.choice(len(FAULTS), p=OFTEN))

    def _moved(self, face: int, *, least: float = LEAST) -> Floats:
        """How a face moved, mostly with some of another one's movement; so much of its own is left."""
        planes = self._planes(face)
        if self._rng.random() >= JOINED:
            return planes
        (other,) = self._some(self._whole, self._whole_share, 1)
        return joined(planes, float(self._rng.uniform(least, 1)), self._planes(int(other)), self._rng)

    def _planes(self, face: int) -> Floats:
        return np.asarray(self._known.planes[face], np.float32)

    def _some(self, faces: NDArray[np.intp], share: NDArray[np.float64], count: int) -> NDArray[np.intp]:
        return self._rng.choice(faces, count, p=share)


def teach(lessons: Lessons, steps: int, seed: int, report: Callable[[int, float], None]) -> Taught:
    """Teach a network from nothing."""
    torch.manual_seed(seed)
    model = Taught((len(SHOWN), *COARSE), len(ANSWERS), PLAN, pooled=True)
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=RISING)
    lost = 0.0
    for step in range(1, steps + 1):
        shown, right, counts = lessons.batch()
        with torch.autocast("cpu", torch.bfloat16):
            said = model(shown.to(memory_format=torch.channels_last))
        each = nn.functional.binary_cross_entropy_with_logits(said.float(), right, reduction="none")
        loss = (each * counts).sum() / counts.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        lost += float(loss.detach())
        if step % REPORTED == 0:
            report(step, lost / REPORTED)
            lost = 0.0
    model.eval()
    return model


def answers(model: Taught, planes: NDArray[np.float16]) -> Floats:
    """What a network says of movements and of their mirror images: float32 ``[N, 5]``."""
    found = []
    with torch.no_grad():
        for some in np.array_split(planes.astype(np.float32), max(1, len(planes) // BATCH)):
            both = [model(torch.from_numpy(standard(shown))) for shown in (some, mirrored(some))]
            found.append(torch.stack(both).mean(dim=0).numpy())
    return np.concatenate(found)


def main() -> None:
    """Read, teach and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, action="append", default=[], help="labelled clips, to be read")
    parser.add_argument("--readings", type=Path, default=FOLDER, help="where readings are kept")
    parser.add_argument("--fold", type=int, choices=range(FOLDS), help="of the owners, to be held out")
    parser.add_argument("--steps", type=int, default=3000, help="how long to teach")
    parser.add_argument("--seed", type=int, default=0, help="of the chance in what is shown")
    parser.add_argument("--to", type=Path, default=PATH, help="the network to write")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    eyes = Eyes(Store(Path(os.environ.get("FRAMEKILN_MODELS_DIR", "models"))))
    record(clips(options.clips, [], eyes, parts=PARTS), eyes, options.readings)
    known = recorded_in(options.readings)
    fold = fold_of(known.family)
    taken = np.ones(len(fold), np.bool_) if options.fold is None else fold != options.fold
    lessons = Lessons(known, taken, np.random.default_rng(options.seed))
    model = teach(lessons, options.steps, options.seed, partial(_report, time.monotonic()))
    if options.fold is None:
        options.to.write_bytes(as_onnx(model))
        return
    held = np.flatnonzero(~taken[known.take] & known.told)
    (options.readings / HELD).mkdir(exist_ok=True)
    said, faces = answers(model, known.planes[held]), len(known.take)
    np.savez(options.readings / HELD / str(options.fold), face=held, answers=said, faces=faces)


def _report(began: float, step: int, loss: float) -> None:
    print(f"{step} steps, loss {loss:.4f}, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
