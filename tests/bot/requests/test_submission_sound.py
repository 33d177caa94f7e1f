"""A sound that a member sends, and the sound of a clip that is restyled: kept like any file, or refused."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.clips.continuation import before_of
from bot.clips.variation import request_of
from bot.privacy.export import SUFFIXES
from bot.text import clip_texts, privacy_texts
from engine.core.capabilities import Capabilities
from engine.core.receipt import Receipt
from engine.core.recipe import Kind, Recipe, Role, SoundSource
from engine.planning.plan import SOUND_AND_NONE
from tests.bot.fixtures import count_of, picture
from tests.bot.intake.test_sound_intake import FILM, TONE, made
from tests.bot.requests.test_submission_files import only_recipe, refusal_of
from tests.fake_discord import Upload
from tests.policies import retention
from tests.until import until

CAT = Upload("cat.png", picture())
SONG = Upload("song.mp3", made("mp3"), content_type="audio/mpeg")
FILM_WITH_SOUND = Upload(
    "film.mp4", made("mp4", *FILM, *TONE, "-c:v", "libx264", "-c:a", "aac"), content_type="video/mp4"
)


async def test_a_sound_is_kept_with_the_picture_and_named_in_the_recipe(fake, channel, ada, app, bot):
    asked = await fake.slash(ada, channel, "animate", image=CAT, audio=SONG)
    await asked.shown()
    recipe = await only_recipe(app)
    assert (recipe.sound, set(recipe.inputs)) == (SoundSource.GIVEN, {Role.PICTURE, Role.SOUND})
    assert app.blobs.read(recipe.inputs[Role.SOUND]).startswith(b"RIFF")
    digest = recipe.inputs[Role.SOUND]
    assert digest in await app.queue.retention.blobs_in_use(retention())
    assert request_of(recipe).sound is None


async def test_an_erasure_deletes_the_sound(fake, channel, ada, app, bot):
    await (await fake.slash(ada, channel, "animate", image=CAT, audio=SONG)).shown()
    digest = (await only_recipe(app)).inputs[Role.SOUND]
    await app.erasing.begin()
    task = asyncio.create_task(app.erasing.loop.run())
    question = await (await fake.slash(ada, channel, "mydata erase")).shown()
    await fake.click(ada, question, privacy_texts.ERASE)
    await until(lambda: not app.blobs.exists(digest))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"audio": Upload("song.mp3", b"ID3" + bytes(200))}, "is damaged"),
        ({"audio": Upload("song.mp3", b"x" * 27_000_000)}, "That sound file is too large"),
        ({"audio": Upload("cat.png", picture())}, "looks like a picture"),
        ({"audio": SONG, "sound": "off"}, SOUND_AND_NONE),
        ({"sound": "on"}, "No engine here can do this: sound"),
    ],
)
async def test_what_cannot_be_is_refused_in_private(fake, channel, ada, app, bot, options, says):
    assert says in await refusal_of(await fake.slash(ada, channel, "animate", image=CAT, **options))
    assert await count_of(app) == 0


@pytest.fixture
def restyling(app, monkeypatch):
    async def capabilities():
        weights = frozenset({"epicrealism", "animatelcm", "controlnet-canny", "motion-v1-5-3"})
        return Capabilities(weights=weights, slow=True)

    monkeypatch.setattr(app.submissions, "_capabilities", capabilities)


@pytest.mark.parametrize("wanted", [None, "on", "off"])
async def test_a_restyled_clip_keeps_its_sound_unless_it_is_turned_off(
    fake, channel, ada, app, bot, restyling, wanted
):
    more = {} if wanted is None else {"sound": wanted}
    asked = await fake.slash(ada, channel, "restyle", video=FILM_WITH_SOUND, prompt="in ink", **more)
    await asked.shown()
    recipe = await only_recipe(app)
    # What nobody wants to hear is not stored.
    assert (Role.SOUND in recipe.inputs) == (wanted != "off")
    assert recipe.sound is (SoundSource.NONE if wanted == "off" else SoundSource.GIVEN)


async def test_a_clip_that_is_only_followed_leaves_its_sound_out(fake, channel, ada, app, bot, restyling):
    asked = await fake.slash(
        ada, channel, "text2video", prompt="a boat", reference=FILM_WITH_SOUND, follow="edges"
    )
    await asked.shown()
    recipe = await only_recipe(app)
    assert (recipe.sound, set(recipe.inputs)) == (SoundSource.NONE, {Role.REFERENCE})


def test_every_role_has_a_suffix_and_words():
    assert set(SUFFIXES) == set(Role)
    assert all(clip_texts.replay_needs(role) for role in Role)


def test_what_goes_on_from_a_clip_knows_whether_that_has_sound():
    recipe = Recipe(
        kind=Kind.ANIMATE, engine="camera", seed=1, width=64, height=64, frames=9, native_fps=8.0,
        fps=8.0, length=9, inputs={Role.SOUND: "a" * 64},
    )  # fmt: skip
    receipt = Receipt(
        engine="camera", takes=(), kept=1, forced=False, width=64, height=64, frames=9, fps=8.0,
        sha256="", size=1, sound=True,
    )  # fmt: skip
    before = before_of(recipe, receipt)
    assert (before.sound, before.real) == (True, True)
    old = json.loads(receipt.to_json())
    del old["sound"]
    assert not before_of(recipe, Receipt.from_json(json.dumps(old))).sound
