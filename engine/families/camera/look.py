"""What the eyes tell of a picture: what to aim at, to keep whole, to read, and to move before the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.sight import ThingKind
from engine.families.camera.captions import Captions, lifted
from engine.families.camera.known import Area, Known, Relief
from engine.families.camera.relief import standing_out
from engine.families.camera.subject import CERTAIN, can_be_moved, certain_subject, stands_out
from engine.families.camera.subject_mask import MOSTLY, SubjectMask, solid
from engine.vision.box import Box
from engine.vision.cutout import Cutout
from engine.vision.eyes import GLANCE, Eye, Eyes
from engine.vision.hands import Hand
from engine.vision.text_regions import TextLine

Pixels = NDArray[np.uint8]

LIKELY = 0.6
"""The certainty from which on something may stand out: the first frame shall not cut it."""
PIECE = 0.1
"""Share of the largest piece of what stands out, from which another one is no speck."""
BROAD, BUSY, BY = 0.5, 15.0, 0.03
"""Share of a picture's width from which captions are broad, and the standard deviation of luma near them,
within this share of the shorter side, from which the ground is too busy to be guessed: fur has 29, stripes
24, a blurred room 10."""
SURE_FACE, SURE_TEXT = 0.6, 0.6
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
    size = (columns, rows)
    seen = [face for face in eyes.faces(picture) if face.certainty >= SURE_FACE]
    faces = [face.box for face in seen]
    check()
    things = eyes.things(picture)
    animals = [thing.box for thing in things if thing.kind is ThingKind.ANIMAL]
    check()
    page = _covered(lines, picture) > PAGE
    smeared = captions is not None and _is_smeared(captions)
    cutout = None if page else eyes.cutout(picture)
    check()
    relief = None if page or smeared else find_relief(picture)
    check()
    mask = None
    if not smeared and cutout is not None:
        mask = certain_subject(cutout, size, faces, lines, animals)
    if mask is None and relief is not None and (near := standing_out(relief, size)) is not None:
        mask = certain_subject(near, size, faces, lines, animals)
    if mask is not None and not can_be_moved(mask, picture, seen, eyes):
        mask = None
    hands: tuple[Hand, ...] = ()
    if mask is not None or (faces and cutout is not None and stands_out(cutout)):
        hands = eyes.hands(picture)
        check()
    mask = None if mask is None else mask.with_hands(hands)
    unsure = cutout if mask is None else None
    return Known(
        subject=None if mask is None else mask.plane,
        faces=_shares(faces, size),
        texts=_shares(lines, size),
        heads=_heads(mask, unsure, size, faces),
        hands=_own(mask, unsure, size, hands),
        body=None if mask is None else mask.extent,
        standing=() if unsure is None else _pieces(unsure, CERTAIN, 1.0),
        perhaps=() if unsure is None else _pieces(unsure, LIKELY, CERTAIN),
        things=_shares((thing.box for thing in things), size),
        bends=bool(lines) or not eyes.has(Eye.FACES) or _would_bend(mask, faces, animals, hands),
        flat=page and len(lines) >= PAGE_LINES,
        relief=relief,
        smeared=smeared,
        captions=captions,
    )


def _would_bend(
    mask: SubjectMask | None, faces: Sequence[Box], animals: Sequence[Box], hands: Sequence[Hand]
) -> bool:
    """Whether somebody, an animal or a hand is seen that is no part of the subject."""
    if mask is None:
        return bool(faces or animals)
    return (
        len(mask.faces_of(faces)) < len(faces)
        or any(mask.held_of_animal(animal) < MOSTLY for animal in animals)
        or any(mask.held_of_hand(hand) == 0 for hand in hands)
    )


def _heads(
    mask: SubjectMask | None, unsure: Cutout | None, size: tuple[int, int], faces: Sequence[Box]
) -> tuple[Area, ...]:
    """The faces with their hair, in shares of the picture, of which a mask holds both.

    What can't be cut out clean still tells how high hair reaches.
    """
    if unsure is not None and stands_out(unsure):
        mask = SubjectMask.of(unsure, size)
    found = [] if mask is None else map(mask.head, faces)
    return _shares((head for head in found if head is not None), size)


def _own(
    mask: SubjectMask | None, unsure: Cutout | None, size: tuple[int, int], hands: Sequence[Hand]
) -> tuple[Area, ...]:
    """The hands that are the subject's, or those of what stands out, in shares of the picture."""
    if unsure is not None:
        mask = SubjectMask.of(unsure, size)
    if mask is None:
        return ()
    return _shares((hand.box for hand in hands if mask.held_of_hand(hand) >= MOSTLY), size)


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


def _pieces(cutout: Cutout, least: float, below: float) -> tuple[Area, ...]:
    """Where something stands out, clear outline or not, in shares of the picture.

    Args:
        cutout: what the network saw.
        least, below: how certain it has to be, and how certain it must not be.
    """
    if not stands_out(cutout, least) or cutout.certainty >= below + (below == 1):
        return ()
    inside = solid(cutout.mask)
    rows, columns = inside.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside)
    pieces = [
        Box(left=x, top=y, width=w, height=h)
        for x, y, w, h, area in stats[1:].astype(float).tolist()
        if area >= PIECE * stats[1:, cv2.CC_STAT_AREA].max()
    ]
    return _shares(pieces, (columns, rows))


def _shares(boxes: Iterable[Box], size: tuple[int, int]) -> tuple[Area, ...]:
    """Boxes as shares of a picture with these columns and rows."""
    columns, rows = size
    seen = [box.within(columns, rows) for box in boxes]
    return tuple((box.left / columns, box.top / rows, box.right / columns, box.bottom / rows) for box in seen)
