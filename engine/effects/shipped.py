"""The effects that every server has: a name, a line for the list, a camera, and a look over it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.recipe import Camera, Motion
from engine.core.sentence import Sentence
from engine.effects.effect_recipe import EffectRecipe


def _on(
    camera: Camera,
    name: str,
    about: str,
    look: str,
    *,
    seconds: float = 4.0,
    loops: bool = False,
    motion: Motion = Motion.GENTLE,
) -> EffectRecipe:
    return EffectRecipe(
        name=name,
        about=about,
        look=look,
        loops=loops,
        engine="camera",
        camera=camera,
        motion=motion,
        seconds=seconds,
    )


_ALL = (
    _on(
        Camera.ORBIT,
        Sentence("Parallax reveal"),
        Sentence("A light opens while the camera circles"),
        "reveal",
        seconds=5.0,
        motion=Motion.WILD,
    ),
    _on(
        Camera.STILL,
        Sentence("Dolly zoom"),
        Sentence("What is behind you comes closer, you stay"),
        "dolly zoom",
    ),
    _on(
        Camera.STILL,
        Sentence("Day to night"),
        Sentence("The sun goes down, the lamps stay"),
        "day to night",
        seconds=5.0,
    ),
    _on(
        Camera.STILL,
        Sentence("Snow globe"),
        Sentence("In a ball of glass, in the snow; a loop"),
        "snow globe",
        loops=True,
    ),
    _on(
        Camera.STILL,
        Sentence("Meme zoom"),
        Sentence("Nothing … and then very near"),
        "meme zoom",
        seconds=3.0,
    ),
    _on(
        Camera.STILL,
        Sentence("Polaroid"),
        Sentence("A photo that develops before your eyes"),
        "polaroid",
        seconds=5.0,
    ),
    _on(
        Camera.STILL,
        Sentence("Glitch"),
        Sentence("A signal that slips now and then; a loop"),
        "glitch",
        loops=True,
    ),
    _on(Camera.STILL, Sentence("Heartbeat"), Sentence("Ba-dum, ba-dum; a loop"), "heartbeat", loops=True),
    _on(Camera.PUSH_IN, Sentence("Page turn"), Sentence("From a pencil drawing to the picture"), "page turn"),
    _on(Camera.PUSH_IN, Sentence("Old film"), Sentence("Brown, scratched, a hundred years old"), "old film"),
    _on(Camera.STILL, Sentence("Hologram"), Sentence("Made of blue light; a loop"), "hologram", loops=True),
    _on(Camera.PUSH_IN, Sentence("Confetti"), Sentence("Something to celebrate"), "confetti"),
)

SHIPPED: Mapping[str, EffectRecipe] = {effect.name.lower(): effect for effect in _ALL}
"""By their names in small letters, in the order of the list."""
