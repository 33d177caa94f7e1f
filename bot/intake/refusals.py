"""What a member reads when a picture is not taken: the cause, and the way out."""

from __future__ import annotations

from enum import StrEnum

from engine.core.errors import UserError
from engine.untrusted.headers import Note, PictureLimits, Refusal, Refused

_MIB = 2**20
_SEND_SMALLER = "Please send a smaller copy."
_SEND = "Please send a PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP or TIFF picture."
_SAVE_AGAIN = "Saving it again as a PNG or JPEG in any picture editor usually helps."


class Cause(StrEnum):
    """What went wrong on the way: the fact ``cause`` of an E_DOWNLOAD."""

    CUT_SHORT = "cut short"
    GONE = "gone"
    NOT_DISCORD = "not discord"
    SLOW = "slow"
    FAILED = "failed"
    NO_ROOM = "no room"


_DOWNLOAD = {
    Cause.CUT_SHORT: "The picture didn't arrive complete. Please send it again.",
    Cause.GONE: "Discord no longer has that picture. Please send it again.",
    Cause.NOT_DISCORD: "I only take pictures uploaded to Discord. Please attach the picture itself.",
    Cause.SLOW: "The picture took too long to arrive. Please send it again.",
    Cause.FAILED: "I couldn't download the picture from Discord. Please try again.",
    Cause.NO_ROOM: "I have no room on my disk for the picture right now. Please try again later.",
}
_PLAIN = {
    Refusal.EMPTY: "That file is empty. Please send the picture again.",
    Refusal.TRUNCATED: "Part of that picture is missing. Please save or export it again.",
    Refusal.CORRUPT: f"That picture is damaged and I can't read it. {_SAVE_AGAIN}",
    Refusal.COMPLEX: f"That picture is too complex for me to open. {_SAVE_AGAIN}",
    Refusal.MEMORY: f"That picture needs too much memory to open. {_SEND_SMALLER}",
    Refusal.TIME: f"That picture takes too long to open. {_SEND_SMALLER}",
    Refusal.DECODER: f"Something went wrong while I opened that picture. {_SAVE_AGAIN}",
}
NOTES = {
    Note.PROFILE_TOO_LARGE: "the picture's colour profile is too large, so its colours may look different",
}
"""What a member reads about a picture that was taken."""


def explain(refused: Refused, limits: PictureLimits) -> UserError:
    """Put a refusal into words."""
    return UserError(refused.code.value, _words(refused.code, refused.facts, limits))


def _words(code: Refusal, facts: dict[str, str | int], limits: PictureLimits) -> str:
    this = f"That picture is {facts.get('width')}×{facts.get('height')};"
    name = facts.get("looks_like")
    match code:
        case Refusal.BYTES:
            most = f"{limits.max_bytes / _MIB:.3g} MiB"
            text = f"That file is too large; the limit is {most}. {_SEND_SMALLER}"
        case Refusal.FORMAT:
            text = f"That looks like {name}. {_SEND}" if name else f"I don't know that kind of file. {_SEND}"
        case Refusal.PIXELS:
            most = f"{limits.max_side} pixels a side and {limits.max_pixels / 1e6:g} megapixels"
            text = f"{this} the limit is {most}. {_SEND_SMALLER}"
        case Refusal.SMALL:
            least = f"{limits.min_side}×{limits.min_side}"
            text = f"{this} the smallest I can animate is {least}. Please send a larger one."
        case Refusal.ASPECT:
            most = f"{limits.max_aspect:g} times its short one"
            text = f"{this} its long side can be at most {most}. Please crop it."
        case Refusal.DOWNLOAD:
            text = _DOWNLOAD[Cause(str(facts["cause"]))]
        case _:
            text = _PLAIN[code]
    return text
