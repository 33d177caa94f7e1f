"""One member floods the bot in every way at once, in short; ``make flood`` does it for long, and measures."""

from __future__ import annotations

import asyncio
import os
import zipfile

import pytest

from bot.clips.show_recipe import ShowRecipe
from bot.intake.decoder import Decoder
from bot.moderation.decisions import ReportForm
from bot.privacy import export
from bot.text import messages
from db.moderation.reviews import OnWords, ReviewRules, WordKind
from tests.bot.fixtures import picture, queued
from tests.db.asking import audit_entry
from tests.fake_discord import Upload
from tests.until import PATIENCE, until

BURST = 12


@pytest.fixture
def at_work(monkeypatch):
    """The most that was done at once of what is dear, by name."""
    most: dict[str, int] = {}
    now: dict[str, int] = {}

    def counted(name, work):
        async def wrapped(*given):
            now[name] = now.get(name, 0) + 1
            most[name] = max(most.get(name, 0), now[name])
            try:
                return await work(*given)
            finally:
                now[name] -= 1

        return wrapped

    monkeypatch.setattr(Decoder, "decode", counted("decoders", Decoder.decode))
    return most


async def has_a_list(app, guild):
    reviews = app.queue.reviews
    await reviews.set_review_rules(ReviewRules(words=OnWords.HOLD), audit_entry("review", guild=guild))
    for number in range(40):
        entry = audit_entry("word add", guild=guild)
        await reviews.set_word(f"red boat {number} sinks", WordKind.OWN, entry, most=500)


async def test_while_one_member_floods_the_bot_the_others_are_served(
    fake, channel, ada, bot, app, settings, at_work, monkeypatch
):
    await has_a_list(app, channel.guild.id)
    job = await queued(app.queue, 77, channel.guild.id, channel_id=channel.id)
    sign = fake.member_says(ada, channel, "a sign")
    large = Upload("large.png", picture((1500, 1000)))
    flood = []
    for number in range(BURST):
        flood += [
            await fake.slash(ada, channel, "animate", image=large),
            await fake.slash(ada, channel, "text2video", prompt="\ufdfa" * 300),
            await fake.slash(ada, channel, "mydata export"),
            await fake.autocomplete(ada, channel, "animate", "quality", ""),
            await fake.click(ada, sign, ShowRecipe.id_for(job.id), forged=True),
            await fake.click(ada, sign, f"fk:nothing:{number}", forged=True),
        ]
    others = [fake.member(f"member {number}") for number in range(6)]
    asked = [await fake.slash(each, channel, "text2video", prompt="a red boat") for each in others]
    asked += [await fake.slash(each, channel, "jobs") for each in others[:3]]
    async with asyncio.timeout(PATIENCE):  # how soon is what `make flood` measures
        for each in asked:
            await each.answered()
        for each in asked[: len(others)]:
            assert "waiting" in (await each.shown()).content

    for each in flood:
        await each.answered()
    await until(lambda: not app.door._here)
    told = [each.messages[0].content for each in flood if each.messages]
    assert told.count(messages.ONE_AT_A_TIME) > 2 * BURST
    assert at_work["decoders"] <= 2
    assert len(await app.queue.jobs.jobs_of(ada.id, channel.guild.id, 100)) <= settings.per_member_waiting


async def test_one_export_is_made_at_a_time_and_one_for_each_member(fake, channel, bot, app, monkeypatch):
    running, most = 0, 0
    plan = app.rights._export

    async def counted(interaction):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        await plan(interaction)
        running -= 1

    monkeypatch.setattr(app.rights, "_export", counted)
    members = [fake.member(f"member {number}") for number in range(4)]
    for member in members:
        await queued(app.queue, member.id, channel.guild.id, channel_id=channel.id)
    asked = [await fake.slash(member, channel, "mydata export") for _ in range(3) for member in members]
    for each in asked:
        await each.answered()
        await each.shown()
    assert most == 1
    assert all(each.messages[0].attachments for each in asked[: len(members)])
    refused = [each for each in asked if each.messages[0].content == messages.ONE_AT_A_TIME]
    assert refused


async def test_an_archive_is_made_on_the_disk_and_has_no_name_there(app, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    made = export.Export(data=b"{}" * 10_000, archives=((),), left_out=())
    with await asyncio.to_thread(export.archive, made, 0, app.rights._sealer, folder) as archive:
        assert zipfile.ZipFile(archive).namelist() == [export.DATA]
        assert os.fstat(archive.fileno()).st_nlink == 0
        assert os.fstat(archive.fileno()).st_dev == folder.stat().st_dev
    assert list(folder.iterdir()) == []


async def test_reports_are_bounded_and_the_member_is_told(fake, channel, ada, bot, app, monkeypatch):
    monkeypatch.setattr(app.decisions, "_most_reports", 1)
    sign = fake.member_says(ada, channel, "a sign")
    said = []
    for _ in range(2):
        job = await queued(app.queue, 77, channel.guild.id, channel_id=channel.id)
        await app.database.write(
            lambda connection, job=job: connection.execute(
                "UPDATE job SET state = 'delivered' WHERE id = ?", (job.id,)
            )
        )
        words = {"type": 4, "custom_id": ReportForm.field, "id": 2, "required": True}
        modal = {
            "custom_id": ReportForm.id_for(job=job.id),
            "components": [{"type": 18, "id": 1, "component": words}],
        }
        shown = type("Shown", (), {"modal": modal, "channel": channel, "source": sign})
        asked = await fake.submit_modal(ada, shown, {ReportForm.field: "it shows me"})
        said.append((await asked.shown()).content)
    assert "on the list of this server's moderators" in said[0]
    assert "You have reported 1 clip here" in said[1]
