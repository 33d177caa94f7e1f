"""A takedown leaves files that another server's clips still need, for as long as the owner says."""

from __future__ import annotations

import pytest

from bot.text import review_texts
from tests.bot.fixtures import picture, queued
from tests.bot.moderation.cases import case_in
from tests.bot.moderation.test_reports import delivered, mods_channel, reported
from tests.until import until

DAY = 24 * 3600.0
ELSEWHERE = 4242

__all__ = ["mods_channel"]


@pytest.fixture
def settings(settings):
    """An owner who keeps members' pictures longer than most."""
    return settings.model_copy(update={"keep_inputs_days": 30.0})


@pytest.mark.parametrize(("age", "stays"), [(8, True), (29, True), (31, False)])
async def test_another_servers_clip_of_the_same_picture_keeps_it_for_the_owners_days(
    fake, channel, mods_channel, ada, mod, app, bot, age, stays
):
    source = app.blobs.put(picture())
    other = await queued(app.queue, 77, ELSEWHERE, inputs={"picture": source})
    await app.queue.claims.cancel(other.id)
    await app.database.write(
        lambda connection: connection.execute(
            "UPDATE job SET ended_at = ended_at - ? WHERE id = ?", (age * DAY, other.id)
        )
    )
    clip, message = await delivered(app, ada, channel, inputs={"picture": source})
    await reported(fake, fake.member("eve"), message)
    click = await fake.click(mod, await case_in(app, mods_channel), "Take down")
    await until(lambda: click.message is not None and not click.message.loading)
    assert click.message.content == review_texts.TAKEN_DOWN
    assert not app.blobs.exists(clip.clip_sha256)
    assert app.blobs.exists(source) is stays
