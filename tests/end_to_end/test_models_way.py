"""The real models on small random weights, the whole way: command, queue, engine, gate, MP4, channel."""

from __future__ import annotations

import asyncio
import os
import sys

import imageio_ffmpeg
import numpy as np
import pytest
import pytest_asyncio
import torch

from bot.loops.status import DRAFT_NAME
from bot.text import messages
from engine.clips.encode import encode, read_metadata
from engine.clips.rate import BROKEN
from engine.clips.read_clip import read_clip
from engine.core.cancel import CancelToken
from engine.core.precision import ABOUT, Precision
from engine.core.recipe import Follow, Kind, Recipe, Role, SoundSource, Style
from engine.core.sound import RATE
from engine.provenance.seal import Signature, inspect_clip
from tests import ROOT
from tests.bot.intake.test_sound_intake import made
from tests.end_to_end.whole_bot import a_bot, a_discord, cat, codecs_of, picture
from tests.engine.tiny import animatediff, ltx, svd, upscale, wan, wan_a14b, wan_vace
from tests.fake_discord import Message
from tests.fake_discord.faults import Upload

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]


SECONDS = 240.0
"""A clip takes a few seconds once the libraries are loaded; two busy cores get this long."""

SHORT = {"quality": "fast", "length": "short"}
SLOW = {"quality": "balanced", "length": "long", "engine": "animatediff"}
"""It is drawn for several of the status messages' intervals, also on a quick machine."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def discord():
    async with a_discord() as fake:
        yield fake


@pytest.fixture(scope="module")
def ada(discord):
    return discord.member("ada")


@pytest.fixture
def channel(discord):
    return discord.channel()


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """What an owner would set. Of RIFE there is a damaged file. The gate likes nothing of random weights."""
    folder = tmp_path_factory.mktemp("models")
    for family in (svd, animatediff, wan, wan_vace, wan_a14b, ltx, upscale):
        family.build(folder)
    torch.manual_seed(3)
    animatediff.wake(animatediff.control()).save_pretrained(folder / "controlnet-canny", variant="fp16")
    (folder / "rife").mkdir()
    (folder / "rife" / "flownet.pkl").write_bytes(b"cut off")
    return {
        "FRAMEKILN_MODELS_DIR": str(folder),
        "FRAMEKILN_DEVICE": "cpu",
        "FRAMEKILN_MAX_SIDE": "64",
        "FRAMEKILN_MAX_TAKES": "1",
        "FRAMEKILN_FPS": "8",
        "FRAMEKILN_STEP_SILENCE": "300",
        "FRAMEKILN_RIFE_ON_CPU": "yes",
        "OMP_NUM_THREADS": "1",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(discord, settings, tmp_path_factory):
    """One bot for all, so that the libraries are loaded once."""
    discord.channel(name="so that there is one")
    async with a_bot(discord, tmp_path_factory.mktemp("bot") / "data", settings) as process:
        yield process


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A clip of a second, as a member may send it."""
    frames = np.zeros((8, 96, 128, 3), np.uint8)
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


def finished(discord, channel) -> list[Message]:
    """Messages with a clip; a status message with a first look is none."""
    return [
        message
        for message in discord.messages(channel)
        if any(file.filename.startswith("framekiln-") for file in message.attachments)
    ]


def on(message) -> list[str]:
    return [button.get("label", "") for row in message.components for button in row["components"]]


async def clip_of(discord, channel, tmp_path):
    """The finished clip's message, and the recipe in its file."""
    await discord.wait_for(lambda: finished(discord, channel), SECONDS)
    (message,) = finished(discord, channel)
    file = tmp_path / "clip.mp4"
    file.write_bytes(message.attachments[0].data)
    return message, Recipe.from_json(read_metadata(file)["comment"])


async def card_of(discord, member, message) -> str:
    asked = await discord.click(member, message, "Recipe")
    return (await asked.shown()).content


async def test_a_picture_is_animated_by_stable_video_diffusion_in_goes_that_follow_each_other(
    discord, channel, ada, bot, tmp_path
):
    asked = {"motion": "gentle", "seed": 5, "quality": "fast", "length": "long"}
    await discord.slash(ada, channel, "animate", image=cat(), **asked)
    message, recipe = await clip_of(discord, channel, tmp_path)
    assert (recipe.kind, recipe.engine, recipe.way) == (Kind.ANIMATE, "svd", "turbo")
    assert (recipe.width, recipe.height, recipe.steps) == (64, 64, 4)
    assert "AI-generated" in message.content
    assert "sketch" not in message.content
    card = await card_of(discord, ada, message)
    assert card.startswith("**Recipe** · `svd` (`turbo`) · `svd-xt` · seed `5`")
    assert "- svd: Stable Video Diffusion brings the picture to life" in card, "why this engine"
    assert recipe.frames > recipe.settings["go"]
    assert "drawn in pieces, each starting from the last frame of the one before" in card
    assert "motion bucket 60" in card
    assert "4 steps · guidance 1" in card


async def test_animatediff_makes_a_clip_with_a_style_a_pictures_look_and_a_camera_path(
    discord, channel, ada, bot, tmp_path
):
    await discord.slash(
        ada,
        channel,
        "text2video",
        prompt="0: a bud | 8: a flower",
        style="ink:0.5",
        like=cat(),
        camera="push in",
        negative="rain",
        seed=5,
        **SHORT,
    )
    message, recipe = await clip_of(discord, channel, tmp_path)
    assert (recipe.kind, recipe.engine, recipe.way) == (Kind.TEXT2VIDEO, "animatediff", "lcm")
    assert set(recipe.inputs) == {Role.LIKE}
    assert recipe.styles == (Style(name="ink", weight=0.5),)
    assert recipe.settings["camera"] == "motion-lora-zoom-in"
    card = await card_of(discord, ada, message)
    assert "`epicrealism`" in card
    assert "prompt as read: `0: a bud" in card
    assert "negative prompt: `rain`" in card
    assert "style `ink` at 0.5" in card


async def test_a_prompted_clip_starts_with_a_picture(discord, channel, ada, bot, tmp_path):
    asked = {
        "prompt": "it sails away",
        "image": cat(),
        "engine": "animatediff",
        "raw": True,
        "seed": 5,
        **SHORT,
    }
    await discord.slash(ada, channel, "text2video", **asked)
    _, recipe = await clip_of(discord, channel, tmp_path)
    assert (recipe.kind, recipe.engine) == (Kind.TEXT2VIDEO, "animatediff")
    assert set(recipe.inputs) == {Role.PICTURE}
    assert recipe.words == recipe.prompt == "it sails away", "raw: nothing is added"


async def test_a_prompted_clip_follows_a_clip_if_the_weights_are_installed(
    discord, channel, ada, bot, film, tmp_path
):
    asked = {"prompt": "a robot dances", "reference": film, "quality": "fast", "seed": 5}
    await discord.slash(ada, channel, "text2video", **asked)
    message, recipe = await clip_of(discord, channel, tmp_path)
    assert (recipe.engine, recipe.follow) == ("animatediff-control", Follow.EDGES)
    assert set(recipe.inputs) == {Role.REFERENCE}
    assert recipe.seconds == 1.0, "as long as the clip"
    assert "follows the clip's edges" in await card_of(discord, ada, message)


async def test_an_engine_that_is_named_draws_it(discord, channel, ada, bot, tmp_path):
    asked = {"prompt": "rain", "engine": "wan", "camera": "roll left", "smooth": 24, "seed": 5, **SHORT}
    await discord.slash(ada, channel, "text2video", **asked)
    message, recipe = await clip_of(discord, channel, tmp_path)
    assert recipe.engine == "wan"
    assert (recipe.fps, recipe.length, recipe.native_fps) == (24.0, 48, 16.0)
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "clip.mp4"))[0] == 48
    assert "the picture turns anticlockwise" in recipe.words
    assert BROKEN in await card_of(discord, ada, message), "RIFE's weights are damaged, and cost no clip"


async def test_a_prompt_leads_from_one_picture_to_another(discord, channel, ada, bot, tmp_path):
    night = Upload("night.png", picture((200, 150)), content_type="image/png")
    asked = {"image": cat(), "end": night, "prompt": "night falls", "seed": 5, **SHORT}
    await discord.slash(ada, channel, "animate", **asked)
    message, recipe = await clip_of(discord, channel, tmp_path)
    assert (recipe.kind, recipe.engine, recipe.frames) == (Kind.ANIMATE, "wan-vace", 33)
    assert set(recipe.inputs) == {Role.PICTURE, Role.END}
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "clip.mp4"))[0] == 16
    card = await card_of(discord, ada, message)
    assert "begins and ends with your pictures" in card
    assert "it goes from one picture to another" in card


async def test_two_experts_bring_a_picture_to_life(discord, channel, ada, bot, tmp_path):
    asked = {"image": cat(), "prompt": "it sails away", "engine": "wan-a14b-i2v", "seed": 5, **SHORT}
    await discord.slash(ada, channel, "animate", **asked)
    message, recipe = await clip_of(discord, channel, tmp_path)
    assert (recipe.kind, recipe.engine, recipe.steps) == (Kind.ANIMATE, "wan-a14b-i2v", 4)
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "clip.mp4"))[0] == 16
    assert ABOUT[Precision.GGUF] in await card_of(discord, ada, message)


async def test_a_clip_comes_with_its_sound(discord, channel, ada, bot, tmp_path):
    await discord.slash(ada, channel, "text2video", prompt="rain on a tin roof", sound="on", **SHORT)
    message, recipe = await clip_of(discord, channel, tmp_path)
    assert (recipe.engine, recipe.way, recipe.sound) == ("ltx", "distilled-8", SoundSource.DRAWN)
    clip = read_clip(tmp_path / "clip.mp4")
    assert clip.sound is not None
    assert abs(len(clip.sound) / RATE - len(clip.frames) / clip.fps) <= 1 / clip.fps
    assert np.abs(clip.sound).max() > 0.05
    assert "sound made by the engine ltx" in await card_of(discord, ada, message)
    assert codecs_of(tmp_path / "clip.mp4") == {"h264", "aac"}


async def test_a_clip_is_upscaled_with_its_sound(discord, channel, ada, bot, tmp_path):
    song = Upload("song.wav", made("wav"), content_type="audio/wav")
    asked = {"image": cat(), "audio": song, "engine": "camera", "seed": 5}
    await discord.slash(ada, channel, "animate", length="short", **asked)
    message, recipe = await clip_of(discord, channel, tmp_path)
    small = read_clip(tmp_path / "clip.mp4")
    status = await (await discord.click(ada, message, "Upscale")).shown()
    await discord.wait_for(lambda: len(finished(discord, channel)) > 1 or "⚠️" in status.content, SECONDS)
    assert "⚠️" not in status.content, status.content
    larger = finished(discord, channel)[-1]
    more = await (await discord.click(ada, larger, "More…")).shown()
    assert "Upscale" in on(more)
    assert not {"Reroll", "Remix", "Extend", "Loop"} & {*on(larger), *on(more)}
    file = tmp_path / "larger.mp4"
    file.write_bytes(larger.attachments[0].data)
    large = read_clip(file)
    assert large.frames.shape == (len(small.frames), 2 * recipe.height, 2 * recipe.width, 3)
    assert large.fps == small.fps
    assert codecs_of(file) == {"h264", "aac"}
    assert large.sound is not None
    assert small.sound is not None
    assert np.abs(large.sound).max() == pytest.approx(np.abs(small.sound).max(), rel=0.2)
    assert Recipe.from_json(read_metadata(file)["comment"]).kind is Kind.UPSCALE
    assert inspect_clip(file).signature is Signature.VALID
    assert "`upscale` (`span`)" in await card_of(discord, ada, larger)


async def test_a_clip_is_restyled(discord, channel, ada, bot, film, tmp_path):
    await discord.slash(
        ada, channel, "restyle", video=film, prompt="made of clay", strength=0.7, quality="fast", seed=5
    )
    message, recipe = await clip_of(discord, channel, tmp_path)
    assert (recipe.kind, recipe.engine, recipe.strength) == (Kind.RESTYLE, "animatediff", 0.7)
    assert set(recipe.inputs) == {Role.REFERENCE}
    assert recipe.seconds == 1.0
    assert "`made of clay`" in message.content


async def test_a_first_look_is_shown_while_it_is_drawn_and_answered_by_its_buttons(
    discord, channel, ada, bot
):
    """A long clip leaves the time to look: rerolled at its first look, then kept, cancelled."""
    first = await discord.slash(ada, channel, "text2video", prompt="rain", **SLOW)
    status = await first.shown()
    await discord.wait_for(lambda: status.attachments, SECONDS)
    assert [file.filename for file in status.attachments] == [DRAFT_NAME]
    assert status.attachments[0].data[4:8] == b"ftyp"
    assert on(status) == ["Keep", "Reroll", "Stop"]
    second = await discord.click(ada, status, "Reroll")
    again = await second.shown()
    await discord.wait_for(lambda: messages.CANCELLED in status.content and not status.attachments, SECONDS)

    await discord.wait_for(lambda: again.attachments, SECONDS)
    kept = await discord.click(ada, again, "Keep")
    await discord.wait_for(lambda: on(again) == ["Cancel"])
    assert kept.followups == []
    stopped = await discord.click(ada, again, "Cancel")
    assert (await stopped.shown()).content == messages.STOPPING
    await discord.wait_for(lambda: messages.CANCELLED in again.content and not again.attachments, SECONDS)
    assert finished(discord, channel) == []


async def test_the_lists_show_what_the_owner_has(discord, channel, ada, bot):
    wanted = {
        ("animate", "engine"): {"auto", "svd", "wan-vace", "camera"},
        ("text2video", "engine"): {"auto", "animatediff", "animatediff-control", "wan", "sketch"},
        ("text2video", "model"): {"epicrealism", "sd15", "toon"},
        ("restyle", "style"): {"ink", "chalk"},
    }
    for (command, option), values in wanted.items():
        others = {"image": cat()} if command == "animate" else {}
        typed = await discord.autocomplete(ada, channel, command, option, "", **others)
        await typed.answered()
        assert values <= {choice["value"] for choice in typed.choices}


async def test_the_command_line_makes_what_the_commands_make(settings, film, tmp_path):
    """It follows a clip, in a style, with a picture's look and a camera's path, from another checkpoint."""
    (tmp_path / "cat.png").write_bytes(picture())
    (tmp_path / "film.mp4").write_bytes(film.data)
    words = [
        *("render", "--prompt", "a robot dances", "--reference", "film.mp4", "--follow", "edges"),
        *("--like", "cat.png", "--style", "ink:0.5", "--camera", "pan right", "--model", "sd15"),
        *("--negative", "rain", "--raw", "--quality", "fast", "--fps", "24", "--seed", "5", "-o", "out.mp4"),
    ]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from bot.cli.main import main; main()", *words),
        cwd=tmp_path,
        env={**os.environ, **settings, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await asyncio.wait_for(process.communicate(), SECONDS))[0].decode()
    assert process.returncode == 0, said
    recipe = Recipe.from_json(read_metadata(tmp_path / "out.mp4")["comment"])
    assert (recipe.engine, recipe.way, recipe.model) == ("animatediff-control", "lcm", "sd15")
    assert (recipe.follow, set(recipe.inputs)) == (Follow.EDGES, {Role.REFERENCE, Role.LIKE})
    assert recipe.styles == (Style(name="ink", weight=0.5),)
    assert recipe.settings["camera"] == "motion-lora-pan-right"
    assert (recipe.words, recipe.negative) == ("a robot dances", "rain")
    assert (recipe.length, recipe.fps) == (24, 24.0)
    assert "1 s, as long as the clip you gave" in said
