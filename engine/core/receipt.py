"""The receipt: what became of a job, take by take."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from engine.core.sentence import SENTENCES, Sentence, by_table, table_of

FEWEST_KEPT = 40
"""Clips that members kept, and from which a calibration is made: with fewer, one decides the 5 % point."""

SKETCH = Sentence("a sketch: no text-to-video model is installed")
"""What a receipt says of a clip by a stand-in."""


class Outcome(StrEnum):
    """The gate's verdict on a take."""

    ACCEPTED = "accepted"
    WARNED = "warned"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True)
class TakeRecord:
    """One take of a job, and the gate's verdict on it.

    Attributes:
        number: from 1.
        score: 0 (broken) … 100 (no fault found).
        reasons: in words that a member understands, each with its second where it has one.
        seconds: wall time of drawing and judging.
        causes: names of the measures that rejected it, worst first.
        changed: what was drawn differently from the request because the takes before failed; "" for nothing.
        readings: the value of each of the gate's measures, by name, where the take was not rejected. They
            show what good clips look like in this installation (``framekiln calibrate``).
    """

    number: int
    seed: int
    outcome: Outcome
    score: float
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0
    causes: tuple[str, ...] = ()
    changed: str = ""
    readings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What happened to a job, as the member and the owner may read it.

    Attributes:
        takes: in the order in which they were drawn; the last or the best of them was kept.
        kept: the number of the take that became the clip; 0 where nothing was drawn.
        forced: True when every take was rejected and the best of them was kept anyway.
        seconds: wall seconds by stage.
        ladder: what was given up for memory or for the upload limit, in words.
        sha256: hex digest of the MP4.
        size: bytes of the MP4.
        nudity: the highest score of its frames, 0 … 1, see :mod:`engine.vision.nudity`; None: not checked.
        peak_memory: the most bytes that it took, see :mod:`engine.runtime.peak_memory`; None: not known.
        sound: whether the MP4 has sound; the recipe says where it comes from.
    """

    engine: str
    takes: tuple[TakeRecord, ...]
    kept: int
    forced: bool
    width: int
    height: int
    frames: int
    fps: float
    sha256: str
    size: int
    seconds: dict[str, float] = field(default_factory=dict)
    ladder: tuple[str, ...] = ()
    nudity: float | None = None
    peak_memory: int | None = None
    sound: bool = False

    @property
    def busy_seconds(self) -> float:
        """Wall seconds that the engine spent on this job, discarded takes included."""
        return sum(self.seconds.values())

    @property
    def charged_seconds(self) -> float:
        """What the member is charged: without the takes that the gate threw away."""
        wasted = sum(take.seconds for take in self.takes if take.number != self.kept)
        return max(0.0, self.busy_seconds - wasted)

    @property
    def words(self) -> tuple[str, ...]:
        """All that it says to a member."""
        of_takes = (text for take in self.takes for text in (*take.reasons, take.changed))
        return (*of_takes, *self.ladder)

    def to_json(self, *, sentences: bool = True) -> str:
        """One line of JSON with sorted keys.

        Args:
            sentences: with what the sentences in it were made of. Without, programs can read it that know
                nothing of them.
        """
        data = dataclasses.asdict(self)
        if sentences and (table := table_of(self.words)):
            data[SENTENCES] = table
        return json.dumps(data, sort_keys=True, ensure_ascii=False)

    def spoken(self, find: Callable[[str], str]) -> Self:
        """The same, with each text as ``find`` gives it."""
        takes = tuple(
            dataclasses.replace(take, reasons=tuple(map(find, take.reasons)), changed=find(take.changed))
            for take in self.takes
        )
        return dataclasses.replace(self, takes=takes, ladder=tuple(map(find, self.ladder)))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: not a receipt.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            find = by_table(data.pop(SENTENCES, None))
            data["takes"] = tuple(
                TakeRecord(
                    **{
                        **take,
                        "outcome": Outcome(take["outcome"]),
                        "reasons": tuple(take["reasons"]),
                        "causes": tuple(take.get("causes", ())),
                    }
                )
                for take in data["takes"]
            )
            data["ladder"] = tuple(data["ladder"])
            return cls(**data).spoken(find)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is not a receipt: {error}") from error
