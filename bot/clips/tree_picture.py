"""The picture of a remix tree: a box for each clip, and a line from what it was made from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

WIDE, HIGH, GAP_X, GAP_Y, EDGE = 190, 46, 34, 12, 18
GROUND, BOX, THIS, GONE, LINE, INK = "#1e1f22", "#2b2d31", "#5865f2", "#3a3c42", "#80848e", "#f2f3f5"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A clip of the tree.

    Attributes:
        parent: the place of the clip that it was made from, before its own; None: of none that is shown.
        label: what stands in its box.
        gone: there is nothing left of it.
        this: it is the clip that was asked about.
    """

    parent: int | None
    label: str
    gone: bool = False
    this: bool = False


def draw_tree(nodes: Sequence[Node]) -> bytes:
    """Draw a tree; each clip stands right of what it was made from, and below those before it.

    Returns:
        A PNG.
    """
    depths: list[int] = []
    for node in nodes:
        depths.append(0 if node.parent is None else depths[node.parent] + 1)
    rows = _rows(nodes)
    size = (
        2 * EDGE + (max(depths) + 1) * (WIDE + GAP_X) - GAP_X,
        2 * EDGE + len(nodes) * (HIGH + GAP_Y) - GAP_Y,
    )
    image = Image.new("RGB", size, GROUND)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    corners = [
        (EDGE + depth * (WIDE + GAP_X), EDGE + row * (HIGH + GAP_Y))
        for depth, row in zip(depths, rows, strict=True)
    ]
    for node, (left, top) in zip(nodes, corners, strict=True):
        if node.parent is not None:
            start_left, start_top = corners[node.parent]
            start, end = (start_left + WIDE, start_top + HIGH / 2), (left, top + HIGH / 2)
            bend = left - GAP_X / 2
            draw.line([start, (bend, start[1]), (bend, end[1]), end], fill=LINE, width=2)
    for node, (left, top) in zip(nodes, corners, strict=True):
        fill = THIS if node.this else GONE if node.gone else BOX
        draw.rounded_rectangle((left, top, left + WIDE, top + HIGH), radius=9, fill=fill, outline=LINE)
        draw.text((left + 12, top + HIGH / 2), node.label, fill=INK, font=font, anchor="lm")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _rows(nodes: Sequence[Node]) -> list[int]:
    """The row of each clip: a clip, then all that was made from it, then the next."""
    children: dict[int | None, list[int]] = {}
    for place, node in enumerate(nodes):
        children.setdefault(node.parent, []).append(place)
    rows, row = [0] * len(nodes), 0
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        place = waiting.pop()
        rows[place] = row
        row += 1
        waiting += reversed(children.get(place, []))
    return rows
