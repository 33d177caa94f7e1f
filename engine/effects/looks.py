"""The looks that there are: a list that says what is drawn, without importing what draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.errors import Code, UserError

PAPER = frozenset({"scene_cut", "subject_drifts", "melts", "colours_drift", "colours_fade", "only_zooms"})
"""What any frame around the picture, or a page over it, looks like to the gate."""

LIGHT = frozenset(
    {
        *("brightness_flickers", "colours_flicker", "light_boils", "tiles_reverse", "part_strobes"),
        *("tint_drifts_everywhere", "colour_is_added_everywhere", "colours_drift", "colours_fade"),
    }
)
"""What light that changes on purpose looks like. Flashes are measured apart, and never on purpose."""

SPECKS = frozenset(
    {
        *("noise", "melts", "subject_drifts"),
        *("fine_residue", "middle_residue", "calm_residue", "colour_residue"),
    }
)
"""What moves over the whole picture on purpose: snow, paper, grain."""


@dataclass(frozen=True, kw_only=True)
class LookSpec:
    """What can be said of a look without drawing it.

    Attributes:
        target: ``module:function`` of what makes its painter; see :mod:`engine.effects.scene`.
        holds: it draws from the first frame alone.
        on_purpose: codes of the gate's findings that are no fault in it. Everything else still is.
    """

    target: str
    holds: bool = False
    on_purpose: frozenset[str] = frozenset()


def _at(module: str, function: str) -> str:
    return f"engine.effects.{module}:{function}"


LOOKS: Mapping[str, LookSpec] = {
    "reveal": LookSpec(target=_at("lens", "reveal"), on_purpose=LIGHT | PAPER),
    "dolly zoom": LookSpec(target=_at("vertigo", "dolly_zoom"), holds=True, on_purpose=PAPER),
    "meme zoom": LookSpec(target=_at("lens", "meme_zoom"), on_purpose=PAPER | LIGHT),
    "heartbeat": LookSpec(target=_at("lens", "heartbeat"), on_purpose=LIGHT | PAPER),
    "day to night": LookSpec(target=_at("light", "day_to_night"), on_purpose=LIGHT | PAPER),
    "hologram": LookSpec(target=_at("light", "hologram"), on_purpose=LIGHT | PAPER | SPECKS),
    "snow globe": LookSpec(target=_at("globe", "snow_globe"), on_purpose=PAPER | SPECKS),
    "confetti": LookSpec(target=_at("confetti", "confetti"), on_purpose=PAPER | SPECKS | LIGHT),
    "polaroid": LookSpec(target=_at("paper", "polaroid"), on_purpose=PAPER | LIGHT),
    "page turn": LookSpec(target=_at("paper", "page_turn"), on_purpose=PAPER | LIGHT | {"blur_collapses"}),
    "old film": LookSpec(target=_at("tape", "old_film"), on_purpose=PAPER | LIGHT | SPECKS),
    "glitch": LookSpec(target=_at("tape", "glitch"), on_purpose=PAPER | LIGHT | SPECKS),
}
"""The looks by the names that recipes call them by. A name is never given a second meaning."""


def look_called(name: str) -> LookSpec:
    """The look of this name.

    Raises:
        UserError: there is none.
    """
    if name not in LOOKS:
        raise UserError(Code.EFFECT, "This version has no effect that is drawn like {name}.", name=name)
    return LOOKS[name]
