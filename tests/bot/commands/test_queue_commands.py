"""Each command of moderators: as a member, as an admin of another server, and as a moderator."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from bot.text import limit_texts, messages, moderation_texts, review_texts
from db.audit.log import AuditEntry
from db.jobs.allowances import Allowance, Spent, Whose
from db.moderation.reviews import WordKind
from db.states import JobId, State
from tests.bot.commands.uses import (
    BY_NAME,
    MEMBERS_USES,
    USES,
    brought,
    commands,
    options,
    ready_for,
    uses_of_moderators,
)
from tests.bot.fixtures import failing, queued, rendered
from tests.db.asking import audit_entry, rows_of_guild, written
from tests.fake_discord import Permission


async def rows_of(app, guild) -> dict[str, list[tuple[Any, ...]]]:
    """All that the database holds of a server."""
    found = await rows_of_guild(app.database, guild.id)
    assert {"job", "ban", "pause", "audit"} <= set(found)
    return found


async def test_no_use_is_of_a_command_that_is_gone(bot):
    assert {f"queue {use.name}" for use in USES} <= {command.qualified_name for command in commands(bot.tree)}
    assert MEMBERS_USES.keys() <= {command.qualified_name for command in commands(bot.tree)}
    assert len(bot.tree.get_command("queue").commands) <= 25


async def test_no_command_obeys_a_member(fake, channel, ada, app, bot):
    eve = fake.member("eve")
    await app.queue.moderation.ban(channel.guild.id, 99, by=1, reason="spam")
    jobs = {state: await brought(app, ada, state) for state in (State.QUEUED, State.HELD, State.CANCELLED)}
    before = await rows_of(app, channel.guild)
    for use in uses_of_moderators(bot.tree):
        asked = await fake.slash(eve, channel, f"queue {use.name}", **options(use, jobs[use.start], ada))
        said = await asked.shown()
        assert (said.content, said.ephemeral) == (messages.NOT_A_MODERATOR, True), use.name
    assert await rows_of(app, channel.guild) == before


async def test_no_command_of_another_servers_admin_reaches_into_this_one(fake, channel, ada, app, bot):
    elsewhere = fake.guild("Elsewhere")
    boss = fake.member("boss", elsewhere, permissions=Permission.ADMINISTRATOR)
    there = fake.channel(elsewhere)
    jobs = {state: await brought(app, ada, state) for state in (State.QUEUED, State.HELD, State.CANCELLED)}
    await app.queue.moderation.ban(channel.guild.id, 99, by=1, reason="spam")
    await written(app.database, channel.guild.id, 9, "ban", "99", "a secret of this server")
    before = await rows_of(app, channel.guild)
    for use in uses_of_moderators(bot.tree):
        asked = await fake.slash(boss, there, f"queue {use.name}", **options(use, jobs[use.start], ada))
        said = await asked.shown()
        assert said.ephemeral, use.name
        assert "a secret" not in said.content
        if "job" in use.options:
            assert said.content == messages.NOT_FOUND, use.name
    assert await rows_of(app, channel.guild) == before


@pytest.mark.parametrize("role", ["manage server", "the owner's role"])
async def test_each_command_works_for_a_moderator_and_is_logged(
    fake, channel, ada, mod, app, bot, monkeypatch, role
):
    keeper = mod
    if role == "the owner's role":
        named = fake.role(channel.guild, "keepers")
        keeper = fake.member("keeper", roles=(named,))
        changed = app.settings.model_copy(update={"moderator_roles": (named.id,)})
        for child in [bot.tree.get_command("queue"), *bot.tree.get_command("queue").walk_commands()]:
            group = getattr(child, "binding", None) or child
            monkeypatch.setattr(group, "_app", replace(app, settings=changed))
    for use in (
        uses_of_moderators(bot.tree) if role == "manage server" else (BY_NAME["hold"], BY_NAME["pause"])
    ):
        job = await ready_for(use, app, ada)
        said = await (
            await fake.slash(keeper, channel, f"queue {use.name}", **options(use, job, ada))
        ).shown()
        assert said.ephemeral, use.name
        assert use.says in said.content, use.name
        if use.becomes is not None:
            assert (await app.queue.jobs.get(job.id)).state is use.becomes, use.name
        newest = [entry for entry in await app.audit.entries(channel.guild.id, 1) if use.action]
        for entry in newest:
            assert (entry.actor_id, entry.action) == (keeper.id, use.action)
            assert use.options.get("reason", "") == entry.reason or use.name == "move"
            target = {"job": job.id, "member": str(ada.id)}
            assert all(entry.target == target[name] for name in use.options if name in target)
    assert (await app.audit.verify()).sound


async def test_a_failing_statement_leaves_neither_an_action_nor_its_log_entry(
    fake, channel, ada, mod, app, bot
):
    for use in (use for use in USES if use.action):
        job = await ready_for(use, app, ada)
        before = await rows_of(app, channel.guild)
        for nth in itertools.count(1):
            with failing(app.database, nth) as writes:
                asked = await fake.slash(mod, channel, f"queue {use.name}", **options(use, job, ada))
                await asked.shown()
            after = await rows_of(app, channel.guild)
            if writes.passed < nth:
                break
            # A promise of an answer is crossed off afterwards, in a write of its own.
            changed = {table for table in after if after[table] != before[table]} - {"asked"}
            assert not changed or changed > {"audit"}, f"{use.name}, statement {nth}"
        assert nth > 2, f"{use.name}: no statement was made to fail"
        assert {table for table in after if after[table] != before[table]} > {"audit"}, use.name
        assert (await app.audit.entries(channel.guild.id, 1))[0].action == use.action


async def test_an_impossible_action_says_why_and_changes_nothing(fake, channel, ada, mod, app, bot):
    over = await brought(app, ada, State.CANCELLED)
    waits = await brought(app, ada, State.QUEUED)
    for name, job, says in (
        ("hold", over, moderation_texts.CANNOT_HOLD),
        ("release", waits, moderation_texts.NOT_HELD),
        ("retry", waits, moderation_texts.CANNOT_RETRY),
        ("quarantine", over, moderation_texts.CANNOT_QUARANTINE),
        ("move", over, messages.NOT_WAITING),
    ):
        use = BY_NAME[name]
        asked = await fake.slash(mod, channel, f"queue {name}", **options(use, job, ada))
        assert (await asked.shown()).content == says
    asked = await fake.slash(mod, channel, "queue unban", member=ada)
    assert (await asked.shown()).content == moderation_texts.NOT_BANNED
    assert await app.audit.entries(channel.guild.id) == []


async def test_nobody_blocks_themselves_the_owner_or_an_administrator(fake, channel, mod, app, bot):
    guild = channel.guild
    admin = fake.member("admin", permissions=Permission.ADMINISTRATOR)
    owner = fake.member("owner", permissions=Permission.ADMINISTRATOR)
    guild.owner_id = owner.user.id
    bot.get_guild(guild.id).owner_id = owner.user.id  # the bot learnt of the server before
    for by, whom, says in (
        (mod, mod, moderation_texts.CANNOT_BAN_YOURSELF),
        (admin, admin, moderation_texts.CANNOT_BAN_YOURSELF),
        (owner, owner, moderation_texts.CANNOT_BAN_YOURSELF),
        (mod, owner, moderation_texts.CANNOT_BAN_OWNER),
        (admin, owner, moderation_texts.CANNOT_BAN_OWNER),
        (mod, admin, moderation_texts.CANNOT_BAN_ADMIN),
    ):
        asked = await fake.slash(by, channel, "queue ban", member=whom, reason="spam")
        assert (await asked.shown()).content == says
        assert await app.queue.moderation.banned(guild.id, whom.id) is None
    assert await app.audit.entries(guild.id) == []
    for by, whom in ((owner, admin), (owner, mod), (admin, mod)):
        asked = await fake.slash(by, channel, "queue ban", member=whom, reason="spam")
        assert "can no longer use me here" in (await asked.shown()).content
        await app.queue.moderation.unban(guild.id, whom.id)


async def test_a_retry_wants_the_files_of_the_job(fake, channel, ada, mod, app, bot):
    job = await queued(app.queue, ada.id, channel.guild.id, inputs={"picture": "a" * 64})
    await app.queue.claims.cancel(job.id)
    asked = await fake.slash(mod, channel, "queue retry", job=job.id)
    assert (await asked.shown()).content == messages.INPUT_GONE
    assert (await app.queue.jobs.get(job.id)).state is State.CANCELLED


async def test_a_clip_that_is_still_there_is_posted_and_not_drawn_again(fake, channel, ada, mod, app, bot):
    job = await rendered(app.queue, app.blobs, user=ada.id, guild=channel.guild.id, channel_id=channel.id)
    await app.queue.delivery.begin_posting(job.id)
    await app.queue.claims.fail(job.id, None, code="E_POST", error_id="abcd")
    asked = await fake.slash(mod, channel, "queue retry", job=job.id)
    assert moderation_texts.RETRIED_POST in (await asked.shown()).content
    assert (await app.queue.jobs.get(job.id)).state is State.RENDERED


async def test_a_role_of_the_member_counts_when_they_ask(fake, channel, mod, app, bot):
    role = fake.role(channel.guild, "guests")
    guest = fake.member("guest", roles=(role,))
    await (
        await fake.slash(mod, channel, "queue limit set", whom=role, waiting=0, reason="look only")
    ).shown()
    asked = await fake.slash(guest, channel, "text2video", prompt="rain")
    assert (await asked.shown()).content == messages.NO_ALLOWANCE
    [entry] = await app.audit.entries(channel.guild.id)
    assert (entry.action, entry.target, entry.reason) == ("limit", f"role {role.id}", "look only")
    nothing = await fake.slash(mod, channel, "queue limit set", whom=role)
    assert (await nothing.shown()).content == limit_texts.NOTHING_SAID


async def test_members_who_ask_a_draining_server_are_told_in_private(fake, channel, ada, mod, app, bot):
    await (await fake.slash(mod, channel, "queue drain")).shown()
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    said = await asked.shown()
    assert (said.content, said.ephemeral) == (messages.CLOSED_FOR_NOW, True)
    await (await fake.slash(mod, channel, "queue resume")).shown()
    assert "rain" in (await (await fake.slash(ada, channel, "text2video", prompt="rain")).shown()).content


async def test_the_log_says_in_discord_that_it_was_changed_or_cut(fake, channel, mod, app, bot):
    for number in range(3):
        await written(app.database, channel.guild.id, mod.id, "ban", str(number), "spam")
    noted = (await app.audit.verify()).head[:16]

    async def page(**more):
        return (await (await fake.slash(mod, channel, "queue audit", **more)).shown()).content

    whole = await page(noted=noted)
    assert "the chain is intact" in whole
    assert "unchanged" in whole
    assert noted in whole
    await app.database.write(lambda connection: connection.execute("DELETE FROM audit WHERE seq = 3"))
    cut = await page(noted=noted)
    assert "cut off" in cut
    assert "No entry has the hash" in cut
    await app.database.write(lambda connection: connection.execute("UPDATE audit SET reason = 'x'"))
    assert "entry 1 does not match" in await page()


async def word_said(fake, mod, channel, command, word):
    return (await (await fake.slash(mod, channel, f"queue words {command}", word=word)).shown()).content


async def test_what_a_change_of_the_word_lists_did_not_do_is_told_as_it_is(fake, channel, mod, bot, app):
    assert await word_said(fake, mod, channel, "remove", "zzz") == review_texts.WORD_NOT_LISTED
    assert await word_said(fake, mod, channel, "allow", "flower") == review_texts.not_in_base("flower")
    assert (await app.queue.reviews.words(channel.guild.id))[WordKind.ALLOWED] == frozenset()
    await word_said(fake, mod, channel, "add", "grompf")
    assert await word_said(fake, mod, channel, "add", "grompf") == review_texts.WORD_SET_ALREADY
    entry = AuditEntry(guild_id=channel.guild.id, actor_id=1, action="word add", target="")
    for number in range(499):
        await app.queue.reviews.set_word(f"word{number}", WordKind.OWN, entry, most=500)
    assert await word_said(fake, mod, channel, "add", "one more") == review_texts.WORDS_FULL
    assert await word_said(fake, mod, channel, "add", "grompf") == review_texts.WORD_SET_ALREADY


async def test_the_queue_page_lists_held_jobs_with_their_reason(fake, channel, ada, mod, app, bot):
    job = await queued(app.queue, ada.id, channel.guild.id)
    await app.queue.delivery.hold(job.id, "a new member")
    page = (await (await fake.slash(mod, channel, "queue show")).shown()).content
    assert job.id[:6] in page
    assert "a new member" in page


async def test_moderators_see_that_the_gpu_does_not_work(fake, channel, mod, app, bot):
    for number in range(2):
        app.engines.loops[0].outcomes.gpu.met(JobId(f"{number}"))
    shown = await (await fake.slash(mod, channel, "queue show")).shown()
    assert "GPU has not worked since" in shown.content
    app.engines.loops[0].outcomes.gpu.drew(JobId("2"))
    shown = await (await fake.slash(mod, channel, "queue show")).shown()
    assert "GPU" not in shown.content


async def test_long_lists_of_moderators_say_how_much_is_left_out(fake, channel, mod, app, bot):
    allowances, reviews = app.queue.allowances, app.queue.reviews
    wide = Allowance(waiting=500, hour=1000, day=86_400, spent=Spent.BACKGROUND)
    entry = audit_entry("limit", guild=channel.guild.id)
    for whom in range(30):
        await allowances.allow(Whose.MEMBER, whom + 2**60, wide, entry)
        await reviews.set_word(f"grumpf number {whom} of them all and longer", WordKind.OWN, entry, most=500)
    page = (await (await fake.slash(mod, channel, "queue limit show")).shown()).content
    assert page.endswith(messages.and_more(30 - page.count("<@")))
    told = await (await fake.slash(mod, channel, "queue words list")).shown()
    assert told.content.endswith(messages.and_more(30 - told.content.count("grumpf")))
    [file] = told.attachments
    assert file.data.decode().count("grumpf") == 30
