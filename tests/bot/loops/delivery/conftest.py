"""A deliverer with an outlet that does as it is told."""

from __future__ import annotations

from unittest.mock import create_autospec

import pytest

from bot.discord_io.messenger import Messenger
from bot.loops.clip_post import ClipPosts
from bot.loops.delivery import Deliverer
from bot.signals import JobSignals
from engine.provenance.seal import Sealer
from tests.bot.fixtures import rendered
from tests.bot.loops.delivery.bench import HOUR
from tests.clock import CLOCK
from tests.policies import delivery_limits, shortages


@pytest.fixture
def clock(clock):
    clock.now = 1_800_000_000.0
    return clock


@pytest.fixture
def outlet():
    """The bot's hand in Discord, which posts as message 77 and finds nothing."""
    made = create_autospec(Messenger, instance=True, spec_set=True)
    made.send.return_value = 77
    made.send_direct.return_value = 78
    made.find_own.return_value = None
    return made


@pytest.fixture
def changed():
    return []


@pytest.fixture
def signals(changed):
    made = JobSignals()
    made.changed.connect(changed.append)
    return made


@pytest.fixture
def make(queue, blobs, outlet, tmp_path, signals):
    def made(**limits) -> Deliverer:
        return Deliverer(
            shortages=shortages(),
            delivery=queue.delivery,
            jobs=queue.jobs,
            claims=queue.claims,
            blobs=blobs,
            outlet=outlet,
            work=tmp_path / "outbox",
            limits=delivery_limits(**limits),
            clip_posts=ClipPosts(work=tmp_path / "outbox", sealer=Sealer(None)),
            signals=signals,
            clock=CLOCK,
        )

    return made


@pytest.fixture
def deliverer(make):
    return make(backoff_last=60.0, give_up_after=48 * HOUR)


@pytest.fixture
async def job(queue, blobs):
    return await rendered(queue, blobs)
