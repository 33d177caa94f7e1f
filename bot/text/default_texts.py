"""Texts about defaults."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot.text.foreign import quote
from bot.text.languages import own_name
from bot.text.wording import CHOICE, Text, say, say_as, translated
from db.community.preferences import Preferred, Value
from db.jobs.job import Job
from engine.core.request import SECONDS, Length

NONE_YET = Text("There are no defaults yet. `/defaults set` keeps some.")
CLEARED = Text("Your defaults in this server are gone.")
SERVER_CLEARED = Text("This server's defaults are gone. Members' own stay.")
NOTHING_GIVEN = Text("Give me at least one option to remember, or use `/defaults clear`.")

ONE_LANGUAGE = Text("The owner of this bot has chosen one language for everybody.")
AS_DISCORD = Text("I speak to you in the language of your Discord.")
COMMANDS_ARE_DISCORDS = Text("Discord shows commands and their options in its own language.")


def listed(options: Mapping[str, Value]) -> str:
    """Options with their values as Discord shows them, in one line."""
    return " · ".join(f"{say_as('option', name)} {_value(name, value)}" for name, value in options.items())


def _value(name: str, value: Value) -> str:
    """A word that was chosen from a list, in the member's language; what somebody wrote stays as it is."""
    if name == "style":
        return quote(str(value), 60)
    if name == "length" and value in set(Length):
        return quote(translated(f"{value} ({SECONDS[Length(value)]:g} s)", CHOICE), 60)
    if name == "smooth":
        return quote(translated(f"{value} frames a second", CHOICE), 60)
    return quote(translated(str(value), CHOICE), 60)


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


def language_kept(language: str | None) -> str:
    """The answer to a choice of language; None: that of the member's Discord."""
    if language is None:
        kept_as = str(AS_DISCORD)
    else:
        kept_as = say(
            "Language: **{language}**. I speak it to you in every server and in direct messages.",
            language=own_name(language),
        )
    return f"{kept_as}\n-# {COMMANDS_ARE_DISCORDS}"


def shown(preferred: Preferred, language: str | None = None) -> str:
    """What holds for a member, and whose it is.

    Args:
        preferred: what is added to their requests.
        language: in which they chose to be spoken to; None: in that of their Discord.
    """
    lines = []
    if language is not None:
        lines.append(say("**Language:** {language}", language=own_name(language)))
    if not preferred.together:
        return "\n".join(lines) or NONE_YET
    if preferred.own:
        lines.append(say("**Yours:** {options}", options=listed(preferred.own)))
    if preferred.server:
        options = listed(preferred.server)
        lines.append(say("**This server's**, where you have none: {options}", options=options))
    return "\n".join(lines)


def line_of(job: Job) -> str:
    """The line of a job's status message that names the defaults that were added; "" where there are none."""
    return "" if job.given is None else applied(json.loads(job.given)["defaults"])
