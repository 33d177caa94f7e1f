"""What tests of animatediff-control share: clips to follow, and how they are drawn."""

from __future__ import annotations

import numpy as np

from engine.core.capabilities import Capabilities
from engine.core.family import Hooks, SourceClip
from engine.core.recipe import Follow, Kind
from engine.core.request import Request, Subject
from engine.families import FAMILIES
from engine.following.needs import NEEDS
from engine.planning.plan import plan
from engine.runtime.context import EngineContext

from engine.following import control_clip as follow  # isort: skip


def bar(*columns, fps=8.0, size=32):
    """A clip of a white bar that stands at one column after the other."""
    frames = np.zeros((len(columns), size, size, 3), np.uint8)
    for frame, column in zip(frames, columns, strict=True):
        frame[:, column : column + 6] = 255
    return SourceClip(frames=frames, fps=fps)


def shown(clip, what=Follow.EDGES, *, frames=6, fps=8.0, size=(32, 32), context=None, **hooks):
    width, height = size
    pictures = follow.control_clip(
        *(clip, NEEDS[what][0] if isinstance(what, Follow) else what),
        frames=frames,
        fps=fps,
        width=width,
        height=height,
        context=context or EngineContext(),
        hooks=Hooks(**hooks),
    )
    return np.stack([np.asarray(picture) for picture in pictures])


CONTROL = FAMILIES["animatediff-control"]


ALL = frozenset(name for ways in CONTROL.follows.values() for name in ways[0]) | {"sd15", "motion-v1-5-3"}


CLIP = Subject(sha256="cd" * 32, width=640, height=480, seconds=3)


def planned(what=Follow.EDGES, weights=ALL, **request):
    asked = Request(kind=Kind.TEXT2VIDEO, prompt="a fox", follow=what, **request)
    return plan(asked, reference=CLIP, capabilities=Capabilities(weights=weights, slow=True))
