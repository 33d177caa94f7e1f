"""A real clip, for what reads the file of one."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.provenance.statement import metadata
from tests.bot.fixtures import recipe


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """An MP4, small."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    frames = np.full((6, 64, 96, 3), 90, dtype=np.uint8)
    encode(
        frames, fps=12, path=path, metadata=metadata(recipe()), max_bytes=10**6,
        progress=lambda _: None, cancel=CancelToken(),
    )  # fmt: skip
    return path.read_bytes()
