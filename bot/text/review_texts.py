"""Texts of reviews and reports, by the rules of :mod:`bot.text.messages`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from bot.text import word_help_texts
from bot.text.community_texts import permissions_named
from bot.text.messages import and_more, fit
from bot.text.prompts import show_prompt
from bot.text.status_texts import DOING, message_link
from bot.text.wording import Text, decimal, named, number, say, say_many
from db.jobs.job import NOWHERE, Job
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

NOT_AGE_RESTRICTED = Text("meant for age-restricted channels, and this channel isn't one")
ALREADY_DECIDED = Text("That has already been decided, or is no longer held.")
APPROVED = Text("Approved. It continues.")
REJECTED = Text("Rejected. The member will see why.")
DISMISSED = Text("Dismissed. The clip stays.")
TAKEN_DOWN = Text(
    "Taken down, with its files and everything made from it. The member can no longer use the bot here."
)
TAKEN_DOWN_ONLY = Text(
    "Taken down, with its files and everything made from it. Its member is not blocked: you can't block "
    "yourself, the owner or an administrator."
)
REPORTED = Text("Thank you. I've asked the moderators of this server to look at it.")
REPORTED_WITHOUT_CHANNEL = Text(
    "Thank you. Your report is on the list of this server's moderators, who haven't chosen a channel for "
    "reports. If it can't wait, please write to one of them."
)
REPORTED_ALREADY = Text("You have already reported this clip.")
REPORTED_TOO_LATE = Text(
    "I can't ask the moderators about this clip: it was deleted, or its member's data was erased. If its "
    "message is still there, please tell a moderator, who can delete it."
)
ERASED_SINCE = Text(
    "Its member has had their data erased since. The message may still be there; **Take down** deletes it."
)
REPORT_TITLE = "Report this clip"
REPORT_LABEL = "What is wrong with it?"
REJECT_TITLE = "Reject this request"
REJECT_LABEL = "Why? The member will see this"
NO_WORD = Text("That word has no letters left once symbols and look-alikes are removed.")
WORD_SET_ALREADY = Text("That word is already set this way.")
WORD_NOT_LISTED = Text("That word is on no list of this server.")
WORDS_FULL = Text("This server's lists are full. `/queue words remove` makes room.")
WORD_FORGOTTEN = Text("That word is no longer on this server's lists.")
NO_WORDS = Text("This server has flagged no words of its own, and allowed none from the base list.")


def newcomer(days: float) -> str:
    """Why a new member's job is held."""
    return say_many("the member joined {n} day ago", "the member joined {n} days ago", round(days))


def nudity(score: float, *, in_clip: bool) -> str:
    """Why a picture or a clip is flagged. ``score``: 0 … 1, how sure the network is."""
    if in_clip:
        return say("nudity in the clip, score {score}", score=decimal(score, 2))
    return say("nudity in the picture, score {score}", score=decimal(score, 2))


def flagged_words(words: Sequence[str]) -> str:
    """Why a request with these words is held."""
    return say("words: {words}", words=", ".join(words[:SHOWN_WORDS]))


def words_refused(words: Sequence[str]) -> str:
    """Why a request with these words is refused."""
    shown = show_prompt(", ".join(words[:SHOWN_WORDS]), 120)
    return say("This server doesn't allow these words: {words}. Please try again without them.", words=shown)


def not_approved(reason: str) -> str:
    """Tells the member that their job was rejected."""
    shown = show_prompt(reason, 300)
    if not shown:
        return say("A moderator did not approve this one. Nothing was charged.")
    return say("A moderator did not approve this one. Nothing was charged. They said: {reason}", reason=shown)


def case(case: Case, recipe: Recipe, reasons: Sequence[str]) -> str:
    """The message of a case that waits for a decision."""
    job = case.job
    lines = [
        _asks(case),
        f"{DOING[recipe.kind]} · {_by_whom(job)} · `{job.id[:6]}`",
    ]
    if prompt := show_prompt(recipe.prompt, SHOWN_PROMPT):
        lines.append(prompt)
    if recipe.helped is not None:
        lines.append(word_help_texts.by_a_helper(recipe.helped))
    if case.kind is CaseKind.REVIEW and job.held_reason:
        lines.append(say("Why: {reason}", reason=show_prompt(job.held_reason, 300)))
    if case.kind is CaseKind.REPORT:
        lines += [
            f"- {show_prompt(reason, 150) or say('no reason given')}" for reason in reasons[:SHOWN_REASONS]
        ]
        if job.message_id is not None:
            lines.append(message_link(job.guild_id, job.channel_id, job.message_id))
        if job.user_id < 0:
            lines.append(str(ERASED_SINCE))
    if not case.with_file:
        lines.append(
            say("-# The file is not attached because it could show abuse. Do what the law requires first.")
        )
    return fit("\n".join(lines))


def _by_whom(job: Job) -> str:
    member = named(job.user_id)
    if job.private:
        return say("by {member}, as a private clip", member=member)
    if job.channel_id == NOWHERE:
        return say("by {member} through the API", member=member)
    return say("by {member} in {channel}", member=member, channel=f"<#{job.channel_id}>")


def _asks(case: Case) -> str:
    if case.kind is CaseKind.REPORT:
        return say_many("🚩 **Reported** by {n} member", "🚩 **Reported** by {n} members", case.reports)
    if case.job.clip_sha256:
        return say("👀 **A finished clip** to review")
    return say("👀 **A request** to review")


def closed_case(case: Case) -> str:
    """The final message of a case, without anything the member wrote."""
    return f"{_what_came(case)} · `{case.job.id[:6]}`"


DECIDED = {
    Decision.APPROVED: Text("✅ Approved"),
    Decision.REJECTED: Text("🚫 Rejected"),
    Decision.DISMISSED: Text("✅ Dismissed; the clip stays"),
    Decision.TAKEN_DOWN: Text("🗑️ Taken down"),
}
DECIDED_BY = {
    Decision.APPROVED: Text("✅ Approved by {member}"),
    Decision.REJECTED: Text("🚫 Rejected by {member}"),
    Decision.DISMISSED: Text("✅ Dismissed by {member}; the clip stays"),
    Decision.TAKEN_DOWN: Text("🗑️ Taken down by {member}"),
}


def _what_came(case: Case) -> str:
    if case.decision is None:
        return _went_on(case.job)
    if case.by_user is None:
        return str(DECIDED[case.decision])
    return say(DECIDED_BY[case.decision], member=named(case.by_user))


def _went_on(job: Job) -> str:
    """What became of a held job without a decision; a report is open until there is one."""
    if job.state is State.CANCELLED:
        return say("🚫 Cancelled before a decision")
    if job.state is State.QUARANTINED:
        return say("⚠️ Set aside before a decision")
    return say("✅ Released before a decision")


WORDS_ARE = {
    "off": Text("not checked", "words"),
    "hold": Text("held for review", "words"),
    "refuse": Text("refused", "words"),
}
PICTURES_ARE = {
    "off": Text("not checked", "pictures"),
    "hold": Text("held for review", "pictures"),
    "spoiler": Text("shown behind a spoiler", "pictures"),
}


def cannot_ask(channel_id: int, permissions: Sequence[str]) -> str:
    """The bot can't post in the channel that was chosen for reviews."""
    return say(
        "I can't ask moderators in {channel} yet. Please give me there: {permissions}. Then try again.",
        channel=f"<#{channel_id}>",
        permissions=permissions_named(permissions),
    )


def rules_page(rules: ReviewRules, missing: Sequence[str] = ()) -> str:
    """The answer of /queue review.

    Args:
        rules: of the server.
        missing: permissions that the bot has not in their channel.
    """
    where = (
        say("moderators are asked in {channel}", channel=f"<#{rules.channel_id}>")
        if rules.channel_id
        else say("no review channel is set; held jobs are listed in `/queue show`")
    )
    newcomers = (
        say_many(
            "Newcomers: held for the first day",
            "Newcomers: held for the first {days} days",
            round(rules.newcomer_days),
            days=number(rules.newcomer_days),
        )
        if rules.newcomer_days
        else say("Newcomers: treated like everyone else")
    )
    lines = [
        f"**{say('Review')}** · {where}",
        *([_nobody_is_asked(missing)] if missing else []),
        newcomers,
        say("Flagged words: {what}", what=WORDS_ARE[rules.words]),
        say("Flagged pictures and clips: {what}", what=PICTURES_ARE[rules.pictures]),
        say(
            "-# Words on the base list are allowed in age-restricted channels. Requests that put someone "
            "young together with something sexual are refused everywhere, whatever you set here."
        ),
    ]
    return "\n".join(lines)


def _nobody_is_asked(missing: Sequence[str]) -> str:
    permissions = permissions_named(missing)
    return say(
        "⚠️ I can't ask there now. Please give me there: {permissions}. Until then, held jobs are listed in "
        "`/queue show`.",
        permissions=permissions,
    )


def not_in_base(word: str) -> str:
    """There is nothing to allow."""
    return say(
        "{word} is not on the base list. If this server's own list flags it, use `/queue words remove`.",
        word=show_prompt(word, 100),
    )


def word_listed(word: str, *, own: bool, looked_for: bool) -> str:
    """A word is on a list of this server. ``looked_for``: this server's review rules act on flagged words."""
    shown = show_prompt(word, 100)
    text = (
        say("{word} is flagged here from now on.", word=shown)
        if own
        else say("{word} is no longer flagged here.", word=shown)
    )
    if looked_for:
        return text
    nothing = say("Nothing happens to flagged words yet: choose what should with `/queue review words:`.")
    return f"{text} {nothing}"


def words_page(own: Sequence[str], allowed: Sequence[str]) -> str:
    """The answer of /queue words list."""
    if not own and not allowed:
        return NO_WORDS
    return "\n".join(f"**{head}**: {_as_many_as_fit(words)}" for head, words in _both(own, allowed))


def words_file(own: Sequence[str], allowed: Sequence[str]) -> str | None:
    """All the words, one in each line, for a file; None where :func:`words_page` shows them all."""
    if all(_fitting(words) == len(words) for words in (own, allowed)):
        return None
    return "\n".join("\n".join([f"# {head}", *words, ""]) for head, words in _both(own, allowed))


def _both(own: Sequence[str], allowed: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    headed = ((say("Flagged here"), own), (say("From the base list, allowed here"), allowed))
    return [(head, words) for head, words in headed if words]


def _as_many_as_fit(words: Sequence[str]) -> str:
    fitting = _fitting(words)
    shown = show_prompt(", ".join(words[:fitting]), LISTED_WORDS // 2)
    return shown if fitting == len(words) else f"{shown} {and_more(len(words) - fitting)}"


def _fitting(words: Sequence[str]) -> int:
    """How many words of a list are shown: commas and the span's marks count, too."""
    ends = itertools.accumulate(len(word) + 2 for word in words)
    return sum(end <= LISTED_WORDS // 2 for end in ends)


def too_many_reports(most: int) -> str:
    """Why a report is not taken."""
    return say_many(
        "You have reported {n} clip here in the last 24 hours, and that is all I take in a day. "
        "If it can't wait, please write to a moderator.",
        "You have reported {n} clips here in the last 24 hours, and that is all I take in a day. "
        "If it can't wait, please write to a moderator.",
        most,
    )
