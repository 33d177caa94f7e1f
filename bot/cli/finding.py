"""One thing that ``framekiln doctor`` looked at."""

from __future__ import annotations

from dataclasses import dataclass


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
        return [f"{mark} {self.name}: {self.text}", *([f"    → {self.mend}"] if self.mend else [])]
