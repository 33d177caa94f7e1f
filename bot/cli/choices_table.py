"""Which engine draws what on which GPU, as Markdown: a table in docs/models.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.core.capabilities import Capabilities
from engine.core.device import Device, DeviceKind
from engine.core.recipe import Follow, Kind, Quality
from engine.core.request import Request, Subject
from engine.families import CATALOGUE
from engine.planning.plan import plan

GIB = 2**30
GPUS = (6, 8, 12, 16, 24, 80)
"""Gigabytes, as they are sold."""

USABLE = 0.97
"""The share of it that the driver tells of."""

_PICTURE = Subject(sha256="0" * 64, width=1600, height=900)
_CLIP = Subject(sha256="1" * 64, width=1600, height=900, seconds=4.0)
_FOX = "a fox in the snow"

_END = Subject(sha256="2" * 64, width=1600, height=900)

ASKED: dict[str, tuple[Request, dict[str, Any]]] = {
    "a prompt": (Request(kind=Kind.TEXT2VIDEO, prompt=_FOX), {}),
    "a picture and a prompt": (Request(kind=Kind.ANIMATE, prompt=_FOX), {"subject": _PICTURE}),
    "a picture alone": (Request(kind=Kind.ANIMATE), {"subject": _PICTURE}),
    "from one picture to another": (
        Request(kind=Kind.ANIMATE, prompt=_FOX),
        {"subject": _PICTURE, "end": _END},
    ),
    "a prompt that starts with a picture": (
        Request(kind=Kind.TEXT2VIDEO, prompt=_FOX),
        {"subject": _PICTURE},
    ),
    "a prompt and the look of a picture": (Request(kind=Kind.TEXT2VIDEO, prompt=_FOX), {"like": _PICTURE}),
    "a prompt that follows a clip": (
        Request(kind=Kind.TEXT2VIDEO, prompt=_FOX, follow=Follow.EDGES),
        {"reference": _CLIP},
    ),
    "a clip in another style": (Request(kind=Kind.RESTYLE, prompt=_FOX), {"reference": _CLIP}),
    "8 seconds from a prompt": (Request(kind=Kind.TEXT2VIDEO, prompt=_FOX, seconds=8.0), {}),
}
"""What is asked for: the request, and the files that come with it."""


def chosen(asked: str, quality: Quality, gigabytes: int) -> str:
    """Engine and way, where everything is installed."""
    request, files = ASKED[asked]
    device = Device(kind=DeviceKind.CUDA, name="a GPU", memory=int(USABLE * gigabytes * GIB))
    here = Capabilities(device=device, weights=frozenset(CATALOGUE))
    recipe = plan(replace(request, quality=quality, seed=1), capabilities=here, **files)
    return f"`{recipe.engine}` {recipe.way}"


def table() -> str:
    """The table in Markdown."""
    lines = [
        f"| What is asked for | Quality | {' | '.join(f'{gigabytes} GB' for gigabytes in GPUS)} |",
        f"|{'---|' * (len(GPUS) + 2)}",
    ]
    for asked in ASKED:
        for quality in Quality:
            cells = [chosen(asked, quality, gigabytes) for gigabytes in GPUS]
            lines.append(f"| {asked} | {quality} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201 - printing the table is what the module is run for
