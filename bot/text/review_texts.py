"""What is read of reviews and reports. Short, warm, exact; as in :mod:`bot.text.messages`."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.messages import DOING, fit
from bot.text.prompts import show_prompt
from db.jobs.job import Job
from db.jobs.review_requests import CaseKind
from db.moderation.cases import Case, Decision
from db.moderation.reviews import ReviewRules
from db.states import State
from engine.core.recipe import Recipe

SHOWN_WORDS = 8
SHOWN_REASONS = 10
SHOWN_PROMPT = 400
LISTED_WORDS = 1800
"""Characters of a list of words that one message holds, beside its head."""

NOT_AGE_RESTRICTED = "it is for age-restricted channels, and this one is none"
ALREADY_DECIDED = "That is decided already, or it is not held any more."
APPROVED = "Approved; it goes on."
REJECTED = "Rejected; its member reads why."
DISMISSED = "Dismissed; the clip stays."
TAKEN_DOWN = "Taken down, with its files and what was made from it; its member is shut out."
REPORTED = "Thank you. The moderators of this server have been asked to look at it."
REPORTED_ALREADY = "You have reported this clip already, or it is gone."
REPORT_TITLE = "Report this clip"
REPORT_LABEL = "What is wrong with it?"
REJECT_TITLE = "Reject this request"
REJECT_LABEL = "Why? Its member reads this"
NO_WORD = "There is nothing left of that word when its disguises are off."
WORD_UNCHANGED = "It stands so already, or this server has no room for more words."
WORD_FORGOTTEN = "This server says nothing of it any more."
NO_WORDS = "No words of its own, and none of the base that are allowed."


def newcomer(days: float) -> str:
    """Why a newcomer's job is held."""
    return f"its member joined {days:.0f} {'day' if round(days) == 1 else 'days'} ago"


def flagged_words(words: Sequence[str]) -> str:
    """Why words are looked at twice."""
    return "words: " + ", ".join(words[:SHOWN_WORDS])


def words_refused(words: Sequence[str]) -> str:
    """Why words are not taken at all."""
    shown = show_prompt(", ".join(words[:SHOWN_WORDS]), 120)
    return f"This server does not want clips with these words: {shown}. Please say it without them."


def not_approved(reason: str) -> str:
    """What a member reads whose job was rejected."""
    shown = show_prompt(reason, 300)
    return "A moderator did not approve this one. Nothing was charged." + (
        f" They said: {shown}" if shown else ""
    )


def case(case: Case, recipe: Recipe, reasons: Sequence[str]) -> str:
    """A card that waits for a decision."""
    job = case.job
    lines = [
        _asks(case),
        f"{DOING[recipe.kind]} · by <@{job.user_id}> in <#{job.channel_id}> · `{job.id[:6]}`",
    ]
    if prompt := show_prompt(recipe.prompt, SHOWN_PROMPT):
        lines.append(prompt)
    if case.kind is CaseKind.REVIEW and job.held_reason:
        lines.append(f"Why: {show_prompt(job.held_reason, 300)}")
    if case.kind is CaseKind.REPORT:
        lines += [f"- {show_prompt(reason, 150) or 'no reason'}" for reason in reasons[:SHOWN_REASONS]]
        lines.append(f"https://discord.com/channels/{job.guild_id}/{job.channel_id}/{job.message_id}")
    if not case.with_file:
        lines.append("-# Its file is not sent on: it may be abuse. What the law asks of you comes first.")
    return fit("\n".join(lines))


def _asks(case: Case) -> str:
    if case.kind is CaseKind.REPORT:
        return f"🚩 **Reported** by {case.reports} {'member' if case.reports == 1 else 'members'}"
    return "👀 **A finished clip** waits" if case.job.clip_sha256 else "👀 **A request** waits"


def closed_case(case: Case) -> str:
    """The last words of a card; what the member wrote is taken out."""
    by = "" if case.by_user is None else f" by <@{case.by_user}>"
    what = {
        Decision.APPROVED: f"✅ Approved{by}",
        Decision.REJECTED: f"🚫 Rejected{by}",
        Decision.DISMISSED: f"✅ Dismissed{by}; the clip stays",
        Decision.TAKEN_DOWN: f"🗑️ Taken down{by}",
        None: _went_on(case.job),
    }[case.decision]
    return f"{what} · `{case.job.id[:6]}`"


def _went_on(job: Job) -> str:
    if job.state is State.CANCELLED:
        return "🚫 Cancelled meanwhile"
    return "✅ Released meanwhile" if job.state is not State.QUARANTINED else "⚠️ Set aside meanwhile"


def rules_page(rules: ReviewRules) -> str:
    """The answer of /queue review."""
    where = f"in <#{rules.channel_id}>" if rules.channel_id else "nowhere; held jobs stand in `/queue show`"
    newcomers = (
        f"held for the first {rules.newcomer_days:g} days" if rules.newcomer_days else "treated like others"
    )
    words = {"off": "not looked at", "hold": "held for a review", "refuse": "refused"}[rules.words]
    pictures = {"off": "not looked at", "hold": "held for a review", "spoiler": "shown behind a spoiler"}
    return (
        f"**Review** · moderators are asked {where}\nNewcomers: {newcomers}\nFlagged words: {words}\n"
        f"Flagged pictures and clips: {pictures[rules.pictures]}\n"
        "-# Words of the base list pass in age-restricted channels. Somebody young beside something sexual "
        "is refused everywhere, whatever is set."
    )


def word_listed(word: str, *, own: bool, looked_for: bool) -> str:
    """A word is on a list of this server. ``looked_for``: its rules of review say what follows from words."""
    shown = show_prompt(word, 100)
    text = f"{shown} is flagged here from now on." if own else f"{shown} is not flagged here any more."
    return (
        text if looked_for else f"{text} Nothing follows from words yet: choose with `/queue review words:`."
    )


def words_page(own: Sequence[str], allowed: Sequence[str]) -> str:
    """The answer of /queue words list."""
    if not own and not allowed:
        return NO_WORDS
    lines = [
        f"**{head}**: {show_prompt(', '.join(words), LISTED_WORDS // 2)}"
        for head, words in (("Flagged here", own), ("Of the base, allowed here", allowed))
        if words
    ]
    return fit("\n".join(lines))
