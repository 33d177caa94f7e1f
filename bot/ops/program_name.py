"""What to type for this program: a hint is pasted, and ``framekiln`` alone is not found everywhere."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

NAME = "framekiln"

_COMMAND = re.compile(rf"(?<![\w./\\-]){NAME} (?=[a-z])(?!worker |broker )")
"""A command in a sentence. Those of workers and brokers are mostly for another machine."""


def program() -> str:
    """How this program was called: by its name where a shell finds it by that, else by its path."""
    called = Path(sys.argv[0])
    if called.stem != NAME or not called.is_file():  # a module or a library
        return NAME
    found = shutil.which(NAME)
    return NAME if found and called.samefile(found) else shlex.quote(str(called))


def as_called(text: str) -> str:
    """A text whose commands can be pasted."""
    return _COMMAND.sub(lambda _: f"{program()} ", text)
