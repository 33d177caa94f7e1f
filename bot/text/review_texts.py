"""Texts of reviews and reports, by the rules of :mod:`bot.text.messages`."""

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
"""Characters of a word list that fit one message under its heading."""

NOT_AGE_RESTRICTED = "meant for age-restricted channels, and this channel isn't one"
ALREADY_DECIDED = "That has already been decided, or is no longer held."
APPROVED = "Approved. It continues."
REJECTED = "Rejected. The member will see why."
DISMISSED = "Dismissed. The clip stays."
TAKEN_DOWN = (
    "Taken down, with its files and everything made from it. The member can no longer use the bot here."
)
TAKEN_DOWN_ONLY = (
    "Taken down, with its files and everything made from it. Its member is not blocked: you can't block "
    "yourself, the owner or an administrator."
)
REPORTED = "Thank you. I've asked the moderators of this server to look at it."
REPORTED_ALREADY = "You have already reported this clip, or it is gone."
REPORT_TITLE = "Report this clip"
REPORT_LABEL = "What is wrong with it?"
REJECT_TITLE = "Reject this request"
REJECT_LABEL = "Why? The member will see this"
NO_WORD = "That word has no letters left once symbols and look-alikes are removed."
WORD_UNCHANGED = "That word is already set this way, or the server's list is full."
WORD_FORGOTTEN = "That word is no longer on this server's lists."
NO_WORDS = "This server has flagged no words of its own, and allowed none from the base list."


def newcomer(days: float) -> str:
    """Why a new member's job is held."""
    return f"the member joined {days:.0f} {'day' if round(days) == 1 else 'days'} ago"


def flagged_words(words: Sequence[str]) -> str:
    """Why a request with these words is held."""
    return "words: " + ", ".join(words[:SHOWN_WORDS])


def words_refused(words: Sequence[str]) -> str:
    """Why a request with these words is refused."""
    shown = show_prompt(", ".join(words[:SHOWN_WORDS]), 120)
    return f"This server doesn't allow these words: {shown}. Please try again without them."


def not_approved(reason: str) -> str:
    """Tells the member that their job was rejected."""
    shown = show_prompt(reason, 300)
    return "A moderator did not approve this one. Nothing was charged." + (
        f" They said: {shown}" if shown else ""
    )


def case(case: Case, recipe: Recipe, reasons: Sequence[str]) -> str:
    """The message of a case that waits for a decision."""
    job = case.job
    lines = [
        _asks(case),
        f"{DOING[recipe.kind]} · by <@{job.user_id}> {_where(job)} · `{job.id[:6]}`",
    ]
    if prompt := show_prompt(recipe.prompt, SHOWN_PROMPT):
        lines.append(prompt)
    if case.kind is CaseKind.REVIEW and job.held_reason:
        lines.append(f"Why: {show_prompt(job.held_reason, 300)}")
    if case.kind is CaseKind.REPORT:
        lines += [f"- {show_prompt(reason, 150) or 'no reason given'}" for reason in reasons[:SHOWN_REASONS]]
        lines.append(f"https://discord.com/channels/{job.guild_id}/{job.channel_id}/{job.message_id}")
    if not case.with_file:
        lines.append(
            "-# The file is not attached because it could show abuse. Do what the law requires first."
        )
    return fit("\n".join(lines))


def _where(job: Job) -> str:
    return f"in <#{job.channel_id}>" if job.has_channel else "through the API"


def _asks(case: Case) -> str:
    if case.kind is CaseKind.REPORT:
        return f"🚩 **Reported** by {case.reports} {'member' if case.reports == 1 else 'members'}"
    return "👀 **A finished clip** to review" if case.job.clip_sha256 else "👀 **A request** to review"


def closed_case(case: Case) -> str:
    """The final message of a case, without anything the member wrote."""
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
        return "🚫 Cancelled before a decision"
    return (
        "⚠️ Set aside before a decision" if job.state is State.QUARANTINED else "✅ Released before a decision"
    )


def rules_page(rules: ReviewRules) -> str:
    """The answer of /queue review."""
    where = (
        f"moderators are asked in <#{rules.channel_id}>"
        if rules.channel_id
        else "no review channel is set; held jobs are listed in `/queue show`"
    )
    newcomers = (
        f"held for the first {rules.newcomer_days:g} days"
        if rules.newcomer_days
        else "treated like everyone else"
    )
    words = {"off": "not checked", "hold": "held for review", "refuse": "refused"}[rules.words]
    pictures = {"off": "not checked", "hold": "held for review", "spoiler": "shown behind a spoiler"}
    return (
        f"**Review** · {where}\nNewcomers: {newcomers}\nFlagged words: {words}\n"
        f"Flagged pictures and clips: {pictures[rules.pictures]}\n"
        "-# Words on the base list are allowed in age-restricted channels. Requests that put someone young "
        "together with something sexual are refused everywhere, whatever you set here."
    )


def word_listed(word: str, *, own: bool, looked_for: bool) -> str:
    """A word is on a list of this server. ``looked_for``: this server's review rules act on flagged words."""
    shown = show_prompt(word, 100)
    text = f"{shown} is flagged here from now on." if own else f"{shown} is no longer flagged here."
    return (
        text
        if looked_for
        else f"{text} Nothing happens to flagged words yet: choose what should with `/queue review words:`."
    )


def words_page(own: Sequence[str], allowed: Sequence[str]) -> str:
    """The answer of /queue words list."""
    if not own and not allowed:
        return NO_WORDS
    lines = [
        f"**{head}**: {show_prompt(', '.join(words), LISTED_WORDS // 2)}"
        for head, words in (("Flagged here", own), ("From the base list, allowed here", allowed))
        if words
    ]
    return fit("\n".join(lines))


def too_many_reports(most: int) -> str:
    """Why a report is not taken."""
    return (
        f"You have reported {most} clips here in the last 24 hours, and that is all I take in a day. "
        "If it can't wait, please write to a moderator."
    )
