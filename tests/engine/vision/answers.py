"""Networks that say what a test wants them to say."""

from __future__ import annotations

from typing import Any

import numpy as np


def says(*answers: np.ndarray) -> Any:
    """A network that answers with these arrays, whatever it is shown."""
    return _Says(answers)


class _Says:
    """Keeps what it was shown."""

    def __init__(self, answers):
        self.shown: list[np.ndarray] = []
        self._answers = answers

    def run(self, pixels):
        self.shown.append(pixels)
        return tuple(np.asarray(answer, np.float32) for answer in self._answers)
