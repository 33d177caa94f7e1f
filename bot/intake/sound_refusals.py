"""What a member reads when a sound is not taken: the cause, and the way out."""

from __future__ import annotations

from bot.intake.refusals import Cause, looks_like
from engine.core.errors import UserError
from engine.core.sentence import Sentence, in_a_row
from engine.untrusted.sound_headers import SoundLimits, SoundRefusal, SoundRefused

_MIB = 2**20
_SEND = Sentence("Please send an MP3, WAV, OGG, FLAC or M4A.")
_SHORTER = Sentence("Please send a shorter or smaller copy.")
_SAVE_AGAIN = Sentence("Saving it again as an MP3 or WAV in any audio editor usually helps.")

_DOWNLOAD = {
    Cause.CUT_SHORT: Sentence("The sound didn't arrive complete. Please send it again."),
    Cause.GONE: Sentence("Discord no longer has that sound. Please send it again."),
    Cause.NOT_DISCORD: Sentence("I only take sounds uploaded to Discord. Please attach the file itself."),
    Cause.SLOW: Sentence("The sound took too long to arrive. Please send it again, or a smaller copy."),
    Cause.FAILED: Sentence("I couldn't download the sound from Discord. Please try again."),
    Cause.NO_ROOM: Sentence("I have no room on my disk for the sound right now. Please try again later."),
}
_PLAIN = {
    SoundRefusal.EMPTY: Sentence("That sound file is empty. Please send it again."),
    SoundRefusal.TRUNCATED: Sentence("Part of that sound file is missing. Please save or export it again."),
    SoundRefusal.CORRUPT: in_a_row(Sentence("That sound file is damaged and I can't read it."), _SAVE_AGAIN),
    SoundRefusal.OUTSIDE: in_a_row(Sentence("That file's sound is stored in another file."), _SAVE_AGAIN),
    SoundRefusal.NOSOUND: in_a_row(Sentence("That file has no sound in it."), _SEND),
    SoundRefusal.COMPLEX: in_a_row(Sentence("That sound file is too complex for me to open."), _SAVE_AGAIN),
    SoundRefusal.MEMORY: in_a_row(Sentence("That sound needs too much memory to open."), _SHORTER),
    SoundRefusal.TIME: in_a_row(Sentence("That sound takes too long to open."), _SHORTER),
    SoundRefusal.DECODER: in_a_row(Sentence("Something went wrong while I opened that sound."), _SAVE_AGAIN),
}


def explain(refused: SoundRefused, limits: SoundLimits) -> UserError:
    """Put a refusal into words."""
    if refused.code is SoundRefusal.CODEC:
        return UserError(
            refused.code.value,
            "I can't read that file's sound format ({codec}). {advice}",
            codec=str(refused.facts.get("codec", "")),
            advice=_SAVE_AGAIN,
        )
    return UserError(refused.code.value, _words(refused.code, refused.facts, limits))


def _words(code: SoundRefusal, facts: dict[str, str | float], limits: SoundLimits) -> Sentence:
    match code:
        case SoundRefusal.BYTES:
            said = Sentence(
                "That sound file is too large; the limit is {most:.3g} MiB.", most=limits.max_bytes / _MIB
            )
            return in_a_row(said, _SHORTER)
        case SoundRefusal.FORMAT:
            return in_a_row(looks_like(facts.get("looks_like")), _SEND)
        case SoundRefusal.DURATION:
            return Sentence(
                "That sound is {seconds:.0f} seconds long; the limit is {most:g}. Please trim it.",
                seconds=float(facts["seconds"]),
                most=limits.max_seconds,
            )
        case SoundRefusal.STREAMS:
            said = Sentence("That file has more than {most} tracks.", most=limits.max_streams)
            return in_a_row(said, _SAVE_AGAIN)
        case SoundRefusal.DOWNLOAD:
            return _DOWNLOAD[Cause(str(facts["cause"]))]
        case _:
            return _PLAIN[code]
