"""The dashboard as HTML. It can be read and used without JavaScript; a script only keeps it up to date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from bot.dashboard.facts import Facts
from bot.dashboard.sessions import Session
from bot.text import dashboard_texts as texts
from bot.text.messages import seconds
from bot.web.look import ICON_NAME, digest, style
from bot.web.status_page import sections, sentence

CSS = style(
    more="""
.facts { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); }
.wide { grid-column: 1 / -1; }
.scrolls { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; font-size: 1.125rem; padding: 1rem 0 .25rem; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
.wide td { overflow-wrap: anywhere; }
th { font-weight: 400; color: var(--soft); }
td { font-variant-numeric: tabular-nums; }
.small { color: var(--soft); font-size: .875rem; }
.said { border-left: 4px solid var(--accent); padding: .25rem .75rem; }
.actions { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); }
form { margin: 0; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; margin: 0; height: 100%; }
legend { font-weight: 600; padding: 0 .25rem; }
label { display: block; font-size: .875rem; margin: .5rem 0 .125rem; }
input, select, button { font: inherit; color: var(--text); background: var(--raised); max-width: 100%;
  width: 100%; border: 1px solid var(--line); border-radius: .375rem; padding: .375rem .5rem;
  min-height: 2.5rem; }
button { background: var(--accent); color: var(--on-accent); border: 0; margin-top: .75rem; cursor: pointer; }
.log-in { max-width: 26rem; }
.top { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; justify-content: space-between; }
.top form { width: auto; } .top button { width: auto; margin: 0; padding: .375rem .75rem; }
"""
)
SCRIPT = (Path(__file__).parent / "live.js").read_text("utf-8")
STYLE_NAME = f"style-{digest(CSS)}.css"
SCRIPT_NAME = f"live-{digest(SCRIPT)}.js"

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: its own style and script. Nothing inline runs."""

RENEW = 10
"""Seconds until a browser without scripts asks again."""


def log_in(at: str, said: str = "") -> str:
    """The page with the form for the key."""
    told = f'<p class="said" role="alert">{escape(said)}</p>' if said else ""
    form = (
        f'<form class="log-in" method="post" action="{at}/login"><label for="key">{texts.KEY}</label>'
        '<input id="key" name="key" type="password" autocomplete="current-password" required '
        f'aria-describedby="hint"><p class="small" id="hint">{texts.KEY_HINT}</p>'
        f"<button>{texts.LOG_IN}</button></form>"
    )
    return _page(at, f"<h1>{texts.TITLE}</h1>{told}{form}", live=False)


def page(at: str, facts: Facts, session: Session, done: str) -> str:
    """The dashboard.

    Args:
        at: where it is served, such as "/dashboard".
        facts: what it shows.
        session: the owner's.
        done: a word of :data:`bot.text.dashboard_texts.DONE`; anything else says nothing.
    """
    said = f'<p class="said" role="status">{texts.DONE[done]}</p>' if done in texts.DONE else ""
    top = (
        f'<div class="top"><h1>{texts.TITLE}</h1><form method="post" action="{at}/logout">{_proof(session)}'
        f"<button>{texts.LOG_OUT}</button></form></div>"
    )
    live = f'<p class="small" id="live" data-live="{texts.LIVE}" role="status">{texts.NOT_LIVE}</p>'
    actions = f'<h2>{texts.ACTIONS}</h2><div class="actions">{_actions(at, facts, session)}</div>'
    return _page(at, f'{top}{said}{live}<div id="facts">{figures(facts)}</div>{actions}', live=True)


def figures(facts: Facts) -> str:
    """The part of the page that is kept up to date."""
    how = f"{sentence(facts.overview)} {texts.flow(paused=facts.paused, draining=facts.draining)}"
    small = [
        *sections(facts.overview),
        ("GPU memory", _gpus(facts)),
        ("Waits of the last day", _waits(facts)),
    ]
    wide = (
        _columns("Errors", ("When", "Code", "Error id", "Engine"), _errors(facts)),
        _columns("What you did here", ("When", "Action", "Target", "Reason"), _entries(facts)),
        _columns(
            "Settings",
            ("Setting", "Value", "From"),
            [(each.name, each.value, each.place) for each in facts.settings],
        ),
    )
    tables = "".join(f"<div>{_table(title, rows)}</div>" for title, rows in small if rows)
    return f'<p>{escape(how)}</p><div class="facts">{tables}{"".join(wide)}</div>'


def _gpus(facts: Facts) -> list[tuple[str, str]]:
    return [
        (gpu.name, _held(gpu.memory - gpu.free, gpu.memory))
        for gpu in facts.gpus
        if gpu.memory and gpu.free is not None
    ]


def _held(used: int, total: int) -> str:
    return f"{used / 2**30:.1f} of {total / 2**30:.1f} GiB ({used / total:.0%})"


def _waits(facts: Facts) -> list[tuple[str, str]]:
    waits = facts.waits
    if not waits:
        return [("Jobs that began", "0")]
    at = {share: waits[min(len(waits) - 1, int(share * len(waits)))] for share in (0.5, 0.95)}
    last = "never" if facts.last_backup is None else _moment(facts.last_backup)
    return [
        ("Jobs that began", str(len(waits))),
        ("Half waited at most", seconds(at[0.5])),
        ("95 of 100 waited at most", seconds(at[0.95])),
        ("Last backup", last),
    ]


def _errors(facts: Facts) -> list[tuple[str, ...]]:
    return [(_moment(each.at), each.code, each.error_id, each.seat or each.engine) for each in facts.errors]


def _entries(facts: Facts) -> list[tuple[str, ...]]:
    return [(_moment(each.at), each.action, each.target, each.reason) for each in facts.entries]


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _actions(at: str, facts: Facts, session: Session) -> str:
    simple = (
        ("pause", texts.PAUSE, texts.PAUSE_HINT),
        ("drain", texts.DRAIN, texts.DRAIN_HINT),
        ("resume", texts.RESUME, texts.RESUME_HINT),
    )
    seats = "".join(f'<option value="{escape(name)}">{escape(name)}</option>' for name in facts.seats)
    choice = f'<label for="seat">{texts.ENGINE}</label><select id="seat" name="seat">{seats}</select>'
    forms = [_form(at, name, title, hint, session) for name, title, hint in simple]
    return "".join((*forms, _form(at, "restart", texts.RESTART, texts.RESTART_HINT, session, choice)))


def _form(at: str, name: str, title: str, hint: str, session: Session, more: str = "") -> str:
    return (
        f'<form method="post" action="{at}/do/{name}"><fieldset><legend>{title}</legend>'
        f'<p class="small" id="{name}-hint">{hint}</p>{_proof(session)}{more}'
        f'<label for="{name}-reason">{texts.REASON}</label>'
        f'<input id="{name}-reason" name="reason" maxlength="200">'
        f'<button aria-describedby="{name}-hint">{title}</button></fieldset></form>'
    )


def _proof(session: Session) -> str:
    return f'<input type="hidden" name="proof" value="{session.proof}">'


def _table(title: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows
    )
    return f"<table><caption>{escape(title)}</caption>{lines}</table>"


def _columns(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return f'<div class="wide"><h2>{title}</h2><p>{texts.NONE_YET}</p></div>'
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(value)}</td>' for value in row)}</tr>" for row in rows)
    return (
        f'<div class="wide scrolls" role="region" tabindex="0" aria-label="{title}"><table>'
        f"<caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _page(at: str, body: str, *, live: bool) -> str:
    renew = f'<noscript><meta http-equiv="refresh" content="{RENEW}"></noscript>' if live else ""
    script = f'<script src="{at}/{SCRIPT_NAME}" defer></script>' if live else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{texts.TITLE}</title>{renew}"
        f'<link rel="icon" href="{at}/{ICON_NAME}"><link rel="stylesheet" href="{at}/{STYLE_NAME}">{script}'
        "</head><body>"
        f'<header><a class="skip" href="#main">{texts.SKIP}</a></header>'
        f'<main id="main" tabindex="-1">{body}</main></body></html>\n'
    )
