"""Many workers under abuse: what is delivered once, lost, doubled or wrong, and what it costs.

    make chaos-fleet
    python -m benchmarks.chaos_fleet [--workers 50] [--jobs 1000] [--every 2.5] [--calm] [--bytes 2000000]

The bot's queue, hub and leases, the broker and the worker program are the real ones, as processes over
loopback; each worker's line goes through a relay with 10 ms each way. The engine draws nothing: it waits as
long as a job says, and its clip says which job it is of. What stands for Discord is a file. Every 2.5 seconds
one worker is killed, frozen, cut off, shut in behind a line that swallows everything, or stopped in order, or
the bot or the broker is killed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.fleet.abuse import Abuse, Outcome, Plan, quantile

AT_WORKERS = ("kill", "gone", "gone", "freeze", "freeze", "shut in", "shut in", "cut", "stop")
BLOWS = (*AT_WORKERS, *AT_WORKERS, "bot", "broker")
DELAY = 0.01
LEASE_KINDS = ("gone", "freeze", "shut in")
"""Blows after which nothing is heard of a worker: its lease has to run out."""


def report(outcome: Outcome) -> None:
    """Print what came of it."""
    print(f"\n{outcome.jobs} jobs in {outcome.seconds:.0f} s: {dict(outcome.states)}")
    print(
        f"delivered once {outcome.once}, lost {outcome.lost}, doubled {outcome.doubled}, "
        f"wrong content {outcome.wrong}"
    )
    print(f"blows: {dict(sorted(outcome.blows.items()))}; workers put out: {outcome.put_out or 'none'}")
    for blow, seconds in sorted(outcome.reassigned.items()):
        print(_spread(f"given to the next after “{blow}”", seconds))
    silent = [each for kind in LEASE_KINDS for each in outcome.reassigned.get(kind, [])]
    print(_spread("given to the next after a silence, all kinds", silent))
    idle = [quantile(outcome.idle, share) * 1000 for share in (0.5, 0.95, 0.99)]
    print(f"idle between two renders: p50 {idle[0]:.1f} ms, p95 {idle[1]:.1f}, p99 {idle[2]:.1f}")
    print(_spread("a worker that could not reach the bot draws again, once it can", outcome.back))
    print(f"drawing that came to nothing: {outcome.wasted:.1%}")
    late = [quantile(outcome.late, share) * 1000 for share in (0.5, 0.99, 1.0)]
    print(
        f"the bot: {outcome.bot_cpu:.1f} CPU-s, {outcome.bot_cpu / outcome.seconds:.1%} of a core; "
        f"{outcome.start_cpu:.1f} of them in the first 2 s of its lives; "
        f"its loop is late by p50 {late[0]:.1f} ms, p99 {late[1]:.1f}, max {late[2]:.0f}"
    )


def _spread(what: str, seconds: list[float]) -> str:
    spread = [quantile(seconds, share) for share in (0.5, 0.95, 1.0)]
    return f"{what}: {len(seconds)} times, p50 {spread[0]:.1f} s, p95 {spread[1]:.1f}, max {spread[2]:.1f}"


def main() -> None:
    """Run it, and end with 1 if a job was lost, doubled or wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--every", type=float, default=2.5, help="seconds between two blows")
    parser.add_argument("--draw", type=float, nargs=2, default=(6.0, 18.0), help="seconds of a render")
    parser.add_argument("--gone", type=float, nargs=2, default=(5.0, 40.0), help="seconds of a silence")
    parser.add_argument("--calm", action="store_true", help="no blows: how long do workers stand idle?")
    parser.add_argument("--bytes", type=int, default=2_000_000, help="of a picture or clip, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep everything here, logs included; it must not exist")
    args = parser.parse_args()
    plan = Plan(
        workers=args.workers,
        jobs=args.jobs,
        draw=tuple(args.draw),
        every=1e9 if args.calm else args.every,
        blows=BLOWS,
        gone=tuple(args.gone),
        delay=DELAY,
        seed=args.seed,
        patience=3600,
        input_bytes=args.bytes,
        clip_bytes=args.bytes,
    )
    with tempfile.TemporaryDirectory() as passing:
        folder = args.folder or Path(passing) / "fleet"
        tell = lambda line: print(f"\r{line}", end="", flush=True)  # noqa: E731 - one line
        outcome = asyncio.run(Abuse(plan, folder, tell).run())
        report(outcome)
    sys.exit(0 if outcome.once == outcome.jobs and not outcome.wrong else 1)


if __name__ == "__main__":
    main()
