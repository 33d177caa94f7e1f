"""Texts about the showcase and contests."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.foreign import disarm
from bot.text.wording import Text, ago, say, say_as, say_many
from engine.core.foreign_text import visible
from engine.core.sight import Shows, Sight

NO_SHOWCASE = Text("This server has no showcase. Choose a channel with `/queue showcase channel`.")
SHOWCASE_OFF = Text("The showcase is off. What was posted stays.")
NO_BEST = Text("No clip of the last seven days has a star of another member and may be shown.")
REEL_COMES = Text("The reel is being made. It will be in the channel in a minute or two.")
REEL_ONCE = Text("That reel was made already; the next one can be made in an hour.")
WEEK = Text("**The best clips of the week**, by your stars ⭐")

ONE_CONTEST = Text(
    "There is a contest in this server already. It ends by itself, or with `/queue showcase contest-end`."
)
NO_THEME = Text("That theme has nothing that can be read. Please say what the clips shall be about.")
CONTEST_BEGINS = Text("The contest has begun; its announcement follows.")
NOT_ANNOUNCED = Text(
    "The contest has begun, but I may not write in this channel, so nobody can enter. End it with "
    "`/queue showcase contest-end`, and start it where I may."
)
NO_CONTEST = Text("There is no contest in this server now.")
ENDS_NOW = Text("The contest ends now. The winner will be announced in its channel.")
NO_ENTRY_POSSIBLE = Text(
    "You have no clip here that can enter: it has to be posted in a channel that everybody sees, without a "
    "spoiler, and still be there. Make one, then press *Enter* again."
)
HIDDEN_ENTRY = Text(
    "You chose that your clips are shown nowhere, so they can't enter a contest, and one that has entered "
    "isn't shown. `/mydata gallery clips:` changes that."
)
CHOOSE_ENTRY = Text(
    "Which of your latest clips shall enter? The one that you entered before is replaced, with its votes."
)
ENTERED = Text("Your clip is in. You can replace it until the contest ends. Nobody sees whose it is before.")
VOTED = Text("Your vote is in. You can change it until the contest ends.")
OWN_ENTRY = Text("That is your own clip. Vote for another one.")
UNFIT_ENTRY = Text("That clip can't be shown here any more.")
NO_ENTRIES = Text("There is no clip to vote for now.")

PICTURES_OF = {
    Shows.PAGE: Text("picture of a page", "entry"),
    Shows.PORTRAIT: Text("picture of a person", "entry"),
    Shows.GROUP: Text("picture of people", "entry"),
    Shows.ANIMAL: Text("picture of an animal", "entry"),
    Shows.VEHICLE: Text("picture of a vehicle", "entry"),
    Shows.PRODUCT: Text("picture of a thing", "entry"),
}
"""What a clip without words is called in a menu, by what was seen in its picture."""

PICTURE_WITH_TEXT = Text("picture with text", "entry")
OF_A_PICTURE = Text("from a picture", "entry")
LONGEST_LABEL = 80
LONGEST_WORDS = 50
"""Characters of a label, which is Discord's limit, and of the clip's words in it."""

NO_TAG = Text(
    "That forum wants a tag on each post, and has none that I may use. Please add a tag *Reel* that is not "
    "for moderators alone, then try again."
)
PERMISSIONS = {
    "view_channel": Text("View Channel", "permission"),
    "send_messages": Text("Send Messages", "permission"),
    "send_messages_in_threads": Text("Send Messages in Threads", "permission"),
    "attach_files": Text("Attach Files", "permission"),
    "read_message_history": Text("Read Message History", "permission"),
}
"""By the names of :class:`discord.Permissions`. In a forum, *Send Messages* stands for making posts."""


def showcase_set(channel_id: int) -> str:
    """Where the reels go."""
    return say(
        "Done: each Monday, the best clips of the week go to {channel}, if any got stars.",
        channel=f"<#{channel_id}>",
    )


def reel_title(of: str) -> str:
    """The title of a reel's post in a forum; ``of``: a week or an hour, as “2026-W48”."""
    return say("The best clips · {time}", time=disarm(of))


def showcase_needs(channel_id: int, permissions: Sequence[str]) -> str:
    """The bot can't post in the channel that was chosen."""
    return say(
        "I can't post reels in {channel} yet. Please give me there: {permissions}. Then try again.",
        channel=f"<#{channel_id}>",
        permissions=permissions_named(permissions),
    )


def may_not_post(permissions: Sequence[str]) -> str:
    """Why nothing is drawn for a channel that the clip could not be posted in."""
    return say(
        "I'm not allowed to post files in this channel. A moderator can give me the permissions: "
        "{permissions}.",
        permissions=permissions_named(permissions),
    )


def permissions_named(names: Sequence[str]) -> str:
    """Permissions as Discord's client calls them."""
    return ", ".join(f"*{PERMISSIONS.get(name) or disarm(name)}*" for name in names)


def credit(place: int, member: int, stars: int, message: tuple[int, int, int]) -> str:
    """Who made a clip of a reel, how many stars it has, and where it is: server, channel, message."""
    counted = f" · {stars} ⭐" if stars else ""
    return f"{place}. <@{member}>{counted} · {_link(message)}"


def one_after_the_other(clips: int) -> str:
    """What a reel shows, for those who can't see it."""
    return say_many("{n} clip", "{n} clips, one after the other", clips)


def contest(theme: str, until: float) -> str:
    """A contest begins; everybody reads it."""
    return say(
        "🏆 **Contest: {theme}**\nMake a clip, then press *{enter}*. Press *{vote}* to see all entries, "
        "without names, and give your one vote. It ends {time}.",
        theme=disarm(theme),
        enter=say_as("button", "Enter"),
        vote=say_as("button", "Vote"),
        time=f"<t:{until:.0f}:R>",
    )


def ballot(place: int, count: int) -> str:
    """One entry, as it is shown to a member who votes."""
    return say("Entry {place} of {count}", place=place, count=count)


def full(most: int) -> str:
    """No more entries."""
    return say_many(
        "This contest has {n} entry, the most it can have.",
        "This contest has {n} entries, the most it can have.",
        most,
    )


def results(theme: str, winners: Sequence[int], votes: int, entries: int) -> str:
    """How a contest ended. Winners are members; several of them have as many votes as each other."""
    head = say("🏆 **The contest “{theme}” is over.**", theme=disarm(theme))
    return f"{head} {_winners(winners, votes, entries)}"


def _winners(winners: Sequence[int], votes: int, entries: int) -> str:
    if not entries:
        return say("Nobody entered a clip.")
    if not votes:
        return say("Nobody voted, so it has no winner.")
    names = ", ".join(f"<@{member}>" for member in winners)
    if len(winners) == 1:
        return say_many(
            "{member} wins with {n} vote. Congratulations!",
            "{member} wins with {n} votes. Congratulations!",
            votes,
            member=names,
        )
    return say_many(
        "It is a tie: {members} have {n} vote each. Congratulations to all of them!",
        "It is a tie: {members} have {n} votes each. Congratulations to all of them!",
        votes,
        members=names,
    )


def entry_choice(number: int, prompt: str, seen: Sight | None, age: float) -> str:
    """The label of a button that enters a clip: its words, else what was seen in its picture; and its age.

    Args:
        number: its place in the list.
        prompt: its words.
        seen: what the eyes saw in the picture that it is made from; None: they saw nothing, or didn't look.
        age: seconds since it was posted.
    """
    if prompt:
        what = visible(" ".join(prompt.split()), LONGEST_WORDS)  # a label draws no markup
    elif seen is None or (seen.shows is None and not seen.letters):
        what = str(OF_A_PICTURE)
    else:
        what = str(PICTURE_WITH_TEXT if seen.shows is None else PICTURES_OF[seen.shows])
    return f"{number}. {what} · {ago(age)}"[:LONGEST_LABEL]


def choose_entry(clips: Sequence[tuple[int, int, int]]) -> str:
    """The question above the buttons, with a link to each clip in their order: server, channel, message."""
    links = (f"{number}. {_link(message)}" for number, message in enumerate(clips, 1))
    return "\n".join([str(CHOOSE_ENTRY), *links])


def _link(message: tuple[int, int, int]) -> str:
    """The address of a message: server, channel, message."""
    return "https://discord.com/channels/" + "/".join(str(part) for part in message)
