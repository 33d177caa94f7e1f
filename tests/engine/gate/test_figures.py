"""The gate as it ships on clips that are not in this repository: one of each source, each defect.

The figures of the fit, with whole sources held out, are in docs/quality.md; these runs are in-sample, and
hold the gate to them.
"""

from functools import cache
from itertools import pairwise
from zlib import crc32

import numpy as np
import pytest

from benchmarks.clips import Labelled, labelled
from benchmarks.defects import DEFECTS
from benchmarks.harmless import ARGUABLE, BENIGN, OTHER_START
from benchmarks.readings import CERTAIN, FRAMED
from benchmarks.ways import OTHER_WAYS
from engine.core.receipt import Outcome
from engine.gate import judge
from engine.gate.calibration import shipped
from tests import ROOT

CLIPS = ROOT.parent / "shared" / "quality-clips"
DOCS = ROOT / "docs" / "quality.md"
needs_clips = pytest.mark.skipif(not CLIPS.exists(), reason="the development clips are not here")

INJECTED = [name for name in DEFECTS if name not in CERTAIN]


@cache
def clips():
    """The first clean clip of each source."""
    found: dict[str, Labelled] = {}
    for clip in labelled(CLIPS) if CLIPS.exists() else ():
        if clip.label == "clean":
            found.setdefault(clip.source, clip)
    return list(found.values())


@cache
def frames_of(turn):
    return clips()[turn].frames(16, 384)


def verdict(turn, change=None, strength=2.0, *, own_start=False):
    frames = frames_of(turn)
    rng = np.random.default_rng([turn, crc32(getattr(change, "__name__", "").encode())])
    changed = frames if change is None else change(frames, strength, rng)
    return judge(changed, changed[0] if own_start else frames[0], clips()[turn].fps)


@needs_clips
def test_a_clean_clip_of_each_source_passes():
    rejected = [clip.source for turn, clip in enumerate(clips()) if verdict(turn).rejected]
    assert len(clips()) >= 10
    assert rejected == []


@needs_clips
@pytest.mark.parametrize("name", [name for name in BENIGN if name not in ARGUABLE])
def test_a_harmless_change_passes(name):
    turn = crc32(name.encode()) % len(clips())
    assert not verdict(turn, BENIGN[name], own_start=name in OTHER_START).rejected


def passes(found, framed):
    """Whether a defect is passed over; those that depend on the frame need only be warned about."""
    return not (found.rejected or (framed and found.outcome is Outcome.WARNED))


@needs_clips
@pytest.mark.parametrize(("strength", "missed"), [(2.0, 2), (3.0, 0)])
def test_nearly_all_defects_are_caught_where_they_are_clear(strength, missed):
    judged = {
        name: verdict(turn % len(clips()), DEFECTS[name], strength) for turn, name in enumerate(INJECTED)
    }
    passed = {name for name, found in judged.items() if passes(found, name in FRAMED)}
    assert len(passed - {"ghosting"}) <= missed, passed


@needs_clips
def test_most_defects_made_in_ways_that_no_fit_has_seen_are_caught():
    held_back = [name for name, way in OTHER_WAYS.items() if not way.seen]
    judged = {
        name: verdict(turn % len(clips()), OTHER_WAYS[name].change) for turn, name in enumerate(held_back)
    }
    passed = [name for name, found in judged.items() if passes(found, OTHER_WAYS[name].kind in FRAMED)]
    assert len(passed) <= len(held_back) // 3, passed


def test_what_is_stronger_is_not_caught_less():
    """Of published clips, each judged by a score that never saw its repository; .1 is about two clips."""
    for kind, caught in shipped().figures["caught_by_kind"].items():
        shares = [caught[strength] for strength in "123"]
        assert all(after >= before - 0.1 for before, after in pairwise(shares)), (kind, shares)


def test_the_document_tells_the_figures_of_the_shipped_fit():
    told, figures = DOCS.read_text("utf-8"), shipped().figures
    for name in ("untouched", "harmless changes", "harmless changes of accepted clips"):
        assert f"| {name} | {figures['rejected'][name]:.1%} |" in told, name
    caught = " / ".join(f"{figures['caught']['as in defects'][strength]:.2f}"[1:] for strength in "123")
    assert caught in told
