"""The door: what is let in, what is turned away, and that nothing comes in another way."""

from __future__ import annotations

import ast
import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import bot.discord_io.door as door_module
from bot.buttons import rows
from bot.concurrency import asked_by
from bot.discord_io.door import Manner, Slot
from bot.moderation.case_buttons import CaseButton
from bot.requests.places import Places
from bot.text import messages
from tests.bot.commands.uses import every_use
from tests.bot.fixtures import count_of, picture, queued
from tests.db.asking import audit_entry
from tests.fake_discord import Upload
from tests.sources import tree_of
from tests.until import until

BOT = Path(__file__).parents[3] / "bot"


async def said_to(asked):
    """What a member reads, once it is there."""
    await asked.answered()
    return (await asked.shown()).content


def is_done(app, asked):
    return not app.door.has(asked)


async def test_a_member_has_one_request_in_hand_and_is_told_so_at_once(
    fake, channel, ada, bot, app, monkeypatch
):
    monkeypatch.setattr(door_module, "PATIENCE_SECONDS", 0.05)
    go_on = asyncio.Event()

    async def slowly(files, **more):
        await go_on.wait()
        return await attachments(files, **more)

    attachments = app.submissions._reception.attachments
    monkeypatch.setattr(app.submissions._reception, "attachments", slowly)
    upload = Upload("lake.png", picture())
    asked = [await fake.slash(ada, channel, "animate", image=upload) for _ in range(30)]
    assert [await said_to(each) for each in asked[1:]] == [messages.ONE_AT_A_TIME] * 29
    assert fake.cdn.served == 0
    # A button, a list and another member don't wait for it.
    assert await said_to(await fake.slash(ada, channel, "jobs")) == messages.NOTHING_YET
    typed = await fake.autocomplete(ada, channel, "animate", "quality", "")
    await typed.answered()
    assert typed.choices
    go_on.set()
    assert "waiting" in await said_to(asked[0])
    await until(partial(is_done, app, asked[0]))
    assert "waiting" in await said_to(await fake.slash(ada, channel, "animate", image=upload))
    assert await count_of(app) == 2


async def crowded(fake, channel, app, monkeypatch, *, members, seconds=30.0, per_member=1):
    """A server with one place and a line for two, where so many ask at once; and what lets them go on."""
    limits = app.door._limits
    few = type(limits)(per_member=per_member, per_guild=1, in_line=2)
    monkeypatch.setattr(app.door, "_limits", few)
    monkeypatch.setattr(app.submissions, "_places", Places(at_once=1, in_line=2, seconds=seconds))
    at_work, go_on = [], asyncio.Event()
    attachments = app.submissions._reception.attachments

    async def slowly(files, **more):
        at_work.append(asked_by.get())
        await go_on.wait()
        return await attachments(files, **more)

    monkeypatch.setattr(app.submissions._reception, "attachments", slowly)
    upload = Upload("lake.png", picture())
    asked = [await fake.slash(member, channel, "animate", image=upload) for member in members]
    return asked, at_work, go_on


async def test_a_server_has_only_a_few_requests_in_hand_and_the_next_ones_wait(
    fake, channel, bot, app, monkeypatch
):
    members = [fake.member(f"member {number}") for number in range(4)]
    asked, at_work, go_on = await crowded(fake, channel, app, monkeypatch, members=members)
    assert await said_to(asked[3]) == messages.SERVER_IS_BUSY
    for each in asked[:3]:
        await each.answered()
        assert each.message.loading
    there = fake.guild("Elsewhere")
    zoe = fake.member("zoe", there)
    await fake.slash(zoe, fake.channel(there), "animate", image=Upload("lake.png", picture()))
    await until(lambda: at_work == [members[0].id, zoe.id])
    go_on.set()
    for each in asked[:3]:
        assert "waiting" in await said_to(each)
    assert at_work == [members[0].id, zoe.id, members[1].id, members[2].id]
    assert len(app.submissions._places._turns) == 0


async def test_who_waits_too_long_to_be_taken_in_is_told_so_in_private(fake, channel, bot, app, monkeypatch):
    members = [fake.member(f"member {number}") for number in range(2)]
    asked, _, go_on = await crowded(fake, channel, app, monkeypatch, members=members, seconds=0.05)
    await until(lambda: asked[1].messages and not asked[1].messages[-1].loading)
    assert (asked[1].messages[-1].content, asked[1].messages[-1].ephemeral) == (messages.SERVER_IS_BUSY, True)
    go_on.set()
    assert "waiting" in await said_to(asked[0])
    await until(lambda: not app.door._of_guild)


async def test_a_member_has_one_place_in_the_line(fake, channel, ada, bot, app, monkeypatch):
    bob = fake.member("bob")
    monkeypatch.setattr(door_module, "PATIENCE_SECONDS", 0.05)
    asked, at_work, go_on = await crowded(
        fake, channel, app, monkeypatch, members=[ada, ada, bob, bob, bob], per_member=5
    )
    assert [await said_to(asked[place]) for place in (1, 3, 4)] == [messages.ONE_AT_A_TIME] * 3
    go_on.set()
    for place in (0, 2):
        assert "waiting" in await said_to(asked[place])
    assert at_work == [ada.id, bob.id]


async def test_who_asks_again_the_moment_they_have_an_answer_is_not_turned_away(fake, channel, ada, bot, app):
    for _ in range(3):
        asked = await fake.slash(ada, channel, "text2video", prompt="rain")
        assert "waiting" in await said_to(asked)


async def test_of_the_lists_that_open_while_a_member_types_fast_the_last_is_made(
    fake, channel, ada, bot, app, monkeypatch
):
    made, all_are_there = [], asyncio.Event()
    capabilities = app.submissions.capabilities

    async def counted():
        made.append(1)
        await all_are_there.wait()
        return await capabilities()

    monkeypatch.setattr(app.submissions, "capabilities", counted)
    typed = [await fake.autocomplete(ada, channel, "animate", "quality", "") for _ in range(20)]
    await until(lambda: app.door._newest_list.get(ada.user.id) == typed[-1].id)
    all_are_there.set()
    for each in typed:
        await each.answered()
    assert typed[-1].choices
    assert len(made) <= 3
    await until(lambda: not app.door._newest_list)


async def test_a_closed_server_refuses_requests_and_nothing_else(fake, channel, ada, mod, bot, app):
    job = await queued(app.queue, ada.id, channel.guild.id, channel_id=channel.id)
    await app.queue.moderation.drain(audit_entry("drain", guild=channel.guild.id))
    asked = await fake.slash(ada, channel, "text2video", prompt="rain")
    assert await said_to(asked) == messages.CLOSED_FOR_NOW
    assert asked.ephemeral
    assert job.id[:6] in await said_to(await fake.slash(ada, channel, "jobs"))
    assert "Running again" in await said_to(await fake.slash(mod, channel, "queue resume"))


async def test_a_size_over_the_limit_is_refused_before_the_answer_is_put_off(fake, channel, ada, bot):
    large = Upload("lake.png", b"\x89PNG" + bytes(1_000_001))
    asked = await fake.slash(ada, channel, "animate", image=large)
    assert "too large" in await said_to(asked)
    assert asked.ephemeral
    assert fake.cdn.served == 0


async def test_every_place_is_given_back_whatever_happens(fake, channel, ada, bot, app, monkeypatch):
    async def broken(*_):
        raise RuntimeError("our own fault")

    monkeypatch.setattr(app.submissions, "ask", broken)
    for _ in range(3):
        asked = await fake.slash(ada, channel, "text2video", prompt="rain")
        assert "Error id" in await said_to(asked)
        await until(partial(is_done, app, asked))
    door = app.door
    assert (door._of_member, door._of_guild, door._entries) == ({}, {}, {})


def test_whatever_asks_for_a_clip_takes_the_slot_of_clips():
    """A button or form that submits a job says so; the walk below finds those that do."""
    kinds: list[Any] = [*rows.buttons(), *rows.forms()]
    asks = {kind.__name__ for kind in kinds if kind.manner.slot is Slot.CLIP}
    assert asks == {
        *("Reroll", "Lighter", "TryAgain", "Redraw", "Extend", "Loop", "SlowMotion", "Upscale", "RemixForm"),
        *("UseEffect", "WithoutDefaults", "TryTopic", "UseTheirs", "UseMine", "OtherWords"),
    }
    assert not any(issubclass(kind, CaseButton) and kind.manner.own_data for kind in rows.buttons())


async def test_every_command_that_takes_a_file_takes_the_slot_of_clips(bot):
    for name in every_use(bot.tree):
        command = bot.tree.get_command(name.split()[0])
        if any(option["type"] == 11 for option in command.to_dict(bot.tree).get("options", ())):
            assert command.extras["slot"] is Slot.CLIP, name


async def test_a_command_that_has_not_come_through_the_door_is_not_run(fake, channel, ada, bot, monkeypatch):
    """Where discord.py should ever call commands another way, they are refused, not let past."""
    monkeypatch.delattr(type(bot.tree), "_call")
    asked = await fake.slash(ada, channel, "jobs")
    with pytest.raises(TimeoutError):
        await asked.answered(0.3)


def test_nothing_listens_for_interactions_but_the_client():
    """discord.py's own views, modals and listeners know no door."""
    found = []
    for path in BOT.rglob("*.py"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base) for base in node.bases}
                if bases & {"discord.ui.View", "discord.ui.Modal", "discord.ui.LayoutView"}:
                    found.append(f"{path.name}: {node.name}")
            if isinstance(node, ast.Attribute | ast.Name):
                name = node.attr if isinstance(node, ast.Attribute) else node.id
                if name in {"add_view", "add_dynamic_items", "wait_for_interaction"}:
                    found.append(f"{path.name}: {name}")
            if isinstance(node, ast.AsyncFunctionDef) and node.name == "on_interaction":
                assert path.name == "client.py", path
    assert found == []


async def test_a_forged_or_malformed_custom_id_is_answered(fake, channel, ada, bot, app):
    job = await queued(app.queue, ada.id, channel.guild.id, channel_id=channel.id)
    message = fake.member_says(ada, channel, "a sign")
    message.author.id = fake.world.bot.id
    for custom_id in (
        "fk:", "fk:star:", f"fk:star:{job.id.upper()}x", f"fk:star:{job.id}:1", f"fkc:approve:{job.id}",
        f"fkc:approve:{'9' * 40}:{job.id}", f"fkc:approve:²:{job.id}", "fk:mydata:everything", "", "x" * 100,
        f"fk:star:{job.id}\n",
    ):  # fmt: skip
        asked = await fake.click(ada, message, custom_id, forged=True)
        assert await said_to(asked) == messages.UNKNOWN_BUTTON, custom_id
    asked = await fake.click(ada, message, f"fk:why:{job.id}", forged=True)
    assert "ready in about" in await said_to(asked)


def test_a_manner_is_quick_and_of_the_bots_use_where_nothing_is_said():
    assert Manner() == Manner(slot=Slot.QUICK, own_data=False)


async def test_a_list_opens_while_something_quick_is_in_hand(fake, channel, ada, bot, app, monkeypatch):
    go_on = asyncio.Event()
    jobs_of = app.queue.jobs.jobs_of

    async def slowly(*given):
        await go_on.wait()
        return await jobs_of(*given)

    monkeypatch.setattr(app.queue.jobs, "jobs_of", slowly)
    asked = await fake.slash(ada, channel, "jobs")
    await until(lambda: app.door.has(asked))
    typed = await fake.autocomplete(ada, channel, "animate", "quality", "")
    await typed.answered()
    assert typed.choices
    go_on.set()
    assert await said_to(asked) == messages.NOTHING_YET
