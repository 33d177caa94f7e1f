"""The table of docs/monitoring.md: every metric with its labels and its meaning."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bot.loops.render_tally import RenderTally
from bot.supervisor import LoopState
from bot.web.metrics import families
from bot.web.overview import EngineReport, LoopReport, Overview
from db.states import State
from engine.core.receipt import Outcome
from engine.process.host import HostState


def table() -> str:
    """Make it, one row for each metric."""
    return "\n".join(("| Metric | Labels | Meaning |", "|---|---|---|", *_rows())) + "\n"


def _rows() -> Iterator[str]:
    for family in families(_something_of_everything()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = ", ".join(f"`{label}`" for label in family.samples[0].labels)
        yield f"| `{name}` | {labels} | {family.documentation} |"


def _something_of_everything() -> Overview:
    """An overview in which every metric has a value, so that its labels are seen."""
    tally = RenderTally()
    tally.clips["camera"] = 1
    tally.takes["camera", Outcome.ACCEPTED] = 1
    tally.causes["camera", "flicker"] = 1
    tally.busy["camera"] = 1.0
    engine = EngineReport(
        name="", running=(), state=HostState.READY, deaths=0, memory=None, gpu_faults=0, away=False
    )
    return Overview(
        release="",
        trouble=False,
        connected=True,
        jobs=dict.fromkeys(State, 0),
        wait=None,
        engines=(engine, engine),
        tally=tally,
        idle={0.5: 0.0},
        lag={0.5: 0.0},
        database_calls=0,
        database_seconds=0.0,
        free_disk=0,
        short_of="",
        loops=(LoopReport(name="", state=LoopState.WORKING, restarts=0),),
    )


if __name__ == "__main__":
    sys.stdout.write(table())
