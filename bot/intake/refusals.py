"""What a member reads when a picture is not taken: the cause, and the way out."""

from __future__ import annotations

from enum import StrEnum

from engine.core.errors import UserError
from engine.core.sentence import Sentence, in_a_row
from engine.untrusted.headers import Note, PictureLimits, Refusal, Refused

_MIB = 2**20
_SEND_SMALLER = Sentence("Please send a smaller copy.")
_SEND = Sentence("Please send a PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP or TIFF picture.")
_SAVE_AGAIN = Sentence("Saving it again as a PNG or JPEG in any picture editor usually helps.")


class Cause(StrEnum):
    """What went wrong on the way: the fact ``cause`` of an E_DOWNLOAD."""

    CUT_SHORT = "cut short"
    GONE = "gone"
    NOT_DISCORD = "not discord"
    SLOW = "slow"
    FAILED = "failed"
    NO_ROOM = "no room"


_DOWNLOAD = {
    Cause.CUT_SHORT: Sentence("The picture didn't arrive complete. Please send it again."),
    Cause.GONE: Sentence("Discord no longer has that picture. Please send it again."),
    Cause.NOT_DISCORD: Sentence(
        "I only take pictures uploaded to Discord. Please attach the picture itself."
    ),
    Cause.SLOW: Sentence("The picture took too long to arrive. Please send it again."),
    Cause.FAILED: Sentence("I couldn't download the picture from Discord. Please try again."),
    Cause.NO_ROOM: Sentence("I have no room on my disk for the picture right now. Please try again later."),
}
_PLAIN = {
    Refusal.EMPTY: Sentence("That file is empty. Please send the picture again."),
    Refusal.TRUNCATED: Sentence("Part of that picture is missing. Please save or export it again."),
    Refusal.CORRUPT: in_a_row(Sentence("That picture is damaged and I can't read it."), _SAVE_AGAIN),
    Refusal.COMPLEX: in_a_row(Sentence("That picture is too complex for me to open."), _SAVE_AGAIN),
    Refusal.MEMORY: in_a_row(Sentence("That picture needs too much memory to open."), _SEND_SMALLER),
    Refusal.TIME: in_a_row(Sentence("That picture takes too long to open."), _SEND_SMALLER),
    Refusal.DECODER: in_a_row(Sentence("Something went wrong while I opened that picture."), _SAVE_AGAIN),
}
NOTES = {
    Note.PROFILE_TOO_LARGE: Sentence(
        "the picture's colour profile is too large, so its colours may look different"
    ),
}
"""What a member reads about a picture that was taken."""


def explain(refused: Refused, limits: PictureLimits) -> UserError:
    """Put a refusal into words."""
    return UserError(refused.code.value, _words(refused.code, refused.facts, limits))


def _words(code: Refusal, facts: dict[str, str | int], limits: PictureLimits) -> Sentence:
    size = {"width": facts.get("width", 0), "height": facts.get("height", 0)}
    name = facts.get("looks_like")
    match code:
        case Refusal.BYTES:
            said = Sentence(
                "That file is too large; the limit is {most:.3g} MiB.", most=limits.max_bytes / _MIB
            )
            text = in_a_row(said, _SEND_SMALLER)
        case Refusal.FORMAT:
            text = in_a_row(looks_like(name), _SEND)
        case Refusal.PIXELS:
            said = Sentence(
                "That picture is {width}×{height}; the limit is {side} pixels a side and {most:g}"
                " megapixels.",
                **size,
                side=limits.max_side,
                most=limits.max_pixels / 1e6,
            )
            text = in_a_row(said, _SEND_SMALLER)
        case Refusal.SMALL:
            text = Sentence(
                "That picture is {width}×{height}; the smallest I can animate is {least}×{least}."
                " Please send a larger one.",
                **size,
                least=limits.min_side,
            )
        case Refusal.ASPECT:
            text = Sentence(
                "That picture is {width}×{height}; its long side can be at most {most:g} times its short one."
                " Please crop it.",
                **size,
                most=limits.max_aspect,
            )
        case Refusal.DOWNLOAD:
            text = _DOWNLOAD[Cause(str(facts["cause"]))]
        case _:
            text = _PLAIN[code]
    return text


FORMATS = {
    str(name): name
    for name in (
        Sentence("a raw photo"),
        Sentence("a video"),
        Sentence("a JPEG XL"),
        Sentence("a JPEG 2000"),
        Sentence("a PDF"),
        Sentence("a PostScript file"),
        Sentence("a Photoshop file"),
        Sentence("an icon file"),
        Sentence("a ZIP archive"),
        Sentence("a playlist"),
        Sentence("an SVG"),
        Sentence("a web page"),
        Sentence("a picture"),
        Sentence("an AVI video"),
        Sentence("a sound"),
        Sentence("an Ogg file"),
        Sentence("a Flash video"),
        Sentence("a Windows Media video"),
        Sentence("an MPEG video"),
        Sentence("a Matroska video"),
        Sentence("a text"),
    )
}
"""What the headers' readers call files that they know and do not take."""


def looks_like(name: object) -> Sentence:
    """What a file of a format that is not taken seems to be; None: nothing that is known."""
    if not name:
        return Sentence("I don't know that kind of file.")
    return Sentence("That looks like {format}.", format=FORMATS.get(str(name), str(name)))
