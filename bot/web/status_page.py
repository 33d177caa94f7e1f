"""An overview as a page for people. It works without JavaScript and renews itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape

from bot.supervisor import LoopState
from bot.text.messages import seconds
from bot.web.overview import EngineReport, Overview
from db.states import State
from engine.process.host import HostState

RENEW = 10
"""Seconds until the page asks again."""

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1.5rem; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8886; }
th { font-weight: 400; width: 60%; }
td { font-variant-numeric: tabular-nums; }
"""

WORKING = frozenset({HostState.READY, HostState.BUSY, HostState.STARTING})
"""States of the engine in which nothing is wrong with it."""

SHOWN = (State.QUEUED, State.RUNNING, State.HELD, State.RENDERED, State.POSTING)
"""Jobs that are counted on the page: those that are not ended."""

Row = tuple[str, str]


def style_hash() -> str:
    """The page's only style, as a Content-Security-Policy names it."""
    digest = hashlib.sha256(STYLE.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()


def page(found: Overview) -> str:
    """Write an overview as HTML."""
    parts = [_table(title, rows) for title, rows in sections(found)]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="refresh" content="{RENEW}">'
        f"<title>Framekiln: {escape(verdict(found))}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>Framekiln</h1><p>{escape(sentence(found))}</p>{''.join(parts)}</main></body></html>"
    )


def sections(found: Overview) -> list[tuple[str, list[Row]]]:
    """The parts of an overview: titles, with names and values."""
    return [
        ("Queue", _queue(found)),
        *((_title(engine, found), _engine(engine)) for engine in found.engines),
        ("Clips since the start", _clips(found)),
        ("Bot", _bot(found)),
    ]


def verdict(found: Overview) -> str:
    """What matters most about an overview, in a few words; "all is well" where nothing is wrong."""
    if found.trouble:
        return "its data folder is gone"
    if wrong := next(filter(None, (_wrong_with(engine, found) for engine in found.engines)), None):
        return wrong
    if not found.connected:
        return "Discord is away"
    if found.short_of:
        return f"short of {found.short_of}"
    failing = sum(loop.state is LoopState.FAILING for loop in found.loops)
    if failing:
        return "a loop fails" if failing == 1 else f"{failing} loops fail"
    return "all is well"


def _wrong_with(engine: EngineReport, found: Overview) -> str | None:
    name = "the engine" if len(found.engines) == 1 else engine.name
    if engine.state not in WORKING:
        return f"{name} is {engine.state}"
    return f"{name} can't be reached" if engine.away else None


def sentence(found: Overview) -> str:
    """The same as a sentence."""
    said = verdict(found)
    return f"{said[0].upper()}{said[1:]}."


def _queue(found: Overview) -> list[Row]:
    rows = [(state.value.capitalize(), str(found.jobs[state])) for state in SHOWN]
    if found.wait is not None:
        low, high = found.wait
        rows.append(("The last in the queue is ready in", f"{seconds(low)} to {seconds(high)}"))
    return rows


def _title(engine: EngineReport, found: Overview) -> str:
    return "Engine" if len(found.engines) == 1 else f"Engine: {engine.name}"


def _engine(engine: EngineReport) -> list[Row]:
    memory = "–" if engine.memory is None else f"{engine.memory / 2**20:,.0f} MiB"
    rows = [("State", engine.state.value), ("Memory", memory)]
    rows += [("In hand", f"{run.stage}, {run.fraction:.0%}, take {run.take}") for run in engine.running]
    rows.append(("Processes that ended by themselves", str(engine.deaths)))
    if engine.gpu_faults:
        rows.append(("GPU faults in a row", str(engine.gpu_faults)))
    return rows


def _clips(found: Overview) -> list[Row]:
    tally = found.tally
    rows = [(engine, str(count)) for engine, count in tally.clips.most_common()] or [("Clips", "0")]
    rows.append(("Takes", str(tally.takes.total())))
    rows += [
        (f"Discarded by {engine}: {cause.replace('_', ' ')}", str(count))
        for (engine, cause), count in tally.causes.most_common()
    ]
    return rows


def _bot(found: Overview) -> list[Row]:
    disk = "–" if found.free_disk is None else f"{found.free_disk / 1e9:,.1f} GB"
    rows = [
        ("Release", found.release),
        ("Discord", "connected" if found.connected else "away"),
        ("Free disk", disk),
        ("Event loop late, 99 of 100", f"{found.lag[0.99] * 1000:.0f} ms"),
    ]
    rows += [
        (f"Loop: {loop.name}", f"{loop.state}, restarted {loop.restarts} times")
        for loop in found.loops
        if loop.state is LoopState.FAILING or loop.restarts
    ]
    return rows


def _table(title: str, rows: Iterable[Row]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows
    )
    return f"<section><h2>{escape(title)}</h2><table>{lines}</table></section>"
