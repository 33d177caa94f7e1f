"""`/queue remote`: moderators decide whether clips of their server leave the owner's machines."""

from __future__ import annotations

import json

import pytest

from db.fleet.workers import Trust
from tests.bot.fixtures import queued

ABILITY = json.dumps({"engine": "sketch"})


async def ask(fake, who, channel, **options):
    click = await fake.slash(who, channel, "queue remote", **options)
    return (await click.shown()).content


async def given_to(app, trust):
    """Whether a worker with so much trust gets a job."""
    return await app.queue.worker_claims.claim_for(
        f"{trust:.8}".ljust(8, "0"), seat=str(trust), trust=trust, abilities=[ABILITY]
    )


async def test_no_job_goes_to_a_strangers_machine_before_a_moderator_says_so(
    app, bot, fake, channel, ada, mod
):
    guild = channel.guild.id
    await queued(app.queue, guild=guild, user=ada.id, ability=ABILITY)
    assert "owner only" in await ask(fake, mod, channel)
    assert await given_to(app, Trust.FRIEND) is None
    assert "moderator" in await ask(fake, ada, channel, machines="friends")
    assert await given_to(app, Trust.FRIEND) is None
    assert "owner's friends" in await ask(fake, mod, channel, machines="friends", reason="we trust them")
    assert "owner's friends" in await ask(fake, mod, channel)
    assert await given_to(app, Trust.PUBLIC) is None
    assert await given_to(app, Trust.FRIEND) is not None
    entries = await app.audit.entries(guild)
    assert [(each.action, each.target, each.reason) for each in entries] == [
        ("remote", "friends", "we trust them")
    ]


@pytest.mark.parametrize(("choice", "trust"), [("public", Trust.PUBLIC), ("off", Trust.OWN)])
async def test_each_choice_is_stored_and_told(app, bot, fake, channel, mod, choice, trust):
    await ask(fake, mod, channel, machines="friends")
    assert "Done" in await ask(fake, mod, channel, machines=choice)
    assert await app.queue.remote_guilds.trust_of(channel.guild.id) is trust


async def test_a_server_that_the_bot_left_leaves_no_choice_behind(app, bot, fake, channel, mod):
    await ask(fake, mod, channel, machines="public")
    await app.guilds.forget(channel.guild.id)
    assert await app.queue.remote_guilds.trust_of(channel.guild.id) is Trust.OWN
