"""Hours of the day in which an engine is left out, as an owner writes them: "GPU 1 18:00-23:00"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

_WRITTEN = re.compile(r"(?P<name>\S.*?)\s+(\d{1,2}):(\d{2})\s*[-\u2013]\s*(\d{1,2}):(\d{2})")
EVERY_ENGINE = "all"


@dataclass(frozen=True, kw_only=True)
class Hours:
    """A part of each day.

    Attributes:
        name: of the engine, as /queue show calls it, or "all".
        begin, end: of the owner's clock. If the end is not after the beginning, it is on the next day.
    """

    name: str
    begin: time
    end: time

    def are_for(self, engine: str) -> bool:
        """Whether they are this engine's."""
        return self.name.casefold() in {engine.casefold(), EVERY_ENGINE}

    def until(self, now: datetime) -> datetime | None:
        """When they are over; None: it is outside of them. ``now`` has the owner's time zone."""
        for day in (now.date() - timedelta(days=1), now.date()):
            begin = datetime.combine(day, self.begin, now.tzinfo)
            later = timedelta(days=int(self.end <= self.begin))
            end = datetime.combine(day + later, self.end, now.tzinfo)
            if begin <= now < end:
                return end
        return None


def read_hours(text: str) -> Hours:
    """Read "GPU 1 18:00-23:00".

    Raises:
        ValueError: it is not written like that.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError("hours are written like GPU 1 18:00-23:00")
    name, *clock = found.groups()
    hours = [int(each) for each in clock]
    try:
        return Hours(name=name, begin=time(hours[0], hours[1]), end=time(hours[2], hours[3]))
    except ValueError:
        raise ValueError("there is no such time of day") from None
