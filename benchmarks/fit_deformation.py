"""Teach the eye that sees a face out of shape: ``python -m benchmarks.fit_deformation --pictures DIR``.

From every photograph under the folders the largest face is taken, as the gate would cut it out
(``--cache`` keeps them). Each time it is shown, it is whole, or bent by a smooth field, or its mouth slides,
or an eye is painted over; and as clips have it: blurred, turned, stretched, badly lit, compressed.
One face in twenty is not learnt from: how much is caught on those, at one false alarm in fifty, is printed.
Writes ``engine/vision/deformation.onnx``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.meaning_faults import inside
from engine.gate.meaning import shape
from engine.gate.meaning.shape import EYES, Crop
from engine.vision.deformation import ANSWERS, FACE, MIDDLE, PATH, SIDE, standard
from engine.vision.eyes import Eyes
from engine.vision.onnx_file import network, node
from engine.vision.optical_flow import Floats, grid
from engine.weights.store import Store

Grey = NDArray[np.uint8]
Rng = np.random.Generator

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
NARROWEST, SUREST, LONGEST = 56.0, 0.7, 640
"""Pixels of a face's width and the detector's certainty that it takes; longer pictures are made smaller."""

FINER, ROOM = 2, 224
"""How much finer the kept faces are than what the network sees, and pixels of their squares."""
CENTRE = (112.0, 105.28)
"""Where the middle of the face is in such a square."""

BEND, SLIDE, GONE = (0.03, 0.16), (0.04, 0.22), (0.5, 1.0)
"""How far a face bends and a mouth slides, in widths, and how much of an eye goes."""
SHARES = (0.4, 0.37, 0.13, 0.1)
"""How often a face is whole, and how often each of the faults is shown."""

BATCH, RATE, DECAY = 64, 2.2e-3, 0.03
HELD = 20
"""One face in so many is held out."""
REPORTED = 400
"""Steps between two reports."""


@dataclass(frozen=True)
class Photographed:
    """A face.

    Attributes:
        picture: uint8 ``[ROOM, ROOM]``.
        points: of its mesh, float32 ``[468, 2]``, widths from the middle.
    """

    picture: Grey
    points: Floats


def faces(folders: list[Path], eyes: Eyes) -> Iterator[Photographed]:
    """The largest face of every picture under the folders."""
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        picture = cv2.imread(str(path)) if path.suffix.lower() in PICTURES else None
        if picture is not None:
            yield from _face_of(picture, eyes)


def kept(folders: list[Path], eyes: Eyes, cache: Path | None) -> list[Photographed]:
    """The same, from a file if they were found before."""
    if cache is None or not cache.exists():
        found = list(faces(folders, eyes))
        if cache is not None:
            points = np.stack([face.points for face in found])
            np.savez(cache, crops=np.stack([face.picture for face in found]), points=points)
        return found
    with np.load(cache) as known:
        pairs = zip(known["crops"], known["points"], strict=True)
        return [Photographed(picture, points[:, :2].astype(np.float32)) for picture, points in pairs]


def _face_of(picture: NDArray[Any], eyes: Eyes) -> Iterator[Photographed]:
    scale = min(1.0, LONGEST / max(picture.shape[:2]))
    smaller = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    shown = np.ascontiguousarray(smaller[..., ::-1], np.uint8)
    found = [face for face in eyes.faces(shown) if face.box.width >= NARROWEST and face.certainty >= SUREST]
    mesh = eyes.mesh(shown, max(found, key=lambda face: face.box.area)) if found else None
    if mesh is not None:
        luma = np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), np.uint8)
        crop = Crop(luma, mesh)
        there = crop.there.astype(np.float64) * FINER
        there[:, 2] += np.array(CENTRE) - np.array(shape.MIDDLE) * FINER
        square = cv2.warpAffine(
            luma,
            there.astype(np.float32),
            (ROOM, ROOM),
            flags=cv2.INTER_AREA,
            borderMode=cv2.BORDER_REPLICATE,
        )
        yield Photographed(np.asarray(square, np.uint8), crop.points[:, :2].astype(np.float32))


def shown(face: Photographed, fault: int | None, strength: float, rng: Rng) -> Grey:
    """One view of a face, as the network may meet it.

    Args:
        face: to show.
        fault: place in :data:`~engine.vision.deformation.ANSWERS`; None: it is whole.
        strength: 0 … 1, within the ranges above.
        rng: chance.
    """
    picture, at = face.picture, _view(rng)
    if fault is not None and ANSWERS[fault] == "eye gone":
        picture = _without_eye(face, _within(GONE, strength), rng)
    elif fault is not None:
        at = at - FINER * FACE * _field(face, at, ANSWERS[fault], strength, rng)
    seen = cv2.remap(
        _lit(_blurred(picture, rng), rng),
        at.astype(np.float32),
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # type: ignore[call-overload]
    made = np.clip(seen, 0, 255).astype(np.uint8)
    made = np.ascontiguousarray(made[:, ::-1] if rng.random() < 0.5 else made)
    return _compressed(made, rng)


def _within(bounds: tuple[float, float], strength: float) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * strength


def _view(rng: Rng) -> Floats:
    """Where in a face's square each pixel is read: turned, moved, scaled and stretched a little."""
    x, y = ((grid(SIDE, SIDE)[..., n] + 0.5 - MIDDLE[n]) * FINER * rng.uniform(0.94, 1.07) for n in (0, 1))
    turn, lean = rng.normal() * 0.04, rng.normal(size=2) * 0.025
    across = np.cos(turn) * x - np.sin(turn) * y + lean[0] * y
    down = np.sin(turn) * x + np.cos(turn) * y + lean[1] * x
    shift = CENTRE + rng.normal(size=2) * 0.025 * FINER * FACE
    return np.dstack([across, down]).astype(np.float32) + shift.astype(np.float32)


def _field(face: Photographed, at: Floats, fault: str, strength: float, rng: Rng) -> Floats:
    """By how much each place moves, in widths of the face."""
    away = (at - np.asarray(CENTRE, np.float32)) / (FINER * FACE)
    low, high = face.points[:, 1].min(), face.points[:, 1].max()
    x, y = away[..., 0] / 0.5, (away[..., 1] - (low + high) / 2) / max(0.25, (high - low) / 2)
    if fault == "mouth slid":
        lower = np.clip((y - 0.05) / 0.3, 0, 1) * inside(x, y, 0.95, 1.4)
        moved = lower * _within(SLIDE, strength) * rng.choice([-1, 1])
        return np.dstack([moved, np.zeros_like(moved)])
    count = int(rng.integers(3, 5))
    waves = [
        cv2.resize(rng.normal(size=(count, count)), (65, 65), interpolation=cv2.INTER_CUBIC) for _ in range(2)
    ]
    places = np.dstack([x, y]).astype(np.float32) * 28 + 32
    read = [
        cv2.remap(wave.astype(np.float32), places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
        for wave in waves
    ]
    most = max(float(np.hypot(*waves).max()), 1e-6)
    reach = _within(BEND, strength) / most * inside(x, y, 0.8, 1.3)
    return np.asarray(np.dstack(read) * reach[..., None], np.float32)


def _without_eye(face: Photographed, gone: float, rng: Rng) -> Grey:
    """One eye painted over with skin."""
    middle = face.points[list(EYES[int(rng.integers(2))])].mean(axis=0) * FINER * FACE + CENTRE
    x, y = (grid(ROOM, ROOM) - middle.astype(np.float32)).transpose(2, 0, 1) / (FINER * FACE)
    hole = np.hypot(x / rng.uniform(0.14, 0.2), y / rng.uniform(0.09, 0.13))
    skin = cv2.inpaint(face.picture, (hole < 1).astype(np.uint8), 5, cv2.INPAINT_TELEA)
    skin = cv2.GaussianBlur(skin, (0, 0), rng.uniform(1, 4))
    weight = np.clip((1.2 - hole) / 0.4, 0, 1) * gone
    return np.asarray(face.picture * (1 - weight) + skin * weight + 0.5, np.uint8)


def _blurred(picture: Grey, rng: Rng) -> Grey:
    """As large as faces are in clips, and enlarged again."""
    larger = FINER * FACE / rng.uniform(45, 130)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.7, 0.45 * np.sqrt(max(larger**2 - 1, 0)))))


def _lit(picture: Grey, rng: Rng) -> Floats:
    """With light from one side, in four of ten."""
    if rng.random() > 0.4:
        return picture.astype(np.float32)
    across, down = rng.normal(size=2) * 0.25
    x, y = (grid(*picture.shape[:2]) / ROOM - 0.5).transpose(2, 0, 1)
    return np.asarray(np.clip(picture * (1 + across * x + down * y), 0, 255), np.float32)


def _compressed(picture: Grey, rng: Rng) -> Grey:
    if rng.random() > 0.3:
        return picture
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 90))])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8)


class Taught(nn.Module):  # type: ignore[misc]
    """The network: six convolutions, two of them beside a shortcut, and two dense layers."""

    def __init__(self, width: int = 16) -> None:
        """Make one that has learnt nothing; ``width``: channels of the first layer."""
        super().__init__()
        w = width
        plan = [
            (1, w, 2),
            (w, 2 * w, 2),
            (2 * w, 2 * w, 1),
            (2 * w, 3 * w, 2),
            (3 * w, 3 * w, 1),
            (3 * w, 4 * w, 2),
        ]
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, stride, 1) for a, b, stride in plan)
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for _, b, _ in plan)
        self.strides = [stride for *_, stride in plan]
        self.dense, self.answers = nn.Linear(4 * w * (SIDE // 16) ** 2, 64), nn.Linear(64, len(ANSWERS))
        self.drop = nn.Dropout(0.25)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of each answer: ``[N, 3]`` for ``[N, 1, SIDE, SIDE]``."""
        for convolution, norm, stride in zip(self.convolutions, self.norms, self.strides, strict=True):
            made = torch.relu(norm(convolution(x)))
            x = made if stride > 1 else x + made
        return self.answers(self.drop(torch.relu(self.dense(self.drop(x.flatten(1))))))


def tensor(pictures: list[Grey]) -> torch.Tensor:
    """What the network is shown."""
    return torch.from_numpy(standard(np.stack(pictures).astype(np.float32)))[:, None]


def teach(model: Taught, known: list[Photographed], rng: Rng, done: Callable[[], float]) -> Iterator[int]:
    """Teach a network, and give the number of steps again and again.

    Args:
        model: to teach.
        known: faces to learn from.
        rng: chance.
        done: how much of the time is over, 0 … 1.
    """
    optimizer, step = torch.optim.AdamW(model.parameters(), RATE, weight_decay=DECAY), 0
    while (share := done()) < 1:
        for group in optimizer.param_groups:
            group["lr"] = (
                RATE * min(1.0, step / 200 + 0.02) * (0.5 + 0.5 * float(np.cos(np.pi * share))) + 2e-5
            )
        loss = _loss(model.train(), *_lesson(known, rng))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % REPORTED == 0:
            model.eval()
            yield step
    model.eval()


def _lesson(known: list[Photographed], rng: Rng) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Views, what is wrong with each, and how much each counts."""
    views, right, counts = [], np.zeros((BATCH, len(ANSWERS)), np.float32), np.ones(BATCH, np.float32)
    for n in range(BATCH):
        choice, strength = int(rng.choice(len(SHARES), p=SHARES)), float(rng.random())
        views.append(
            shown(known[int(rng.integers(len(known)))], choice - 1 if choice else None, strength, rng)
        )
        if choice:
            right[n, choice - 1], counts[n] = 1, 0.3 + 0.7 * min(1.0, 2 * strength)  # slight ones look whole
    noise = rng.normal(size=(BATCH, SIDE, SIDE)) * rng.uniform(0, 3, (BATCH, 1, 1))
    light = rng.uniform(0.6, 1.4, (BATCH, 1, 1))
    seen = standard((np.stack(views) * light + noise).astype(np.float32))
    return torch.from_numpy(seen)[:, None], torch.from_numpy(right), torch.from_numpy(counts)


def _loss(model: Taught, views: torch.Tensor, right: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    each = nn.functional.binary_cross_entropy_with_logits(model(views), right, reduction="none")
    return (each.sum(dim=1) * counts).mean()


def caught(model: Taught, held: list[Photographed]) -> dict[str, list[float]]:
    """The share of each fault, slight, middling and strong, above all but a fiftieth of the whole faces."""
    rng = np.random.default_rng(5)

    def answers(fault: int | None, strength: float) -> Floats:
        with torch.no_grad():
            made = model(tensor([shown(face, fault, strength, rng) for face in held]))
            return np.asarray(made.numpy(), np.float32)

    limits = np.quantile(answers(None, 0), 0.98, axis=0)
    return {
        name: [float((answers(n, strength)[:, n] > limits[n]).mean()) for strength in (0.1, 0.4, 0.85)]
        for n, name in enumerate(ANSWERS)
    }


def as_onnx(model: Taught) -> bytes:
    """The network as a file, its norms drawn into its convolutions, its numbers in half precision."""
    nodes, constants, at = [], dict[str, NDArray[np.generic]](), "face"
    for n, (convolution, norm) in enumerate(zip(model.convolutions, model.norms, strict=True)):
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        constants[f"w{n}"] = _half(convolution.weight * scale[:, None, None, None])
        constants[f"b{n}"] = _half((convolution.bias - norm.running_mean) * scale + norm.bias)
        stride = model.strides[n]
        nodes.append(
            node(
                "Conv",
                [at, f"w{n}", f"b{n}"],
                [f"c{n}"],
                kernel_shape=(3, 3),
                strides=(stride, stride),
                pads=(1,) * 4,
            )
        )
        nodes.append(node("Relu", [f"c{n}"], [f"r{n}"]))
        if stride == 1:
            nodes.append(node("Add", [at, f"r{n}"], [f"a{n}"]))
        at = f"r{n}" if stride > 1 else f"a{n}"
    nodes.append(node("Flatten", [at], ["flat"], axis=1))
    for name, layer, source, made in (
        ("dense", model.dense, "flat", "d"),
        ("answers", model.answers, "h", "odds"),
    ):
        constants |= {f"{name} w": _half(layer.weight), f"{name} b": _half(layer.bias)}
        nodes.append(node("Gemm", [source, f"{name} w", f"{name} b"], [made], transB=1))
        if made == "d":
            nodes.append(node("Relu", ["d"], ["h"]))
    return network(nodes, constants, {"face": (1, 1, SIDE, SIDE)}, {"odds": (1, len(ANSWERS))})


def _half(values: torch.Tensor) -> NDArray[np.generic]:
    return np.asarray(values.detach().numpy(), np.float16)


def main() -> None:
    """Teach and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=Path, action="append", required=True, help="folder of photographs")
    parser.add_argument("--cache", type=Path, help="file for the faces, so that they are found once")
    parser.add_argument("--minutes", type=float, default=40, help="how long to teach")
    parser.add_argument(
        "--checkpoint", type=Path, help="go on from this file, if there is one, and save here"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the chance in what is shown")
    parser.add_argument("--to", type=Path, default=PATH, help="the file to write")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    eyes = Eyes(Store(Path(os.environ.get("FRAMEKILN_MODELS_DIR", "models"))))
    found = kept(options.pictures, eyes, options.cache)
    held, known = found[::HELD], [face for n, face in enumerate(found) if n % HELD]
    print(f"{len(known)} faces to learn from, {len(held)} held out")
    model, began = Taught(), time.monotonic()
    if options.checkpoint is not None and options.checkpoint.exists():
        model.load_state_dict(torch.load(options.checkpoint, weights_only=True))
    over = partial(_share_over, began, 60 * options.minutes)
    for step in teach(model, known, np.random.default_rng(options.seed), over):
        print(step, caught(model, held), flush=True)
        if options.checkpoint is not None:
            torch.save(model.state_dict(), options.checkpoint)
    options.to.write_bytes(as_onnx(model))
    print(caught(model, held))


def _share_over(began: float, seconds: float) -> float:
    return (time.monotonic() - began) / seconds


if __name__ == "__main__":
    main()
