"""The status of a job, as its message tells it from the first word to the last."""

from __future__ import annotations

from datetime import datetime

from bot.forecast import Wait
from bot.text import clip_texts, take_texts
from bot.text.foreign import disarm
from bot.text.messages import CANCELLED, SHOWN_PROMPT, STAGES, WAITS_FOR, failed, fit, span
from bot.text.prompts import show_prompt
from bot.text.wording import Text, say, say_many, translated
from db.codes import BotCode
from db.jobs.job import Job
from db.states import State, is_outside
from engine.core.recipe import Kind, Recipe
from engine.core.shortages import Shortage

BAR_LENGTH = 12
DOING = {
    Kind.ANIMATE: Text("Animating a picture"),
    Kind.TEXT2VIDEO: Text("Turning words into a clip"),
    Kind.RESTYLE: Text("Restyling a clip"),
    Kind.UPSCALE: clip_texts.UPSCALING,
}
QUEUE_PAUSED = Text("⏸️ A moderator has paused this server's queue. Your place is kept.")
CONTINUED = Text("I was restarted; nothing was lost")
SET_ASIDE_BY_A_MODERATOR = Text("A moderator has set this one aside. Nothing was charged.")
UNDER_REVIEW = Text("👀 waiting for a moderator to review it; your place is kept")
FIRST_LOOK = Text("👀 a rough first look: keep it, reroll with another seed, or stop")
WAITING_FOR_CHANNEL = Text("The clip is ready, but I can't post here right now. I'll keep trying.")


def waits_for(recipe: Recipe, short: Shortage) -> str:
    """The status of a job that waits for something the machine is short of."""
    goes_on = say(
        "{waiting}; it goes on by itself, and nothing is charged meanwhile", waiting=WAITS_FOR[short]
    )
    return f"{title(recipe)}\n⏳ {goes_on}"


def waits_for_gpu(recipe: Recipe, until: datetime | None) -> str:
    """The status of a job for which the owner uses all graphics cards otherwise.

    Args:
        recipe: the job's.
        until: when the first of them draws again; None: nobody knows.
    """
    if until is None:
        waits = say(
            "waiting: the graphics card is needed for something else; it goes on by itself, and nothing is "
            "charged meanwhile"
        )
    else:
        waits = say(
            "waiting: the graphics card is needed for something else until {time}; it goes on by itself, and "
            "nothing is charged meanwhile",
            time=f"<t:{round(until.timestamp())}:t>",
        )
    return f"{title(recipe)}\n⏳ {waits}"


def waits_for_server(recipe: Recipe, where: str) -> str:
    """The status of a job whose server or service can't be reached.

    Args:
        recipe: the job's.
        where: what draws it, as its owner calls it.
    """
    waits = say(
        "waiting for {where}, which can't be reached right now; it goes on by itself, and nothing is charged "
        "meanwhile",
        where=disarm(where),
    )
    return f"{title(recipe)}\n⏳ {waits}"


def waits_for_engine(recipe: Recipe) -> str:
    """The status of a job for which no engine starts."""
    waits = say(
        "waiting: what draws this clip doesn't start right now, and the owner of this bot can mend that; it "
        "goes on by itself then, and nothing is charged meanwhile"
    )
    return f"{title(recipe)}\n⏳ {waits}"


def ready_in(low: float, high: float) -> str:
    """When a clip should be ready."""
    return say("ready in about {time}", time=span(low, high))


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
        lines.append(str(QUEUE_PAUSED))
    else:
        place = (
            say("you are next") if wait.position == 1 else say("#{place} in the queue", place=wait.position)
        )
        lines.append(f"🕒 {say('waiting')} · {place} · {ready_in(wait.low, wait.high)}")
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
    named = STAGES.get(stage, STAGES["preparing"])
    share = f" {round(fraction * 100)} %" if stage in {"drawing", "smoothing", "encoding"} else ""
    line = f"🎨 {named}{share}  {bar(overall(stage, fraction))}"
    if take > 1:
        polishing = say("polishing (take {take}): the last one wasn't good enough to show", take=take)
        line += f"\n-# {polishing}"
    if asks:
        line += f"\n-# {FIRST_LOOK}"
    return f"{title(recipe)}\n{line}"


def uploading(recipe: Recipe) -> str:
    """The status of a job whose clip is being uploaded."""
    return f"{title(recipe)}\n📤 {say('uploading')}  {bar(1.0)}"


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
            return f"{title(recipe)}\n✅ {say('done')}"
        return f"✅ {message_link(job.guild_id, job.channel_id, job.message_id)}"
    if job.state is State.CANCELLED:
        seen = job.takes and job.choose_until is not None
        return f"{title(recipe)}\n🚫 {take_texts.CANCELLED_AFTER_SEEING if seen else CANCELLED}"
    return fit(f"{title(recipe)}\n⚠️ {why_no_clip(job)}")


def why_no_clip(job: Job) -> str:
    """Why a job ended without a clip, although nobody cancelled it."""
    if job.state is State.QUARANTINED and job.error_code == BotCode.SET_ASIDE:
        return str(SET_ASIDE_BY_A_MODERATOR)
    if job.state is State.QUARANTINED:
        return say(
            "{why} Nothing was charged. A moderator can bring it back: `{job}`",
            why=_why_set_aside(job),
            job=job.id,
        )
    if job.error_text:
        return translated(job.error_text)
    return failed(job.error_code, job.error_id or job.id)


def _why_set_aside(job: Job) -> str:
    """What is known: an engine that ended is not always the job's doing."""
    if job.crashes:  # perhaps it was alone
        return say_many(
            "My engine stopped once while it drew this, so I set it aside.",
            "My engine stopped {n} times while it drew this, so I set it aside.",
            max(1, job.stumbles),
        )
    return say_many(
        "I was interrupted once while this was drawn, and other clips went well, so I set it aside.",
        "I was interrupted {n} times while this was drawn, and other clips went well, so I set it aside.",
        max(1, job.stumbles),
    )


def overall(stage: str, fraction: float) -> float:
    """The share of the whole render, from the share of a stage. Drawing is most of the wait."""
    begins = {"preparing": 0.0, "drawing": 0.05, "checking": 0.7, "smoothing": 0.75, "encoding": 0.92}
    ends = {"preparing": 0.05, "drawing": 0.7, "checking": 0.75, "smoothing": 0.92, "encoding": 1.0}
    if stage not in begins:
        return 0.0
    return begins[stage] + (ends[stage] - begins[stage]) * fraction
