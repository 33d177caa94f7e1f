"""What the eyes tell of a picture: a subject only where it is certain, closed, and cuts nothing in two."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.sight import ThingKind
from engine.families.camera.captions import Captions, lifted
from engine.families.camera.known import Area, Known, Plane, Relief
from engine.families.camera.outlines import HAIR, HAIR_BESIDE, is_clean, is_decided
from engine.families.camera.relief import standing_out
from engine.vision.box import Box
from engine.vision.cutout import Cutout
from engine.vision.eyes import GLANCE, Eye, Eyes
from engine.vision.faces import Face
from engine.vision.hands import Hand
from engine.vision.text_regions import TextLine

Pixels = NDArray[np.uint8]

CERTAIN = 0.82
"""The cut-out's certainty below which there is none."""
LIKELY = 0.6
"""The certainty from which on something may stand out: the first frame shall not cut it."""
SMALLEST, LARGEST = 0.015, 0.7
"""Shares of the picture. Smaller is a speck; a larger one has nothing behind it to move against."""
MASK_SIDE = 320
"""The longer side of the mask in pixels: the network sees no more."""
MORE_THAN_NOT = 0.5
"""How much of a pixel the subject has where that pixel counts as its own."""
BLURRED = 4.0
"""Pixels of that mask that are neither in nor out, for each pixel of the outline, at most."""
SOLID = 0.55
"""Share of its convex hull that a closed shape fills."""
WHOLE, NONE = 0.93, 0.07
"""Shares of a face or a line from which it is all in the subject, and up to which it is not in it."""
MOSTLY = 0.5
"""Share of a hand or an animal from which it belongs to the subject, and is taken into it whole."""
PIECE = 0.1
"""Share of the largest piece of what stands out, from which another one is no speck."""
PARTED = 0.5
"""How far down hair and shoulders are told apart, in the face's height. What reaches farther above a face or
beside it than hair does is an arm or a hat, or somebody else."""
BROAD, BUSY, BY = 0.5, 15.0, 0.03
"""Share of a picture's width from which captions are broad, and the standard deviation of luma near them,
within this share of the shorter side, from which the ground is too busy to be guessed: fur has 29, stripes
24, a blurred room 10."""
SURE_FACE, SURE_TEXT = 0.6, 0.6
NECK = 0.75
"""Share of what is below a face that has to be in the subject as well: a head alone would leave its body."""
SURE_JOINT, JOINTS = 0.8, 0.9
"""How certain a joint must be, and the share of a body's joints that the subject has to hold."""
ONE_OF_MANY = 0.45
"""A face outside the subject of this share of the largest face's height belongs to a group."""
PAGE, PAGE_LINES = 0.12, 4
"""Share of a picture that letters cover, and the number of lines, from which on it is a page. One large word
on a photograph makes none."""


def look(
    picture: Pixels,
    eyes: Eyes,
    check: Callable[[], None],
    find_relief: Callable[[Pixels], Relief | None] = lambda _picture: None,
) -> Known:
    """Look at a picture.

    Args:
        picture: uint8 ``[H, W, 3]``, RGB.
        eyes: those whose weights are missing see nothing, so that the picture counts as flat.
        check: called between the eyes; may raise.
        find_relief: sees how near each place is, or None; not asked where the picture is to be read.
    """
    rows, columns = picture.shape[:2]
    captions, lines = _lettering(picture, eyes)
    check()
    if captions is not None:
        picture = captions.behind
    seen = [face for face in eyes.faces(picture) if face.certainty >= SURE_FACE]
    faces = [face.box for face in seen]
    check()
    things = eyes.things(picture)
    animals = [thing.box for thing in things if thing.kind is ThingKind.ANIMAL]
    check()
    page = _covered(lines, picture) > PAGE
    smeared = captions is not None and _is_smeared(captions)
    cutout = None if page else eyes.cutout(picture)
    mask = None if cutout is None or smeared else _certain(cutout, (columns, rows), faces, lines, animals)
    check()
    relief = None if page or smeared else find_relief(picture)
    check()
    if mask is None and relief is not None:
        near = standing_out(relief, (columns, rows))
        mask = None if near is None else _certain(near, (columns, rows), faces, lines, animals)
    hands: tuple[Hand, ...] = ()
    if mask is not None and not is_clean(picture, mask, _grasped(mask, (columns, rows), faces)):
        mask = None
    if mask is not None and _loses_a_limb(mask, picture, seen, eyes):
        mask = None
    if mask is not None:
        hands = eyes.hands(picture)
        check()
        mask = _with_hands(mask, (columns, rows), hands)
    elif faces and cutout is not None and _stands_out(cutout):
        hands = eyes.hands(picture)
    within = () if mask is None else _grasped(mask, (columns, rows), faces)
    apart = [face for face in faces if face not in within]
    return Known(
        subject=mask,
        faces=tuple(_share(face, columns, rows) for face in faces),
        texts=tuple(_share(line, columns, rows) for line in lines),
        heads=_heads(mask, cutout, (columns, rows), faces),
        hands=tuple(_share(hand.box, columns, rows) for hand in _own(mask, cutout, (columns, rows), hands)),
        body=None if mask is None else _extent(mask),
        standing=() if cutout is None or mask is not None else _pieces(cutout, CERTAIN, 1.0),
        perhaps=() if cutout is None or mask is not None else _pieces(cutout, LIKELY, CERTAIN),
        things=tuple(_share(thing.box, columns, rows) for thing in things),
        bends=bool(apart or lines)
        or _is_outside(mask, (columns, rows), hands)
        or any(_held_of(mask, (columns, rows), animal) < MOSTLY for animal in animals)
        or not eyes.has(Eye.FACES),
        flat=page and len(lines) >= PAGE_LINES,
        relief=relief,
        smeared=smeared,
        captions=captions,
    )


def _extent(mask: Plane) -> Area:
    """Around the subject, in shares of the picture."""
    x, y, wide, high = cv2.boundingRect(_solid(mask))
    rows, columns = mask.shape
    return x / columns, y / rows, (x + wide) / columns, (y + high) / rows


def _lettering(picture: Pixels, eyes: Eyes) -> tuple[Captions | None, list[Box]]:
    """The captions of a picture, and all other lines in it. A page has none."""

    def read(seen: Pixels) -> list[TextLine]:
        return [line for line in eyes.text(seen, side=GLANCE) if line.certainty >= SURE_TEXT]

    lines = read(picture)
    boxes = [line.box for line in lines]
    if not lines or (_covered(boxes, picture) > PAGE and len(lines) >= PAGE_LINES):
        return None, boxes
    captions = lifted(picture, lines, read)
    return captions, boxes if captions is None else [line.box for line in captions.left]


def _is_smeared(captions: Captions) -> bool:
    """Whether what captions hid is so wide, and what is around it so busy, that the fill can be seen."""
    hidden = (captions.cover > 0).astype(np.uint8)
    if hidden.any(axis=0).mean() < BROAD:
        return False
    near = 2 * max(2, round(BY * min(hidden.shape))) + 1
    around = (cv2.dilate(hidden, np.ones((near, near), np.uint8)) > 0) & (hidden == 0)
    light = cv2.cvtColor(captions.behind, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean, squared = (cv2.blur(plane, (near, near)) for plane in (light, light * light))
    return bool(np.sqrt(np.maximum(squared - mean * mean, 0))[around].mean() > BUSY)


def _covered(lines: Sequence[Box], picture: Pixels) -> float:
    """The share of a picture that letters cover."""
    return float(sum(line.area for line in lines) / (picture.shape[0] * picture.shape[1]))


def _certain(
    cutout: Cutout, size: tuple[int, int], faces: list[Box], lines: list[Box], animals: list[Box]
) -> Plane | None:
    """The subject's mask, small, if all speaks for it; else None."""
    if not cutout.whole or not _stands_out(cutout):
        return None
    seen = _small(cutout)
    mask = _closed(seen)
    if not _crisp(mask):
        return None
    if not all(_in_or_out(mask, size, box) for box in (*faces, *lines)):
        return None
    if any(NONE < _held_of(mask, size, animal) < MOSTLY for animal in animals):
        return None
    within = _grasped(mask, size, faces)
    scale = (mask.shape[1] / size[0], mask.shape[0] / size[1])
    whole = all(_below(mask, size, face) >= NECK for face in within)
    if not (whole and is_decided(seen, mask, [face.scaled(*scale) for face in within])):
        return None
    largest = max((face.height for face in faces), default=0.0)
    apart = [face for face in faces if face not in within]
    return None if any(face.height > ONE_OF_MANY * largest for face in apart) else mask


def _stands_out(cutout: Cutout, certain: float = CERTAIN) -> bool:
    """Whether what was cut out is certain to stand out, and no speck and not everything."""
    return cutout.certainty >= certain and SMALLEST <= cutout.share <= LARGEST


def _small(cutout: Cutout) -> Plane:
    """The mask, no larger than what the network saw."""
    rows, columns = cutout.mask.shape
    scale = MASK_SIDE / max(rows, columns)
    size = (max(8, round(columns * scale)), max(8, round(rows * scale)))
    return np.asarray(cv2.resize(cutout.mask, size, interpolation=cv2.INTER_AREA), np.float32)


def _heads(
    mask: Plane | None, cutout: Cutout | None, size: tuple[int, int], faces: Sequence[Box]
) -> tuple[Area, ...]:
    """The faces with their hair, in shares of the picture, of which a mask holds both.

    What can't be cut out clean still tells how high hair reaches.
    """
    if mask is None and cutout is not None and _stands_out(cutout):
        mask = _small(cutout)
    found = [] if mask is None else [_head(mask, size, face) for face in faces]
    return tuple(_share(head, *size) for head in found if head is not None)


def _head(mask: Plane, size: tuple[int, int], face: Box) -> Box | None:
    """A face with the hair around it, as far as it ends near enough; None where the mask has no such face."""
    if _held(mask, size, face.grown(0.8)) < MOSTLY:
        return None
    scale = (mask.shape[1] / size[0], mask.shape[0] / size[1])
    around = Box(
        left=face.left - HAIR_BESIDE * face.width,
        top=face.top - HAIR * face.height,
        width=(1 + 2 * HAIR_BESIDE) * face.width,
        height=(HAIR + PARTED) * face.height,
    ).within(*size)
    inside = _solid(_part(mask, size, around))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inside)
    own = labels[-1, inside.shape[1] // 2]
    x, y, wide, high = (int(side) for side in stats[own][:4])
    left, top = round(around.left * scale[0]) + x, round(around.top * scale[1]) + y
    ends = (x > 0, y > 0 or around.top <= 0, x + wide < inside.shape[1])
    if own == 0 or not ends[1]:
        return None
    hair = Box(left=left / scale[0], top=top / scale[1], width=wide / scale[0], height=high / scale[1])
    first = min(face.left, hair.left) if ends[0] else face.left
    last = max(face.right, hair.right) if ends[2] else face.right
    upper = min(face.top, hair.top)
    return Box(left=first, top=upper, width=last - first, height=face.bottom - upper)


def _pieces(cutout: Cutout, least: float, below: float) -> tuple[Area, ...]:
    """Where something stands out, clear outline or not, in shares of the picture.

    Args:
        cutout: what the network saw.
        least, below: how certain it has to be, and how certain it must not be.
    """
    if not _stands_out(cutout, least) or cutout.certainty >= below + (below == 1):
        return ()
    inside = _solid(cutout.mask)
    rows, columns = inside.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside)
    pieces = [
        Box(left=x, top=y, width=w, height=h)
        for x, y, w, h, area in stats[1:].astype(float).tolist()
        if area >= PIECE * stats[1:, cv2.CC_STAT_AREA].max()
    ]
    return tuple(_share(piece, columns, rows) for piece in pieces)


def _closed(mask: Plane) -> Plane:
    """The largest piece, without pinholes."""
    inside = _solid(mask)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside)
    if count < 2:  # noqa: PLR2004 (the background is the first part)
        return mask
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    near = cv2.dilate((labels == largest).astype(np.uint8), np.ones((7, 7), np.uint8))
    kept = np.where(near > 0, mask, 0).astype(np.float32)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - _solid(kept))
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] < 0.002 * mask.size:
            kept[labels == label] = 1.0
    return kept


def _crisp(mask: Plane) -> bool:
    """Whether a mask has one clear, compact outline."""
    inside = _solid(mask)
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return False
    longest = max(outlines, key=len)
    undecided = float(((mask > 0.1) & (mask < 0.9)).sum())  # noqa: PLR2004 (neither out nor in)
    hull = cv2.contourArea(cv2.convexHull(longest))
    return undecided <= BLURRED * len(longest) and float(inside.sum()) >= SOLID * hull


def _solid(mask: Plane) -> NDArray[np.uint8]:
    """1 where there is more of a mask than not, else 0."""
    return np.asarray(mask > MORE_THAN_NOT, np.uint8)


def _part(mask: Plane, size: tuple[int, int], box: Box) -> Plane:
    """The part of a mask under a box of the picture; never empty."""
    rows, columns = mask.shape
    seen = box.scaled(columns / size[0], rows / size[1]).within(columns, rows)
    left, top = min(int(seen.left), columns - 1), min(int(seen.top), rows - 1)
    return mask[top : max(top + 1, round(seen.bottom)), left : max(left + 1, round(seen.right))]


def _held(mask: Plane, size: tuple[int, int], box: Box) -> float:
    """The share of a box that belongs to a mask."""
    return float((_part(mask, size, box) > MORE_THAN_NOT).mean())


def _held_of(mask: Plane | None, size: tuple[int, int], animal: Box) -> float:
    """The share of the middle of an animal's box that belongs to a mask. Around it there are legs and air."""
    return 0.0 if mask is None else _held(mask, size, animal.grown(0.5))


def _in_or_out(mask: Plane, size: tuple[int, int], box: Box) -> bool:
    # The corners of a face's box are hair and air.
    held = _held(mask, size, box.grown(0.8))
    return held >= WHOLE or held <= NONE


def _grasped(mask: Plane, size: tuple[int, int], faces: list[Box]) -> list[Box]:
    """The faces that belong to the subject."""
    return [face for face in faces if _held(mask, size, face.grown(0.8)) >= WHOLE]


def _below(mask: Plane, size: tuple[int, int], face: Box) -> float:
    """The share of the place right below a face that belongs to the subject; 1 outside the picture."""
    neck = Box(
        left=face.left + 0.25 * face.width,
        top=face.bottom,
        width=0.5 * face.width,
        height=0.6 * face.height,
    ).within(*size)
    return 1.0 if neck.area < 1 else _held(mask, size, neck)


def _with_hands(mask: Plane, size: tuple[int, int], hands: Sequence[Hand]) -> Plane | None:
    """The mask with all of each hand that it holds most of; None where it would leave most of one behind.

    Hands that are not in it at all are somebody else's, or lie elsewhere.
    """
    for hand in hands:
        shape = _shape(mask, size, hand)
        held = float((mask[shape] > MORE_THAN_NOT).mean()) if shape.any() else 0.0
        if NONE < held < MOSTLY:
            return None
        if held >= MOSTLY:
            mask = np.where(shape, np.maximum(mask, 1.0), mask).astype(np.float32)
    return mask


def _is_outside(mask: Plane | None, size: tuple[int, int], hands: Sequence[Hand]) -> bool:
    """Whether any hand is no part of the subject."""
    return mask is not None and any(
        not (mask[_shape(mask, size, hand)] > MORE_THAN_NOT).any() for hand in hands
    )


def _own(
    mask: Plane | None, cutout: Cutout | None, size: tuple[int, int], hands: Sequence[Hand]
) -> list[Hand]:
    """The hands that are the subject's, or those of what stands out."""
    if mask is None and cutout is not None and hands:
        mask = _small(cutout)
    if mask is None:
        return []
    shapes = ((hand, _shape(mask, size, hand)) for hand in hands)
    return [hand for hand, shape in shapes if shape.any() and (mask[shape] > MORE_THAN_NOT).mean() >= MOSTLY]


def _shape(mask: Plane, size: tuple[int, int], hand: Hand) -> NDArray[np.bool_]:
    rows, columns = mask.shape
    return hand.shape(columns, rows, (columns / size[0], rows / size[1]))


def _loses_a_limb(mask: Plane, picture: Pixels, faces: list[Face], eyes: Eyes) -> bool:
    """Whether a body whose face belongs to the subject does not belong to it as a whole."""
    rows, columns = picture.shape[:2]
    size = (columns, rows)
    near = cv2.dilate(_solid(mask), np.ones((9, 9), np.uint8))
    for face in faces:
        body = eyes.body(picture, face) if _held(mask, size, face.box.grown(0.8)) >= WHOLE else None
        if body is None:
            continue
        points = body.points * np.array([mask.shape[1] / columns, mask.shape[0] / rows])
        inside = (points >= 0).all(axis=1) & (points < np.array(mask.shape[::-1])).all(axis=1)
        sure = points[inside & (body.visible >= SURE_JOINT)].astype(int)
        if len(sure) and near[sure[:, 1], sure[:, 0]].mean() < JOINTS:
            return True
    return False


def _share(box: Box, columns: int, rows: int) -> Area:
    seen = box.within(columns, rows)
    return seen.left / columns, seen.top / rows, seen.right / columns, seen.bottom / rows
