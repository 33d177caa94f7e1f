"""/mydata export: all that is known of a member, as files."""

from __future__ import annotations

import io
import json
import os
import zipfile

import pytest

from bot.privacy import export
from bot.text import privacy_texts
from db.files import Blobs
from db.jobs.ending import CancelOutcome
from db.states import State
from engine.core.recipe import Kind, Recipe, Role
from tests.bot.fixtures import picture, queued, rendered
from tests.bot.privacy.mydata.bench import PROMPT, SEEN, delivered, erase, given, state_is
from tests.db.asking import audit_entry
from tests.until import until


async def opened(asked) -> zipfile.ZipFile:
    message = await asked.shown()
    await until(lambda: message.attachments)
    assert message.ephemeral
    return zipfile.ZipFile(io.BytesIO(message.attachments[0].data))


async def test_an_export_holds_jobs_recipes_receipts_and_files(fake, channel, ada, eve, bot, app, loops):
    job, digest = await delivered(app, fake, ada, channel)
    await delivered(app, fake, eve, channel)
    with await opened(await fake.slash(ada, channel, "mydata export")) as made:
        assert sorted(made.namelist()) == [f"clips/{job.id}.mp4", export.DATA, f"given/{digest[:16]}.png"]
        data = json.loads(made.read(export.DATA))
        assert made.read(f"given/{digest[:16]}.png") == app.blobs.read(digest)
        assert made.read(f"clips/{job.id}.mp4").startswith(app.blobs.read(job.clip_sha256))
    assert data["others can animate my pictures"] is True
    [row] = data["job"]
    assert (row["id"], row["recipe"]["prompt"], row["receipt"]["kept"]) == (job.id, PROMPT, 1)
    assert row["seen"] == {digest: SEEN}
    assert str(eve.user.id) not in json.dumps(data)


async def test_both_ends_of_a_clip_are_exported_and_erased(fake, channel, ada, bot, app, loops):
    last = app.blobs.put(picture((120, 90)))
    first = app.blobs.put(picture((160, 100)))
    both = {Role.PICTURE: first, Role.END: last}
    made = {"prompt": PROMPT, "kind": Kind.ANIMATE, "engine": "camera", "inputs": both}
    await given(app, ada, channel, recipe=made, inputs=both)
    with await opened(await fake.slash(ada, channel, "mydata export")) as archive:
        assert {f"given/{one[:16]}.png" for one in both.values()} <= set(archive.namelist())
    answer = await erase(fake, channel, ada)
    await until(lambda: answer.content == privacy_texts.erased(1, 0))
    assert not any(map(app.blobs.exists, both.values()))


async def test_an_export_has_the_clip_that_was_gone_on_from_as_what_it_is(
    fake, channel, ada, eve, bot, app, loops
):
    """Signed and tagged as when it was posted, under a clip's name; a deleted clip is not in it."""
    theirs, _ = await delivered(app, fake, eve, channel)
    clip = theirs.clip_sha256
    longer = {"prompt": "on", "inputs": {Role.BEFORE: clip}}
    job = await queued(
        app.queue, ada.id, channel.guild.id, channel_id=channel.id, parent=theirs.id,
        recipe=longer, inputs={Role.BEFORE: clip},
    )  # fmt: skip
    await until(lambda: state_is(app, job, State.DELIVERED))
    gone, _ = await delivered(app, fake, ada, channel)
    await app.queue.retention.mark_deleted(gone.id)
    with await opened(await fake.slash(ada, channel, "mydata export")) as made:
        assert sorted(made.namelist()) == [
            f"clips/{job.id}.mp4", export.DATA, f"given/{clip[:16]}.mp4"
        ]  # fmt: skip
        sealed = made.read(f"given/{clip[:16]}.mp4")
    posted = app.rights._sealer.seal(app.blobs.read(clip), Recipe.from_json(theirs.recipe)).mp4
    assert len(sealed) == len(posted) > len(app.blobs.read(clip))
    assert sealed[:100] == posted[:100]


def test_a_clip_that_nobody_knows_any_more_is_not_exported_without_its_marks(tmp_path):
    blobs = Blobs(tmp_path)
    clip = blobs.put(b"a clip")
    row = {"id": "1", "deleted_at": None, "inputs": json.dumps({Role.BEFORE: clip}), "clip_sha256": None}
    assert export.clips_before({"job": [row]}) == {clip}
    assert list(export._pieces([row], blobs, {})) == []


@pytest.mark.parametrize("how", ["held", "rejected", "cancelled"])
async def test_a_clip_that_moderators_hold_back_is_left_out(fake, channel, ada, bot, app, how):
    queue = app.queue
    shown = await rendered(
        queue, app.blobs, b"shown", user=ada.id, guild=channel.guild.id, channel_id=channel.id
    )
    clip = await rendered(
        queue, app.blobs, b"held", user=ada.id, guild=channel.guild.id, channel_id=channel.id
    )
    assert await queue.delivery.hold(clip.id, "pictures")
    if how == "rejected":
        entry = audit_entry("reject", clip.id, guild=channel.guild.id)
        assert await queue.cases.reject(clip.id, 1, entry, "no")
    elif how == "cancelled":
        assert await queue.claims.cancel(clip.id) is CancelOutcome.DONE
    with await opened(await fake.slash(ada, channel, "mydata export")) as made:
        assert sorted(made.namelist()) == [f"clips/{shown.id}.mp4", export.DATA]
        assert json.loads(made.read(export.DATA))["left out"] == [f"clips/{clip.id}.mp4"]


async def test_a_clip_that_moderators_let_through_and_discord_did_not_take_is_exported(
    fake, channel, ada, bot, app
):
    queue = app.queue
    clip = await rendered(
        queue, app.blobs, b"clip", user=ada.id, guild=channel.guild.id, channel_id=channel.id
    )
    await queue.delivery.hold(clip.id, "pictures")
    await queue.cases.approve(clip.id, 1, audit_entry("approve", clip.id, guild=channel.guild.id))
    await queue.claims.fail(clip.id, None, code="E_POST")
    with await opened(await fake.slash(ada, channel, "mydata export")) as made:
        assert f"clips/{clip.id}.mp4" in made.namelist()


async def test_an_export_of_nothing_says_so(fake, channel, ada, bot, app):
    asked = await fake.slash(ada, channel, "mydata export")
    await until(
        lambda: asked.message is not None and asked.message.content == privacy_texts.NOTHING_TO_EXPORT
    )


async def test_an_export_that_is_too_large_for_one_file_comes_in_several(fake, channel, ada, bot, app):
    channel.guild.upload_limit = 200_000
    for _ in range(3):
        job = await rendered(
            app.queue, app.blobs, os.urandom(100_000),
            user=ada.user.id, guild=channel.guild.id, channel_id=channel.id,
        )  # fmt: skip
    huge = await rendered(
        app.queue, app.blobs, os.urandom(300_000),
        user=ada.user.id, guild=channel.guild.id, channel_id=channel.id,
    )  # fmt: skip
    asked = await fake.slash(ada, channel, "mydata export")
    await until(lambda: len([one for one in asked.messages if one.attachments]) == 3)
    names = []
    for message in asked.messages:
        with zipfile.ZipFile(io.BytesIO(message.attachments[0].data)) as made:
            names += made.namelist()
            if export.DATA in made.namelist():
                left_out = json.loads(made.read(export.DATA))["left out"]
    assert len(names) == 4
    assert f"clips/{job.id}.mp4" in names
    assert left_out == [f"clips/{huge.id}.mp4"]
    assert "1 file is too large" in asked.messages[0].content


async def test_an_export_that_would_take_too_many_files_is_refused_politely(fake, channel, ada, bot, app):
    channel.guild.upload_limit = 40_000
    for _ in range(11):
        await rendered(
            app.queue, app.blobs, os.urandom(15_000),
            user=ada.user.id, guild=channel.guild.id, channel_id=channel.id,
        )  # fmt: skip
    asked = await fake.slash(ada, channel, "mydata export")
    await until(lambda: asked.message is not None and asked.message.content == privacy_texts.EXPORT_TOO_LARGE)
