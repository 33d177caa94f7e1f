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
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from benchmarks.deformed_faces import Grey, Photographed, Rng, kept, shown
from benchmarks.taught_network import Taught, as_onnx
from engine.vision.deformation import ANSWERS, PATH, SIDE, standard
from engine.vision.eyes import Eyes
from engine.vision.optical_flow import Floats
from engine.weights.store import Store

SHARES = (0.4, 0.37, 0.13, 0.1)
"""How often a face is whole, and how often each of the faults is shown."""

PLAN = ((16, 2), (32, 2), (32, 1), (48, 2), (48, 1), (64, 2))
BATCH, RATE, DECAY = 64, 2.2e-3, 0.03
HELD = 20
"""One face in so many is held out."""
REPORTED = 400
"""Steps between two reports."""


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
    model, began = Taught((1, SIDE, SIDE), len(ANSWERS), PLAN), time.monotonic()
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
