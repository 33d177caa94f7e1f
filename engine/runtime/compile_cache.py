"""What torch has compiled, kept on disk from one engine process to the next, up to a limit."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from engine.runtime.context import CACHE_VARIABLE, COMPILED_BYTES_VARIABLE


def keep_within_limit(environment: Mapping[str, str]) -> None:
    """Empty torch's folder if it has outgrown the owner's limit. It then compiles anew what it needs.

    Its files name each other, so taking out some of them would leave others that lead nowhere. Call it before
    torch is used.

    Args:
        environment: of the engine process. Without a folder or a limit, nothing is done.
    """
    folder, most = environment.get(CACHE_VARIABLE), environment.get(COMPILED_BYTES_VARIABLE)
    if folder and most and bytes_of(Path(folder)) > int(most):
        try:
            shutil.rmtree(folder)
        except OSError as error:  # a full cache is better than no engine
            sys.stderr.write(f"what torch compiled cannot be removed: {error}\n")


def bytes_of(folder: Path) -> int:
    """Bytes of all files below a folder; 0 where there is none."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
