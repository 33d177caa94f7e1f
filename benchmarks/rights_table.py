"""Who may do what: everything that can be done in Discord, tried by everybody who might.

    python -m benchmarks.rights_table [--print]

The real bot in this process, against the fake of Discord. What there is to try is read off the bot itself:
its tree of commands, the lists that open while one types, its buttons; so nothing new can be left out. Each
is tried on a job of Ada's by Ada, another member, a moderator, and an admin of another server. Where one is
refused, or acts from another server, the rows of Ada's server must be as they were. Writes the tables into
docs/moderation.md.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
from discord import AppCommandType

from benchmarks.rights_scene import ABOUT_JOBS, OF_A_REPORT, PEOPLE, Act, Reached, Scene, scene_in
from bot.buttons import rows
from bot.buttons.button import Look
from bot.buttons.form import Form
from bot.buttons.job_button import JobButton, Place
from bot.clips.private_choosing import CancelPrivately, ChoosePrivately
from bot.moderation.case_buttons import CaseButton, case_buttons
from bot.privacy.rights import ErasureButton
from db.jobs.job import Job
from db.jobs.review_requests import CaseKind
from db.states import State
from tests.bot.commands.uses import JOB, WHO, commands, every_use
from tests.bot.fixtures import picture
from tests.fake_discord import Upload
from tests.fake_discord.interactions import Interaction
from tests.fake_discord.message import Message
from tests.fake_discord.people import Channel, Member

PAGE = Path(__file__).parent.parent / "docs" / "moderation.md"
BEGIN, END = "<!-- made by python -m benchmarks.rights_table -->", "<!-- end of what it made -->"
Row = tuple[str, ...]


Try = tuple[str, State, Act]
"""What is tried, where the job that it is about stands before, and how it is done."""


def tries_of_commands(scene: Scene) -> Iterator[Try]:
    """Every slash command and every entry of a context menu."""
    fake, tree = scene.fake, scene.client.tree
    for name, (options, start) in every_use(tree).items():

        async def command(
            member: Member, channel: Channel, job: Job, name: str = name, options: Any = options
        ) -> Interaction:
            meant = {id(JOB): job.id, id(WHO): scene.ada}
            told = {option: meant.get(id(value), value) for option, value in options.items()}
            return await fake.slash(member, channel, name, **told)

        yield f"`/{name}`", start, command
    posted = fake.world.member_says(scene.ada, scene.channel, "look", Upload("lake.png", picture()))
    menus: dict[AppCommandType, Message | Member] = {
        AppCommandType.message: posted,
        AppCommandType.user: scene.ada,
    }
    for kind, target in menus.items():
        for menu in tree.get_commands(type=kind):

            async def chosen(
                member: Member, channel: Channel, _: Job, name: str = menu.name, target: Any = target
            ) -> Interaction:
                return await fake.context_menu(member, channel, name, target)

            yield f"*{menu.name}*", State.DELIVERED, chosen


def tries_of_lists(scene: Scene) -> Iterator[Try]:
    """Every list that opens while somebody types."""
    uses = every_use(scene.client.tree)
    for command in commands(scene.client.tree):
        for option in command.parameters:
            if option.autocomplete:
                name = command.qualified_name

                async def typing(
                    member: Member, channel: Channel, _: Job, name: str = name, option: str = option.name
                ) -> Interaction:
                    return await scene.fake.autocomplete(member, channel, name, option, "")

                start = uses[name][1] if name.startswith("queue ") else State.QUEUED
                yield f"`/{name} {option.name}:`", start, typing


def clicked(scene: Scene, make: Callable[[Job], discord.ui.Item[Any]]) -> Act:
    """A click on a button that hangs on a message of the bot's, in whichever server."""

    async def act(member: Member, channel: Channel, job: Job) -> Interaction:
        view = discord.ui.View(timeout=None)
        view.add_item(make(job))
        view.stop()
        sign = await scene.sign(channel, view)
        [button] = [one for row in sign.components for one in row["components"]]
        return await scene.fake.click(member, sign, button["custom_id"])

    return act


def sent(scene: Scene, form: type[Form]) -> Act:
    """A form that comes back, whether it was opened or is forged."""

    async def act(member: Member, channel: Channel, job: Job) -> Interaction:
        words = {"type": 4, "custom_id": form.field, "id": 2, "required": True}
        modal = {
            "custom_id": form.id_for(job=job.id, round=1),
            "components": [{"type": 18, "id": 1, "component": words}],
        }
        shown: Any = SimpleNamespace(modal=modal, channel=channel, source=await scene.sign(channel))
        return await scene.fake.submit_modal(member, shown, {form.field: "a blue boat"})

    return act


def tries_of_buttons(scene: Scene) -> Iterator[Try]:
    """Every button and every form, on a job of Ada's; those of cases in the first round."""
    for job_kind in rows.job_buttons():
        name = _shown(job_kind.look) + (" (a first look)" if job_kind.place is Place.DRAFT else "")
        name += " (private drafts)" if issubclass(job_kind, ChoosePrivately | CancelPrivately) else ""
        yield name, job_kind.states[0], clicked(scene, functools.partial(_button, job_kind))
    for case_kind in case_buttons():
        review = case_kind.kind is CaseKind.REVIEW
        name = f"{_shown(case_kind.look)} {'(a review)' if review else OF_A_REPORT}"
        act = clicked(scene, functools.partial(_case_button, case_kind))
        yield name, State.HELD if review else State.DELIVERED, act
    for form in rows.forms():
        yield f"the form of {form.__name__.removesuffix('Form')}", form.states[0], sent(scene, form)


def tries_of_erasure(scene: Scene) -> Iterator[Try]:
    """The answers to "erase everything?"; they are about whoever gives them."""
    kinds = [kind for kind in rows.buttons() if issubclass(kind, ErasureButton)]
    for kind in reversed(kinds):  # first the one that erases nothing

        def make(_: Job, kind: type[ErasureButton] = kind) -> ErasureButton:
            return kind()

        yield f"“{_shown(kind.look)}”", State.DELIVERED, clicked(scene, make)


async def rows_of(scene: Scene, tries: Iterable[Try], people: Row) -> dict[str, Row]:
    """Let each of these people try everything."""
    return {
        name: tuple([await scene.tried(name.strip("`*“”"), person, start, act) for person in people])
        for name, start, act in tries
    }


def _shown(look: Look) -> str:
    return " ".join(part for part in (look.emoji, look.label) if part)


def _button(kind: type[JobButton], job: Job) -> JobButton:
    return kind(job.id)


def _case_button(kind: type[CaseButton], job: Job) -> CaseButton:
    return kind(1, job.id)


TABLES = (
    ("Command", tries_of_commands, PEOPLE[1:]),
    ("List while typing", tries_of_lists, PEOPLE[1:]),
    ("Button or form", tries_of_buttons, ABOUT_JOBS),
    ("Answer to `/mydata erase`", tries_of_erasure, PEOPLE[1:]),
)
"""The head of each table, what is tried, and by whom."""


async def tables() -> str:
    """Try everything, and write the tables."""
    with tempfile.TemporaryDirectory() as folder:
        async with scene_in(Path(folder)) as scene:
            made = [
                _table((head, *people), await rows_of(scene, tries(scene), people))
                for head, tries, people in TABLES
            ]
            if pings := scene.pings():
                raise Reached(f"somebody could be pinged: {pings}")
    return "\n".join(made)


async def names() -> set[str]:
    """What :func:`cells` calls the rows of these tables; nothing is tried."""
    with tempfile.TemporaryDirectory() as folder:
        async with scene_in(Path(folder)) as scene:
            return {f"{head}: {name}" for head, tries, _ in TABLES for name, *_ in tries(scene)}


def _table(head: Row, rows: dict[str, Row]) -> str:
    lines = [head, tuple("---" for _ in head), *((name, *cells) for name, cells in rows.items())]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cells(table: str) -> dict[str, Row]:
    """The rows of tables, by what is tried and the head of its table."""
    found, head = {}, ""
    for line in table.splitlines():
        name, *row = (cell.strip() for cell in line.strip().strip("|").split("|"))
        if not line.strip():
            head = ""
        elif not head:
            head = name
        elif set(name) != {"-"}:
            found[f"{head}: {name}"] = tuple(row)
    return found


def in_page(page: str) -> str:
    """The tables that stand in a page."""
    return page.partition(BEGIN)[2].partition(END)[0].strip()


def main() -> None:
    """Print the tables, or say whether the page has them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true", help="print them, and leave the page as it is")
    only_print = parser.parse_args().print
    made = asyncio.run(tables())
    if only_print:
        print(made, end="")
        return
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
