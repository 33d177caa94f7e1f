"""A sign of life for what watches the bot from outside: Docker, systemd, an owner with a shell."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.supervisor import Loop

log = logging.getLogger(__name__)

FILE = "health.json"
EVERY = 5.0
TROUBLE = "trouble"
"""The key of what makes the bot useless although it lives."""

STALE = 30.0
"""A sign of life older than this many seconds is none."""


class HealthFile:
    """Writes the sign of life from the event loop itself, so that a loop that hangs stops giving it."""

    def __init__(
        self, folder: Path, tell: Callable[[], dict[str, Any]], *, clock: Callable[[], float]
    ) -> None:
        """Make one.

        Args:
            folder: where the file is.
            tell: says how the bot is doing, in a few plain values.
            clock: returns Unix seconds.
        """
        self._path = folder / FILE
        self._tell = tell
        self._clock = clock
        self.loop = Loop("health file", self._update, every=EVERY, last=self._remove)

    async def _update(self) -> None:
        try:
            self._write()
        except OSError as error:
            log.warning("could not write the sign of life: %s", error)

    def _remove(self) -> None:
        """Nothing gives a sign of life any more."""
        self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        if TROUBLE in (told := self._tell()):
            self._path.parent.mkdir(parents=True, exist_ok=True)  # the trouble may be that it is gone
        draft = self._path.with_suffix(".part")
        draft.write_text(json.dumps({"time": self._clock(), **told}))
        draft.replace(self._path)


def look(folder: Path, *, now: float) -> tuple[bool, str]:
    """Whether the bot that uses this folder is alive at ``now``, in Unix seconds, and how it is doing."""
    try:
        told = json.loads((folder / FILE).read_text())
        age = now - float(told.pop("time"))
    except FileNotFoundError:
        return False, "the bot is not running"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return False, f"the sign of life cannot be read: {error}"
    if age > STALE:
        return False, f"no sign of life for {age:.0f} s"
    if age < -STALE:  # a bot that is alive writes a new one, by the clock as it is now
        return False, f"the last sign of life is {-age:.0f} s ahead of this clock"
    loops = told.pop("loops", {})
    lines = [", ".join(f"{key}: {value}" for key, value in told.items())]
    lines += [_line(name, **loop) for name, loop in loops.items()]
    return TROUBLE not in told, "\n".join(lines)


def _line(loop: str, *, state: str, restarts: int, last_error: str) -> str:
    line = f"loop {loop}: {state}"
    if last_error:
        line += f", restarts: {restarts}, last error: {last_error}"
    return line
