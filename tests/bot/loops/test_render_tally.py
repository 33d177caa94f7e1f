"""What the engine has drawn, counted."""

from __future__ import annotations

import pytest

from bot.loops.render_tally import RenderTally
from engine.core.receipt import Outcome, Receipt, TakeRecord


def take(number: int, outcome: Outcome, *causes: str, seconds: float = 2.0) -> TakeRecord:
    return TakeRecord(number=number, seed=number, outcome=outcome, score=50, causes=causes, seconds=seconds)


def receipt(*takes: TakeRecord, kept: int, forced: bool = False) -> Receipt:
    return Receipt(
        engine="camera",
        takes=takes,
        kept=kept,
        forced=forced,
        width=320,
        height=192,
        frames=24,
        fps=24,
        sha256="0" * 64,
        size=1000,
        seconds={"drawing": 2.0 * len(takes), "encoding": 1.0},
    )


def test_takes_are_counted_by_verdict_and_cause():
    tally = RenderTally()
    tally.add(receipt(take(1, Outcome.REJECTED, "flicker", "tear"), take(2, Outcome.WARNED), kept=2))
    tally.add(receipt(take(1, Outcome.ACCEPTED), kept=1))
    assert tally.rendered == tally.clips["camera"] == 2
    assert tally.takes == {("camera", outcome): 1 for outcome in Outcome}
    assert tally.causes == {("camera", "flicker"): 1}
    assert tally.busy["camera"] == pytest.approx(8.0)
    assert tally.wasted["camera"] == pytest.approx(2.0)


def test_a_rejected_take_that_was_kept_all_the_same_is_not_a_discard():
    tally = RenderTally()
    tally.add(receipt(take(1, Outcome.REJECTED), take(2, Outcome.REJECTED, "flicker"), kept=2, forced=True))
    assert tally.causes == {("camera", "unknown"): 1}
    assert tally.forced == 1
