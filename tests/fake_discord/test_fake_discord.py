"""The fake is held against an actual discord.py client."""

import asyncio
import contextlib
import io
import os
import re
import sys
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from tests import ROOT
from tests.engine.process.host_bench import alive
from tests.fake_discord import (
    EVERYONE,
    Answers,
    Cut,
    FakeDiscord,
    Impossible,
    LostAnswer,
    Permission,
    RateLimit,
    Redirect,
    Status,
    TooLarge,
    Truncated,
    Upload,
)
from tests.fake_discord.process import BotProcess
from tests.fake_discord.spec import spec_path
from tests.present import present
from tests.until import until

TINY_BOT = """\
import discord, os
client = discord.Client(intents=discord.Intents(guilds=True))
client.run(os.environ['DISCORD_TOKEN'])
"""

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f0001"
    "040100d0f2a7d30000000049454e44ae426082"
)


class Retake(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"retake:(?P<job>\d+)"):
    def __init__(self, job: int) -> None:
        super().__init__(discord.ui.Button(label="Retake", custom_id=f"retake:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(cls, interaction, item, match: re.Match[str]):
        return cls(int(match["job"]))

    async def callback(self, interaction) -> None:
        await interaction.response.edit_message(content=f"retaking {self.job}", view=None)


class Question(discord.ui.Modal, title="A question"):
    answer: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Why", custom_id="why", max_length=50)
    proof: discord.ui.Label[Any] = discord.ui.Label(
        text="Proof", component=discord.ui.FileUpload(custom_id="proof", required=False, max_values=1)
    )

    async def on_submit(self, interaction) -> None:
        upload = self.proof.component
        assert isinstance(upload, discord.ui.FileUpload)
        files = [f"{one.filename}:{one.size}" for one in upload.values]
        await interaction.response.send_message(f"{self.answer.value} {files}", ephemeral=True)


class Bot(discord.Client):
    def __init__(self, intents=None) -> None:
        super().__init__(
            intents=intents or discord.Intents(guilds=True, guild_messages=True),
            guild_ready_timeout=0.05,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.tree = app_commands.CommandTree(self)
        self.errors: list[Exception] = []
        self._add_commands()

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Retake)
        await self.tree.sync()

    def _add_commands(self) -> None:
        tree = self.tree

        @tree.error
        async def keep(interaction, error) -> None:
            self.errors.append(getattr(error, "original", error))

        @tree.command(description="Make a clip")
        @app_commands.choices(quality=[app_commands.Choice(name="Fast", value="f")])
        async def animate(
            interaction: discord.Interaction,
            image: discord.Attachment,
            prompt: app_commands.Range[str, 1, 20] = "",
            quality: str = "f",
        ) -> None:
            await interaction.response.defer(ephemeral=prompt == "secret")
            data = await image.read()
            await interaction.followup.send(f"{image.content_type} {len(data)} {quality}", wait=True)
            view = discord.ui.View(timeout=None).add_item(Retake(7))
            await interaction.followup.send(
                "done", file=discord.File(io.BytesIO(b"clip"), "a.mp4"), view=view
            )

        @tree.command(description="Ask")
        async def ask(interaction: discord.Interaction) -> None:
            await interaction.response.send_modal(Question())

        @tree.command(description="Wait before answering")
        async def late(interaction: discord.Interaction, seconds: float) -> None:
            await asyncio.sleep(seconds)
            await interaction.response.send_message("at last", ephemeral=True)

        queue = app_commands.Group(name="queue", description="The queue", guild_only=True)

        @queue.command(description="Show it")
        async def show(interaction: discord.Interaction, order: str = "new") -> None:
            await interaction.response.send_message(f"queue by {order}", ephemeral=True)

        @show.autocomplete("order")
        async def orders(interaction, current: str):
            names = ["newest", "oldest"]
            return [app_commands.Choice(name=n, value=n) for n in names if n.startswith(current)]

        tree.add_command(queue)

        @tree.context_menu(name="Animate this")
        async def this(interaction: discord.Interaction, message: discord.Message) -> None:
            data = await message.attachments[0].read()
            await interaction.response.send_message(f"{message.content}: {len(data)} bytes")


@contextlib.asynccontextmanager
async def running(fake: FakeDiscord, intents=None):
    with fake.point():
        bot = Bot(intents)
        async with bot:
            task = asyncio.create_task(bot.start(fake.token))
            try:
                await fake.connected()
                await bot.wait_until_ready()
                yield bot
            finally:
                await bot.close()
                await task


@pytest.fixture
async def fake():
    async with FakeDiscord() as made:
        made.guild()
        made.channel()
        yield made
        assert made.violations == []


@pytest.fixture
def clips(fake):
    return next(iter(fake.world.channels.values()))


@pytest.fixture
def ada(fake):
    return fake.member("ada")


@pytest.fixture
async def bot(fake):
    async with running(fake) as client:
        yield client


def where(bot, clips):
    return bot.get_channel(clips.id)


async def test_a_slash_command_downloads_its_attachment_and_fills_the_deferred_answer(fake, bot, clips, ada):
    asked = await fake.slash(ada, clips, "animate", image=Upload("cat.png", PIXEL), quality="Fast")
    shown = await asked.shown()
    assert shown.content == f"image/png {len(PIXEL)} f"
    assert not asked.ephemeral
    assert asked.acked_after < 1
    await fake.wait_for(lambda: asked.followups)
    assert asked.followups[0].attachments[0].data == b"clip"
    assert len(fake.messages(clips)) == 2


async def test_a_deferred_ephemeral_answer_stays_hidden_from_the_channel(fake, bot, clips, ada):
    asked = await fake.slash(ada, clips, "animate", image=Upload("c.png", PIXEL, None), prompt="secret")
    assert (await asked.shown()).content.startswith("None")
    assert asked.ephemeral
    await fake.wait_for(lambda: asked.followups)
    assert fake.messages(clips) == asked.followups


async def test_a_member_cannot_do_what_discords_client_forbids(fake, bot, clips, ada):
    with pytest.raises(Impossible, match="missing"):
        await fake.slash(ada, clips, "animate")
    with pytest.raises(Impossible, match="range"):
        await fake.slash(ada, clips, "animate", image=Upload("c.png", PIXEL), prompt="x" * 21)
    with pytest.raises(Impossible, match="registered"):
        await fake.slash(ada, clips, "nothing")


async def test_a_subcommand_and_its_autocomplete(fake, bot, clips, ada):
    typed = await fake.autocomplete(ada, clips, "queue show", "order", "old")
    await typed.answered()
    assert [one["value"] for one in typed.choices] == ["oldest"]
    asked = await fake.slash(ada, clips, "queue show", order="oldest")
    assert (await asked.shown()).content == "queue by oldest"
    assert asked.ephemeral


async def test_a_context_menu_reads_what_the_message_holds(fake, bot, clips, ada):
    said = fake.member_says(ada, clips, "look", Upload("cat.png", PIXEL))
    asked = await fake.context_menu(ada, clips, "Animate this", said)
    assert (await asked.shown()).content == f"look: {len(PIXEL)} bytes"
    # The bot has no message content intent: what others wrote is hidden from it elsewhere.
    assert (await where(bot, clips).fetch_message(said.id)).content == ""


async def test_a_dynamic_button_answers_and_a_forged_id_is_dropped_by_discord_py(fake, bot, clips, ada):
    asked = await fake.slash(ada, clips, "animate", image=Upload("cat.png", PIXEL))
    message = await fake.wait_for(lambda: asked.followups and asked.followups[0])
    forged = await fake.click(ada, message, "retake:9", forged=True)
    pressed = await fake.click(ada, message, "Retake")
    assert (await pressed.answered()).message is message
    assert forged.response is None
    with pytest.raises(Impossible):
        await fake.click(ada, message, "Retake")
    assert [one.content for one in message.history] == ["done", "retaking 7"]


async def test_a_modal_is_filled_in_with_text_and_file(fake, bot, clips, ada):
    asked = await fake.slash(ada, clips, "ask")
    await asked.answered()
    assert asked.modal["title"] == "A question"
    with pytest.raises(Impossible, match="filled"):
        await fake.submit_modal(ada, asked, {})
    sent = await fake.submit_modal(ada, asked, {"why": "because", "proof": [Upload("p.png", PIXEL, size=5)]})
    assert (await sent.shown()).content == "because ['p.png:5']"


async def test_a_late_answer_is_an_unknown_interaction(fake, bot, clips, ada):
    fake.interactions.ack_seconds = 0.05
    await fake.slash(ada, clips, "late", seconds=0.2)
    error = await fake.wait_for(lambda: bot.errors and bot.errors[0])
    assert (error.status, error.code) == (404, 10062)


async def test_an_old_token_is_refused_but_the_bots_own_still_edits(fake, bot, clips, ada):
    said = fake.member_says(ada, clips, "look", Upload("cat.png", PIXEL))
    asked = await fake.context_menu(ada, clips, "Animate this", said)
    message = await asked.shown()
    fake.interactions.token_seconds = 0
    hook = discord.Webhook.partial(bot.application_id, asked.token, client=bot)
    with pytest.raises(discord.HTTPException) as caught:
        await hook.send("too late")
    assert (caught.value.status, caught.value.code) == (401, 50027)
    await where(bot, clips).get_partial_message(message.id).edit(content="by my own token")
    assert message.content == "by my own token"
    assert fake.front.invalid == {401: 1}


async def test_a_nonce_gives_the_old_message_back_until_its_window_ends(fake, bot, clips):
    first = await where(bot, clips).send("clip", nonce="job-1")
    again = await where(bot, clips).send("clip", nonce="job-1")
    assert again.id == first.id
    fake.rest.nonce_window = 0
    assert (await where(bot, clips).send("clip", nonce="job-1")).id != first.id
    assert len(fake.messages(clips)) == 2


async def test_a_lost_answer_leaves_the_message_and_a_cut_does_not(fake, bot, clips):
    for how, there in ((LostAnswer(), 1), (Cut(), 1)):
        fake.fail("POST", r"/messages$", how)
        with pytest.raises((discord.HTTPException, OSError, aiohttp.ClientError)):
            await where(bot, clips).send("once", nonce="job-2")
        assert len(fake.messages(clips)) == there
    await where(bot, clips).send("once", nonce="job-2")
    assert len(fake.messages(clips)) == 1


async def test_discord_py_waits_out_a_429_but_not_a_503(fake, bot, clips):
    fake.fail("POST", "/messages", RateLimit(0.05))
    fake.fail("POST", "/messages", Status(503), after=1)
    await where(bot, clips).send("through")
    assert fake.count("POST", "/channels/{channel_id}/messages") == 2
    with pytest.raises(discord.DiscordServerError):
        await where(bot, clips).send("not through")
    fake.fail("POST", "/messages", RateLimit(cloudflare=True))
    with pytest.raises(discord.HTTPException, match="1015"):
        await where(bot, clips).send("banned")
    assert fake.front.invalid == {429: 2}


async def test_a_file_over_the_guilds_limit_is_413(fake, bot, clips):
    clips.guild.upload_limit = 10
    with pytest.raises(discord.HTTPException) as caught:
        await where(bot, clips).send(file=discord.File(io.BytesIO(bytes(11)), "a.mp4"))
    assert (caught.value.status, caught.value.code) == (413, 40005)
    await where(bot, clips).send(file=discord.File(io.BytesIO(bytes(10)), "a.mp4"))
    assert [one.files for one in fake.requests[-2:]] == [(("a.mp4", 11),), (("a.mp4", 10),)]
    fake.fail("POST", "/messages", TooLarge())
    with pytest.raises(discord.HTTPException, match="40005"):
        await where(bot, clips).send("small")


async def test_history_pages_both_ways(fake, bot, clips):
    sent = [(await where(bot, clips).send(str(n))).id for n in range(7)]
    newest = [one.id async for one in where(bot, clips).history(limit=3)]
    assert newest == sent[:3:-1]
    after = [one.id async for one in where(bot, clips).history(after=discord.Object(sent[1]), limit=2)]
    assert after == sent[2:4]
    around = [one.id async for one in where(bot, clips).history(around=discord.Object(sent[3]), limit=3)]
    assert sorted(around) == sent[2:5]


async def test_an_edit_keeps_and_replaces_attachments(fake, bot, clips):
    sent = await where(bot, clips).send(
        "two", files=[discord.File(io.BytesIO(b), "a.mp4") for b in (b"1", b"2")]
    )
    edited = await sent.edit(attachments=[sent.attachments[1], discord.File(io.BytesIO(b"3"), "b.mp4")])
    assert [await one.read() for one in edited.attachments] == [b"2", b"3"]
    await edited.delete()
    assert fake.messages(clips) == []


async def test_permissions_and_strangers_are_refused_with_discords_codes(fake, bot, clips, ada):
    said = fake.member_says(ada, clips, "mine")
    fake.world.permit(clips, EVERYONE & ~Permission.ATTACH_FILES)
    file = discord.File(io.BytesIO(b"x"), "a.mp4")
    channel = where(bot, clips)
    cases = [
        (lambda: channel.send(file=file), 50013),
        (lambda: channel.get_partial_message(said.id).edit(content="yours"), 50005),
        (lambda: channel.fetch_message(1), 10008),
        (lambda: bot.fetch_channel(1), 10003),
        (lambda: channel.send(""), 50006),
    ]
    for call, code in cases:
        with pytest.raises(discord.HTTPException) as caught:
            await call()
        assert caught.value.code == code
    assert not channel.permissions_for(channel.guild.me).attach_files
    fake.world.permit(clips, Permission(0))
    with pytest.raises(discord.Forbidden, match="50001"):
        await channel.send("unseen")


async def test_allowed_mentions_decide_who_is_pinged(fake, bot, clips, ada):
    await where(bot, clips).send(f"@everyone {ada.mention}")
    await where(bot, clips).send(
        f"@everyone {ada.mention}", allowed_mentions=discord.AllowedMentions(users=[discord.Object(ada.id)])
    )
    assert [one.now.pings for one in fake.messages(clips)] == [set(), {str(ada.id)}]


async def test_a_cut_gateway_is_resumed_and_nothing_is_missed(fake, bot, clips, ada):
    heard = []

    @bot.event
    async def on_message(message) -> None:
        heard.append(message.id)

    for code in (4000, None):
        await fake.cut_gateway(code=code)
        fake.member_says(ada, clips, f"while away {code}")
        missed = await fake.slash(ada, clips, "queue show")
        assert missed.lost
        await fake.connected()
    await fake.wait_for(lambda: heard == [one.id for one in fake.messages(clips)])
    assert (fake.gateway.identifies, fake.gateway.resumes) == (1, 2)
    fake.gateway.ask_to_reconnect()
    await fake.wait_for(lambda: fake.gateway.resumes == 3)


async def test_an_invalid_session_is_begun_anew_and_commands_work_again(fake, bot, clips, ada):
    await fake.cut_gateway(resumable=False)
    await fake.wait_for(lambda: fake.gateway.identifies == 2)
    asked = await fake.slash(ada, clips, "queue show")
    assert (await asked.shown()).content == "queue by new"


async def test_an_outage_ends_and_the_bot_comes_back(fake, bot, clips, ada):
    await fake.down(refused=True)
    with pytest.raises(OSError):
        await where(bot, clips).send("nobody there")
    await fake.up()
    await fake.connected()
    await where(bot, clips).send("back")


async def test_a_wrong_token_and_privileged_intents_are_refused(fake, clips):
    with fake.point():
        async with Bot() as bot:
            with pytest.raises(discord.LoginFailure):
                await bot.start("wrong")
        intents = discord.Intents(guilds=True, message_content=True)
        async with Bot(intents) as bot:
            with pytest.raises(discord.PrivilegedIntentsRequired):
                await bot.start(fake.token)


async def test_the_cdn_can_fail(fake, bot, clips, ada):
    async def fetch(fault):
        upload = Upload("cat.png", PIXEL * 100, fault=fault)
        said = fake.member_says(ada, clips, "", upload)
        return await bot.http.get_from_cdn(said.attachments[0].url)

    with pytest.raises(aiohttp.ClientPayloadError):
        await fetch(Truncated(at=50))
    with pytest.raises(discord.NotFound):
        await fetch(Answers(404))
    with pytest.raises(discord.NotFound):
        await fetch(Redirect(f"{fake.url}/elsewhere"))
    assert await fetch(None) == PIXEL * 100


async def test_what_breaks_discords_rules_is_refused_and_noted(bot, fake, clips):
    cases: dict[str, dict[str, Any]] = {
        "content": {"content": "x" * 2001},
        "embeds": {"embeds": [discord.Embed(description="x" * 3001)] * 2},
        "custom_id": {
            "view": discord.ui.View()
            .add_item(discord.ui.Button(custom_id="a", label="1"))
            .add_item(discord.ui.Button(custom_id="a", label="2"))
        },
        "nonce": {"nonce": "n" * 26},
    }
    for word, said in cases.items():
        with pytest.raises(discord.HTTPException, match="50035"):
            await where(bot, clips).send(**said)
        assert any(word in fault for fault in fake.violations)
        fake.violations.clear()


@pytest.mark.skipif(spec_path() is None, reason="Discord's OpenAPI document is not here")
async def test_the_openapi_document_is_applied(bot, fake, clips):
    await where(bot, clips).send("fine", embed=discord.Embed(title="t", colour=3))
    assert fake.violations == []
    route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=clips.id)
    await bot.http.request(route, json={"content": "x", "tts": "no"})
    assert len(fake.violations) == 1
    assert "$.tts" in fake.violations[0]
    fake.violations.clear()


async def test_a_bot_process_can_be_killed_and_started_again(fake, clips, tmp_path):
    (tmp_path / "tiny_bot.py").write_text(TINY_BOT)
    env = {"PYTHONPATH": str(tmp_path)}
    async with BotProcess(fake, tmp_path / "data", env=env, module="tiny_bot") as bot:
        await bot.wait_ready()
        await bot.kill9()
        assert bot.returncode == -9
        await bot.start()
        await bot.wait_ready()
        assert fake.gateway.identifies == 2
        assert "logging in using static token" in bot.output


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
async def test_a_bot_process_ends_with_the_test_run_that_started_it(tmp_path):
    """The run is killed, so that it can clean up nothing."""
    program = (
        "import asyncio, pathlib, sys\n"
        "from tests.fake_discord import FakeDiscord\n"
        "from tests.fake_discord.process import BotProcess\n"
        "async def run():\n"
        "    async with FakeDiscord() as fake:\n"
        "        async with BotProcess(fake, pathlib.Path(sys.argv[1]), module='tiny_bot') as bot:\n"
        "            await bot.wait_ready()\n"
        "            print(bot.pid, flush=True)\n"
        "            await asyncio.Event().wait()\n"
        "asyncio.run(run())\n"
    )
    (tmp_path / "tiny_bot.py").write_text(TINY_BOT)
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(tmp_path / "data")),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        stdout=asyncio.subprocess.PIPE,
    )
    pid = int(await present(run.stdout).readline())
    assert alive(pid)
    run.kill()
    await run.wait()
    await until(lambda: not alive(pid))
