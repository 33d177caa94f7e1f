"""Texts about defaults."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot.text.foreign import quote
from bot.text.wording import Text, say, say_as
from db.community.preferences import Preferred, Value
from db.jobs.job import Job

NONE_YET = Text("There are no defaults yet. `/defaults set` keeps some.")
CLEARED = Text("Your defaults in this server are gone.")
SERVER_CLEARED = Text("This server's defaults are gone. Members' own stay.")
NOTHING_GIVEN = Text("Give me at least one option to remember, or use `/defaults clear`.")


def listed(options: Mapping[str, Value]) -> str:
    """Options with their values, in one line."""
    return " · ".join(f"{say_as('option', name)} {quote(str(value), 60)}" for name, value in options.items())


def applied(options: Mapping[str, Value]) -> str:
    """The line in a status message that says which defaults were added."""
    return f"-# {say('with your defaults: {options}', options=listed(options))}"


def kept(options: Mapping[str, Value], *, server: bool) -> str:
    """The answer to a change."""
    if server:
        return say(
            "This server's defaults: {options}\nWhat you give to a command counts more.",
            options=listed(options),
        )
    return say(
        "Your defaults in this server: {options}\nWhat you give to a command counts more.",
        options=listed(options),
    )


def shown(preferred: Preferred) -> str:
    """What holds for a member, and whose it is."""
    if not preferred.together:
        return NONE_YET
    lines = []
    if preferred.own:
        lines.append(say("**Yours:** {options}", options=listed(preferred.own)))
    if preferred.server:
        options = listed(preferred.server)
        lines.append(say("**This server's**, where you have none: {options}", options=options))
    return "\n".join(lines)


def line_of(job: Job) -> str:
    """The line of a job's status message that names the defaults that were added; "" where there are none."""
    return "" if job.given is None else applied(json.loads(job.given)["defaults"])
