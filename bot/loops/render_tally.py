"""What the engine has drawn since the bot started, in counts that only grow."""

from __future__ import annotations

from collections import Counter, defaultdict

from engine.core.receipt import Outcome, Receipt


class RenderTally:
    """Counts finished clips, their takes, and what the takes cost.

    Attributes:
        clips: by engine.
        takes: by engine and outcome.
        causes: discarded takes by engine and by what was wrong first.
        busy: engine seconds by engine, discarded takes included.
        wasted: the part of ``busy`` that went into discarded takes.
        forced: clips that were kept although every take was rejected.
    """

    def __init__(self) -> None:
        self.clips: Counter[str] = Counter()
        self.takes: Counter[tuple[str, Outcome]] = Counter()
        self.causes: Counter[tuple[str, str]] = Counter()
        self.busy: defaultdict[str, float] = defaultdict(float)
        self.wasted: defaultdict[str, float] = defaultdict(float)
        self.forced = 0

    @property
    def rendered(self) -> int:
        """Clips of all engines."""
        return self.clips.total()

    def add(self, receipt: Receipt) -> None:
        """Count a clip that was drawn to its end."""
        engine = receipt.engine
        self.clips[engine] += 1
        self.forced += receipt.forced
        self.busy[engine] += receipt.busy_seconds
        self.wasted[engine] += receipt.busy_seconds - receipt.charged_seconds
        for take in receipt.takes:
            self.takes[engine, take.outcome] += 1
            if take.outcome is Outcome.REJECTED and take.number != receipt.kept:
                self.causes[engine, take.causes[0] if take.causes else "unknown"] += 1
