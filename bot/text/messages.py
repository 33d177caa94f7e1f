"""The texts members read. Short, friendly and exact; no jargon.

Text that came from a member never goes in as it is: prompts pass through
:func:`bot.text.prompts.show_prompt` first.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from bot.forecast import Wait
from bot.text import take_texts
from bot.text.foreign import disarm
from bot.text.prompts import show_prompt
from bot.text.wording import CHOICE, KIND, Text, decimal, in_words, say, say_many, translated
from db.codes import BotCode
from db.jobs.job import Job
from db.jobs.queries import Ahead
from db.states import State
from engine.core.errors import Code
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Recipe
from engine.core.shortages import Shortage

SHOWN_PROMPT = 200
MESSAGE_LIMIT = 2000
"""Characters of one Discord message."""

STAGES = {
    "preparing": Text("getting ready"),
    "drawing": Text("drawing"),
    "checking": Text("checking"),
    "smoothing": Text("smoothing"),
    "encoding": Text("wrapping up"),
}

STATES = {
    State.QUEUED: Text("queued", "state"),
    State.RUNNING: Text("running", "state"),
    State.RENDERED: Text("rendered", "state"),
    State.POSTING: Text("posting", "state"),
    State.DELIVERED: Text("delivered", "state"),
    State.HELD: Text("held", "state"),
    State.CANCELLED: Text("cancelled", "state"),
    State.FAILED: Text("failed", "state"),
    State.QUARANTINED: Text("quarantined", "state"),
    State.REFUSED: Text("refused", "state"),
}


CAUSES: Mapping[str, Text] = {
    Code.MEMORY: Text("There was not enough memory for this clip, even after I used as little as I could."),
    Code.BROKEN: Text("Every take came out broken. Another seed may work better."),
    Code.ELSEWHERE: Text(
        "The server or service that draws with this engine refused the clip, or broke off. "
        "Another engine may be able to draw it."
    ),
    BotCode.MACHINES: Text(
        "Each machine that could draw this clip broke off while it did, again and again. "
        "That is my machines' fault, not yours, and it may go well later."
    ),
    BotCode.CHANNEL: Text(
        "I could bring the finished clip neither here nor to you directly. "
        "I keep it for a few days: get it with `/jobs` or `/mydata export`."
    ),
    BotCode.TOO_LARGE: Text(
        "I couldn't make the clip small enough for this server's upload limit. "
        "I keep it for a few days: get it with `/jobs` or `/mydata export`."
    ),
    BotCode.CLIP: Text("The finished clip went missing on my disk. Please ask for it again."),
    BotCode.POST: Text(
        "Discord refused the finished clip. I keep it for a few days: "
        "get it with `/jobs` or `/mydata export`."
    ),
}
"""By error code. Any other code is our own fault, and its text would help only the owner."""

NOT_YOURS = Text("Only the member who asked for this clip or a moderator can do that.")
ITS_MEMBERS_ALONE = Text("Only the member who asked for this clip can do that.")
NOT_A_MODERATOR = Text(
    "Only moderators can do that. You need Manage Server, or a role chosen by this bot's owner."
)
NOT_FOUND = Text("I can't find that job in this server. It may have been deleted.")
NO_AVATAR = Text("They have no avatar of their own yet, only Discord's default one.")
NO_PICTURE = Text("That message has no picture. Choose a message that has one, or use /animate.")
ONLY_A_STICKER = Text("I can't animate a sticker. Save it as a picture, and give that to /animate.")
ONLY_A_PREVIEW = Text("That picture is only a link's preview. Save the picture, and give it to /animate.")
ONLY_IN_SERVERS = Text("I only work in servers that have added me. Please ask me in a channel of one.")
ONE_AT_A_TIME = Text("One at a time, please. I'm still busy with the last thing you asked for.")
SERVER_IS_BUSY = Text(
    "I'm taking in a lot of requests from this server right now. Please try again in a moment."
)
UNKNOWN_BUTTON = Text("I don't know that button or form any more. Please use a newer message of mine.")
ALREADY_OVER = Text("That job is already over.")
CANCELLED = Text("Cancelled. Nothing was charged.")
STOPPING = Text("Stopping it now.")
NOT_WAITING = Text("That job is no longer waiting.")
DELETED = Text("Deleted.")
NOT_DELETED = Text("Discord didn't let me delete it just now. Please try again in a moment.")
STARTING = Text("I'm still starting up. Please try again in a moment.")
DISK_FULL = Text(
    "My disk is nearly full, so I can't take new requests. The owner of this bot needs to free some space."
)
DATA_GONE = Text(
    "Somebody deleted my data folder while I was running, so I can't take requests. "
    "The owner of this bot needs to put it back or restart me."
)
NO_ROOM_NOW = Text("I couldn't save your request, so it is not in the queue. Please try again in a moment.")
NOT_TAKEN_BEFORE_RESTART = Text("I was restarted before I had taken this. Please ask again.")
NOT_ANSWERED = Text("Discord didn't let me answer you, so nothing was done. Please ask again.")
NOT_ANSWERED_BEFORE_RESTART = Text(
    "I was restarted before I could answer you. If nothing has come of it, please ask again."
)
BEING_RESTARTED = Text("I'm restarting. Please ask again in a minute.")
BANNED = Text("You can't use me in this server. A moderator has blocked you.")
NO_ALLOWANCE = Text("Only some roles can ask for clips here. A moderator of this server can tell you which.")
FORBIDDEN = Text(
    "I won't make that: your prompt mentions someone young, or someone who could be young, "
    "together with something sexual. "
    "If you mean adults, say so: woman, man."
)
INPUT_GONE = Text("A file this clip was made from has been deleted. Please send it again.")
ANY_ENGINE = Text("auto · the best engine here for your request")
NEEDS_A_CLIP = Text("I need a clip to follow. Attach one as the reference.")
NO_FIRST_LOOK = Text("There is no first look left to keep.")
ASKED_AGAIN = Text("That one has already been rerolled.")
NOTHING_YET = Text(
    "You haven't asked for anything yet. Try /animate with a picture, or /text2video with a description."
)
QUEUE_EMPTY = Text("The queue is empty.")
CLOSED_FOR_NOW = Text(
    "A moderator has closed this server's queue for now. I'll finish the clips that are already waiting, "
    "but I can't take new requests. Please come back later."
)
UNSIGNED = Text("not signed")


WAITS_FOR = {
    Shortage.DISK: Text("waiting for room on my disk"),
    Shortage.READ_ONLY: Text("waiting until my disk can be written again"),
    Shortage.STORAGE: Text("waiting for my disk to work again"),
    Shortage.HANDLES: Text("waiting until my machine is less busy"),
    Shortage.PROCESSES: Text("waiting until my machine is less busy"),
    Shortage.MEMORY: Text("waiting for free memory on my machine"),
}
"""How a job stands."""

I_WAIT_FOR = {
    Shortage.DISK: Text("waiting for room on my disk", "I'm …"),
    Shortage.READ_ONLY: Text("waiting until my disk can be written again", "I'm …"),
    Shortage.STORAGE: Text("waiting for my disk to work again", "I'm …"),
    Shortage.HANDLES: Text("waiting until my machine is less busy", "I'm …"),
    Shortage.PROCESSES: Text("waiting until my machine is less busy", "I'm …"),
    Shortage.MEMORY: Text("waiting for free memory on my machine", "I'm …"),
}
"""The same, of the bot itself, in the middle of a sentence. Translations are whole clauses."""


NOTHING_DRAWS_IT = Text("Nothing here can make this right now. The owner of this bot can change that.")


ANOTHER_MACHINE = Text("the machine that can draw it")
"""What a job waits for whose worker is away; members need not know whose it is."""


def not_taken_for_want_of(short: Shortage) -> str:
    """Why a request was not taken: the machine is short of something."""
    return say(
        "I'm {waiting}, so your request is not in the queue. Please ask again in a few minutes.",
        waiting=I_WAIT_FOR[short],
    )


def not_done_for_want_of(short: Shortage) -> str:
    """Why a click or a command had no effect: the machine is short of something."""
    return say(
        "I'm {waiting}, so I couldn't do that. Please try again in a few minutes.", waiting=I_WAIT_FOR[short]
    )


def failed_inside(error_id: str) -> str:
    """Something that is our fault; the id leads the owner to the log."""
    return say("Something broke on my side. Nothing was charged. Error id: `{id}`", id=error_id)


def failed(code: str | None, error_id: str) -> str:
    """Why a job failed: the plain cause if there is one."""
    cause = CAUSES.get(code or "")
    if cause is None:
        return failed_inside(error_id)
    return say("{cause} Nothing was charged. Error id: `{id}`", cause=cause, id=error_id)


def only_engine(name: str) -> str:
    """The owner has decided how such clips are drawn."""
    return say(
        "The owner has chosen “{name}” for all clips like this. Please leave the engine option empty.",
        name=name,
    )


def seconds(value: float) -> str:
    """A length of time in everyday words."""
    if value < 90:  # noqa: PLR2004 - people count in seconds up to a minute and a half
        return say("{n} s", n=max(1, round(value)))
    minutes = value / 60
    if minutes < 90:  # noqa: PLR2004 - and in minutes up to an hour and a half
        return say("{n} min", n=round(minutes))
    return say("{n} h", n=decimal(minutes / 60))


def span(low: float, high: float) -> str:
    """A range of time: “40 to 60 s”."""
    first, last = seconds(low), seconds(high)
    if first == last:
        return first
    figure, space, unit = first.partition(" ")
    if space and last.endswith(space + unit):
        first = figure
    return say("{first} to {last}", first=first, last=last)


def clip_message(
    job: Job, recipe: Recipe, receipt: Receipt, *, signed: bool = True, plain: bool = False
) -> str:
    """The text above the finished clip: the member, the prompt, and the receipt in one small line.

    Args:
        job: the clip's.
        recipe, receipt: how it was made.
        signed: the clip carries a signature.
        plain: without the member's words, which Discord may have refused.
    """
    head = f"<@{job.user_id}>"
    shown = "" if plain else show_prompt(recipe.prompt, SHOWN_PROMPT)
    if shown:
        head += f" {shown}"
    small = receipt_line(receipt, plain=plain) + ("" if signed else f" · {UNSIGNED}")
    if job.chosen_late:
        small += f" · {take_texts.YOU_CHOSE_NONE}"
    return fit(f"{head}\n-# {small}")


def receipt_line(receipt: Receipt, *, plain: bool = False) -> str:
    """What happened, in one small line; ``plain`` as in :func:`clip_message`."""
    parts = [
        say("AI-generated"),
        say("{n} s", n=decimal(receipt.frames / receipt.fps)),
        f"{receipt.width}×{receipt.height}",
    ]
    discarded = [
        take for take in receipt.takes if take.outcome is Outcome.REJECTED and take.number != receipt.kept
    ]
    if receipt.forced:
        parts.append(_best_of(len(receipt.takes), _because(receipt.takes[receipt.kept - 1])))
    elif discarded:
        parts.append(_discarded(len(receipt.takes), len(discarded), _because(discarded[0])))
    elif receipt.takes:
        parts.append(say("1 take"))
    # An engine quotes words of the prompt in “ ”, for example those that the sketch does not know.
    parts += [disarm(note) for note in receipt.ladder if not (plain and "“" in note)]
    parts.append(say("made in {time}", time=seconds(receipt.busy_seconds)))
    return " · ".join(parts)


def _best_of(takes: int, why: str) -> str:
    if not why:
        return say_many(
            "the only take, which wasn't perfect; rerolling is free",
            "best of {n} takes, none was perfect; rerolling is free",
            takes,
        )
    return say_many(
        "the only take, which wasn't perfect: {why}; rerolling is free",
        "best of {n} takes, none was perfect: {why}; rerolling is free",
        takes,
        why=why,
    )


def _discarded(takes: int, discarded: int, why: str) -> str:
    if not why:
        return say("{takes} takes, {discarded} discarded", takes=takes, discarded=discarded)
    return say("{takes} takes, {discarded} discarded: {why}", takes=takes, discarded=discarded, why=why)


def why(
    job: Job,
    *,
    wait: Wait | None,
    ahead: Ahead,
    ahead_seconds: float,
    turn: Job | None,
    named: bool = True,
) -> str:
    """What a job is waiting for, in a sentence or two: what is ahead, whose turn it is, what it costs.

    Args:
        job: the job in question.
        wait: how long it takes.
        ahead: what comes before it.
        ahead_seconds: how long drawing that takes, about.
        turn: the job that is being made now.
        named: whoever asks may know whose it is.
    """
    if job.state is State.RUNNING:
        return say("It is being made right now: {stage}.", stage=STAGES.get(job.stage, STAGES["preparing"]))
    if job.state is State.HELD:
        return say("It is waiting for a moderator to review it. Its place is kept.")
    if job.choosing:
        return str(take_texts.WHY)
    if job.state is not State.QUEUED or wait is None:
        return say("It is not waiting: it is {state}.", state=STATES[job.state])
    cost = say("It will use about {time} of your drawing time.", time=seconds(wait.own))
    ready = span(wait.low, wait.high)
    if wait.position == 1:
        return f"{say('It is next, ready in about {time}.', time=ready)} {cost}"
    sentences = [
        _ahead(ahead, ahead_seconds),
        _whose_turn(job, turn, named=named),
        _standing(job, wait),
        say("It should be ready in about {time}.", time=ready),
        cost,
    ]
    return " ".join(filter(None, sentences))


def _ahead(ahead: Ahead, drawing: float) -> str:
    """How many jobs come before it, and how long drawing them takes, in seconds."""
    own, others = ahead.by_member_self, ahead.elsewhere
    parts = [
        *([say_many("{n} of them your own", "{n} of them your own", own)] if own else []),
        *([say_many("{n} from other servers", "{n} from other servers", others)] if others else []),
    ]
    among = f" ({', '.join(parts)})" if parts else ""
    return say_many(
        "{n} job is ahead of it{among}, about {time} of drawing.",
        "{n} jobs are ahead of it{among}, about {time} of drawing.",
        ahead.jobs,
        among=among,
        time=seconds(drawing),
    )


def _standing(job: Job, wait: Wait) -> str:
    """Why a job has the place it has."""
    if job.priority < 0:
        return say("It is drawn in the background, so it starts when nothing else is waiting.")
    if wait.delay >= 1:
        return say(
            "You or this server used the bot a lot lately, so it counts as if you had asked {time} later; "
            "members who used the bot less may still go ahead of you.",
            time=seconds(wait.delay),
        )
    return say(
        "Its place depends on when you asked; members who used the bot less may still go ahead of you."
    )


def _whose_turn(job: Job, turn: Job | None, *, named: bool) -> str:
    if turn is None:
        return ""
    if turn.guild_id != job.guild_id:
        return say("It is another server's turn now.")
    if turn.user_id == job.user_id:
        return say("It is your turn now.")
    if named:
        return say("It is {member}'s turn now.", member=f"<@{turn.user_id}>")
    return say("It is another member's turn now.")


def quality_choice(name: str, wait: Wait) -> str:
    """One line of the quality list: the wait before the click."""
    named, time = translated(name, CHOICE), seconds(wait.middle)
    if wait.ahead == 0:
        return say("{name} · about {time} now · nobody is ahead", name=named, time=time)
    return say("{name} · about {time} now · {n} ahead", name=named, time=time, n=wait.ahead)


def engine_choice(name: str, about: str) -> str:
    """One line of the engine list."""
    return f"{name} · {in_words(about)}"


def limit_reached(which: str, allowed: float, retry_after: float | None) -> str:
    """Why a request was not accepted, and when to try again."""
    if allowed == 0:
        return str(NO_ALLOWANCE)
    if which == "per_member_day":
        why = say("You have used up your {time} of drawing time for 24 hours.", time=seconds(allowed))
    elif which == "per_member_waiting":
        why = say("You already have {n} waiting. Let one finish, or cancel one with /jobs.", n=allowed)
    elif which == "per_member_hour":
        why = say("That would be more than {n} in an hour.", n=allowed)
    elif which == "per_guild_waiting":
        why = say("This server already has {n} waiting. Please come back in a while.", n=allowed)
    else:
        why = say("My queue is full ({n} waiting). Please come back in a while.", n=allowed)
    return why if retry_after is None else f"{why} {say('Try again in {time}.', time=seconds(retry_after))}"


def job_line(job: Job, recipe: Recipe, position: int | None, *, own: bool = True) -> str:
    """A job in a list.

    Args:
        job, recipe: the job.
        position: its place in the queue; None: it has none.
        own: its member reads the list. Others read nothing of what a private one is about.
    """
    where = _standing_of(job, position)
    shown = show_prompt(recipe.prompt, 60) or say(
        "a picture, {quality}", quality=translated(recipe.quality, CHOICE)
    )
    if job.private and not own:
        shown = f"🔒 {say('private')}"
    return f"`{job.id[:6]}` {where} · {translated(job.kind, KIND)} · {shown}"


def _standing_of(job: Job, position: int | None) -> str:
    """Where a job is: its place while it waits. A forecast may be older than the job's state."""
    if position is not None and job.state is State.QUEUED:
        return f"#{position}"
    if job.state is State.POSTING and job.retry_at is not None:
        return say("waiting to be posted")
    return str(STATES[job.state])


def my_jobs(lines: Sequence[str]) -> str:
    """The answer of /jobs."""
    return fit(f"**{say('Your jobs')}**\n" + "\n".join(lines))


def list_page(above: Sequence[str], lines: Sequence[str], below: Sequence[str] = (), *, more: int = 0) -> str:
    """A list as one message: what doesn't fit, and what was not looked up, is counted.

    Args:
        above: lines that stand over the list.
        lines: the list.
        below: lines that stand under it.
        more: entries that follow those.
    """
    room = MESSAGE_LIMIT - size_of((*above, *below))
    return fit("\n".join([*above, *listed(lines, room=room, more=more), *below]))


def listed(lines: Sequence[str], *, room: int, more: int = 0) -> list[str]:
    """As many lines as fit into so many characters, and then how many are left out; ``more``: behind them."""
    if not more and size_of(lines) <= room:
        return list(lines)
    room -= size_of([and_more(len(lines) + more)])
    kept = [line for line, end in zip(lines, _ends(lines), strict=True) if end <= room]
    return [*kept, and_more(len(lines) - len(kept) + more)]


def size_of(lines: Sequence[str]) -> int:
    """Characters of lines, with the break behind each."""
    return max(_ends(lines), default=0)


def _ends(lines: Sequence[str]) -> list[int]:
    return list(itertools.accumulate(len(line) + 1 for line in lines))


def and_more(count: int) -> str:
    """How many entries a list leaves out."""
    return say("… and {n} more", n=count)


def fit(text: str) -> str:
    """Cut a text to the length of one message, visibly."""
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 2] + " …"


def _because(take: TakeRecord) -> str:
    return disarm(take.reasons[0]) if take.reasons else ""
