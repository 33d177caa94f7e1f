"""What a member reads when a sound is not taken: the cause, and the way out."""

from __future__ import annotations

from bot.intake.refusals import Cause
from engine.core.errors import UserError
from engine.untrusted.sound_headers import SoundLimits, SoundRefusal, SoundRefused

_MIB = 2**20
_SEND = "Please send an MP3, WAV, OGG, FLAC or M4A."
_SHORTER = "Please send a shorter or smaller copy."
_SAVE_AGAIN = "Saving it again as an MP3 or WAV in any audio editor usually helps."

_DOWNLOAD = {
    Cause.CUT_SHORT: "The sound didn't arrive complete. Please send it again.",
    Cause.GONE: "Discord no longer has that sound. Please send it again.",
    Cause.NOT_DISCORD: "I only take sounds uploaded to Discord. Please attach the file itself.",
    Cause.SLOW: "The sound took too long to arrive. Please send it again, or a smaller copy.",
    Cause.FAILED: "I couldn't download the sound from Discord. Please try again.",
    Cause.NO_ROOM: "I have no room on my disk for the sound right now. Please try again later.",
}
_PLAIN = {
    SoundRefusal.EMPTY: "That sound file is empty. Please send it again.",
    SoundRefusal.TRUNCATED: "Part of that sound file is missing. Please save or export it again.",
    SoundRefusal.CORRUPT: f"That sound file is damaged and I can't read it. {_SAVE_AGAIN}",
    SoundRefusal.OUTSIDE: f"That file's sound is stored in another file. {_SAVE_AGAIN}",
    SoundRefusal.NOSOUND: f"That file has no sound in it. {_SEND}",
    SoundRefusal.COMPLEX: f"That sound file is too complex for me to open. {_SAVE_AGAIN}",
    SoundRefusal.MEMORY: f"That sound needs too much memory to open. {_SHORTER}",
    SoundRefusal.TIME: f"That sound takes too long to open. {_SHORTER}",
    SoundRefusal.DECODER: f"Something went wrong while I opened that sound. {_SAVE_AGAIN}",
}


def explain(refused: SoundRefused, limits: SoundLimits) -> UserError:
    """Put a refusal into words."""
    return UserError(
        refused.code.value,
        _words(refused.code, refused.facts, limits),
        codec=str(refused.facts.get("codec", "")),
    )


def _words(code: SoundRefusal, facts: dict[str, str | float], limits: SoundLimits) -> str:  # noqa: PLR0911 - one sentence for each cause
    match code:
        case SoundRefusal.BYTES:
            most = f"{limits.max_bytes / _MIB:.3g} MiB"
            return f"That sound file is too large; the limit is {most}. {_SHORTER}"
        case SoundRefusal.FORMAT:
            name = facts.get("looks_like")
            return f"That looks like {name}. {_SEND}" if name else f"I don't know that kind of file. {_SEND}"
        case SoundRefusal.CODEC:
            return f"I can't read that file's sound format ({{codec}}). {_SAVE_AGAIN}"
        case SoundRefusal.DURATION:
            given = f"That sound is {float(facts['seconds']):.0f} seconds long"
            return f"{given}; the limit is {limits.max_seconds:g}. Please trim it."
        case SoundRefusal.STREAMS:
            return f"That file has more than {limits.max_streams} tracks. {_SAVE_AGAIN}"
        case SoundRefusal.DOWNLOAD:
            return _DOWNLOAD[Cause(str(facts["cause"]))]
        case _:
            return _PLAIN[code]
