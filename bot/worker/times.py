"""How long renders took on this machine lately: the bot's forecast begins with it, until it has measured."""

from __future__ import annotations

import json
import logging
import statistics
from pathlib import Path

from bot.link.messages import MAX_TIMES

log = logging.getLogger(__name__)

FILE = "times.json"

LATEST = 3
"""Renders of a profile that are remembered."""


class Times:
    """Remembers them, also for the next process."""

    def __init__(self, folder: Path) -> None:
        """Make it from the worker's folder, without any."""
        self._path = folder / FILE
        self._of: dict[str, list[float]] = {}

    def load(self) -> None:
        """Read what a process before this one has written. What cannot be read is measured again."""
        try:
            found = json.loads(self._path.read_text("utf-8"))
            self._of = {str(profile): [float(each) for each in seconds] for profile, seconds in found.items()}
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.info("what renders took before is not known: %s", error)

    def note(self, profile: str, seconds: float) -> None:
        """A render of a profile took so long. Call it in a thread: it writes a file."""
        self._of[profile] = [*self._of.pop(profile, []), seconds][-LATEST:]
        while len(self._of) > MAX_TIMES:
            del self._of[next(iter(self._of))]
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(self._of), "utf-8")
            fresh.replace(self._path)
        except OSError as error:
            log.info("what a render took is not written down: %s", error)

    def told(self) -> dict[str, float]:
        """Profile → seconds."""
        return {profile: statistics.median(seconds) for profile, seconds in self._of.items() if seconds}
