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
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
from discord import AppCommandType, app_commands

from benchmarks.rights_scene import OF_A_REPORT, PEOPLE, Act, Reached, Scene, scene_in
from bot.buttons.clicks import PROMPT_FIELD, REMIX_MODAL
from bot.buttons.job_buttons import LOOKS, Action, JobButton
from bot.moderation.case_board import LOOKS as CASE_LOOKS
from bot.moderation.case_board import CaseAction, CaseButton
from bot.moderation.decisions import REASON_FIELD, REJECT_MODAL, REPORT_MODAL
from bot.privacy.rights import LABELS, Choice, ErasureButton
from db.jobs.job import Job
from db.states import State
from tests.bot.commands.uses import JOB, MEMBERS_USES, USES, WHO
from tests.bot.fixtures import picture
from tests.fake_discord import Upload
from tests.fake_discord.interactions import Interaction
from tests.fake_discord.message import Message
from tests.fake_discord.people import Channel, Member

PAGE = Path(__file__).parent.parent / "docs" / "moderation.md"
BEGIN, END = "<!-- made by python -m benchmarks.rights_table -->", "<!-- end of what it made -->"
STATES = {
    **dict.fromkeys((Action.CANCEL, Action.WHY), State.QUEUED),
    **dict.fromkeys((Action.KEEP, Action.REDRAW, Action.STOP), State.RUNNING),
    Action.LIGHTER: State.FAILED,
}
"""Where a job stands when its button is meant; delivered for all others."""

Row = tuple[str, ...]


def commands(tree: app_commands.CommandTree[Any]) -> Iterator[app_commands.Command[Any, ..., Any]]:
    """Every slash command that can be given."""
    for command in tree.walk_commands():
        if isinstance(command, app_commands.Command):
            yield command


async def rows_of_commands(scene: Scene) -> dict[str, Row]:
    """Every slash command and every entry of a context menu."""
    fake, tree = scene.fake, scene.client.tree
    posted = fake.world.member_says(scene.ada, scene.channel, "look", Upload("lake.png", picture()))
    menus: dict[AppCommandType, Message | Member] = {
        AppCommandType.message: posted,
        AppCommandType.user: scene.ada,
    }
    found = {}
    uses = {f"queue {use.name}": (use.options, use.start) for use in USES}
    given = uses | {name: (options, State.DELIVERED) for name, options in MEMBERS_USES.items()}
    names = [name for name in given if name in {command.qualified_name for command in commands(tree)}]
    if unknown := {command.qualified_name for command in commands(tree)} - set(names):
        raise AssertionError(f"tests/bot/commands/uses.py has no use of {sorted(unknown)}")
    for name in names:
        options, start = given[name]

        async def command(
            member: Member, channel: Channel, job: Job, name: str = name, options: Any = options
        ) -> Interaction:
            meant = {id(JOB): job.id, id(WHO): scene.ada}
            told = {option: meant.get(id(value), value) for option, value in options.items()}
            return await fake.slash(member, channel, name, **told)

        cells = [await scene.tried(f"/{name}", person, start, command) for person in PEOPLE[1:]]
        found[f"`/{name}`"] = tuple(cells)
    for kind, target in menus.items():
        for menu in tree.get_commands(type=kind):

            async def chosen(
                member: Member, channel: Channel, _: Job, name: str = menu.name, target: Any = target
            ) -> Interaction:
                return await fake.context_menu(member, channel, name, target)

            cells = [await scene.tried(menu.name, each, State.DELIVERED, chosen) for each in PEOPLE[1:]]
            found[f"*{menu.name}*"] = tuple(cells)
    return found


async def rows_of_lists(scene: Scene) -> dict[str, Row]:
    """Every list that opens while somebody types."""
    starts = {f"queue {use.name}": use.start for use in USES}
    found = {}
    for command in commands(scene.client.tree):
        for option in command.parameters:
            if option.autocomplete:
                name = command.qualified_name

                async def typing(
                    member: Member, channel: Channel, _: Job, name: str = name, option: str = option.name
                ) -> Interaction:
                    return await scene.fake.autocomplete(member, channel, name, option, "")

                row = f"`/{name} {option.name}:`"
                start = starts.get(name, State.QUEUED)
                found[row] = tuple([await scene.tried(row, each, start, typing) for each in PEOPLE[1:]])
    return found


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


def sent(scene: Scene, field: str, make: Callable[[Job], str]) -> Act:
    """A form of this name that comes back, whether it was opened or is forged."""

    async def act(member: Member, channel: Channel, job: Job) -> Interaction:
        words = {"type": 4, "custom_id": field, "id": 2, "required": True}
        modal = {"custom_id": make(job), "components": [{"type": 18, "id": 1, "component": words}]}
        shown: Any = SimpleNamespace(modal=modal, channel=channel, source=await scene.sign(channel))
        return await scene.fake.submit_modal(member, shown, {field: "a blue boat"})

    return act


async def rows_of_buttons(scene: Scene) -> dict[str, Row]:
    """Every button and every form, on a job of Ada's; those of cards in the first round."""
    done, held = State.DELIVERED, State.HELD
    tries: list[tuple[str, State, Act]] = []
    for action in Action:
        label, emoji, _ = LOOKS[action]
        name = emoji if label is None else f"{emoji} {label}"
        name += " (a first look)" if action is Action.REDRAW else ""
        tries.append((name, STATES.get(action, done), clicked(scene, functools.partial(_button, action))))
    for audit_entry in CaseAction:
        label, emoji, _ = CASE_LOOKS[audit_entry]
        review = audit_entry in {CaseAction.APPROVE, CaseAction.REJECT}
        name = f"{emoji} {label} {'(a review)' if review else OF_A_REPORT}"
        act = clicked(scene, functools.partial(_case_button, audit_entry))
        tries.append((name, held if review else done, act))
    tries += [
        ("the form of Remix", done, sent(scene, PROMPT_FIELD, lambda job: f"{REMIX_MODAL}{job.id}")),
        ("the form of Report", done, sent(scene, REASON_FIELD, lambda job: f"{REPORT_MODAL}{job.id}")),
        ("the form of Reject", held, sent(scene, REASON_FIELD, lambda job: f"{REJECT_MODAL}1:{job.id}")),
    ]
    return {
        name: tuple([await scene.tried(name, person, start, act) for person in PEOPLE])
        for name, start, act in tries
    }


async def rows_of_erasure(scene: Scene) -> dict[str, Row]:
    """The answers to "erase everything?"; they are about whoever gives them."""
    found = {}
    for choice in (Choice.KEEP, Choice.ERASE, Choice.ERASE_WITH_MESSAGES):
        act = clicked(scene, lambda _, choice=choice: ErasureButton(choice))
        name = f"“{LABELS[choice][0]}”"
        found[name] = tuple([await scene.tried(name, each, State.DELIVERED, act) for each in PEOPLE[1:]])
    return found


def _button(action: Action, job: Job) -> JobButton:
    return JobButton(action, job.id)


def _case_button(audit_entry: CaseAction, job: Job) -> CaseButton:
    return CaseButton(audit_entry, 1, job.id)


async def tables() -> str:
    """Try everything, and write the tables."""
    with tempfile.TemporaryDirectory() as folder:
        async with scene_in(Path(folder)) as scene:
            made = [
                _table(("Command", *PEOPLE[1:]), await rows_of_commands(scene)),
                _table(("List while typing", *PEOPLE[1:]), await rows_of_lists(scene)),
                _table(("Button or form", *PEOPLE), await rows_of_buttons(scene)),
                _table(("Answer to `/mydata erase`", *PEOPLE[1:]), await rows_of_erasure(scene)),
            ]
            if pings := scene.pings():
                raise Reached(f"somebody could be pinged: {pings}")
    return "\n".join(made)


def _table(head: Row, rows: dict[str, Row]) -> str:
    lines = [head, tuple("---" for _ in head), *((name, *cells) for name, cells in rows.items())]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


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
