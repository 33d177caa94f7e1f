"""Why a clip is not made with an effect, for the member."""

from __future__ import annotations

from engine.core.errors import Code, UserError


def flashes_too_often(count: int, second: float) -> UserError:
    """With the effect, the clip would flash more often than people may be shown.

    Args:
        count: flashes within a second.
        second: of the clip, from which they are.
    """
    return UserError(
        Code.FLASHES,
        "With this effect the clip would flash {count} times within a second, from {second:.1f} s on. "
        "More than three can be dangerous for some people, so it is not made. Another picture may do.",
        count=count,
        second=second,
    )
