"""One denoising step after the other: progress, stops, drafts, hopeless takes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine.core.cancel import CancelToken
from engine.core.draft_map import DraftMap
from engine.core.errors import Cancelled, HopelessTake
from engine.core.family import Frames, Hooks
from engine.diffusion.preview import draft_frames
from engine.diffusion.sampling import Steps
from engine.families import FOLDERS, wan
from engine.gate.draft import why_hopeless
from tests import ROOT
from tests.engine import tiny  # noqa: F401 - one thread, and the libraries in order
from tests.engine.diffusion.steps_bench import LATENTS

NOISE = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


UNKNOWN = SimpleNamespace(scheduler=object())
"""A pipeline whose scheduler tells nothing."""


def step(steps, pipe=UNKNOWN, latents=LATENTS):
    return steps.callback(pipe, 0, torch.tensor(0), {"latents": latents})


def test_progress_goes_from_begin_to_end_and_never_back_when_the_index_starts_again():
    told: list[float] = []
    steps = Steps(Hooks(progress=told.append), steps=6, begin=0.25, end=0.75)
    for index in (0, 1, 2, 0, 1, 2, 0):  # FreeInit's second and third round
        assert steps.callback(UNKNOWN, index, 0, {"latents": LATENTS}) == {}
    assert told == sorted(told)
    assert told[:2] == pytest.approx([0.25 + 0.5 / 6, 0.25 + 1 / 6])
    assert told[-2:] == [0.75, 0.75]


def test_a_stop_takes_hold_at_the_end_of_the_step():
    token = CancelToken()
    told: list[float] = []
    steps = Steps(Hooks(cancel=token, progress=told.append), steps=4)
    step(steps)
    token.cancel()
    with pytest.raises(Cancelled):
        step(steps)
    assert told == [0.25], "nothing is said of a step that was stopped"


@pytest.mark.parametrize(("count", "at"), [(1, None), (2, None), (3, 2), (4, 2), (15, 5), (25, 9)])
def test_one_draft_is_shown_after_a_third_of_the_steps_and_none_of_a_short_run(count, at):
    shown: list[int] = []
    done: list[int] = []
    steps = Steps(
        Hooks(draft=lambda frames: shown.append(len(done))),
        steps=count,
        preview=lambda latents: NOISE,
    )
    for number in range(count):
        done.append(number)
        step(steps)
    assert shown == ([] if at is None else [at])


def test_a_family_of_16_channels_that_is_not_wan_shows_no_draft_and_loses_no_take():
    latents = torch.zeros(1, 16, 4, 8, 8)
    in_wans_colours = draft_frames(latents[0].movedim(0, 1), wan.WAN_21.draft_map)
    assert why_hopeless(in_wans_colours) is not None, "with Wan's map the take would be given up"
    shown: list[Frames] = []
    steps = Steps(Hooks(draft=shown.append), steps=9)
    for _ in range(9):
        step(steps, latents=latents)
    assert shown == []


def test_each_family_draws_its_drafts_with_its_own_map():
    for folder, package in FOLDERS.items():
        for path in (ROOT / "engine" / "families" / folder).rglob("*.py"):
            if "draft_frames" in path.read_text("utf-8"):
                versions = getattr(package, "VERSIONS", {})
                maps = [version.draft_map for version in versions.values()] or [package.DRAFT_MAP]
                assert all(isinstance(made, DraftMap) for made in maps), (
                    f"{folder} draws drafts without a map"
                )
    channels = {name: len(version.draft_map.weights) for name, version in wan.VERSIONS.items()}
    assert channels == {"wan": 16, "wan-5b": 48}


@pytest.mark.parametrize(
    ("draft", "reason"),
    [(np.full_like(NOISE, 90), "the picture is empty"), (NOISE[[0, 0, 0]], "nothing moves")],
)
def test_a_hopeless_draft_ends_the_take_before_it_is_shown(draft, reason):
    shown: list[Frames] = []
    steps = Steps(Hooks(draft=shown.append), steps=9, preview=lambda latents: draft)
    step(steps)
    step(steps)
    with pytest.raises(HopelessTake, match=reason):
        step(steps)
    assert shown == []


@pytest.mark.parametrize(("broken_from", "ends_at"), [(1, 3), (3, 3), (4, 9), (9, 9)])
def test_broken_latents_are_never_decoded(broken_from, ends_at):
    steps = Steps(Hooks(), steps=9)
    broken = torch.full_like(LATENTS, torch.nan)
    for number in range(1, ends_at):
        step(steps, latents=broken if number >= broken_from else LATENTS)
    with pytest.raises(HopelessTake, match="invalid numbers"):
        step(steps, latents=broken)
