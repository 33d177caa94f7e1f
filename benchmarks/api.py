"""The HTTP API under a fuzzer, and the same thousand requests twice.

    python -m benchmarks.api [--cases 5000] [--jobs 1000] [--seed 0]

The real bot in this process, against the fake of Discord, with an engine that draws at once. schemathesis
reads the OpenAPI document over the socket and makes requests from it, good and bad. Fails on an answer of
500 or above, on one that the document does not have, and where two requests with the same Idempotency-Key
have made two jobs. It needs schemathesis: ``pip install --group fuzz``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from unittest import mock

from bot.assembly import app as assembly
from bot.assembly import seating
from bot.config.paths import DATABASE
from bot.config.settings import Settings
from db.api.keys import Scope
from tests.bot.api.serving import TEXT, Client, drawing, serving
from tests.bot.fixtures import HouseEngine, connected
from tests.clock import CLOCK
from tests.fake_discord import TOKEN, FakeDiscord
from tests.ready_database import put_database

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,ignored_auth,allow_header_conformance"
)
AT_ONCE = 8
ROUND = 60
"""Examples of each operation in a round of schemathesis; rounds are run until there are enough cases."""

MANY = {
    "per_member_waiting": 500,
    "per_guild_waiting": 5000,
    "total_waiting": 10_000,
    "per_member_hour": 1000,
    "per_member_at_once": 1000,
    "per_guild_at_once": 1000,
}
"""Limits that are not in the way; each of them is a documented answer."""


@asynccontextmanager
async def a_bot(folder: Path) -> AsyncIterator[tuple[Client, list[Client]]]:
    """The bot with its API. Yields a client that may do everything, and some of one member each."""
    settings = Settings(
        _env_file=None,
        discord_token=TOKEN,
        data_dir=folder,
        models_dir=folder / "models",
        min_free_disk=0,
        reserve_bytes=4096,
        fetch_eyes=False,
    ).model_copy(update=MANY)
    put_database(folder / DATABASE)
    async with AsyncExitStack() as stack:
        engine = HouseEngine(folder / "spool")
        stack.enter_context(mock.patch.object(seating, "EngineHost", return_value=engine))
        app = await stack.enter_async_context(assembly.assemble(settings, clock=CLOCK))
        fake = await stack.enter_async_context(FakeDiscord())
        guild = fake.guild()
        fake.channel()
        await stack.enter_async_context(connected(fake, app))
        served = await stack.enter_async_context(serving(app, per_minute=100_000, streams=1000))
        await stack.enter_async_context(drawing(app))
        members = [fake.member(f"member {number}") for number in range(AT_ONCE)]
        clients = [await served.client(guild.id, member.id) for member in members]
        yield await served.client(guild.id, fake.member("admin").id, *Scope), clients


async def fuzz(client: Client, cases: int, seed: int) -> tuple[int, str]:
    """Run rounds of schemathesis; return how many cases there were, and what the first bad round said."""
    done = 0
    while done < cases:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{client.at}/openapi.json"),
            *("--header", f"Authorization: Bearer {client.key}", "--checks", CHECKS, "--seed", str(seed)),
            *("--max-examples", str(ROUND), "--workers", "1", "--continue-on-failure", "--no-color"),
        ]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        told = (await process.communicate())[0].decode(errors="replace")
        counted = re.search(r"(\d[\d,]*) generated", told)
        done += int(counted[1].replace(",", "")) if counted else 0
        if process.returncode or not counted:
            return done, told
        seed += 1
        print(f"  {done} cases")
    return done, ""


async def twice(clients: list[Client], jobs: int) -> Counter[str]:
    """Post each of some requests twice at once, with the same key; count what came of it."""
    found: Counter[str] = Counter()
    ids: dict[str, set[str]] = {}
    waiting = iter(range(jobs))

    async def one(number: int) -> None:
        client = clients[number % len(clients)]
        key = f"{client.key[3:11]}-{number}"
        asked = {**TEXT, "prompt": f"a lighthouse, number {number}"}
        for answer in await asyncio.gather(*(client.post(asked, Idempotency_Key=key) for _ in range(2))):
            while answer.status in {409, 429}:  # under way, or a limit: it comes again
                found[str(answer.status)] += 1
                await asyncio.sleep(0.05)
                answer = await client.post(asked, Idempotency_Key=key)  # noqa: PLW2901 - until it is done
            found[str(answer.status)] += 1
            if answer.status == 202:
                ids.setdefault(key, set()).add(answer.json["id"])

    async def worker() -> None:
        for number in waiting:
            await one(number)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    found["jobs"] = len(set().union(*ids.values()))
    found["requests with two jobs"] = sum(len(each) != 1 for each in ids.values())
    return found


async def measure(cases: int, jobs: int, seed: int) -> bool:
    """Do both, and print what came of it."""
    well = True
    with tempfile.TemporaryDirectory() as folder:
        async with a_bot(Path(folder)) as (admin, clients):
            if jobs:
                began = time.monotonic()
                found = await twice(clients, jobs)
                print(f"{jobs} requests, each twice: {json.dumps(found)} in {time.monotonic() - began:.0f} s")
                well &= found["jobs"] == jobs and not found["requests with two jobs"]
            if cases:
                began = time.monotonic()
                done, told = await fuzz(admin, cases, seed)
                print(f"schemathesis: {done} cases in {time.monotonic() - began:.0f} s")
                print(told or "  no server error, no undocumented answer")
                well &= not told
    return well


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    sys.exit(0 if asyncio.run(measure(given.cases, given.jobs, given.seed)) else 1)


if __name__ == "__main__":
    main()
