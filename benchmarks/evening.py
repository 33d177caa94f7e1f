"""A member's evening, written down message by message, in several languages.

    python -m benchmarks.evening OUT [--languages en de ja] [--models DIR]

The real program runs as a process against the fake of Discord, and draws with the engines that need no
weights. A member makes a first clip, chooses among drafts, gives a picture an effect, makes a clip in private
and posts it, lets one end with another picture, enlarges a clip, and wins a contest, whose reel ends the
evening. ``OUT/LANGUAGE.md`` tells what they saw: each message as it was shown and changed, its buttons, and
the files, which lie beside it. ``--models``: where the upscaler's weights are, such as ``models``.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.text.wording import speaking, translated
from tests.end_to_end.whole_bot import QUICK, a_bot
from tests.fake_discord import FakeDiscord, Message, Permission
from tests.fake_discord.faults import Upload
from tests.fake_discord.interactions import Interaction
from tests.fake_discord.limits import walk_components
from tests.fake_discord.people import Channel, Member

EXAMPLES = Path(__file__).parents[1] / "examples"
PATIENCE = 900.0
LOCALES = {"en": "en-US", "es": "es-ES"}
"""Discord's names for languages, where they differ from ours."""


@dataclass(kw_only=True)
class Diary:
    """What was seen, as Markdown."""

    folder: Path
    language: str
    lines: list[str] = field(default_factory=list)
    files: int = 0

    def head(self, text: str) -> None:
        """Begin a chapter."""
        self.lines += ["", f"## {text}"]

    def note(self, text: str) -> None:
        """What somebody does."""
        self.lines += ["", f"*{text}*"]

    def message(self, message: Message, *, said: str = "") -> None:
        """A message: how it read from its first words to its last, its buttons and files."""
        seen: list[str] = []
        for version in message.history:
            if version.words and version.words not in seen:
                seen.append(version.words)
        for text in seen:
            self.lines += ["", *(f"> {line}" for line in text.splitlines())]
        labels = [
            " ".join(filter(None, ((one.get("emoji") or {}).get("name"), one.get("label"))))
            for one in walk_components(message.components)
            if one.get("type") == 2
        ]
        if labels:
            self.lines += ["", " ".join(f"`[{label}]`" for label in labels)]
        for file in message.attachments:
            self.files += 1
            name = f"{self.language}-{self.files:02}-{file.filename}"
            (self.folder / name).write_bytes(file.data)
            self.lines += ["", f"File: [{name}]({name}), alternative text: {file.description or '–'}"]
        if said:
            self.lines += ["", said]

    def write(self) -> None:
        """Write it down."""
        (self.folder / f"{self.language}.md").write_text("\n".join(self.lines).strip() + "\n", "utf-8")


@dataclass(kw_only=True)
class Evening:
    """The fake of Discord with a member in it, and what they see."""

    discord: FakeDiscord
    channel: Channel
    ada: Member
    mod: Member
    diary: Diary

    def label(self, english: str) -> str:
        """A button's label in the language of the evening."""
        with speaking(self.diary.language):
            return translated(english, "button")

    async def click(self, member: Member, message: Message, english: str) -> Message:
        """Press a button, and read what is answered."""
        self.diary.note(f"{member.user.name} presses [{self.label(english)}]")
        pressed = await self.discord.click(member, message, self.label(english))
        return await self.seen(pressed)

    async def seen(self, asked: Interaction) -> Message:
        """What an interaction shows at first; edits follow by themselves."""
        return await asked.shown(30)

    async def slash(self, member: Member, name: str, **options: Any) -> Interaction:
        """Use a command."""
        words = " ".join(
            f"{key}: {value.filename if isinstance(value, Upload) else value}"
            for key, value in options.items()
        )
        self.diary.note(f"{member.user.name} writes /{name} {words}")
        return await self.discord.slash(member, self.channel, name, **options)

    def clips(self) -> list[Message]:
        """Messages in the channel with a clip."""
        return [one for one in self.discord.messages(self.channel) if one.attachments]

    async def next_clip(self, before: int) -> Message:
        """Wait for one more."""
        await self.discord.wait_for(lambda: len(self.clips()) > before, PATIENCE)
        await asyncio.sleep(1.0)  # the status has its last words
        return self.clips()[-1]

    async def clip_of(self, title: str, name: str, **options: Any) -> Message:
        """A chapter: a command, its status from the first words to the last, the clip."""
        self.diary.head(title)
        before, began = len(self.clips()), time.monotonic()
        asked = await self.slash(self.ada, name, **options)
        status = await self.seen(asked)
        clip = await self.next_clip(before)
        took = f"({time.monotonic() - began:.0f} s)"
        self.diary.message(status)
        self.diary.message(clip, said=took)
        return clip


def picture(name: str) -> Upload:
    """A picture that the repository drew."""
    return Upload(name, (EXAMPLES / name).read_bytes())


async def spend(evening: Evening, *, upscaled: bool) -> None:
    """The whole evening."""
    diary = evening.diary
    await evening.clip_of("A first clip", "animate", image=picture("pagoda.jpg"))
    await _draft(evening)
    await evening.clip_of("An effect", "effect", effect="Snow globe", image=picture("lake.png"))
    await _private(evening)
    pictures = {"image": picture("lake.png"), "end": picture("pagoda.jpg")}
    await evening.clip_of("From one picture to another", "animate", **pictures, length="short")
    if upscaled:
        diary.head("Larger")
        small = await evening.clip_of(
            "A small one first", "text2video", prompt="a red boat at night", **QUICK
        )
        more = await evening.click(evening.ada, small, "More…")
        diary.message(more)
        before = len(evening.clips())
        diary.message(await evening.click(evening.ada, more, "Upscale"))
        diary.message(await evening.next_clip(before))
    await _contest(evening)
    diary.head("Help, and what I asked for")
    for command in ("help", "jobs"):
        diary.message(await evening.seen(await evening.slash(evening.ada, command)))


async def _draft(evening: Evening) -> None:
    diary, before = evening.diary, len(evening.clips())
    diary.head("Drafts to choose from")
    asked = await evening.slash(evening.ada, "text2video", prompt="a fox in the snow", takes=2, **QUICK)
    status = await evening.seen(asked)
    await evening.discord.wait_for(lambda: len(evening.clips()) > before, PATIENCE)
    drafts = evening.clips()[-1]
    diary.message(status)
    buttons = [one for one in walk_components(drafts.components) if ":choose:" in str(one.get("custom_id"))]
    chosen = str(buttons[1]["label"])
    known = {one.id for one in evening.clips()}
    diary.note(f"Ada presses [{chosen}]")
    answer = await evening.seen(await evening.discord.click(evening.ada, drafts, chosen))
    diary.message(drafts)
    diary.message(answer)

    def done() -> bool:
        last = evening.clips()[-1:]
        return bool(last) and last[0].id not in known and len(last[0].attachments) == 1

    await evening.discord.wait_for(done, PATIENCE)
    diary.message(evening.clips()[-1])


async def _private(evening: Evening) -> None:
    diary, before = evening.diary, len(evening.clips())
    diary.head("In private first")
    asked = await evening.slash(evening.ada, "animate", image=picture("pagoda.jpg"), private=True, **QUICK)
    status = await evening.seen(asked)
    await evening.discord.wait_for(lambda: bool(status.attachments), PATIENCE)
    diary.message(status)
    diary.message(await evening.click(evening.ada, status, "Post it"))
    diary.message(await evening.next_clip(before))


async def _contest(evening: Evening) -> None:
    diary, discord = evening.diary, evening.discord
    diary.head("A contest and its reel")
    asked = await evening.slash(evening.mod, "queue showcase contest", theme="pagodas", until=24)
    diary.message(await evening.seen(asked))
    enter = evening.label("Enter")

    def announced() -> list[Message]:
        return [
            one
            for one in discord.messages(evening.channel)
            if any(part.get("label") == enter for part in walk_components(one.components))
        ]

    await discord.wait_for(announced, 30)
    [contest] = announced()
    diary.message(contest)
    menu = await evening.click(evening.ada, contest, "Enter")
    diary.message(menu)
    labels = [str(one["label"]) for one in walk_components(menu.components) if one.get("label")]
    diary.note(f"Ada chooses [{labels[0]}]")
    diary.message(await evening.seen(await discord.click(evening.ada, menu, labels[0])))
    entry = await evening.click(evening.mod, contest, "Vote")
    diary.message(entry)
    diary.message(await evening.click(evening.mod, entry, "Vote for this one"))
    before = len(evening.clips())
    diary.message(await evening.seen(await evening.slash(evening.mod, "queue showcase contest-end")))
    diary.message(await evening.next_clip(before))


async def evening_in(language: str, folder: Path, models: Path | None) -> None:
    """Run the program, and spend the evening in a language."""
    locale = LOCALES.get(language, language)
    env: Mapping[str, str] = (
        {}
        if models is None
        else {
            "FRAMEKILN_MODELS_DIR": str(models),
            "FRAMEKILN_DEVICE": "cpu",  # else the upscaler waits for a GPU
        }
    )
    with tempfile.TemporaryDirectory() as data:
        async with FakeDiscord() as discord:
            guild = discord.guild("The Kiln", locale=locale)
            channel = discord.channel(guild, "clips")
            async with a_bot(discord, Path(data), {"FRAMEKILN_FETCH_EYES": "false", **env}):
                diary = Diary(folder=folder, language=language)
                diary.lines.append(f"# An evening in {language}")
                evening = Evening(
                    discord=discord,
                    channel=channel,
                    ada=discord.member("Ada", locale=locale),
                    mod=discord.member("Mo", permissions=Permission.MANAGE_GUILD, locale=locale),
                    diary=diary,
                )
                try:
                    await spend(evening, upscaled=models is not None)
                finally:
                    broken = discord.violations
                    diary.lines += ["", f"Breaches of Discord's rules: {len(broken)} {broken or ''}".rstrip()]
                    diary.write()


def main() -> None:
    """Spend an evening in each language."""
    parser = argparse.ArgumentParser(description="A member's evening, message by message.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--languages", nargs="+", default=["en", "de", "ja"])
    parser.add_argument("--models", type=lambda name: Path(name).resolve())
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for language in given.languages:
        asyncio.run(evening_in(language, given.out, given.models))
        print(f"{given.out / language}.md", flush=True)


if __name__ == "__main__":
    main()
