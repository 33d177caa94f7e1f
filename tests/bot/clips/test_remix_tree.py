"""The remix tree: what a clip was made from, and what became of it."""

from __future__ import annotations

import io

from PIL import Image

from bot.buttons import rows
from bot.clips.remix_tree import RemixTree
from bot.discord_io.post import Post
from tests.bot.fixtures import rendered
from tests.present import present


async def clip_of(app, channel, member, number, **changes):
    """A clip that is posted."""
    there = {"user": member.id, "guild": channel.guild.id, "channel_id": channel.id}
    job = await rendered(app.queue, app.blobs, **there, **changes)
    assert await app.queue.delivery.begin_posting(job.id)
    await app.queue.delivery.record_posted(job.id, 3_000 + number)
    return present(await app.queue.jobs.get(job.id))


async def test_the_tree_has_everybody_and_a_deleted_clip_by_that_name(fake, channel, ada, app, bot):
    ben = fake.member("ben")
    first = await clip_of(app, channel, ada, 1)
    second = await clip_of(app, channel, ben, 2, parent=first.id, kind="extend")
    await clip_of(app, channel, ada, 3, parent=second.id, kind="loop")
    await clip_of(app, channel, ben, 4)
    secret = await clip_of(app, channel, ben, 5, parent=first.id)
    change = "UPDATE job SET deleted_at = 1 WHERE id = ?", "UPDATE job SET private = 1 WHERE id = ?"
    for sql, job in zip(change, (first, secret), strict=True):
        await app.database.write(lambda connection, sql=sql, job=job: connection.execute(sql, (job.id,)))
    view = rows.view_of([RemixTree(second.id)])
    number = await app.messenger.send(channel.id, Post(content="a clip", nonce="tree", view=view))
    asked = await fake.click(ada, channel.messages[number], "Tree")
    said = await asked.shown()
    assert said.ephemeral
    assert said.content.splitlines()[1:] == [
        "1. a deleted clip",
        f"2. a longer clip, made from 1 by <@{ben.id}>",
        f"3. a loop, made from 2 by <@{ada.id}>",
        "4. a clip that isn't shown, made from 1",
    ]
    [file] = said.attachments
    with Image.open(io.BytesIO(file.data)) as image:
        assert image.format == "PNG"
        assert image.height > 4 * 46
