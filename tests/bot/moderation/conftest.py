from __future__ import annotations

import pytest


@pytest.fixture
def mods_channel(fake):
    """The review channel."""
    return fake.channel(name="review")
