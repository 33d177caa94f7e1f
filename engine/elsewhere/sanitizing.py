"""Files of another machine are a stranger's: they are read in confined processes, and made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from engine.core.elsewhere import TakeFile
from engine.core.family import Picture


class MakesAnew(Protocol):
    """Makes a stranger's files anew from their pixels and samples."""

    async def clip(self, file: Path, to: Path) -> TakeFile:
        """Make a clip anew, and its sound where it has one.

        Args:
            file: what came.
            to: a folder for what is made.

        Raises:
            HopelessTake: it is no readable clip.
            OSError, MemoryError, RuntimeError: the machine is short of something.
        """
        ...

    async def picture(self, data: bytes) -> Picture:
        """Decode a picture.

        Returns:
            uint8 ``[H, W, 3]``.

        Raises:
            ValueError: it is no readable picture.
        """
        ...
