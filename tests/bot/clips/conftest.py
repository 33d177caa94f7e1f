"""A real clip, for what reads the file of one."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.provenance.statement import metadata
from tests.bot.clips.choosing import the_job
from tests.bot.fixtures import picture, recipe
from tests.fake_discord import Upload


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


@pytest.fixture
async def asked(fake, channel, ada, bot, app):
    """The job of a member who wants to choose from three."""
    said = await fake.slash(ada, channel, "animate", image=Upload("cat.png", picture()), takes=3)
    await said.answered()
    return await the_job(app)
