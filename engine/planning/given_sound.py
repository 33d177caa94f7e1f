"""What there is to say of a sound that was given with a request."""

from __future__ import annotations

from engine.core.request import Subject
from engine.core.sentence import Sentence

UNNOTICED = 1.0
"""Seconds of silence at a clip's end that need no words."""


def about_given(sound: Subject, seconds: float) -> tuple[str, ...]:
    """What a member should know of a sound that is played with a clip of so many seconds."""
    if sound.seconds is None or sound.seconds >= seconds - UNNOTICED:
        return sound.notes
    silence = Sentence("the sound you gave is {seconds:.3g} s long; silence follows", seconds=sound.seconds)
    return (silence, *sound.notes)
