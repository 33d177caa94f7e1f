"""Everything that can be done in Discord, 2,000 times, by those who may do none of it.

    python -m benchmarks.outsiders [--count 2000] [--seed 0]

The real bot in this process, against the fake of Discord. What there is to do is read off the bot itself (its
commands, menus, lists, buttons, forms) and a few malformed ``custom_id`` values. It is done by a banned
member, by somebody who brought the bot along to a server that it is not in, by somebody in a conversation
with the bot alone, and by an admin of another server. Prints what each of them got, by sort. Fails where an
answer never comes, where the rows of the server have changed, or where something of a member's was shown.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.rights_scene import NO_LIST, STRANGER, Reached, Scene, answer_of, scene_in
from benchmarks.rights_table import (
    Try,
    tries_of_buttons,
    tries_of_commands,
    tries_of_erasure,
    tries_of_lists,
)
from bot.commands.mydata import MY_DATA
from bot.text import messages
from db.jobs.job import Job
from db.states import State
from tests.fake_discord import Permission
from tests.fake_discord.interactions import Interaction
from tests.fake_discord.people import Channel, Member

BANNED, BROUGHT_ALONG, ALONE = "banned member", "brought the bot along", "alone with the bot"
OUTSIDERS = (BANNED, BROUGHT_ALONG, ALONE, STRANGER)

SHOWN = {
    messages.BANNED: "is told of the ban",
    messages.ONLY_IN_SERVERS: "is sent to a server",
    messages.NOT_FOUND: "not found",
    messages.NOT_A_MODERATOR: "for moderators",
    messages.NOT_YOURS: "not theirs",
    messages.ITS_MEMBERS_ALONE: "not theirs",
    messages.UNKNOWN_BUTTON: "unknown button",
    messages.ONE_AT_A_TIME: "one at a time",
    NO_LIST: "an empty list",
}
REFUSED = {BANNED: messages.BANNED, BROUGHT_ALONG: messages.ONLY_IN_SERVERS, ALONE: messages.ONLY_IN_SERVERS}
"""What somebody gets for anything that is not about their own data."""

MALFORMED = (
    "fk:",
    "fk:star:x",
    "fk:explode:{job}",
    "fkc:approve:{job}",
    "fkc:approve:99999999999:{job}",
    "?",
)
SORTS = {
    "commands and menus": tries_of_commands,
    "lists": tries_of_lists,
    "buttons and forms": tries_of_buttons,
    "answers to erase": tries_of_erasure,
}


def tries_of_malformed(scene: Scene) -> Iterator[Try]:
    """Clicks that bring back what no button of ours has."""
    for custom_id in MALFORMED:

        async def act(member: Member, channel: Channel, job: Job, custom_id: str = custom_id) -> Interaction:
            sign = await scene.sign(channel)
            return await scene.fake.click(member, sign, custom_id.format(job=job.id), forged=True)

        yield custom_id, State.DELIVERED, act


def is_own_data(sort: str, name: str) -> bool:
    """Whether something is about the member's own data, which nobody can be refused."""
    return sort == "answers to erase" or f"/{MY_DATA} " in name


Round = tuple[str, Try, str]
"""A sort, one thing of it, and who does it."""


class Town:
    """The scene with the outsiders in it, and a job in every state that something is about."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        fake = scene.fake
        there = fake.guild("Without the bot", has_bot=False)
        oscar = fake.member("oscar", fake.guild("Nowhere"))
        self.where = {
            BANNED: (fake.member("mallory"), scene.channel),
            BROUGHT_ALONG: (
                fake.member("trudy", there, permissions=Permission.ADMINISTRATOR),
                fake.channel(there),
            ),
            ALONE: (oscar, fake.direct_channel(oscar.user)),
            STRANGER: scene.where[STRANGER],
        }
        self.jobs: dict[State, Job] = {}

    async def prepare(self, states: set[State]) -> None:
        """Ban the one, and make the jobs."""
        for state in sorted(states, key=lambda state: state is State.RUNNING):
            self.jobs[state] = await self.scene.job(state)
        member, channel = self.where[BANNED]
        await self.scene.app.queue.moderation.ban(channel.guild.id, member.id, by=1, reason="spam")
        self.before = await self.scene.rows()

    async def got(self, sort: str, one: Try, person: str) -> str:
        """Let somebody do something; what they got, in a word or two.

        Raises:
            Reached: they got what they must not.
        """
        name, state, act = one
        member, channel = self.where[person]
        try:
            answer = await answer_of(await act(member, channel, self.jobs[state]))
        except TimeoutError as error:
            raise Reached(f"{name}, by somebody {person}, is never answered") from error
        own = is_own_data(sort, name)
        if (not own and any(job.id[:6] in answer for job in self.jobs.values())) or "secret" in answer:
            raise Reached(f"{name}, by somebody {person}, showed something: {answer}")
        wanted = REFUSED.get(person)
        told = {wanted, NO_LIST} if person == BANNED else {wanted, NO_LIST, messages.NOT_FOUND}
        if wanted is not None and not own and answer not in told:
            raise Reached(f"{name}, by somebody {person}, was answered: {answer}")
        if own:
            return "about their own data"
        return SHOWN.get(answer, "acts in their own server")

    async def nothing_changed(self) -> None:
        """Compare the rows of the server; the ban is back under the member's id once they come again.

        Raises:
            Reached: they are not as they were.
        """
        member, channel = self.where[BANNED]
        asked = await self.scene.fake.slash(member, channel, "jobs")
        if await answer_of(asked) != messages.BANNED:
            raise Reached("the ban has not outlived what the member did")
        after = await self.scene.rows()
        # An erase takes the reason of the ban; that there is one has just been seen.
        changed = [table for table in after if table != "ban" and after[table] != self.before[table]]
        if changed:
            raise Reached(f"these tables have changed: {changed}")


async def table(count: int, seed: int) -> str:
    """Do so many things, and lay out what came of them."""
    dice = random.Random(seed)
    got: dict[tuple[str, str], Counter[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with scene_in(Path(folder)) as scene:
            sorts = {**SORTS, "malformed ids": tries_of_malformed}
            tries = [(sort, one) for sort, make in sorts.items() for one in make(scene)]
            town = Town(scene)
            await town.prepare({state for _, (_, state, _) in tries})
            rounds = [(sort, one, person) for sort, one in tries for person in OUTSIDERS]
            done = 0
            while done < count:
                for sort, one, person in _mixed(rounds, dice)[: count - done]:
                    what = await town.got(sort, one, person)
                    got.setdefault((sort, person), Counter())[what] += 1
                    done += 1
            await town.nothing_changed()
            if pings := scene.pings():
                raise Reached(f"somebody could be pinged: {pings}")
    return _laid_out(list(sorts), got)


def _mixed(rounds: list[Round], dice: random.Random) -> list[Round]:
    """All rounds in a random order, in which every person meets every sort soon, and then again."""
    seen: Counter[tuple[str, str]] = Counter()
    turns = []
    for sort, one, person in dice.sample(rounds, len(rounds)):
        seen[sort, person] += 1
        turns.append((seen[sort, person], (sort, one, person)))
    return [each for _, each in sorted(turns, key=lambda turn: turn[0])]


def _laid_out(sorts: list[str], got: dict[tuple[str, str], Counter[str]]) -> str:
    lines = [f"| what | {' | '.join(OUTSIDERS)} |", "|---" * (len(OUTSIDERS) + 1) + "|"]
    for sort in sorts:
        cells = [
            ", ".join(f"{count}× {what}" for what, count in got.get((sort, person), Counter()).most_common())
            for person in OUTSIDERS
        ]
        lines.append(f"| {sort} | {' | '.join(cells)} |")
    return "\n".join([*lines, f"{sum(map(Counter.total, got.values()))} interactions"])


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print(asyncio.run(table(given.count, given.seed)))


if __name__ == "__main__":
    main()
