"""``/replay``: a clip's file is enough to make it again, and opens nobody else's picture."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from bot.text import clip_texts, messages, status_texts
from engine.clips.encode import encode
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.recipe import Camera, Kind, Quality, Recipe, Role
from engine.core.request import Request, Subject
from engine.planning.plan import plan
from engine.provenance.statement import metadata
from tests.bot.clips.test_clip_actions import delivered, refusal, the_new_job
from tests.bot.fixtures import count_of, picture, queued
from tests.db.asking import audit_entry
from tests.fake_discord.faults import Upload
from tests.until import until


@pytest.fixture
def file_of(tmp_path):
    """An upload of a clip that carries this recipe, or this text."""

    def make(recipe: Recipe | str) -> Upload:
        path = tmp_path / "posted.mp4"
        tags = {"comment": recipe} if isinstance(recipe, str) else metadata(recipe)
        frames = np.zeros((3, 64, 64, 3), np.uint8)
        encode(
            frames,
            fps=24,
            path=path,
            metadata=tags,
            max_bytes=10**6,
            progress=lambda _: None,
            cancel=CancelToken(),
        )
        return Upload("framekiln-0123456789abcdef.mp4", path.read_bytes())

    return make


def planned(sha256: str | None = None, **changes) -> Recipe:
    request = Request(
        **{
            "kind": Kind.TEXT2VIDEO if sha256 is None else Kind.ANIMATE,
            "prompt": "a red boat",
            "quality": Quality.FAST,
            "seconds": 2.0,
            "seed": 77,
            **changes,
        }
    )
    subject = None if sha256 is None else Subject(sha256=sha256, width=320, height=200)
    return plan(request, subject, capabilities=Capabilities())


def same(one: Recipe, other: Recipe) -> bool:
    return dataclasses.replace(one, reasons=()) == dataclasses.replace(other, reasons=())


async def test_a_clip_made_of_words_is_planned_again_as_it_was(fake, channel, ada, app, bot, file_of):
    recipe = planned()
    asked = await fake.slash(ada, channel, "replay", file=file_of(recipe))
    assert "a red boat" in (await asked.shown()).content
    new = await the_new_job(app)
    assert same(Recipe.from_json(new.recipe), recipe)
    assert new.user_id == ada.id


async def test_my_own_picture_is_used_again_while_it_is_here(fake, channel, ada, app, bot, file_of):
    sha256 = app.blobs.put(picture())
    old = await queued(app.queue, ada.id, channel.guild.id, inputs={Role.PICTURE: sha256})
    recipe = planned(sha256, camera=Camera.PUSH_IN)
    await (await fake.slash(ada, channel, "replay", file=file_of(recipe))).shown()
    assert same(Recipe.from_json((await the_new_job(app, old)).recipe), recipe)


async def test_both_ends_are_used_again_and_neither_of_anothers(fake, channel, ada, app, bot, file_of):
    ours = {str(role): app.blobs.put(role.encode()) for role in (Role.PICTURE, Role.END)}
    old = await queued(app.queue, ada.id, channel.guild.id, inputs=ours)
    recipe = dataclasses.replace(planned(ours[Role.PICTURE]), inputs=ours)
    await (await fake.slash(ada, channel, "replay", file=file_of(recipe))).shown()
    assert Recipe.from_json((await the_new_job(app, old)).recipe).inputs == ours
    missing = dataclasses.replace(recipe, inputs=ours | {Role.END: app.blobs.put(b"another's")})
    asked = await fake.slash(ada, channel, "replay", file=file_of(missing))
    assert await refusal(asked) == clip_texts.replay_needs(Role.END)


@pytest.mark.parametrize("adult", [False, True])
async def test_a_picture_that_was_flagged_stays_so_in_a_replay(fake, channel, ada, app, bot, file_of, adult):
    sha256, other = app.blobs.put(picture()), app.blobs.put(b"another")
    old = await queued(app.queue, ada.id, channel.guild.id, inputs={Role.PICTURE: sha256}, adult=adult)
    more = await queued(app.queue, ada.id, channel.guild.id, inputs={Role.PICTURE: other}, adult=True)
    await (await fake.slash(ada, channel, "replay", file=file_of(planned(sha256)))).shown()
    assert (await the_new_job(app, old, more)).adult is adult


async def test_a_digest_opens_no_picture_that_i_did_not_give_here(fake, channel, ada, app, bot, file_of):
    async def given(name, user=ada.id, guild=channel.guild.id):
        sha256 = app.blobs.put(name.encode())
        return sha256, await queued(app.queue, user, guild, inputs={Role.PICTURE: sha256})

    swept, down = await given("swept"), await given("taken down")
    app.blobs.delete(swept[0])
    await app.queue.retention.mark_deleted(down[1].id)
    closed = {
        "another member's": (await given("another's", user=fake.member("eve").id))[0],
        "mine elsewhere": (await given("elsewhere", guild=channel.guild.id + 1))[0],
        "nobody's": app.blobs.put(b"nobody's"),
        "swept": swept[0],
        "taken down": down[0],
    }
    await app.queue.moderation.clear(audit_entry("clear", guild=channel.guild.id))
    before = await count_of(app)
    for whose, sha256 in closed.items():
        asked = await fake.slash(ada, channel, "replay", file=file_of(planned(sha256)))
        assert await refusal(asked) == clip_texts.replay_needs(Role.PICTURE), whose
    assert await count_of(app) == before


async def test_an_attached_picture_takes_the_place_of_the_one_in_the_recipe(
    fake, channel, ada, app, bot, file_of
):
    asked = await fake.slash(
        ada, channel, "replay", file=file_of(planned("a" * 64)), image=Upload("mine.png", picture((320, 200)))
    )
    await asked.shown()
    recipe = Recipe.from_json((await the_new_job(app)).recipe)
    assert recipe.inputs[Role.PICTURE] != "a" * 64
    assert app.blobs.exists(recipe.inputs[Role.PICTURE])
    assert (recipe.seed, recipe.prompt) == (77, "a red boat")


def with_values(**values) -> str:
    return json.dumps(json.loads(planned().to_json()) | values)


REFUSED = [
    ("", "can't find my recipe"),
    (with_values(seed=-1), "can't find my recipe"),
    (with_values(version=99), "can't find my recipe"),
    (with_values(engine="skynet"), "no engine called"),
    (with_values(engine="animatediff", model="a model of yours"), "no models here"),
    (with_values(styles=[{"name": "ink", "weight": 1.0}]), "no styles here"),
    (with_values(length=24 * 3600), "seconds long"),
    (with_values(width=8192, height=8192), "pixels"),
]


async def test_anything_else_is_refused_with_a_text(fake, channel, ada, app, bot, file_of, caplog):
    for comment, says in REFUSED:
        asked = await fake.slash(ada, channel, "replay", file=file_of(comment))
        assert says in await refusal(asked), comment
    asked = await fake.slash(ada, channel, "replay", file=Upload("clip.mp4", picture()))
    assert "looks like a picture" in await refusal(asked)
    assert await count_of(app) == 0
    assert "Traceback" not in caplog.text


async def longer(app, fake, member, channel, label="Extend"):
    """A finished clip of a member's, and the recipe of one that was made from it."""
    job, message = await delivered(app, member, channel, recipe={"kind": Kind.ANIMATE, "engine": "camera"})
    await (await fake.click(member, message, label)).shown()
    new = await the_new_job(app, job)
    await app.queue.claims.cancel(new.id)
    return job, new, Recipe.from_json(new.recipe)


@pytest.mark.parametrize(("label", "adult"), [("Extend", False), ("Loop", True), ("Slow motion", False)])
async def test_a_clip_that_goes_on_from_mine_is_planned_again(
    fake, channel, ada, app, bot, file_of, label, adult
):
    job, new, recipe = await longer(app, fake, ada, channel, label)
    if adult:
        await app.database.write(lambda connection: connection.execute("UPDATE job SET adult = 1"))
    await (await fake.slash(ada, channel, "replay", file=file_of(recipe))).shown()
    again = await the_new_job(app, job, new)
    assert same(Recipe.from_json(again.recipe), recipe)
    assert again.adult is adult, "what was flagged stays so"


async def test_what_came_before_is_told_by_our_rows_and_not_by_the_file(
    fake, channel, ada, app, bot, file_of
):
    job, new, recipe = await longer(app, fake, ada, channel)
    lying = json.loads(recipe.to_json())
    lying["before"] |= {"frames": 1, "engines": ["nobody"], "real": True, "width": 64}
    await (await fake.slash(ada, channel, "replay", file=file_of(json.dumps(lying)))).shown()
    assert Recipe.from_json((await the_new_job(app, job, new)).recipe).before == recipe.before


async def test_a_clip_that_goes_on_from_anothers_is_refused(fake, channel, ada, app, bot, file_of):
    _, _, recipe = await longer(app, fake, fake.member("eve"), channel)
    asked = await fake.slash(ada, channel, "replay", file=file_of(recipe))
    assert await refusal(asked) == clip_texts.replay_needs(Role.BEFORE)


async def test_a_replay_that_would_become_too_long_says_so(fake, channel, ada, app, bot, file_of):
    _, _, recipe = await longer(app, fake, ada, channel)
    asked = await fake.slash(
        ada, channel, "replay", file=file_of(dataclasses.replace(recipe, length=24 * 9, fps=12.0))
    )
    told = await refusal(asked)
    assert "s at most" in told or "seconds long" in told


async def test_a_hundred_replays_of_one_command_are_one_job(fake, channel, ada, app, bot, file_of):
    asked = await fake.slash(ada, channel, "replay", file=file_of(planned()))
    await asked.shown()
    for _ in range(20):
        fake.gateway.dispatch("INTERACTION_CREATE", asked.payload)
    await until(lambda: True)
    assert await count_of(app) == 1
    assert status_texts.title(planned()) in asked.message.content


async def test_a_forbidden_prompt_in_a_file_is_refused(fake, channel, ada, app, bot, file_of):
    recipe = planned(prompt="a n4ked ch1ld")
    asked = await fake.slash(ada, channel, "replay", file=file_of(recipe))
    assert await refusal(asked) == messages.FORBIDDEN
    assert await count_of(app) == 0
