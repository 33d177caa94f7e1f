"""The words about finished clips: longer ones, loops, starred ones, discarded takes, files that come back."""

from __future__ import annotations

EXTENDING = "Going on with a clip"
LOOPING = "Closing a clip into a loop"

CLIP_GONE = "That clip's file has been cleared away here, so I can't go on from it."
NOTHING_GOES_ON = "Nothing here can go on with this clip."
ALREADY_A_LOOP = "That clip is a loop already."
LOOPS_ARE_NOT_DRAWN = "A loop is not drawn, so it can't be rerolled or remixed. Do that with the clip itself."


def long_enough(seconds: float, most: float) -> str:
    """A clip that may not become longer."""
    return f"That clip has {seconds:.1f} s already; a clip can be extended to {most:g} s at most."
