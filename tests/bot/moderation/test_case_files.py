"""Which files a case shows moderators, and which it never does."""

from __future__ import annotations

import dataclasses
import io

import pytest
from PIL import Image

from db.jobs.job import Hold
from db.moderation.reviews import OnPictures
from engine.core.receipt import Receipt
from tests.bot.fixtures import hand_in, picture, queued
from tests.bot.moderation.cases import case_in, held, rule
from tests.present import present


@pytest.mark.parametrize("with_file", [True, False])
async def test_a_case_shows_its_picture_behind_a_spoiler_unless_it_could_be_abuse(
    fake, channel, mods_channel, ada, app, bot, with_file
):
    await rule(app, channel.guild, channel_id=mods_channel.id)
    sha256 = app.blobs.put(picture())
    await held(app, ada, channel, hold=Hold(reason="odd", with_file=with_file), inputs={"picture": sha256})
    case = await case_in(app, mods_channel)
    assert [file.filename.startswith("SPOILER_") for file in case.attachments] == (
        [True] if with_file else []
    )
    assert ("could show abuse" in case.content) is not with_file


async def test_a_case_shows_every_picture_that_the_clip_is_to_be_made_from(
    fake, channel, mods_channel, ada, app, bot
):
    await rule(app, channel.guild, channel_id=mods_channel.id)
    inputs = {
        "picture": app.blobs.put(picture((160, 100))),
        "end": app.blobs.put(picture((90, 180))),
    }
    await held(app, ada, channel, hold=Hold(reason="odd", with_file=True), inputs=inputs)
    (shown,) = (await case_in(app, mods_channel)).attachments
    assert Image.open(io.BytesIO(shown.data)).size == (819 + 8 + 256, 512)
    assert list(app.settings.data_dir.rglob("*-case.png")) == []


@pytest.mark.parametrize("further", [{}, {"end": (90, 180)}], ids=["one picture", "two pictures"])
async def test_a_case_of_a_clip_and_pictures_shows_them_all(
    fake, channel, mods_channel, ada, app, bot, further
):
    await rule(app, channel.guild, channel_id=mods_channel.id)
    like = picture((160, 100))
    inputs = {"reference": app.blobs.put(b"a clip"), "like": app.blobs.put(like)}
    inputs |= {role: app.blobs.put(picture(size)) for role, size in further.items()}
    await held(app, ada, channel, hold=Hold(reason="odd", with_file=True), inputs=inputs)
    clip, pictures = (await case_in(app, mods_channel)).attachments
    assert clip.data == b"a clip"
    assert clip.filename.endswith(".mp4")
    assert pictures.filename.endswith(".png")
    assert all(file.filename.startswith("SPOILER_") for file in (clip, pictures))
    if further:
        assert Image.open(io.BytesIO(pictures.data)).size == (819 + 8 + 256, 512)
    else:
        assert pictures.data == like


async def test_a_case_lets_a_sound_be_heard_until_the_clip_has_it(fake, channel, mods_channel, ada, app, bot):
    await rule(app, channel.guild, channel_id=mods_channel.id)
    inputs = {"picture": app.blobs.put(picture()), "sound": app.blobs.put(b"a sound")}
    await held(app, ada, channel, hold=Hold(reason="odd", with_file=True), inputs=inputs)
    shown, heard = (await case_in(app, mods_channel)).attachments
    assert shown.filename.endswith(".png")
    assert heard.data == b"a sound"
    assert heard.filename.startswith("SPOILER_")
    assert heard.filename.endswith(".wav")


async def test_a_case_shows_what_is_left_of_its_files(fake, channel, mods_channel, ada, app, bot):
    await rule(app, channel.guild, channel_id=mods_channel.id)
    like = picture((160, 100))
    inputs = {"reference": app.blobs.put(b"a clip"), "like": app.blobs.put(like)}
    app.blobs.path(inputs["reference"]).unlink()
    await held(app, ada, channel, hold=Hold(reason="odd", with_file=True), inputs=inputs)
    (shown,) = (await case_in(app, mods_channel)).attachments
    assert shown.data == like


@pytest.mark.parametrize("reason", ["adult", "nudity"])
@pytest.mark.parametrize("from_picture", [True, False])
async def test_a_clip_made_from_a_picture_is_never_sent_to_the_review_channel(
    fake, channel, mods_channel, ada, app, bot, from_picture, reason
):
    """It may be abuse of the person in the picture; a clip drawn from words alone shows nobody."""
    await rule(app, channel.guild, channel_id=mods_channel.id, pictures=OnPictures.HOLD)
    inputs = {"picture": app.blobs.put(picture())} if from_picture else {}
    await queued(
        app.queue,
        ada.id,
        channel.guild.id,
        channel_id=channel.id,
        inputs=inputs,
        adult=reason == "adult",
    )
    job = await hand_in(app.queue, app.blobs, await app.queue.claims.claim())
    said = dataclasses.replace(
        Receipt.from_json(present(job.receipt)), nudity=0.99 if reason == "nudity" else None
    )
    await app.database.write(
        lambda connection: connection.execute("UPDATE job SET receipt = ?", (said.to_json(),))
    )
    assert not await app.deliverer._screen(await app.queue.jobs.get(job.id))
    case = await case_in(app, mods_channel)
    assert len(case.attachments) == (0 if from_picture else 1)
