"""What a path is about and what it keeps in the frame: faces with room around them, the subject, letters.

Not every picture leaves room for all of that. So there are several aims, from the most careful to the least,
and the camera takes the first one that lets it move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.families.camera.known import Area, Known, Plane
from engine.families.camera.path import Aim
from engine.vision.crop import HEAD_ROOM, around, roomy, window_start
from engine.vision.letter_columns import letter_columns

Pixels = NDArray[np.uint8]

ROOMS = ((HEAD_ROOM, HEAD_ROOM / 2), (HEAD_ROOM, 0.05), (HEAD_ROOM / 2, 0.0))
"""Above a face and on its other sides, from the most careful aim to the least."""
AT_EDGE = 0.02
"""A body that ends this near to the picture's edge is cut off there anyway; share of the side."""
CUT = 0.005
"""What is nearer to the picture's edge than this is cut by it; share of the side."""
SCRAP = 0.12
"""A face that the picture's edge cuts is a person's only if it is larger than this share of the height."""
OUTER, LESSER = 0.1, 0.75
"""A face this near to the picture's edge, as a share of its side, may come in later if it is smaller than
this share of the largest one's height."""
MARK, AT_CORNER = 0.01, 0.06
"""The share of a picture that a mark covers at most, and how near to its edge it is, as a share of a side."""
HIGH = 0.08
"""Where nothing is known, a tall picture is looked at a little above its middle; share of the height."""
BEYOND = 0.05
"""What is longer than the frame by this share does not fit into it anyway."""
ASIDE = 0.1
"""Room around what is no face, as a share of its sides, where a picture is cropped around it."""
WIDEST = 2.25
"""How much wider or taller than the frame a picture may be before the rest of it is left out."""
LONG = 0.25
"""A picture that is longer than the frame by this share is passed over, unless another path was asked for."""
SHORTER = 0.5
"""Share of a way that is left of it at least where its ends are moved so that they cut no letter."""
LAID_OUT, LINES, MARGIN = 0.7, 4, 0.03
"""So many lines over this share of the width, with such a margin, were laid out as one, with marks that are
no letters."""


def aims(
    known: Known,
    *,
    deep: bool,
    whole: tuple[float, float],
    spare: tuple[float, float],
    opens: bool = False,
) -> list[Aim]:
    """The aims that suit a picture, from the most careful to the least; at least one.

    Args:
        known: what is known of it.
        deep: whether anything is nearer than the rest.
        whole: the picture's width and height where it covers the frame, pixels of the frame.
        spare: how much of it lies outside the frame's shape, as shares of the frame's width and height.
        opens: the path ends with the whole picture, so what stands at its very edge may come in on the way.
    """
    faces = _people(known)
    depth = 1.0 if deep and not known.flat else 0.0
    about = faces or _alone(known) or known.texts
    if not about:
        high = HIGH * whole[1] if whole[1] > 1.1 * whole[0] else 0.0
        return [Aim(point=(0.0, -high), depth=depth)]
    left, top, right, bottom = _on_frame(around(about), whole)
    aim = Aim(point=((left + right) / 2, (top + bottom) / 2), depth=depth)
    if max(spare) > BEYOND:
        held = fits(known, (1 / (1 + spare[0]), 1 / (1 + spare[1])))
        return [replace(aim, keep=_on_frame(around(_about(known)), whole) if held else None)]
    found = []
    for above, beside in ROOMS:
        kept = [roomy(face, above, beside) for face in faces]
        # The least careful aim lets go of letters that the picture's edge cuts anyway.
        texts = _letters(known)
        if not (beside or known.flat):
            texts = [text for text in texts if not _is_cut(text)]
        if texts:
            kept.append(_laid_out(texts))
        if faces and beside:
            kept += [*known.heads, *_raised(known), *feet(known)]
        if opens and beside:
            kept += [_inside(one) for one in (*apart(known), *known.perhaps)]
        if not faces:
            kept += [_inside(one) for one in _alone(known)] if known.body is None else [_open(known.body)]
        found.append(replace(aim, keep=_on_frame(around(kept), whole) if kept else None))
    inner = _inner(known)
    if opens and inner is not known:
        found.append(aims(inner, deep=deep, whole=whole, spare=spare)[-1])
    return found


def framed(picture: Pixels, known: Known, size: tuple[int, int]) -> tuple[Pixels, Known]:
    """The part of a picture that has the frame's shape and holds what the picture is about.

    Where nothing is known the frame shows its middle.

    Args:
        picture: uint8 ``[H, W, 3]``.
        known: what is known of it.
        size: width and height of the frame.
    """
    share = shown_share(picture, size)
    return held(picture, known, share) if _about(known) else held(picture, known, _reach(share))


def passed(picture: Pixels, known: Known, size: tuple[int, int]) -> tuple[Pixels, Known]:
    """The part of a picture over which a frame can pass, and hold what the picture is about all the time.

    Faces that are too far apart for one frame are passed over from the first to the last, each of which is
    whole at its end. One face that is larger than the frame is held as far as it fits. A tall body and a page
    are passed over as far as the camera reaches: each of their parts is seen in its turn.

    Args:
        picture: uint8 ``[H, W, 3]``.
        known: what is known of it.
        size: width and height of the frame.
    """
    share, about = shown_share(picture, size), _about(known)
    if fits(known, share):
        seen = around(about)
    elif _people(known):
        left, top, right, bottom = zip(*about, strict=True)
        # What the first frame must reach, and what the last one must.
        seen = max(left), max(top), min(right), min(bottom)
    else:
        return held(picture, known, _reach(share))
    first = [max(0.0, seen[axis + 2] - share[axis]) for axis in range(2)]
    last = [min(1.0, seen[axis] + share[axis]) for axis in range(2)]
    if any(last[axis] - first[axis] < share[axis] for axis in range(2)):
        return held(picture, known, share)
    if fits(known, share):
        first[0], last[0] = _between_letters(picture, known, (first[0], last[0]), share[0])
    return part(picture, known, (first[0], first[1], last[0], last[1]))


def _between_letters(
    picture: Pixels, known: Known, ends: tuple[float, float], share: float
) -> tuple[float, float]:
    """The two ends of a way across a picture, moved inwards so that neither frame there cuts a letter.

    Args:
        picture: uint8 ``[H, W, 3]``.
        known: what is known of it.
        ends: left and right of what is passed over, as shares of the picture's width.
        share: of that width which the frame shows.

    Returns:
        The same where too little of the way would be left, or it would be no way to pass over any more.
    """
    columns, letters = picture.shape[1], _letters(known)
    begins, way = round(ends[0] * columns), round((ends[1] - ends[0] - share) * columns)
    if not letters or way <= 0:
        return ends
    wide, cut = round(share * columns), letter_columns(picture, letters)
    # The picture's own edge cuts what it cuts.
    cut[0] = cut[-1] = False
    starts = np.minimum(begins + np.arange(way + 1), columns - 1)
    free = starts[~cut[starts] & ~cut[np.minimum(starts + wide, columns) - 1]]
    if not free.size or free[-1] - free[0] < max(SHORTER * way, LONG * wide):
        return ends
    return float(free[0] / columns), min(1.0, float((free[-1] + wide) / columns))


def fits(known: Known, share: tuple[float, float]) -> bool:
    """Whether what a picture is about fits into a frame that shows this share of its width and height."""
    about = _about(known)
    if not about:
        return False
    seen = around(about)
    return all(seen[axis + 2] - seen[axis] <= share[axis] + CUT for axis in range(2))


def held(picture: Pixels, known: Known, share: tuple[float, float]) -> tuple[Pixels, Known]:
    """The part of a picture, of this share of its sides, that holds most of what the picture is about."""
    if min(share) > 1 - 1 / max(picture.shape):
        return picture, known
    return part(picture, known, shown(known, share))


def shown(known: Known, share: tuple[float, float]) -> Area:
    """The part, of this share of a picture's sides, that holds most of what the picture is about."""
    people, about = _people(known), _about(known) or [(0.5, 0.5, 0.5, 0.5)]
    core, seen = around(people or about), around(about)
    if not people:
        seen = roomy(seen, ASIDE, ASIDE)
    left, top = (
        window_start((seen[axis], seen[axis + 2]), (core[axis], core[axis + 2]), share[axis], upper=axis == 1)
        for axis in range(2)
    )
    return left, top, left + share[0], top + share[1]


def told(known: Known) -> Area | None:
    """Around all that a picture is about; None where nothing is known."""
    about = _about(known)
    return around(about) if about else None


def _reach(share: tuple[float, float]) -> tuple[float, float]:
    """The share of a picture that a path reaches, where the frame shows this share."""
    return min(1.0, WIDEST * share[0]), min(1.0, WIDEST * share[1])


def shown_share(picture: Pixels, size: tuple[int, int]) -> tuple[float, float]:
    """The share of a picture's width and height that the frame shows where it is as large as it can be."""
    rows, columns = picture.shape[:2]
    shape = size[0] / size[1] * rows / columns
    return min(1.0, shape), min(1.0, 1 / shape)


def apart(known: Known) -> list[Area]:
    """What stands out in a picture of people beside those whose faces were found."""
    people = _people(known)
    if not people:
        return []
    middles = [((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in people]
    return [
        (left, top, right, bottom)
        for left, top, right, bottom in known.standing
        if not any(left <= x <= right and top <= y <= bottom for x, y in middles)
    ]


def _about(known: Known) -> list[Area]:
    """What a picture is about: its faces with room around them, or its subject or things, or its letters."""
    about = [roomy(face, *ROOMS[0]) for face in _people(known)]
    about += known.heads if about else ()
    return about or _alone(known) or list(known.texts)


def _alone(known: Known) -> list[Area]:
    """What a picture without faces is about: its subject, its animals and things, or what stands out."""
    return list(known.things or known.standing) if known.body is None else [known.body]


def part(picture: Pixels, known: Known, area: Area) -> tuple[Pixels, Known]:
    """A part of a picture, and what is known of it."""
    rows, columns = picture.shape[:2]
    x, y = round(area[0] * columns), round(area[1] * rows)
    wide, high = round((area[2] - area[0]) * columns), round((area[3] - area[1]) * rows)
    cut = np.ascontiguousarray(picture[y : y + high, x : x + wide])
    return cut, _within(known, (x / columns, y / rows, (x + wide) / columns, (y + high) / rows))


def _people(known: Known) -> tuple[Area, ...]:
    """The faces, without small ones that the picture's edge cuts: nobody films those."""
    whole = [face for face in known.faces if face[3] - face[1] > SCRAP or not _is_cut(face)]
    return tuple(whole)


def _inner(known: Known) -> Known:
    """What is known but for small faces at the very edge, and letters there; the same without such faces."""
    people = _people(known)
    largest = max((bottom - top for _, top, _, bottom in people), default=0.0)
    inner = tuple(face for face in people if face[3] - face[1] > LESSER * largest or not _is_outer(face))
    if len(inner) == len(people):
        return known
    texts = tuple(text for text in known.texts if not _is_outer(text))
    return replace(known, faces=inner, texts=texts)


def _is_outer(area: Area) -> bool:
    """Whether something is at the very edge of the picture."""
    return min(area[0], area[1], 1 - area[2], 1 - area[3]) < OUTER


def _letters(known: Known) -> list[Area]:
    """The letters, without the mark that somebody left in a corner of a picture of something else."""
    if known.flat or not (known.faces or _alone(known)):
        return list(known.texts)
    return [text for text in known.texts if not _is_mark(text)]


def _is_mark(text: Area) -> bool:
    """Whether letters are few and small, and at the very edge."""
    left, top, right, bottom = text
    return (right - left) * (bottom - top) < MARK and min(left, top, 1 - right, 1 - bottom) < AT_CORNER


def _is_cut(area: Area) -> bool:
    """Whether the picture's edge cuts something."""
    return min(area[0], area[1], 1 - area[2], 1 - area[3]) < CUT


def _raised(known: Known) -> list[Area]:
    """The hands of the subject, and what it holds above its head: not every hand is found."""
    if known.body is None or known.body[1] < CUT:
        return list(known.hands)
    left, _, right, bottom = around(known.faces)
    return [*known.hands, (left, known.body[1], right, bottom)]


def feet(known: Known) -> list[Area]:
    """The lower ends of those whose faces are in the picture, where they are in it as well."""
    if not known.faces:
        return []
    beside = apart(known)
    figures = [one for one in known.standing if one not in beside] if known.body is None else [known.body]
    first, _, last, _ = around(known.faces)
    return [
        (max(left, first), (top + bottom) / 2, min(right, last), bottom)
        for left, top, right, bottom in figures
        if bottom < 1 - AT_EDGE and max(left, first) < min(right, last)
    ]


def _open(body: Area) -> Area:
    """A body without the sides where the picture's edge cuts it off. Its head is kept in any case."""
    left, _, right, bottom = _inside(body)
    return left, max(0.0, body[1]), right, bottom


def _inside(thing: Area) -> Area:
    """A thing without the sides where it reaches the picture's edge, or may reach it."""
    left, top, right, bottom = thing
    across, down = (left + right) / 2, (top + bottom) / 2
    return (
        across if left < AT_EDGE else left,
        down if top < AT_EDGE else top,
        across if right > 1 - AT_EDGE else right,
        down if bottom > 1 - AT_EDGE else bottom,
    )


def _laid_out(texts: Sequence[Area]) -> Area:
    """The letters, and the marks on the other side that belong to them."""
    left, top, right, bottom = around(texts)
    if len(texts) < LINES or right - left < LAID_OUT or min(left, 1 - right) < MARGIN:
        return left, top, right, bottom
    return min(left, 1 - right), min(top, 1 - bottom), max(right, 1 - left), max(bottom, 1 - top)


def _on_frame(area: Area, whole: tuple[float, float]) -> Area:
    left, top, right, bottom = area
    return (
        (left - 0.5) * whole[0],
        (top - 0.5) * whole[1],
        (right - 0.5) * whole[0],
        (bottom - 0.5) * whole[1],
    )


def _within(known: Known, window: Area) -> Known:
    """What is known of a part of the picture."""
    left, top, right, bottom = window
    wide, high = right - left, bottom - top

    def moved(area: Area) -> Area:
        x0, y0, x1, y1 = np.clip(
            (
                (area[0] - left) / wide,
                (area[1] - top) / high,
                (area[2] - left) / wide,
                (area[3] - top) / high,
            ),
            0.0,
            1.0,
        )
        return float(x0), float(y0), float(x1), float(y1)

    def cut(plane: Plane) -> Plane:
        rows, columns = plane.shape
        across = slice(round(left * columns), max(round(left * columns) + 1, round(right * columns)))
        down = slice(round(top * rows), max(round(top * rows) + 1, round(bottom * rows)))
        return np.ascontiguousarray(plane[down, across])

    def all_of(areas: Sequence[Area]) -> tuple[Area, ...]:
        inside = (moved(area) for area in areas)
        return tuple(area for area in inside if area[2] > area[0] and area[3] > area[1])

    return replace(
        known,
        subject=None if known.subject is None else cut(known.subject),
        relief=None if known.relief is None else replace(known.relief, near=cut(known.relief.near)),
        faces=all_of(known.faces),
        texts=all_of(known.texts),
        things=all_of(known.things),
        body=None if known.body is None else moved(known.body),
        standing=all_of(known.standing),
        perhaps=all_of(known.perhaps),
        heads=all_of(known.heads),
        hands=all_of(known.hands),
    )
