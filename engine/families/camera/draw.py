"""A virtual camera that moves over a still picture. Needs no weights, and no GPU.

A picture in which something is known to be nearer than the rest is taken apart into sheets, and filmed along
an eased path; water ripples and clouds drift where they are certain to be water and clouds. Every other
picture is filmed as the flat thing that it is: where there is doubt there is less depth, never more. With a
second picture, the clip goes from the one to the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine.clips.join import settled
from engine.core.errors import Unsupported
from engine.core.family import Frames, Hooks, Inputs, Picture
from engine.core.recipe import Motion, Recipe
from engine.core.sentence import Sentence
from engine.families.camera.captions import Overlay
from engine.families.camera.depth_eye import DepthEye
from engine.families.camera.known import Known
from engine.families.camera.layout import Bounds, Layout, read_layout, surrounded
from engine.families.camera.look import PAGE_LINES, SURE_TEXT, look
from engine.families.camera.seen import Seen
from engine.families.camera.shot import Brief, Shot, shot_of
from engine.families.camera.two_pictures.crossing import (
    Dissolve,
    Passage,
    agree_at_their_seams,
    crisp,
    turning,
)
from engine.families.camera.two_pictures.ends import End, both_ends
from engine.families.camera.two_pictures.pairing import pair
from engine.runtime.context import EngineContext
from engine.vision.crop import cover
from engine.vision.drawing import PROGRAM
from engine.vision.eyes import Eye, Eyes
from engine.vision.text_regions import SIDE

DETAIL = 2.0
"""Pixels of the picture for one of the frame's, each way, at most: no frame can show more."""
PARTLY, WINDOW_LINES = 0.25, 6
"""Share of exactly even pixels, and the number of lines, from which on it is a program's window with a
photograph in it."""
PRINTED = 0.1
"""Share of exactly even pixels from which what is written all over a photograph was laid over it: a card's
letters on their plate have .15. A sign that was photographed has hardly any, and no border either."""
CALMER = {Motion.WILD: Motion.NORMAL, Motion.NORMAL: Motion.GENTLE, Motion.GENTLE: Motion.GENTLE}
"""The motion of a picture whose captions stay where they are: what they hid is a guess."""
PORTRAIT = 0.1
"""Height of a face, as a share of the picture's, from which on an uneven picture is a photograph, however
much is written behind the face."""


class CameraFamily:
    """Films a picture. Between the takes of a job it keeps what it saw in the pictures, not what it drew."""

    def __init__(self, context: EngineContext | None = None) -> None:
        """Make one.

        Args:
            context: where the eyes' weights may lie. Without them nothing is certain, and the camera moves
                over a flat picture.
        """
        context = context or EngineContext()
        self._eyes, self._depth = context.eyes, DepthEye(context)
        self._seen = Seen()

    def draw(self, recipe: Recipe, inputs: Inputs, *, seed: int, hooks: Hooks) -> Frames:
        """Film one take; see :meth:`engine.families.Family.draw`.

        Returns:
            uint8 ``[recipe.frames, recipe.height, recipe.width, 3]``, RGB.

        Raises:
            Cancelled: a stop was asked for.
            Unsupported: there is no picture to move over.
        """
        picture, cancel = inputs.picture, hooks.cancel
        if picture is None:
            raise Unsupported(Sentence("The camera needs a picture to move through."))
        cancel.check()
        times = np.arange(recipe.frames) / recipe.native_fps
        brief = Brief(
            camera=recipe.camera,
            motion=recipe.motion,
            seed=seed,
            times=times,
            onward=recipe.before is not None,
        )
        size = (recipe.width, recipe.height)
        watch = _Watch(eyes=self._eyes, depth=self._depth, hooks=hooks, seen=self._seen.in_job_of(picture))
        ends = None
        if inputs.end is not None:
            ends = both_ends(_whole(picture, size, watch), _whole(inputs.end, size, watch), size)
        filmed = _film(picture, size, brief, watch) if ends is None else _cross(*ends, size, brief, watch)
        frames = np.empty((recipe.frames, recipe.height, recipe.width, 3), np.uint8)
        for index, frame in enumerate(filmed):
            cancel.check()
            frames[index] = frame
            hooks.progress((index + 1) / recipe.frames)
        if ends is None:
            return frames
        cancel.check()
        first, last = (cover(part, *size) for part, _ in ends)
        return _with_ends(frames, first, last, recipe.native_fps)


@dataclass(frozen=True, kw_only=True)
class _Watch:
    """What looks at pictures during a take."""

    eyes: Eyes
    depth: DepthEye
    hooks: Hooks
    seen: Seen

    def check(self) -> None:
        """End the take where a stop was asked for."""
        self.hooks.cancel.check()

    def look(self, picture: Picture) -> Known:
        """See :func:`engine.families.camera.look.look`."""
        return self.seen.known(
            picture,
            lambda: look(picture, self.eyes, self.check, lambda seen: self.depth.relief(seen, self.hooks)),
        )

    def lines(self, picture: Picture) -> int:
        """How many lines of letters are in a picture, looked at closely."""

        def count() -> int:
            return sum(line.certainty >= SURE_TEXT for line in self.eyes.text(picture, side=SIDE))

        return self.seen.lines(picture, count)


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """A picture that is ready to be filmed.

    Attributes:
        shot: of the picture, or of the photograph in it.
        place: where in the frame it is shown.
        around: the frame around it, which stands still; None: there is none.
        captions: which lie over it, and stand still as well.
    """

    shot: Shot
    place: Bounds
    around: Picture | None = None
    captions: Overlay | None = None

    def frame(self, index: int, seconds: float) -> Picture:
        """One frame, uint8 ``[H, W, 3]``."""
        seen = self.shot.frame(index, seconds)
        if self.captions is not None:
            seen = seen.copy()
            self.captions.lay_over(seen)
        if self.around is None:
            return seen
        left, top, right, bottom = self.place
        whole = self.around.copy()
        whole[top:bottom, left:right] = seen
        return whole


def _film(picture: Picture, size: tuple[int, int], brief: Brief, watch: _Watch) -> Iterator[Picture]:
    """The frames of one picture."""
    setting = _set_up(picture, size, brief, watch)
    for index, seconds in enumerate(brief.times):
        yield setting.frame(index, float(seconds))


def _whole(picture: Picture, size: tuple[int, int], watch: _Watch) -> End:
    """One of two pictures, and what is known of it."""
    small = _reduced(picture, size)
    layout = read_layout(small)
    watch.check()
    as_drawn = layout.flat or _is_page(small, layout, watch)
    # Both ends are the pictures as they are.
    return picture, _drawn(small, layout) if as_drawn else watch.look(small).with_captions()


def _cross(first: End, last: End, size: tuple[int, int], brief: Brief, watch: _Watch) -> Iterator[Picture]:
    """The frames from one picture to another."""
    check = watch.check
    (one, known), (other, known_too) = ((_reduced(part, size), seen) for part, seen in (first, last))
    seen_first, seen_last = cover(one, *size), cover(other, *size)
    pairing = pair(
        seen_first,
        seen_last,
        tuple(known.whole),
        tuple(known_too.whole),
        faces=tuple(known.faces),
        faces_too=tuple(known_too.faces),
    )
    check()
    if pairing is not None and agree_at_their_seams(seen_first, seen_last, pairing):
        return Passage.of(one, other, size, pairing, brief).frames()
    begun = shot_of(one, known, size, turning(brief, flat=known.flat), check)
    ended = shot_of(other, known_too, size, turning(brief, last=True, flat=known_too.flat), check)
    return Dissolve(first=begun, last=ended, times=brief.times).frames()


def _with_ends(frames: Frames, first: Picture, last: Picture, fps: float) -> Frames:
    """A crossing's frames, changed in place, so that it begins and ends with exactly these two pictures."""
    crisp(frames, first, fps)
    crisp(frames[::-1], last, fps)
    begun = settled(frames, first, fps)
    ended = np.asarray(settled(begun[::-1], last, fps)[::-1], np.uint8)
    ended[0] = first  # a very short clip settles at both ends at once
    return ended


def _set_up(picture: Picture, size: tuple[int, int], brief: Brief, watch: _Watch) -> _Setting:
    """Look at a picture and choose what is filmed of it.

    Bars and the captions on them are no part of what the camera films, nor are captions over a photograph.
    """
    picture = _reduced(picture, size)
    layout = _without_page(picture, read_layout(picture), watch)
    watch.check()
    whole = (0, 0, *size)
    if layout.panel is not None:
        place = _on_frame(layout.panel, picture, size)
        left, top, right, bottom = layout.panel
        inside = np.ascontiguousarray(picture[top:bottom, left:right])
        known = watch.look(inside)
        watch.check()
        setting = _setting_of(inside, known, (place[2] - place[0], place[3] - place[1]), brief, watch)
        return replace(setting, place=place, around=cover(picture, *size))
    seen = _photographed(picture, layout, watch)
    if seen is not None:
        return _setting_of(picture, seen, size, brief, watch)
    content = layout.content if layout.flat else (0, 0, picture.shape[1], picture.shape[0])
    printed = layout.flat or layout.even >= PRINTED
    if not brief.onward and (printed or _is_page(picture, layout, watch) or _is_poster(picture, watch)):
        picture, content = surrounded(picture, content)
    known = _drawn(picture, replace(layout, content=content))
    return _Setting(shot=shot_of(picture, known, size, brief, watch.check), place=whole)


def _setting_of(
    picture: Picture, known: Known, size: tuple[int, int], brief: Brief, watch: _Watch
) -> _Setting:
    """Film a photograph, behind its captions where they can be lifted off it."""
    captions = None if known.captions is None else known.captions.on_frame(size)
    if known.captions is not None and captions is not None:
        # The captions stay where they are, and what was painted in behind them must not come out.
        picture, brief = known.captions.behind, replace(brief, motion=CALMER[brief.motion])
    else:
        known = known.with_captions()
    shot = shot_of(picture, known, size, brief, watch.check)
    return _Setting(shot=shot, place=(0, 0, *size), captions=captions)


def _without_page(picture: Picture, layout: Layout, watch: _Watch) -> Layout:
    """A layout whose panel is no page: what is written between the bars of a window goes on below them."""
    if layout.panel is None:
        return layout
    left, top, right, bottom = layout.panel
    inside = np.ascontiguousarray(picture[top:bottom, left:right])
    if not _is_page(inside, read_layout(inside), watch):
        return layout
    return replace(layout, panel=None, flat=True, content=(0, 0, picture.shape[1], picture.shape[0]))


def _is_page(picture: Picture, layout: Layout, watch: _Watch) -> bool:
    """Whether a program wrote it.

    A screenshot may be as white as a burnt sky, and its letters too small for a glance. With a large
    photograph in it, or kept as JPEG, less of it is even; then it takes more lines.
    """
    if layout.even < PARTLY:
        return False
    lines = watch.lines(picture)
    watch.check()
    return lines >= (PAGE_LINES if layout.even >= PROGRAM else WINDOW_LINES)


def _is_poster(picture: Picture, watch: _Watch) -> bool:
    """Whether a page has a large face on it: it would stand still, as all of it is kept."""
    return _largest_face(watch.look(picture)) > PORTRAIT


def _largest_face(known: Known) -> float:
    """Its height, as a share of the picture's; 0 where there is none."""
    return max((bottom - top for _, top, _, bottom in known.faces), default=0.0)


def _photographed(picture: Picture, layout: Layout, watch: _Watch) -> Known | None:
    """What the eyes tell of a picture; None where it was drawn or written, and nothing of it may be lost.

    A studio's wall is as even as a chart's paper. What fills the picture up to its uneven edge and has hardly
    any letters is filmed like a photograph.
    """
    fills = layout.content == (0, 0, picture.shape[1], picture.shape[0])
    if layout.flat and not (fills and watch.eyes.has(Eye.TEXT)):
        return None
    known = watch.look(picture)
    watch.check()
    if not layout.flat:
        written = known.flat or (_largest_face(known) < PORTRAIT and _is_page(picture, layout, watch))
        return None if written else known
    if known.flat or len(known.texts) >= PAGE_LINES or _is_page(picture, layout, watch):
        return None
    # It has no ground that could slope.
    return replace(known, bends=True, flat=known.subject is None)


def _drawn(picture: Picture, layout: Layout) -> Known:
    """What is drawn or written is kept in the frame as one."""
    rows, columns = picture.shape[:2]
    left, top, right, bottom = layout.content
    return Known(flat=True, texts=((left / columns, top / rows, right / columns, bottom / rows),))


def _on_frame(box: Bounds, picture: Picture, size: tuple[int, int]) -> Bounds:
    """Where a box of a picture lies in the frame that the picture covers, cropped in the middle."""
    rows, columns = picture.shape[:2]
    scale = max(size[0] / columns, size[1] / rows)
    found = [
        round((side - whole / 2) * scale + frame / 2)
        for side, whole, frame in zip(box, (columns, rows) * 2, size * 2, strict=True)
    ]
    left, top = max(0, found[0]), max(0, found[1])
    return left, top, min(size[0], found[2]), min(size[1], found[3])


def _reduced(picture: Picture, size: tuple[int, int]) -> Picture:
    """Leave out all resolution that no frame can show."""
    rows, columns = picture.shape[:2]
    scale = DETAIL * max(size[0] / columns, size[1] / rows)
    if scale < 1:
        reduced = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        picture = np.asarray(cv2.resize(picture, reduced, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(picture)
