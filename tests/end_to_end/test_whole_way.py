"""The real program as a process, over real sockets, against the fake of Discord."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
import pytest_asyncio

from engine.clips.encode import read_metadata
from engine.clips.read_clip import read_clip
from engine.core.recipe import Recipe
from engine.core.sound import RATE
from engine.provenance.seal import Signature, inspect_clip
from tests import sounds
from tests.bot.intake.test_sound_intake import made
from tests.end_to_end.whole_bot import QUICK, a_bot, a_discord, cat, clips, codecs_of, one_clip, says
from tests.fake_discord.faults import LostAnswer, Status, TooLarge, Truncated, Upload
from tests.fake_discord.people import Permission

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def discord():
    async with a_discord() as fake:
        yield fake


@pytest.fixture(scope="module")
def ada(discord):
    return discord.member("ada")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(discord, data):
    """One bot for all: each test has a channel of its own, and leaves no job behind."""
    discord.channel(name="so that there is one")
    async with a_bot(discord, data) as process:
        yield process


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("bot") / "data"


def jobs_in(data) -> int:
    with closing(sqlite3.connect(f"file:{data}/framekiln.db?mode=ro", uri=True)) as rows:
        return rows.execute("SELECT count(*) FROM job").fetchone()[0]


async def test_a_picture_becomes_a_clip_that_pings_only_its_member(discord, channel, ada, bot, tmp_path):
    asked = await discord.slash(ada, channel, "animate", image=cat(), prompt="a cat @everyone", **QUICK)
    await asked.answered(3)
    clip = await one_clip(discord, channel)

    assert clip.now.pings == {str(ada.user.id)}
    assert "AI-generated" in clip.content
    file = tmp_path / "clip.mp4"
    file.write_bytes(clip.attachments[0].data)
    recipe = Recipe.from_json(read_metadata(file)["comment"])
    assert recipe.prompt == "a cat @everyone"
    assert recipe.engine == "camera"
    assert inspect_clip(file).signature is Signature.VALID
    # The status message has become one line that leads to the clip.
    await discord.wait_for(lambda: says(discord, channel, f"/{clip.id}"))
    assert len(discord.messages(channel)) == 2


async def test_a_members_sound_is_in_the_clip_and_in_its_loop(discord, channel, ada, bot, tmp_path):
    song = Upload("song.wav", made("wav"), content_type="audio/x-wav")
    await discord.slash(ada, channel, "animate", image=cat(), audio=song, **QUICK)
    clip = await one_clip(discord, channel)
    posted, told = _heard(clip, tmp_path)
    assert told == {"h264", "aac"}
    assert sounds.onset(posted) == pytest.approx(0.5, abs=1 / 24)
    assert sounds.frequency(posted[round(0.6 * RATE) : round(1.4 * RATE)]) == pytest.approx(997, abs=3)
    card = await discord.click(ada, clip, "Recipe")
    await card.answered()
    assert "with sound that a member gave" in card.response.message.content
    await discord.click(ada, clip, "Loop")
    looped, told = _heard(await one_clip(discord, channel, 2), tmp_path)
    assert told == {"h264", "aac"}
    assert sounds.frequency(looped) == pytest.approx(997, abs=3)


def _heard(message, folder):
    """The sound of a posted clip, as long as its frames to within one; and the codecs of its tracks."""
    file = folder / "posted.mp4"
    file.write_bytes(message.attachments[0].data)
    clip = read_clip(file)
    assert clip.sound is not None
    assert abs(len(clip.sound) / RATE - len(clip.frames) / clip.fps) <= 1 / clip.fps
    return clip.sound, codecs_of(file)


async def test_a_prompt_becomes_a_sketch_that_says_so(discord, channel, ada, bot):
    await discord.slash(ada, channel, "text2video", prompt="a red boat at night", **QUICK)
    clip = await one_clip(discord, channel)
    assert "sketch" in clip.content


async def test_an_answer_lost_after_posting_is_not_posted_again(discord, channel, ada, bot, monkeypatch):
    monkeypatch.setattr(discord.rest, "nonce_window", 0.0)
    rule = discord.fail("POST", rf"/channels/{channel.id}/messages$", LostAnswer())
    await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    await one_clip(discord, channel)
    await discord.wait_for(lambda: says(discord, channel, "✅"))
    assert rule.used == 1
    assert len(clips(discord, channel)) == 1


async def test_a_clip_that_discord_finds_too_large_is_made_smaller(discord, channel, ada, bot):
    discord.fail("POST", rf"/channels/{channel.id}/messages$", TooLarge())
    await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    await one_clip(discord, channel)
    assert len(clips(discord, channel)) == 1


async def test_discord_away_for_a_while_delays_a_clip_and_loses_nothing(discord, channel, ada, bot):
    discord.fail("POST", rf"/channels/{channel.id}/messages$", Status(503), times=3)
    await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    await one_clip(discord, channel)
    assert len(clips(discord, channel)) == 1


async def test_a_download_cut_short_is_refused_in_private_and_nothing_is_queued(
    discord, channel, ada, bot, data
):
    before = jobs_in(data)
    asked = await discord.slash(ada, channel, "animate", image=cat(fault=Truncated(100)), **QUICK)
    await discord.wait_for(lambda: asked.followups)
    assert asked.followups[-1].ephemeral
    assert discord.messages(channel) == []
    assert jobs_in(data) == before


async def test_a_cut_gateway_is_resumed_and_commands_work_again(discord, channel, ada, bot):
    await discord.cut_gateway(code=4000, resumable=True)
    await discord.connected(30)
    await discord.slash(ada, channel, "text2video", prompt="rain", **QUICK)
    await one_clip(discord, channel)


async def test_moderators_run_the_queue_and_members_do_not(discord, channel, ada, bot):
    mod = discord.member("mod", permissions=Permission.MANAGE_GUILD)
    paused = await discord.slash(mod, channel, "queue pause", reason="dinner")
    await paused.answered()
    asked = await discord.slash(ada, channel, "animate", image=cat(), **QUICK)
    await discord.wait_for(lambda: says(discord, channel, "paused"))

    stranger = discord.member("stranger", permissions=Permission.MANAGE_GUILD)
    stranger_refused = await discord.slash(stranger, channel, "queue show")
    await stranger_refused.answered()
    assert "1 queued" in stranger_refused.response.message.content

    status = asked.messages[0]
    cancelled = await discord.click(ada, status, "Cancel")
    await cancelled.answered()
    await discord.wait_for(lambda: says(discord, channel, "Cancelled"))
    resumed = await discord.slash(mod, channel, "queue resume")
    await resumed.answered()
    assert clips(discord, channel) == []
