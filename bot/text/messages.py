"""The texts members read. Short, friendly and exact; no jargon.

Text that came from a member never goes in as it is: prompts pass through
:func:`bot.text.prompts.show_prompt` first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.forecast import Wait
from bot.text import clip_texts, take_texts
from bot.text.foreign import disarm
from bot.text.prompts import show_prompt
from db.jobs.job import Job
from db.jobs.queries import Ahead
from db.moderation.actions import SET_ASIDE
from db.states import State, is_outside
from engine.core.receipt import Outcome, Receipt, TakeRecord
from engine.core.recipe import Kind, Recipe
from engine.core.shortages import Shortage

BAR_LENGTH = 12
SHOWN_PROMPT = 200
MESSAGE_LIMIT = 2000
"""Characters of one Discord message."""

STAGES = {
    "preparing": "getting ready",
    "drawing": "drawing",
    "checking": "checking",
    "smoothing": "smoothing",
    "encoding": "wrapping up",
}

DOING = {
    Kind.ANIMATE: "Animating a picture",
    Kind.TEXT2VIDEO: "Turning words into a clip",
    Kind.RESTYLE: "Restyling a clip",
    Kind.UPSCALE: clip_texts.UPSCALING,
}

KEPT = "I keep it for a few days: get it with `/jobs` or `/mydata export`."
CAUSES = {
    "E_MEMORY": "There was not enough memory for this clip, even after I used as little as I could.",
    "E_BROKEN": "Every take came out broken. Another seed may work better.",
    "E_ELSEWHERE": "The server or service that draws with this engine refused the clip, or broke off. "
    "Another engine may be able to draw it.",
    "E_CHANNEL": f"I could bring the finished clip neither here nor to you directly. {KEPT}",
    "E_TOO_LARGE": f"I couldn't make the clip small enough for this server's upload limit. {KEPT}",
    "E_CLIP": "The finished clip went missing on my disk. Please ask for it again.",
    "E_POST": f"Discord refused the finished clip. {KEPT}",
}
"""By error code. Any other code is our own fault, and its text would help only the owner."""

NOT_YOURS = "Only the member who asked for this clip or a moderator can do that."
NOT_A_MODERATOR = "Only moderators can do that. You need Manage Server, or a role chosen by this bot's owner."
NOT_FOUND = "I can't find that job in this server. It may have been deleted."
NO_AVATAR = "They have no avatar of their own yet, only Discord's default one."
NO_PICTURE = "That message has no picture. Choose a message that has one, or use /animate."
ONLY_A_STICKER = "I can't animate a sticker. Save it as a picture, and give that to /animate."
ONLY_A_PREVIEW = "That picture is only a link's preview. Save the picture, and give it to /animate."
ONLY_IN_SERVERS = "I only work in servers that have added me. Please ask me in a channel of one."
ONE_AT_A_TIME = "One at a time, please. I'm still busy with the last thing you asked for."
SERVER_IS_BUSY = "I'm taking in a lot of requests from this server right now. Please try again in a moment."
UNKNOWN_BUTTON = "I don't know that button or form any more. Please use a newer message of mine."
ALREADY_OVER = "That job is already over."
CANCELLED = "Cancelled. Nothing was charged."
STOPPING = "Stopping it now."
NOT_WAITING = "That job is no longer waiting."
DELETED = "Deleted."
NOT_DELETED = "Discord didn't let me delete it just now. Please try again in a moment."
STARTING = "I'm still starting up. Please try again in a moment."
MAY_NOT_POST = (
    "I'm not allowed to post files in this channel. A moderator can give me the permissions: "
    "View Channel, Send Messages, Attach Files."
)
DISK_FULL = (
    "My disk is nearly full, so I can't take new requests. The owner of this bot needs to free some space."
)
DATA_GONE = (
    "Somebody deleted my data folder while I was running, so I can't take requests. "
    "The owner of this bot needs to put it back or restart me."
)
NO_ROOM_NOW = "I couldn't save your request, so it is not in the queue. Please try again in a moment."
NOT_TAKEN_BEFORE_RESTART = "I was restarted before I had taken this. Please ask again."
NOT_ANSWERED = "Discord didn't let me answer you, so nothing was done. Please ask again."
NOT_ANSWERED_BEFORE_RESTART = (
    "I was restarted before I could answer you. If nothing has come of it, please ask again."
)
BEING_RESTARTED = "I'm restarting. Please ask again in a minute."
BANNED = "You can't use me in this server. A moderator has blocked you."
NO_ALLOWANCE = "Only some roles can ask for clips here. A moderator of this server can tell you which."
FORBIDDEN = (
    "I won't make that: your prompt mentions someone young, or someone who could be young, "
    "together with something sexual. "
    "If you mean adults, say so: woman, man."
)
INPUT_GONE = "A file this clip was made from has been deleted. Please send it again."
ANY_ENGINE = "auto · the best engine here for your request"
NEEDS_A_CLIP = "I need a clip to follow. Attach one as the reference."
NO_FIRST_LOOK = "There is no first look left to keep."
ASKED_AGAIN = "That one has already been rerolled."
NOTHING_YET = (
    "You haven't asked for anything yet. Try /animate with a picture, or /text2video with a description."
)
QUEUE_EMPTY = "The queue is empty."
QUEUE_PAUSED = "⏸️ A moderator has paused this server's queue. Your place is kept."
CONTINUED = "I was restarted; nothing was lost"
CLOSED_FOR_NOW = (
    "A moderator has closed this server's queue for now. I'll finish the clips that are already waiting, "
    "but I can't take new requests. Please come back later."
)
SET_ASIDE_BY_A_MODERATOR = "A moderator has set this one aside. Nothing was charged."
UNDER_REVIEW = "👀 waiting for a moderator to review it; your place is kept"
FIRST_LOOK = "👀 a rough first look: keep it, reroll with another seed, or stop"
UNSIGNED = "not signed"
WAITING_FOR_CHANNEL = "The clip is ready, but I can't post here right now. I'll keep trying."


WAITS_FOR = {
    Shortage.DISK: "waiting for room on my disk",
    Shortage.READ_ONLY: "waiting until my disk can be written again",
    Shortage.STORAGE: "waiting for my disk to work again",
    Shortage.HANDLES: "waiting until my machine is less busy",
    Shortage.PROCESSES: "waiting until my machine is less busy",
    Shortage.MEMORY: "waiting for free memory on my machine",
}


def waits_for(recipe: Recipe, short: Shortage) -> str:
    """The status of a job that waits for something the machine is short of."""
    return f"{title(recipe)}\n⏳ {WAITS_FOR[short]}; it goes on by itself, and nothing is charged meanwhile"


NOTHING_DRAWS_IT = "Nothing here can make this right now. The owner of this bot can change that."


def waits_for_gpu(recipe: Recipe, until: datetime | None) -> str:
    """The status of a job for which the owner uses all graphics cards otherwise.

    Args:
        recipe: the job's.
        until: when the first of them draws again; None: nobody knows.
    """
    when = "" if until is None else f" until <t:{round(until.timestamp())}:t>"
    return (
        f"{title(recipe)}\n⏳ waiting: the graphics card is needed for something else{when}; it goes on by "
        "itself, and nothing is charged meanwhile"
    )


ANOTHER_MACHINE = "the machine that can draw it"
"""What a job waits for whose worker is away; members need not know whose it is."""


def waits_for_server(recipe: Recipe, where: str) -> str:
    """The status of a job whose server or service can't be reached.

    Args:
        recipe: the job's.
        where: what draws it, as its owner calls it.
    """
    return (
        f"{title(recipe)}\n⏳ waiting for {disarm(where)}, which can't be reached right now; it goes on by "
        "itself, and nothing is charged meanwhile"
    )


def not_taken_for_want_of(short: Shortage) -> str:
    """Why a request was not taken: the machine is short of something."""
    return f"I'm {WAITS_FOR[short]}, so your request is not in the queue. Please ask again in a few minutes."


def not_done_for_want_of(short: Shortage) -> str:
    """Why a click or a command had no effect: the machine is short of something."""
    return f"I'm {WAITS_FOR[short]}, so I couldn't do that. Please try again in a few minutes."


def failed_inside(error_id: str) -> str:
    """Something that is our fault; the id leads the owner to the log."""
    return f"Something broke on my side. Nothing was charged. Error id: `{error_id}`"


def failed(code: str | None, error_id: str) -> str:
    """Why a job failed: the plain cause if there is one."""
    cause = CAUSES.get(code or "")
    if cause is None:
        return failed_inside(error_id)
    return f"{cause} Nothing was charged. Error id: `{error_id}`"


def only_engine(name: str) -> str:
    """The owner has decided how such clips are drawn."""
    return f"The owner has chosen “{name}” for all clips like this. Please leave the engine option empty."


def seconds(value: float) -> str:
    """A length of time in everyday words."""
    if value < 90:  # noqa: PLR2004 - people count in seconds up to a minute and a half
        return f"{max(1, round(value))} s"
    minutes = value / 60
    if minutes < 90:  # noqa: PLR2004 - and in minutes up to an hour and a half
        return f"{round(minutes)} min"
    return f"{minutes / 60:.1f} h"


def span(low: float, high: float) -> str:
    """A range of time: “40 to 60 s”."""
    first, last = seconds(low), seconds(high)
    if first == last:
        return first
    if first.split()[1] == last.split()[1]:
        return f"{first.split()[0]} to {last}"
    return f"{first} to {last}"


def ready_in(low: float, high: float) -> str:
    """When a clip should be ready."""
    return f"ready in about {span(low, high)}"


def title(recipe: Recipe) -> str:
    """What was asked for, in one line."""
    shown = show_prompt(recipe.prompt, SHOWN_PROMPT)
    doing = DOING[recipe.kind]
    if recipe.only_remade:
        doing = clip_texts.LOOPING if recipe.loop else clip_texts.SLOWING
    elif recipe.before is not None and recipe.kind is not Kind.UPSCALE:
        doing = clip_texts.EXTENDING
    return f"🎬 **{doing}**" + (f": {shown}" if shown else "")


def bar(fraction: float) -> str:
    """A share of one, drawn."""
    full = round(max(0.0, min(1.0, fraction)) * BAR_LENGTH)
    return "▰" * full + "▱" * (BAR_LENGTH - full)


def waiting(recipe: Recipe, wait: Wait, *, paused: bool, restarted: bool, defaults: str = "") -> str:
    """The status of a job that waits."""
    lines = [title(recipe)]
    if paused:
        lines.append(QUEUE_PAUSED)
    else:
        place = "you are next" if wait.position == 1 else f"#{wait.position} in the queue"
        lines.append(f"🕒 waiting · {place} · {ready_in(wait.low, wait.high)}")
    if defaults:
        lines.append(defaults)
    if restarted:
        lines.append(f"-# {CONTINUED}")
    return "\n".join(lines)


def running(recipe: Recipe, stage: str, fraction: float, take: int, *, asks: bool = False) -> str:
    """The status of a job that is being drawn.

    Args:
        recipe: what is drawn.
        stage: which part of the work is being done.
        fraction: of the stage, 0 … 1.
        take: from 1.
        asks: the message shows a first look, with buttons.
    """
    named = STAGES.get(stage, "getting ready")
    share = f" {round(fraction * 100)} %" if stage in {"drawing", "smoothing", "encoding"} else ""
    line = f"🎨 {named}{share}  {bar(overall(stage, fraction))}"
    if take > 1:
        line += f"\n-# polishing (take {take}): the last one wasn't good enough to show"
    if asks:
        line += f"\n-# {FIRST_LOOK}"
    return f"{title(recipe)}\n{line}"


def uploading(recipe: Recipe) -> str:
    """The status of a job whose clip is being uploaded."""
    return f"{title(recipe)}\n📤 uploading  {bar(1.0)}"


def under_review(recipe: Recipe) -> str:
    """The status of a job that waits for a moderator."""
    return f"{title(recipe)}\n{UNDER_REVIEW}"


def held_back(recipe: Recipe) -> str:
    """The status of a clip that is ready but can't be posted yet."""
    return f"{title(recipe)}\n📦 {WAITING_FOR_CHANNEL}"


def message_link(guild: int, channel: int, message: int) -> str:
    """The address of a message, as Discord's own programs write it."""
    return f"https://discord.com/channels/{'@me' if is_outside(guild) else guild}/{channel}/{message}"


def over(job: Job, recipe: Recipe) -> str:
    """The final text of a status message."""
    if job.state is State.DELIVERED:
        if job.message_id is None:
            return f"{title(recipe)}\n✅ done"
        return f"✅ {message_link(job.guild_id, job.channel_id, job.message_id)}"
    if job.state is State.CANCELLED:
        seen = job.takes and job.choose_until is not None
        return f"{title(recipe)}\n🚫 {take_texts.CANCELLED_AFTER_SEEING if seen else CANCELLED}"
    return fit(f"{title(recipe)}\n⚠️ {why_no_clip(job)}")


def why_no_clip(job: Job) -> str:
    """Why a job ended without a clip, although nobody cancelled it."""
    if job.state is State.QUARANTINED and job.error_code == SET_ASIDE:
        return SET_ASIDE_BY_A_MODERATOR
    if job.state is State.QUARANTINED:
        return f"{_why_set_aside(job)} Nothing was charged. A moderator can bring it back: `{job.id}`"
    return job.error_text or failed(job.error_code, job.error_id or job.id)


def _why_set_aside(job: Job) -> str:
    """What is known: an engine that ended is not always the job's doing."""
    times = f"{job.stumbles} times" if job.stumbles > 1 else "once"
    if job.crashes:
        return f"My engine stopped {times} while it drew this, so I set it aside."  # perhaps it was alone
    return f"I was interrupted {times} while this was drawn, and other clips went well, so I set it aside."


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
    parts = ["AI-generated", f"{receipt.frames / receipt.fps:.1f} s", f"{receipt.width}×{receipt.height}"]
    discarded = [
        take for take in receipt.takes if take.outcome is Outcome.REJECTED and take.number != receipt.kept
    ]
    if receipt.forced:
        why = _because(receipt.takes[receipt.kept - 1])
        parts.append(f"best of {len(receipt.takes)} takes, none was perfect{why}; rerolling is free")
    elif discarded:
        parts.append(f"{len(receipt.takes)} takes, {len(discarded)} discarded{_because(discarded[0])}")
    elif receipt.takes:
        parts.append("1 take")
    # An engine quotes words of the prompt in “ ”, for example those that the sketch does not know.
    parts += [disarm(note) for note in receipt.ladder if not (plain and "“" in note)]
    parts.append(f"made in {seconds(receipt.busy_seconds)}")
    return " · ".join(parts)


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
        return f"It is being made right now: {STAGES.get(job.stage, 'getting ready')}."
    if job.state is State.HELD:
        return "It is waiting for a moderator to review it. Its place is kept."
    if job.choosing:
        return take_texts.WHY
    if job.state is not State.QUEUED or wait is None:
        return f"It is not waiting: it is {job.state}."
    cost = f"It will use about {seconds(wait.own)} of your drawing time."
    ready = f"ready in about {span(wait.low, wait.high)}"
    if wait.position == 1:
        return f"It is next, {ready}. {cost}"
    count = f"{ahead.jobs} {'job is' if ahead.jobs == 1 else 'jobs are'} ahead of it"
    own = [f"{ahead.by_member_self} of them your own"] if ahead.by_member_self else []
    others = [f"{ahead.elsewhere} from other servers"] if ahead.elsewhere else []
    among = f" ({', '.join(own + others)})" if own or others else ""
    return (
        f"{count}{among}, about {seconds(ahead_seconds)} of drawing. {_whose_turn(job, turn, named=named)}"
        f"{_standing(job, wait)} It should be {ready}. {cost}"
    )


def _standing(job: Job, wait: Wait) -> str:
    """Why a job has the place it has."""
    if job.priority < 0:
        return "It is drawn in the background, so it starts when nothing else is waiting."
    place = "Its place depends on when you asked"
    if wait.delay >= 1:
        place = (
            f"You or this server used the bot a lot lately, so it counts as if you had asked "
            f"{seconds(wait.delay)} later"
        )
    return f"{place}; members who used the bot less may still go ahead of you."


def _whose_turn(job: Job, turn: Job | None, *, named: bool) -> str:
    if turn is None:
        return ""
    if turn.guild_id != job.guild_id:
        return "It is another server's turn now. "
    if turn.user_id == job.user_id:
        return "It is your turn now. "
    return f"It is <@{turn.user_id}>'s turn now. " if named else "It is another member's turn now. "


def quality_choice(name: str, wait: Wait) -> str:
    """One line of the quality list: the wait before the click."""
    queue = "nobody is ahead" if wait.ahead == 0 else f"{wait.ahead} ahead"
    return f"{name} · about {seconds(wait.middle)} now · {queue}"


def engine_choice(name: str, about: str) -> str:
    """One line of the engine list."""
    return f"{name} · {about}"


def limit_reached(which: str, allowed: float, retry_after: float | None) -> str:
    """Why a request was not accepted, and when to try again."""
    again = "" if retry_after is None else f" Try again in {seconds(retry_after)}."
    if allowed == 0:
        return NO_ALLOWANCE
    if which == "per_member_day":
        return f"You have used up your {seconds(allowed)} of drawing time for 24 hours.{again}"
    if which == "per_member_waiting":
        return f"You already have {allowed} waiting. Let one finish, or cancel one with /jobs.{again}"
    if which == "per_member_hour":
        return f"That would be more than {allowed} in an hour.{again}"
    if which == "per_guild_waiting":
        return f"This server already has {allowed} waiting. Please come back in a while.{again}"
    return f"My queue is full ({allowed} waiting). Please come back in a while.{again}"


def job_line(job: Job, recipe: Recipe, position: int | None) -> str:
    """A job in a list."""
    where = f"#{position}" if position is not None else str(job.state)
    shown = show_prompt(recipe.prompt, 60) or f"a picture, {recipe.quality}"
    return f"`{job.id[:6]}` {where} · {job.kind} · {shown}"


def my_jobs(lines: Sequence[str]) -> str:
    """The answer of /jobs."""
    return fit("**Your jobs**\n" + "\n".join(lines))


def fit(text: str) -> str:
    """Cut a text to the length of one message, visibly."""
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 2] + " …"


def overall(stage: str, fraction: float) -> float:
    """The share of the whole render, from the share of a stage. Drawing is most of the wait."""
    begins = {"preparing": 0.0, "drawing": 0.05, "checking": 0.7, "smoothing": 0.75, "encoding": 0.92}
    ends = {"preparing": 0.05, "drawing": 0.7, "checking": 0.75, "smoothing": 0.92, "encoding": 1.0}
    if stage not in begins:
        return 0.0
    return begins[stage] + (ends[stage] - begins[stage]) * fraction


def _because(take: TakeRecord) -> str:
    return f": {disarm(take.reasons[0])}" if take.reasons else ""
