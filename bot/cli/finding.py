"""One thing that ``framekiln doctor`` looked at."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ops.program_name import as_called
from engine.core.foreign_text import visible


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        ok: it is as it should be.
        blocks: the bot cannot run like this.
        wrong: it is not as the owner meant it, though the bot runs.
        mend: what to do about it; empty where there is nothing to do.
    """

    name: str
    ok: bool
    text: str
    blocks: bool = False
    wrong: bool = False
    mend: str = ""

    def lines(self) -> list[str]:
        """How it is shown."""
        mark = "✓" if self.ok else ("✗" if self.blocks or self.wrong else "·")
        mend = [f"    → {visible(as_called(self.mend), lines=True)}"] if self.mend else []
        return [f"{mark} {visible(self.name)}: {visible(as_called(self.text), lines=True)}", *mend]
