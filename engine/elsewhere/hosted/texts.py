"""What members read about hosted takes."""

from __future__ import annotations

from engine.elsewhere.hosted.money import shown
from engine.elsewhere.hosted.purchase import Cause

BUDGET_SPENT = (
    "Today's money for clips made at {where} is spent. It is there again at 00:00 UTC. Nothing was charged."
)
NOT_ALLOWED = "This server, or you, no longer agreed to send this to {where}, so nothing was sent."
LOST = (
    "{where} didn't answer, so I don't know whether it made your clip. I don't ask twice, because it could "
    "be paid for twice. Please ask for a new clip."
)
NO_MORE_TAKES = "no further take was paid for"
BY_CAUSE = {
    Cause.MODERATION: "{where} refused this picture or prompt. Its own rules decide that; try another one.",
    Cause.TOO_LARGE: "What you gave is too large for {where}. A smaller picture or a shorter clip may work.",
    Cause.BUSY: "{where} is too busy right now. Please try again later.",
    Cause.DEARER: "{where} has raised its price, so I don't use it until the owner of this bot has looked.",
    Cause.KEY: "{where} doesn't accept this bot's account. The owner of this bot needs to look at it.",
    Cause.INPUT: "{where} couldn't use what I sent. The owner of this bot finds the reason in the log.",
    Cause.MEMORY: "{where} ran out of memory. A shorter or smaller clip may work.",
    Cause.BROKEN: "Something broke at {where}. Please try again later.",
    Cause.GONE: "{where} no longer has the clip it made. Please ask for a new one.",
    Cause.LATE: "{where} took too long, so I stopped it.",
}


def made_at(title: str, take: int, cost: int | None, most: int) -> str:
    """The note on the receipt: where the take was made, and what it cost."""
    price = shown(cost) if cost is not None else f"{shown(most)} at most"
    return f"made at {title} for {price}" if take == 1 else f"take {take} made there for another {price}"


def before_the_click(title: str, usual: int, most: int) -> str:
    """What a member is told before anything is sent."""
    price = shown(usual) if usual == most else f"{shown(usual)} to {shown(most)}"
    return f"made at {title}: your picture and words leave this machine; about {price} for each take"
