"""Which engine draws what on which GPU, as Markdown: a table in docs/models.md."""

from __future__ import annotations

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

ASKED: dict[str, tuple[Request, Subject | None, Subject | None]] = {
    "a prompt": (Request(kind=Kind.TEXT2VIDEO, prompt=_FOX), None, None),
    "a picture and a prompt": (Request(kind=Kind.ANIMATE, prompt=_FOX), _PICTURE, None),
    "a picture alone": (Request(kind=Kind.ANIMATE), _PICTURE, None),
    "a prompt that starts with a picture": (Request(kind=Kind.TEXT2VIDEO, prompt=_FOX), _PICTURE, None),
    "a prompt that follows a clip": (
        Request(kind=Kind.TEXT2VIDEO, prompt=_FOX, follow=Follow.EDGES),
        None,
        _CLIP,
    ),
    "a clip in another style": (Request(kind=Kind.RESTYLE, prompt=_FOX), None, _CLIP),
    "8 seconds from a prompt": (Request(kind=Kind.TEXT2VIDEO, prompt=_FOX, seconds=8.0), None, None),
}


def chosen(asked: str, quality: Quality, gigabytes: int) -> str:
    """Engine and way, where everything is installed."""
    request, subject, reference = ASKED[asked]
    device = Device(kind=DeviceKind.CUDA, name="a GPU", memory=int(USABLE * gigabytes * GIB))
    here = Capabilities(device=device, weights=frozenset(CATALOGUE))
    request = Request(
        kind=request.kind,
        prompt=request.prompt,
        follow=request.follow,
        seconds=request.seconds,
        quality=quality,
        seed=1,
    )
    recipe = plan(request, subject, reference=reference, capabilities=here)
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
