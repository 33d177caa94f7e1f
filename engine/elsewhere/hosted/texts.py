"""What members read about hosted takes."""

from __future__ import annotations

from engine.core.sentence import Sentence
from engine.elsewhere.hosted.money import shown
from engine.elsewhere.hosted.purchase import Cause

NO_MORE_TAKES = Sentence("no further take was paid for")


def budget_spent(where: str) -> Sentence:
    """There is no money left today."""
    return Sentence(
        "Today's money for clips made at {where} is spent. It is there again at 00:00 UTC. "
        "Nothing was charged.",
        where=where,
    )


def not_allowed(where: str) -> Sentence:
    """The server or the member no longer agrees."""
    return Sentence(
        "This server, or you, no longer agreed to send this to {where}, so nothing was sent.", where=where
    )


def lost(where: str) -> Sentence:
    """What became of a clip cannot be found out."""
    return Sentence(
        "{where} didn't answer, so I don't know whether it made your clip. I don't ask twice, because it "
        "could be paid for twice. Please ask for a new clip.",
        where=where,
    )


def by_cause(cause: Cause, where: str) -> Sentence:
    """Why there is no take."""
    return {
        Cause.MODERATION: Sentence(
            "{where} refused this picture or prompt. Its own rules decide that; try another one.", where=where
        ),
        Cause.TOO_LARGE: Sentence(
            "What you gave is too large for {where}. A smaller picture or a shorter clip may work.",
            where=where,
        ),
        Cause.BUSY: Sentence("{where} is too busy right now. Please try again later.", where=where),
        Cause.DEARER: Sentence(
            "{where} has raised its price, so I don't use it until the owner of this bot has looked.",
            where=where,
        ),
        Cause.KEY: Sentence(
            "{where} doesn't accept this bot's account. The owner of this bot needs to look at it.",
            where=where,
        ),
        Cause.INPUT: Sentence(
            "{where} couldn't use what I sent. The owner of this bot finds the reason in the log.",
            where=where,
        ),
        Cause.MEMORY: Sentence("{where} ran out of memory. A shorter or smaller clip may work.", where=where),
        Cause.BROKEN: Sentence("Something broke at {where}. Please try again later.", where=where),
        Cause.GONE: Sentence(
            "{where} no longer has the clip it made. Please ask for a new one.", where=where
        ),
        Cause.LATE: Sentence("{where} took too long, so I stopped it.", where=where),
    }[cause]


def made_at(title: str, take: int, cost: int | None, most: int) -> Sentence:
    """The note on the receipt: where the take was made, and what it cost."""
    at_most = Sentence("{price} at most", price=shown(most))
    price: str = at_most if cost is None else shown(cost)
    if take == 1:
        return Sentence("made at {service} for {price}", service=title, price=price)
    return Sentence("take {take} made there for another {price}", take=take, price=price)


def before_the_click(title: str, usual: int, most: int) -> Sentence:
    """What a member is told before anything is sent."""
    return Sentence(
        "made at {service}: your picture and words leave this machine; about {price} for each take",
        service=title,
        price=price_range(usual, most),
    )


def price_range(low: int, high: int) -> str:
    """A price, or from where to where it goes; millionths of a dollar."""
    if low == high:
        return shown(low)
    return Sentence("{low} to {high}", low=shown(low), high=shown(high))
