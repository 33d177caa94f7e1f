"""Where a sound meets another, or itself: the seam of a longer clip, and that of a loop.

Two sounds that meet are strangers to each other, so both are heard for a moment and their powers add up to
that of one.
"""

from __future__ import annotations

import numpy as np

from engine.core.sound import RATE, Sound, fitted, samples_for, silence

CROSS_SECONDS = 0.05
"""How long both sounds are heard at the seam of a loop."""

_CROSS = round(CROSS_SECONDS * RATE)


def crossed(first: Sound, second: Sound, over: int) -> Sound:
    """One sound after the other; the end of the first is heard together with the start of the second.

    Args:
        first, second: float32 ``[A, 2]`` and ``[B, 2]``.
        over: samples of which both are heard.

    Returns:
        float32 ``[A + B - over, 2]``.

    Raises:
        ValueError: one of them is shorter than that.
    """
    if over > min(len(first), len(second)):
        raise ValueError(f"sounds of {len(first)} and {len(second)} samples cannot share {over}")
    at = len(first) - over
    turn = ((np.arange(over) + 0.5) / max(1, over) * (np.pi / 2)).astype(np.float32)[:, None]
    both = first[at:] * np.cos(turn) + second[:over] * np.sin(turn)
    return np.concatenate([first[:at], both, second[over:]])


def joined_sound(
    before: Sound | None, part: Sound | None, *, before_frames: int, part_frames: int, fps: float
) -> Sound | None:
    """The sound of a clip and of the part behind it, which begins with the clip's last frame.

    That frame is shown once and both sounds have it, so there the one gives way to the other.

    Args:
        before: of the old clip, float32 ``[S, 2]``; None: it is silent.
        part: of the part; None: it is silent.
        before_frames, part_frames: of the old clip and of the part.
        fps: frames per second of both.

    Returns:
        float32, as long as ``before_frames + part_frames - 1`` frames; None where both are silent.
    """
    if before is None and part is None:
        return None
    old, new = (samples_for(frames, fps) for frames in (before_frames, part_frames))
    whole = samples_for(before_frames + part_frames - 1, fps)
    first = silence(old) if before is None else fitted(before, old)
    second = silence(new) if part is None else fitted(part, new)
    return crossed(first, second, old + new - whole)


def looped_sound(sound: Sound, *, start: int, samples: int) -> Sound:
    """A part of a sound that can be played again and again.

    Its end gives way to what comes before its start; where nothing does, its start comes out of what follows
    its end. A sound that is too short goes on with its own last part.

    Args:
        sound: float32 ``[S, 2]``, not empty.
        start: sample at which the loop begins.
        samples: how long it is.

    Returns:
        float32 ``[samples, 2]``.

    Raises:
        ValueError: there is no sound from there on.
    """
    if start >= len(sound):
        raise ValueError(f"a sound of {len(sound)} samples has none at {start}")
    over = min(_CROSS, samples // 2)
    if start >= over:
        ring = _prolonged(sound[start - over :], over + samples)
        return crossed(ring[over:], ring[:over], over)
    ring = _prolonged(sound[start:], samples + over)
    return np.roll(crossed(ring[over:], ring[:over], over), over, axis=0)


def _prolonged(sound: Sound, samples: int) -> Sound:
    """At least so many samples of a sound: it is followed by its own last part, or all of it, again."""
    while len(sound) < samples:
        over = min(_CROSS, len(sound) // 2)
        again = sound[-min(len(sound), samples - len(sound) + over) :]
        sound = crossed(sound, again, over)
    return sound[:samples]
