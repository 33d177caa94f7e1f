"""What a member reads when a clip is not taken: the cause, and the way out."""

from __future__ import annotations

from bot.intake.refusals import Cause
from engine.core.errors import UserError
from engine.untrusted.clip_headers import ClipLimits, ClipRefusal, ClipRefused

_MIB = 2**20
_SEND = "Please send an MP4, MOV, WebM or GIF."
_SMALLER = "Please send a smaller or shorter copy."
_SAVE_AGAIN = "Saving it again as an MP4 in any video editor usually helps."
_CUT = "Please trim it."

_DOWNLOAD = {
    Cause.CUT_SHORT: "The clip didn't arrive complete. Please send it again.",
    Cause.GONE: "Discord no longer has that clip. Please send it again.",
    Cause.NOT_DISCORD: "I only take clips uploaded to Discord. Please attach the clip itself.",
    Cause.SLOW: "The clip took too long to arrive. Please send it again, or a smaller copy.",
    Cause.FAILED: "I couldn't download the clip from Discord. Please try again.",
    Cause.NO_ROOM: "I have no room on my disk for the clip right now. Please try again later.",
}
_PLAIN = {
    ClipRefusal.EMPTY: "That file is empty. Please send the clip again.",
    ClipRefusal.TRUNCATED: "Part of that clip is missing. Please save or export it again.",
    ClipRefusal.CORRUPT: f"That clip is damaged and I can't read it. {_SAVE_AGAIN}",
    ClipRefusal.OUTSIDE: f"That clip's video is stored in another file. {_SAVE_AGAIN}",
    ClipRefusal.NOVIDEO: f"That file has no video, perhaps only sound. {_SEND}",
    ClipRefusal.STILL: "That is a still picture, and I need something that moves. Please send a clip.",
    ClipRefusal.COMPLEX: f"That clip is too complex for me to open. {_SAVE_AGAIN}",
    ClipRefusal.MEMORY: f"That clip needs too much memory to open. {_SMALLER}",
    ClipRefusal.TIME: f"That clip takes too long to open. {_SMALLER}",
    ClipRefusal.RECIPE: "I can't find my recipe in that file. Please send a clip exactly as I posted it.",
    ClipRefusal.DECODER: f"Something went wrong while I opened that clip. {_SAVE_AGAIN}",
}


def explain(refused: ClipRefused, limits: ClipLimits) -> UserError:
    """Put a refusal into words."""
    return UserError(
        refused.code.value,
        _words(refused.code, refused.facts, limits),
        codec=str(refused.facts.get("codec", "")),
    )


def _words(code: ClipRefusal, facts: dict[str, str | float], limits: ClipLimits) -> str:  # noqa: PLR0911, C901 - one sentence for each cause
    this = f"That clip is {facts.get('width', 0):g}×{facts.get('height', 0):g};"
    match code:
        case ClipRefusal.BYTES:
            most = f"{limits.max_bytes / _MIB:.3g} MiB"
            return f"That file is too large; the limit is {most}. {_SMALLER}"
        case ClipRefusal.FORMAT:
            name = facts.get("looks_like")
            return f"That looks like {name}. {_SEND}" if name else f"I don't know that kind of file. {_SEND}"
        case ClipRefusal.CODEC:
            return f"I can't read that clip's video format ({{codec}}). {_SAVE_AGAIN}"
        case ClipRefusal.PIXELS:
            most = f"{limits.max_side} pixels a side and {limits.max_pixels / 1e6:.3g} megapixels a frame"
            return f"{this} the limit is {most}. {_SMALLER}"
        case ClipRefusal.SMALL:
            least = f"{limits.min_side}×{limits.min_side}"
            return f"{this} the smallest I can take is {least}. Please send a larger one."
        case ClipRefusal.ASPECT:
            most = f"{limits.max_aspect:g} times its short one"
            return f"{this} its long side can be at most {most}. Please crop it."
        case ClipRefusal.DURATION:
            given = f"That clip is {float(facts['seconds']):.0f} seconds long"
            return f"{given}; the limit is {limits.max_seconds:g}. {_CUT}"
        case ClipRefusal.FRAMES:
            return f"That clip has more than {limits.max_frames} frames. {_CUT}"
        case ClipRefusal.FPS:
            given = f"That clip has {float(facts['fps']):.0f} frames a second"
            return f"{given}; the limit is {limits.max_fps:g}. {_SAVE_AGAIN}"
        case ClipRefusal.STREAMS:
            return f"That file has more than {limits.max_streams} tracks. {_SAVE_AGAIN}"
        case ClipRefusal.DOWNLOAD:
            return _DOWNLOAD[Cause(str(facts["cause"]))]
        case _:
            return _PLAIN[code]
