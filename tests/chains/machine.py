"""Random chains of deeds, with erases, takedowns and kills between them; at the end every byte is searched.

Members ask, and make things of what others made: by Reroll, Remix, Extend, Loop, and from posted files. They
star, report, export, ban, retry. Files are on their way, the engine is in the middle, posts are in flight,
another program reads the database, backups are made, the bot is killed. Each request has words and bytes that
stand nowhere else. Whenever an erase is done, and at the end, no file of the data folder may hold anything of
the member; limits and bans must hold; and of a clip that was taken down no file may be left.

Not tried, because nothing can tell: single words that a member copies from another's prompt by hand, and a
file of an erased member's that somebody brings back later.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.clips.clip_actions import Extend, Loop, Star
from bot.clips.remakes import RemixForm, Reroll
from bot.commands.queue.jobs import JobCommands
from bot.moderation.decisions import ReportForm, TakeDown
from bot.privacy import export
from db.errors import LimitReached
from db.jobs.erasures import Stage
from db.jobs.job import Job
from db.states import State
from engine.core.recipe import Kind, Recipe, Role
from engine.core.request import Request
from tests.chains.town import GUILD, File, Town, interaction
from tests.db.asking import audit_entry
from tests.policies import FAR

ANN, BEN, CAT, MOD = (500_000_000_000_000_000 + number for number in (1, 2, 3, 4))
ENOUGH_TO_BAN = 8
"""Requests after which members are banned: a banned member does not add to a chain."""

members = st.sampled_from([ANN, BEN, CAT])
which = st.integers(0, 30)


@dataclasses.dataclass
class Known:
    """What stands for a member's requests in files.

    Attributes:
        tokens: words and bytes of requests that an erase has to reach.
        acted: they have used the bot since their last erase.
    """

    tokens: set[str] = dataclasses.field(default_factory=set)
    acted: bool = False


class Chain(RuleBasedStateMachine):
    """One chain of deeds."""

    counts: ClassVar[collections.Counter[str]] = collections.Counter()
    found: ClassVar[list[str]] = []

    @initialize()
    def begin(self) -> None:
        """Start a bot on an empty folder."""
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="framekiln-erase-"))
        self.town = Town(self.folder)
        self.known = {user: Known() for user in (ANN, BEN, CAT)}
        self.asked_to_go: dict[int, set[str]] = {}
        self.gone: set[str] = set()
        self.banned: set[int] = set()
        self.down: set[str] = set()
        self.number = 0
        self.do(self.town.begin())
        self.counts["chains"] += 1

    def do(self, work: Any) -> Any:
        return self.runner.run(work)

    def token(self, user: int) -> str:
        """A word that stands nowhere else, of a request of this member's."""
        self.number += 1
        made = f"canary{self.number}of{user % 10}x"
        self.known[user].tokens.add(made)
        return made

    async def jobs(self, *states: State) -> list[Job]:
        """The jobs in these states, or all, the oldest first; those of the erased left out."""
        rows = await self.town.app.database.read("SELECT id FROM job WHERE user_id > 0 ORDER BY seq")
        found = [await self.town.app.queue.jobs.get(row["id"]) for row in rows]
        return [job for job in found if job is not None and (not states or job.state in states)]

    async def one(self, number: int, *states: State) -> Job | None:
        found = await self.jobs(*states)
        return found[number % len(found)] if found else None

    def act(self, user: int, name: str) -> Any:
        """A new interaction of a member's."""
        self.counts[name] += 1
        self.counts["deeds"] += 1
        self.known[user].acted = True
        return interaction(self.town.app, user)

    @rule(user=members, picture=st.booleans(), slow=st.booleans())
    def ask(self, user: int, picture: bool, slow: bool) -> None:
        """Ask for a clip; the file may be on its way for a while."""

        async def deed() -> None:
            word = self.token(user)
            files: Any = {Role.PICTURE: File(f"picture {self.token(user)}".encode() * 3)} if picture else {}
            kind = Kind.ANIMATE if picture else Kind.TEXT2VIDEO
            request = Request(kind=kind, prompt=f"a {word} over the canal")
            if slow:
                self.town.door.open.clear()
            self.town.start(self.town.app.submissions.ask(self.act(user, "ask"), request, files))
            await self.town.settle(0.0 if slow and picture else 2.0)

        self.do(deed())

    @rule(user=members, picture=st.booleans())
    def make(self, user: int, picture: bool) -> None:
        """Ask for a clip and get it."""
        self.town.door.open.set()
        self.ask(user=user, picture=picture, slow=False)
        self.work_on()

    @rule()
    def arrive(self) -> None:
        """What was on its way is there."""
        self.town.door.open.set()
        self.do(self.town.settle(1.0))

    @rule(user=members, number=which, kind=st.sampled_from([Reroll, Extend, Loop, Star]), wait=st.booleans())
    def press(self, user: int, number: int, kind: Any, wait: bool) -> None:
        """Press a button under somebody's clip, and perhaps wait for what comes of it."""

        async def deed() -> None:
            job = await self.one(number, State.DELIVERED)
            if job is not None:
                self.town.start(kind(job.id).click(self.act(user, kind.__name__.lower())))
                await self.town.settle(2.0)

        self.do(deed())
        if wait:
            self.work_on()

    @rule(user=members, number=which, keep=st.booleans())
    def remix(self, user: int, number: int, keep: bool) -> None:
        """Remix somebody's clip, with words of one's own, or more words after those that stood there."""

        async def deed() -> None:
            job = await self.one(number, State.DELIVERED)
            if job is None:
                return
            word = self.token(user)
            before = Recipe.from_json(job.recipe).prompt if keep else ""
            work = RemixForm.filled_in(self.act(user, "remix"), job.id, f"{before} {word}".strip())
            self.town.start(work)
            await self.town.settle(2.0)

        self.do(deed())

    @rule(user=members, number=which)
    def replay(self, user: int, number: int) -> None:
        """Make a posted clip again from its file."""

        async def deed() -> None:
            posted = [data for data in self.town.office.posted.values() if not self.is_gone(data)]
            if posted:
                file: Any = File(posted[number % len(posted)])
                self.town.start(self.town.app.replays.ask(self.act(user, "replay"), file, None))
                await self.town.settle(2.0)

        self.do(deed())

    def is_gone(self, data: bytes) -> bool:
        """Whether a file holds something of somebody who was erased: bringing it back would be new."""
        return any(token.encode() in data for token in self.gone.union(*self.asked_to_go.values()))

    @rule(held=st.booleans())
    def draw(self, held: bool) -> None:
        """The engine draws a clip, or stays in the middle of it."""
        self.counts["draw"] += 1
        (self.town.engine.go_on.clear if held else self.town.engine.go_on.set)()
        self.do(self.town.draw())

    @rule(held=st.booleans())
    def post(self, held: bool) -> None:
        """Clips are posted, or hang in the air."""
        self.counts["post"] += 1
        (self.town.office.open.clear if held else self.town.office.open.set)()
        self.do(self.town.post())

    @rule()
    def work_on(self) -> None:
        """Everything goes on for a moment."""

        async def deed() -> None:
            self.town.engine.go_on.set()
            self.town.office.open.set()
            for _ in range(3):
                await self.town.draw()
                await self.town.post()

        self.do(deed())

    @rule(user=members, messages=st.booleans())
    def ask_to_be_erased(self, user: int, messages: bool) -> None:
        """Confirm an erase."""

        async def deed() -> None:
            at = self.act(user, "erase")
            await self.town.app.rights.erase(at, messages=messages)
            self.asked_to_go.setdefault(user, set()).update(self.known[user].tokens)
            self.known[user].tokens.clear()
            self.known[user].acted = False

        self.do(deed())

    @rule()
    def erase(self) -> None:
        """The erasing goes on by a step."""
        self.do(self.town.erase())
        self.look()

    @rule(user=members, number=which)
    def report(self, user: int, number: int) -> None:
        """Report a clip, quoting it."""

        async def deed() -> None:
            job = await self.one(number, State.DELIVERED)
            if job is not None:
                await ReportForm.filled_in(self.act(user, "report"), job.id, self.token(user))

        self.do(deed())

    @rule(number=which)
    def take_down(self, number: int) -> None:
        """Take a reported clip down."""

        async def deed() -> None:
            rows = await self.town.app.database.read(
                "SELECT card.job, card.round FROM card JOIN job ON job.id = card.job "
                "WHERE card.kind = 'report' AND decision IS NULL AND user_id > 0"
            )
            if not rows:
                return
            row = rows[number % len(rows)]
            job = await self.town.app.queue.jobs.get(row["job"])
            assert job is not None
            words = Recipe.from_json(job.recipe).prompt.split()
            self.down |= {word for word in words if word.startswith("canary")}
            self.counts["takedown"] += 1
            self.banned.add(job.user_id)
            at = interaction(self.town.app, MOD, moderator=True)
            await TakeDown(row["round"], job.id).click(at)

        self.do(deed())

    @rule(number=which)
    def retry(self, number: int) -> None:
        """A moderator retries what ended; nothing without words may be drawn by it."""

        async def deed() -> None:
            job = await self.one(number, State.CANCELLED, State.FAILED)
            if job is not None:
                self.counts["retry"] += 1
                at = interaction(self.town.app, MOD, moderator=True)
                commands = JobCommands(self.town.app)
                await commands.retry.callback(commands, at, job.id)  # type: ignore[arg-type]

        self.do(deed())

    @precondition(lambda self: not self.banned and self.number > ENOUGH_TO_BAN)
    @rule(user=members)
    def ban(self, user: int) -> None:
        """A moderator bans a member, quoting them."""

        async def deed() -> None:
            self.counts["ban"] += 1
            entry = audit_entry("ban", guild=GUILD, actor=MOD, target=str(user))
            await self.town.app.queue.moderation.ban(GUILD, user, MOD, "spam", audit_entry=entry)
            self.banned.add(user)

        self.do(deed())

    @precondition(lambda self: self.banned)
    @rule(user=members)
    def unban(self, user: int) -> None:
        """A moderator lets a member in again."""
        self.do(self.town.app.queue.moderation.unban(GUILD, user))
        self.banned.discard(user)

    @rule(user=members)
    def export(self, user: int) -> None:
        """Take one's data away."""

        async def deed() -> None:
            self.counts["export"] += 1
            known = await self.town.app.rights._personal.known(user)
            makers = await self.town.app.rights._personal.recipes_of_clips(export.clips_before(known))
            made = export.plan(known, {}, self.town.app.blobs, makers, limit=10**7)
            assert made is not None

        self.do(deed())

    @rule()
    def back_up(self) -> None:
        """Copy the database."""
        self.counts["backup"] += 1
        self.do(self.town.app.database.backup(self.town.data / "backups", keep=7))

    @rule(on=st.booleans())
    def read(self, on: bool) -> None:
        """Another program reads the database, or stops."""
        self.counts["reader"] += on
        self.town.read(on=on)

    @rule(at=st.integers(0, 40))
    def kill(self, at: int) -> None:
        """Kill the bot some steps further on."""

        async def deed() -> None:
            self.counts["kill"] += 1
            for _ in range(at):
                await asyncio.sleep(0)
            await self.town.kill()

        self.do(deed())

    def look(self) -> None:
        """Whoever has been told that they are erased must be."""
        rows = self.do(self.town.app.database.read("SELECT pseudonym, state, token FROM erasure"))
        of = self.town.app.rights._personal.pseudonym_of
        done = {row["pseudonym"] for row in rows if row["state"] == Stage.DONE}
        for user in list(self.asked_to_go):
            if of(user) in done:
                self.gone |= self.asked_to_go.pop(user)
                self.search(user)

    def search(self, user: int) -> None:
        """Search every byte for somebody who is erased."""
        known: list[str | int] = sorted(self.gone)
        if not self.known[user].acted:
            known.append(user)
        self.counts["searches"] += 1
        self.counts["bytes searched"] += sum(
            path.stat().st_size for path in self.town.data.rglob("*") if path.is_file()
        )
        held = self.town.holds(*known)
        if held:
            self.found.append(str(held))
        assert held == {}, held

    def teardown(self) -> None:
        """Let everything come to its end, and look."""
        try:
            self.do(self.town.finish())
            self.look()
            assert self.asked_to_go == {}
            for user in self.known:
                self.do(self.check(user))
            self.check_taken_down()
        finally:
            self.do(self.town.end())
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    async def check(self, user: int) -> None:
        """Limits and bans have outlived whatever happened."""
        queue = self.town.app.queue
        banned = await queue.moderation.banned(GUILD, user) is not None
        assert banned == (user in self.banned), f"ban of {user % 10}"
        pseudonym = self.town.app.rights._personal.pseudonym_of(user)
        [(jobs,)] = await self.town.app.database.read(
            "SELECT count(*) FROM job WHERE user_id IN (?, ?) AND state <> 'failed'", (user, pseudonym)
        )
        if jobs and not banned:
            try:
                await queue.entry.check_limits(
                    GUILD, user, (), dataclasses.replace(FAR, per_member_hour=jobs)
                )
            except LimitReached:
                return
            raise AssertionError("an erase has given the hour back")

    def check_taken_down(self) -> None:
        """No picture or clip of what was taken down is left, nor of what was made from it."""
        held = {}
        for path in self.town.data.glob("blobs/??/*.blob"):
            data = path.read_bytes()
            words = {word for word in self.down if f"a {word} over".encode() in data}
            if words:
                held[path.name] = words
        assert held == {}, held


def chains(*, runs: int, steps: int, same: bool = False) -> collections.Counter[str]:
    """Run chains of deeds, and return how many deeds of each kind there were.

    Args:
        runs: how many chains.
        steps: deeds of each at most.
        same: the same chains each time.

    Raises:
        AssertionError: something of an erased member was found; the chain that led to it is printed.
    """
    Chain.counts.clear()
    Chain.found.clear()
    run_state_machine_as_test(
        Chain,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=same,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink) if not same else (Phase.generate,),
        ),
    )
    return Chain.counts
