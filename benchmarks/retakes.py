"""What the retake policy costs and saves, simulated: ``python -m benchmarks.retakes``.

Requests come in two sorts. Most are only unlucky: each take is broken with one chance, whatever came before.
Some are hard: as they were asked for, most takes are broken for the same cause; drawn more calmly, fewer are.
The gate itself errs: it lets some broken takes through, and rejects some good ones. The chances are options;
the defaults for the gate are the measured shares that lie beside its numbers, those for models are
assumptions that no real model has confirmed here.

Compared are: no gate; a new seed up to the budget; and :func:`engine.core.retake.next_take`, the
renderer's own.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.core.receipt import Outcome, TakeRecord
from engine.core.recipe import Kind, Motion, Recipe
from engine.core.retake import Budget, Retake, less_motion, next_take
from engine.gate.calibration import shipped

ASKED = Recipe(
    kind=Kind.ANIMATE, engine="camera", seed=1, width=64, height=64, frames=9,
    native_fps=8.0, fps=24.0, length=24, motion=Motion.NORMAL,
)  # fmt: skip

Policy = Callable[[Recipe, list[TakeRecord], Budget], Retake | None]


@dataclass(frozen=True, kw_only=True)
class World:
    """Chances, 0 … 1, and seconds."""

    hard: float
    unlucky_broken: float
    hard_broken: float
    calm_broken: float
    caught: float
    false_reject: float
    take_seconds: float


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """Means over requests."""

    takes: float
    seconds: float
    broken: float
    forced: float
    changed: float


def keep_the_first(_recipe: Recipe, records: list[TakeRecord], _budget: Budget) -> Retake | None:
    """No gate: what is drawn is posted."""
    return None if records else Retake(recipe=ASKED)


def new_seed(recipe: Recipe, records: list[TakeRecord], budget: Budget) -> Retake | None:
    """The plain way: another seed, up to the budget."""
    return next_take(recipe, records, budget=budget, calm=lambda _: None)


def ours(recipe: Recipe, records: list[TakeRecord], budget: Budget) -> Retake | None:
    """What the renderer does."""
    return next_take(recipe, records, budget=budget, calm=less_motion)


def simulate(policy: Policy, world: World, budget: Budget, requests: int, seed: int) -> Outcomes:
    """Serve requests one after the other."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(requests):
        hard = rng.random() < world.hard
        recipe, broken = ASKED, []
        records: list[TakeRecord] = []
        while (retake := policy(recipe, records, budget)) is not None:
            recipe = retake.recipe
            calm = recipe.motion is not ASKED.motion
            chance = world.unlucky_broken if not hard else world.calm_broken if calm else world.hard_broken
            is_broken = bool(rng.random() < chance)
            rejected = bool(rng.random() < (world.caught if is_broken else world.false_reject))
            cause = "what makes it hard" if hard else f"bad luck {rng.integers(6)}"
            records.append(
                TakeRecord(
                    number=len(records) + 1,
                    seed=len(records),
                    outcome=Outcome.REJECTED if rejected else Outcome.ACCEPTED,
                    # The gate's score tells good from broken about as well as its verdict does.
                    score=float(rng.normal(40 if is_broken else 60, 15)) - (40 if rejected else 0),
                    seconds=world.take_seconds,
                    causes=(cause,) if rejected else (),
                    changed=retake.changed,
                )
            )
            broken.append(is_broken)
        ranks = [(record.outcome is not Outcome.REJECTED, record.score) for record in records]
        kept = ranks.index(max(ranks))
        spent = len(records) * world.take_seconds
        rows.append((len(records), spent, broken[kept], not ranks[kept][0], bool(records[kept].changed)))
    takes, seconds, posted_broken, posted_forced, changed = np.array(rows, float).mean(axis=0)
    return Outcomes(takes=takes, seconds=seconds, broken=posted_broken, forced=posted_forced, changed=changed)


def main() -> None:
    """Read the chances, simulate, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hard", type=float, default=0.15, help="share of hard requests")
    parser.add_argument("--unlucky-broken", type=float, default=0.25)
    parser.add_argument("--hard-broken", type=float, default=0.85)
    parser.add_argument("--calm-broken", type=float, default=0.45)
    measured = shipped().figures
    parser.add_argument(
        "--caught",
        type=float,
        default=measured["caught"]["as in defects"]["2"],
        help="share of broken takes that the gate rejects; as measured at strength 2",
    )
    parser.add_argument(
        "--false-reject",
        type=float,
        default=measured["rejected"]["untouched"],
        help="share of good takes that it rejects; as measured",
    )
    parser.add_argument("--take-seconds", type=float, default=20.0)
    parser.add_argument("--takes", type=int, default=3)
    parser.add_argument("--requests", type=int, default=20_000)
    given = parser.parse_args()
    names = [field.name for field in dataclasses.fields(World)]
    world = World(**{name: getattr(given, name) for name in names})
    budget = Budget(takes=given.takes, seconds=1e9)
    print(
        "| policy | takes a clip | engine seconds a clip | broken clips posted | marked as forced | calmed |"
    )
    print("|---|---|---|---|---|---|")
    for name, policy in (
        ("no gate", keep_the_first),
        (f"new seed, up to {given.takes}", new_seed),
        ("ours", ours),
    ):
        out = simulate(policy, world, budget, given.requests, seed=1)
        print(
            f"| {name} | {out.takes:.2f} | {out.seconds:.1f} | {out.broken:.1%} | {out.forced:.1%} "
            f"| {out.changed:.1%} |"
        )


if __name__ == "__main__":
    main()
