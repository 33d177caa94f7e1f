"""What a member sends along with a wish: each file by what it is for; refused unseen where it can be."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bot.buttons import rows
from bot.discord_io.post import Post
from bot.text import messages
from engine.clips.encode import encode
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.capabilities import Capabilities
from engine.core.recipe import Follow, Kind, Recipe, Role, Style
from tests.bot.buttons.test_clicks import the_new_job
from tests.bot.fixtures import count_of, picture
from tests.fake_discord import Upload
from tests.until import until

HERE = Capabilities(
    weights=frozenset(
        {
            *("epicrealism", "animatelcm", "sd15-ip-adapter", "controlnet-canny"),
            *("sparsectrl-rgb", "motion-v1-5-3", "motion-lora-v1-5-3"),
        }
    ),
    styles=("ink",),
    checkpoints=("mine",),
    slow=True,
)
CAT = Upload("cat.png", picture())


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A clip of a second and a half."""
    frames = np.zeros((12, 96, 128, 3), np.uint8)
    for number, frame in enumerate(frames):
        frame[20:60, number * 8 : number * 8 + 30] = (200, 80, 60)
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    encode(
        frames,
        fps=8.0,
        path=path,
        metadata={},
        max_bytes=1_000_000,
        progress=lambda _: None,
        cancel=CancelToken(),
    )
    return Upload("film.mp4", path.read_bytes(), content_type="video/mp4")


@pytest.fixture
def with_models(app, monkeypatch):
    """The bot of an owner who has pulled a few models."""

    async def capabilities():
        return HERE

    monkeypatch.setattr(app.submissions, "_capabilities", capabilities)


async def only_recipe(app) -> Recipe:
    (job,) = await app.queue.jobs.waiting()
    recipe = Recipe.from_json(job.recipe)
    assert job.inputs == recipe.inputs
    assert all(app.blobs.exists(digest) for digest in recipe.inputs.values())
    return recipe


async def refusal_of(asked) -> str:
    await asked.answered()
    if asked.ephemeral and asked.message.content:
        return asked.message.content
    await until(lambda: asked.followups)
    assert asked.followups[-1].ephemeral
    return asked.followups[-1].content


async def test_each_file_is_kept_under_what_it_is_for(
    fake, channel, ada, app, bot, with_models, film, tmp_path
):
    asked = await fake.slash(
        ada,
        channel,
        "text2video",
        prompt="a red boat",
        like=CAT,
        reference=film,
        style="ink:0.5",
        model="MINE",
        negative="rain\u202e",
        quality="fast",
        length="short",
    )
    await asked.shown()
    recipe = await only_recipe(app)
    assert set(recipe.inputs) == {Role.LIKE, Role.REFERENCE}
    assert recipe.engine == "animatediff-control"
    assert (recipe.follow, recipe.model, recipe.negative) == (Follow.EDGES, "mine", "rain")
    assert recipe.styles == (Style(name="ink", weight=0.5),)
    path = tmp_path / "kept.mp4"
    path.write_bytes(app.blobs.read(recipe.inputs[Role.REFERENCE]))
    assert read_clip(path).frames.shape[1:3] == (96, 128)
    assert app.blobs.read(recipe.inputs[Role.LIKE]).startswith(b"\x89PNG")


async def test_a_picture_can_be_the_first_frame_of_words(fake, channel, ada, app, bot, with_models):
    asked = await fake.slash(ada, channel, "text2video", prompt="it sails away", image=CAT, quality="fast")
    await asked.shown()
    recipe = await only_recipe(app)
    assert (recipe.kind, set(recipe.inputs)) == (Kind.TEXT2VIDEO, {Role.PICTURE})


async def test_a_second_picture_is_kept_and_drawn_again_like_the_first(fake, channel, ada, app, bot):
    sea = Upload("sea.png", picture((200, 120)))
    asked = await fake.slash(ada, channel, "animate", image=CAT, end=sea)
    assert "Animating a picture" in (await asked.shown()).content
    recipe = await only_recipe(app)
    assert (recipe.engine, set(recipe.inputs)) == ("camera", {Role.PICTURE, Role.END})
    assert len(set(recipe.inputs.values())) == len(recipe.inputs)
    (job,) = await app.queue.jobs.waiting()
    post = Post(content="a clip", nonce="clip", view=rows.for_clip(job))
    message = channel.messages[await app.messenger.send(channel.id, post)]
    await (await fake.click(ada, message, "Reroll")).shown()
    form = await fake.click(ada, message, "Remix")
    await form.answered()
    await (await fake.submit_modal(ada, form, {"fk:prompt": "at dusk"})).shown()
    more = [Recipe.from_json(one.recipe) for one in await app.queue.jobs.waiting() if one.id != job.id]
    assert [one.inputs for one in more] == [recipe.inputs, recipe.inputs]


@pytest.mark.parametrize("end", [Upload("end.png", b"no picture"), Upload("end.png", b"x" * 30_000_000)])
async def test_a_second_picture_is_refused_as_the_first_is(fake, channel, ada, app, bot, end):
    first = await fake.slash(ada, channel, "animate", image=end)
    refusal = await refusal_of(first)
    assert await refusal_of(await fake.slash(ada, channel, "animate", image=CAT, end=end)) == refusal
    assert await count_of(app) == 0


async def test_a_restyled_clip_is_as_long_as_the_original(fake, channel, ada, app, bot, with_models, film):
    asked = await fake.slash(ada, channel, "restyle", video=film, prompt="made of clay", strength=0.5)
    assert "Restyling a clip" in (await asked.shown()).content
    recipe = await only_recipe(app)
    assert (recipe.kind, set(recipe.inputs)) == (Kind.RESTYLE, {Role.REFERENCE})
    assert recipe.seconds == pytest.approx(1.5, abs=0.1)
    assert recipe.strength == 0.5
    assert recipe.follow is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"like": CAT}, "No engine here can do this: the look of a picture"),
        ({"image": CAT}, "No engine here can do this: a picture as the first frame"),
        ({"like": CAT, "style": "ink"}, "There are no styles here to choose from"),
        ({"like": CAT, "style": "ink:9"}, "A style's strength"),
        ({"like": CAT, "engine": "svd"}, "no engine called `svd` here"),
        ({"like": CAT, "follow": "pose"}, messages.NEEDS_A_CLIP),
    ],
)
async def test_what_cannot_be_made_is_refused_before_anything_is_fetched(
    fake, channel, ada, app, bot, options, says
):
    asked = await fake.slash(ada, channel, "text2video", prompt="rain", **options)
    assert says in await refusal_of(asked)
    assert fake.cdn.served == 0
    assert await count_of(app) == 0


async def test_without_a_model_no_clip_is_restyled(fake, channel, ada, app, bot, film):
    asked = await fake.slash(ada, channel, "restyle", video=film, prompt="made of clay")
    assert "No engine here can make this clip" in await refusal_of(asked)
    assert fake.cdn.served == 0


async def test_a_picture_where_a_clip_is_wanted_is_refused_in_private(
    fake, channel, ada, app, bot, with_models
):
    asked = await fake.slash(ada, channel, "restyle", video=CAT, prompt="made of clay")
    assert "MP4" in await refusal_of(asked)
    assert fake.messages(channel) == []
    assert await count_of(app) == 0


async def test_a_new_prompt_is_planned_again(fake, channel, ada, app, bot, with_models):
    asked = await fake.slash(ada, channel, "text2video", prompt="a cat", model="mine", quality="fast")
    await asked.shown()
    first = await only_recipe(app)
    (job,) = await app.queue.jobs.waiting()
    post = Post(content="a clip", nonce="clip", view=rows.for_clip(job))
    message = channel.messages[await app.messenger.send(channel.id, post)]
    form = await fake.click(ada, message, "Remix")
    await form.answered()
    answer = await fake.submit_modal(ada, form, {"fk:prompt": "a bowl of soup"})
    await answer.shown()
    (second,) = [Recipe.from_json(one.recipe) for one in await app.queue.jobs.waiting() if one.id != job.id]
    assert second.words.startswith("a bowl of soup")
    assert "cat" not in second.words
    assert second.seed != first.seed
    assert dataclasses.replace(second, prompt="", words="", negative="", seed=0, reasons=()) == (
        dataclasses.replace(first, prompt="", words="", negative="", seed=0, reasons=())
    )


async def test_a_members_file_name_never_becomes_one_of_ours(fake, channel, app, bot, tmp_path):
    names = [*("-rf.png", "CON.png", "..\\..\\etc\\passwd.png", "%2e%2e%2fpasswd.png", "$(touch owned).png")]
    names += [".htaccess", "\u202egnp.exe", "x" * 200 + ".png"]
    sizes = iter(range(100, 200))
    for number, name in enumerate(names):
        member = fake.member(f"member {number}")
        upload = Upload(name, picture((next(sizes), 100)))
        asked = await fake.slash(member, channel, "animate", image=upload)
        assert "Animating a picture" in (await asked.shown()).content, name
    given = {digest for job in await app.queue.jobs.waiting() for digest in job.inputs.values()}
    assert len(given) == len(names)
    paths = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert all(map(app.blobs.exists, given))
    parts_of_paths = {part for path in paths for part in (*path.parts, path.stem)}
    stems = {name.rpartition(".")[0] for name in names} - {""}
    assert not parts_of_paths & {*names, *stems}
    assert {path.parts[0] for path in paths} == {app.settings.data_dir.name}


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("text2video", {"prompt": "a red boat", "style": "IN"}),
        ("restyle", {"prompt": "made of clay", "style": "INK:0.5"}),
    ],
)
async def test_without_defaults_a_clip_is_as_if_there_were_none(
    fake, channel, ada, app, bot, with_models, film, command, given
):
    """What is followed, the style's name, the shape and the length: all by the files and the words alone."""
    files = {"reference" if command == "text2video" else "video": film}
    asked = await fake.slash(fake.member("eve"), channel, command, **given, **files)
    await asked.shown()
    (plain,) = await app.queue.jobs.waiting()
    set_ = await fake.slash(ada, channel, "defaults set", motion="wild", length="short", shape="square")
    await set_.shown()
    said = await fake.slash(ada, channel, command, **given, **files)
    await said.shown()
    (job,) = await app.queue.jobs.jobs_of(ada.user.id, channel.guild.id)
    assert job.given is not None
    await (await fake.click(ada, said.message, "Without defaults")).shown()
    new = await the_new_job(app, [plain, job])
    wanted, made = Recipe.from_json(plain.recipe), Recipe.from_json(new.recipe)
    assert dataclasses.replace(made, seed=0) == dataclasses.replace(wanted, seed=0)
    assert made.seed == Recipe.from_json(job.recipe).seed
