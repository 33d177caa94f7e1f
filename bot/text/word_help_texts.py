"""Texts about words that a language model proposes."""

from __future__ import annotations

from bot.text.foreign import quote
from bot.text.prompts import show_prompt
from bot.text.wording import Text, say, say_many
from engine.core.recipe import Helped

SHOWN_OWN = 450
"""Characters of the member's words, which they know."""

SHOWN_THEIRS = 1250
"""Characters of the model's: all of them, each with what makes it harmless."""

NO_WORDS = Text("Write a few words in prompt: first. The helper works with those.")
NOT_NOW = Text("The helper can't be asked now.")
NOT_USABLE = Text("What the helper wrote can't be used here.")
USED = Text("You have chosen already.")
TOO_OLD = Text("I no longer have what you asked for. Please ask again.")


def often_enough(most: int) -> str:
    """The member has asked as often as they may."""
    return say_many(
        "You can ask the helper once in 24 hours, and you have.",
        "You can ask the helper {n} times in 24 hours, and you have.",
        most,
    )


def proposal(own: str, theirs: str, *, model: str, trouble: str) -> str:
    """The message in which a member chooses.

    Args:
        own: the member's words, cleaned.
        theirs: the model's; "": there are none.
        model: its name.
        trouble: why there are none, or no others; "": there is nothing to say.
    """
    lines = [say("**Your words:** {words}", words=show_prompt(own, SHOWN_OWN))]
    if theirs:
        lines.append(say("**The helper's words:** {words}", words=show_prompt(theirs, SHOWN_THEIRS)))
    if trouble:
        lines.append(trouble)
    if theirs:
        small = say("written by {model} · nothing is asked for until you choose", model=quote(model, 100))
    else:
        small = say("nothing is asked for until you choose")
    return "\n".join((*lines, f"-# {small}"))


def chosen(words: str) -> str:
    """What the message says once its member has chosen; ``words``: theirs, or the model's."""
    return say("You chose: {words}", words=show_prompt(words, SHOWN_THEIRS))


def by_a_helper(helped: Helped) -> str:
    """The line of a recipe that says who wrote its words."""
    return say(
        "words by a helper: {model} · the member wrote: {words}",
        model=quote(helped.model, 100),
        words=show_prompt(helped.own, SHOWN_OWN) or "–",
    )
