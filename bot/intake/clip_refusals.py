"""What a member reads when a clip is not taken: the cause, and the way out."""

from __future__ import annotations

from bot.intake.refusals import Cause, looks_like
from engine.core.errors import UserError
from engine.core.sentence import Sentence, in_a_row
from engine.untrusted.clip_headers import ClipLimits, ClipRefusal, ClipRefused

_MIB = 2**20
_SEND = Sentence("Please send an MP4, MOV, WebM or GIF.")
_SMALLER = Sentence("Please send a smaller or shorter copy.")
_SAVE_AGAIN = Sentence("Saving it again as an MP4 in any video editor usually helps.")
_CUT = Sentence("Please trim it.")

_DOWNLOAD = {
    Cause.CUT_SHORT: Sentence("The clip didn't arrive complete. Please send it again."),
    Cause.GONE: Sentence("Discord no longer has that clip. Please send it again."),
    Cause.NOT_DISCORD: Sentence("I only take clips uploaded to Discord. Please attach the clip itself."),
    Cause.SLOW: Sentence("The clip took too long to arrive. Please send it again, or a smaller copy."),
    Cause.FAILED: Sentence("I couldn't download the clip from Discord. Please try again."),
    Cause.NO_ROOM: Sentence("I have no room on my disk for the clip right now. Please try again later."),
}
_PLAIN = {
    ClipRefusal.EMPTY: Sentence("That file is empty. Please send the clip again."),
    ClipRefusal.TRUNCATED: Sentence("Part of that clip is missing. Please save or export it again."),
    ClipRefusal.CORRUPT: in_a_row(Sentence("That clip is damaged and I can't read it."), _SAVE_AGAIN),
    ClipRefusal.OUTSIDE: in_a_row(Sentence("That clip's video is stored in another file."), _SAVE_AGAIN),
    ClipRefusal.NOVIDEO: in_a_row(Sentence("That file has no video, perhaps only sound."), _SEND),
    ClipRefusal.STILL: Sentence(
        "That is a still picture, and I need something that moves. Please send a clip."
    ),
    ClipRefusal.COMPLEX: in_a_row(Sentence("That clip is too complex for me to open."), _SAVE_AGAIN),
    ClipRefusal.MEMORY: in_a_row(Sentence("That clip needs too much memory to open."), _SMALLER),
    ClipRefusal.TIME: in_a_row(Sentence("That clip takes too long to open."), _SMALLER),
    ClipRefusal.RECIPE: Sentence(
        "I can't find my recipe in that file. Please send a clip exactly as I posted it."
    ),
    ClipRefusal.DECODER: in_a_row(Sentence("Something went wrong while I opened that clip."), _SAVE_AGAIN),
}


def explain(refused: ClipRefused, limits: ClipLimits) -> UserError:
    """Put a refusal into words."""
    if refused.code is ClipRefusal.CODEC:
        return UserError(
            refused.code.value,
            "I can't read that clip's video format ({codec}). {advice}",
            codec=str(refused.facts.get("codec", "")),
            advice=_SAVE_AGAIN,
        )
    return UserError(refused.code.value, _words(refused.code, refused.facts, limits))


def _words(code: ClipRefusal, facts: dict[str, str | float], limits: ClipLimits) -> Sentence:  # noqa: PLR0911, C901 - one sentence for each cause
    size = {"width": facts.get("width", 0), "height": facts.get("height", 0)}
    match code:
        case ClipRefusal.BYTES:
            said = Sentence(
                "That file is too large; the limit is {most:.3g} MiB.", most=limits.max_bytes / _MIB
            )
            return in_a_row(said, _SMALLER)
        case ClipRefusal.FORMAT:
            return in_a_row(looks_like(facts.get("looks_like")), _SEND)
        case ClipRefusal.PIXELS:
            said = Sentence(
                "That clip is {width:g}×{height:g}; the limit is {side} pixels a side and {most:.3g}"
                " megapixels a frame.",
                **size,
                side=limits.max_side,
                most=limits.max_pixels / 1e6,
            )
            return in_a_row(said, _SMALLER)
        case ClipRefusal.SMALL:
            return Sentence(
                "That clip is {width:g}×{height:g}; the smallest I can take is {least}×{least}."
                " Please send a larger one.",
                **size,
                least=limits.min_side,
            )
        case ClipRefusal.ASPECT:
            return Sentence(
                "That clip is {width:g}×{height:g}; its long side can be at most {most:g} times its short"
                " one. Please crop it.",
                **size,
                most=limits.max_aspect,
            )
        case ClipRefusal.DURATION:
            said = Sentence(
                "That clip is {seconds:.0f} seconds long; the limit is {most:g}.",
                seconds=float(facts["seconds"]),
                most=limits.max_seconds,
            )
            return in_a_row(said, _CUT)
        case ClipRefusal.FRAMES:
            return in_a_row(Sentence("That clip has more than {most} frames.", most=limits.max_frames), _CUT)
        case ClipRefusal.FPS:
            said = Sentence(
                "That clip has {fps:.0f} frames a second; the limit is {most:g}.",
                fps=float(facts["fps"]),
                most=limits.max_fps,
            )
            return in_a_row(said, _SAVE_AGAIN)
        case ClipRefusal.STREAMS:
            said = Sentence("That file has more than {most} tracks.", most=limits.max_streams)
            return in_a_row(said, _SAVE_AGAIN)
        case ClipRefusal.DOWNLOAD:
            return _DOWNLOAD[Cause(str(facts["cause"]))]
        case _:
            return _PLAIN[code]
