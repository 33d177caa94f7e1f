"""What is known of a picture before it is filmed: what stands alone in it, and what must stay whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.families.camera.captions import Captions

Plane = NDArray[np.float32]
Area = tuple[float, float, float, float]
"""Left, top, right, bottom, as shares of the picture's width and height."""


@dataclass(frozen=True, kw_only=True)
class Relief:
    """How near each place is.

    Attributes:
        near: float32 ``[h, w]`` of the whole picture, 0 far … 1 near.
        sure: 0 (nothing of it is believed) … 1.
    """

    near: Plane
    sure: float


@dataclass(frozen=True, kw_only=True)
class Known:
    """What was seen in a picture. By default nothing was.

    Attributes:
        subject: float32 ``[h, w]``, 0 … 1, what stands alone before the rest; None: nothing does for certain.
        faces, texts: where they are.
        things: animals, vehicles and products.
        heads: faces with the hair around them, where that can be told from what is behind it.
        hands: those of the subject, or of what stands out.
        body: around the subject, where it is.
        standing: what stands out as well as a subject does, but can't be cut out clean: each piece of it.
        perhaps: what may stand out, where nothing does for certain: each piece of it.
        bends: something outside the subject would be seen to bend, so the ground may have no slope.
        flat: it is drawn or written, and has no depth.
        relief: how near each place is, where that was seen.
        smeared: what its captions hid was filled badly, and would be seen if anything went far or apart.
        captions: letters that were laid over it; all else is known of the picture without them.
    """

    subject: Plane | None = None
    faces: tuple[Area, ...] = ()
    texts: tuple[Area, ...] = ()
    things: tuple[Area, ...] = ()
    heads: tuple[Area, ...] = ()
    hands: tuple[Area, ...] = ()
    body: Area | None = None
    standing: tuple[Area, ...] = ()
    perhaps: tuple[Area, ...] = ()
    bends: bool = True
    flat: bool = False
    relief: Relief | None = None
    smeared: bool = False
    captions: Captions | None = None

    def with_captions(self) -> Known:
        """What is known of the picture with its captions, where they can't be lifted off."""
        if self.captions is None:
            return self
        rows, columns = self.captions.cover.shape
        texts = tuple(
            (box.left / columns, box.top / rows, box.right / columns, box.bottom / rows)
            for box in self.captions.places
        )
        # A subject may go on behind them.
        return replace(
            self,
            captions=None,
            smeared=False,
            subject=None,
            body=None,
            bends=True,
            texts=(*self.texts, *texts),
        )

    @property
    def whole(self) -> tuple[Area, ...]:
        """What must not bend: faces, and lines of letters."""
        return (*self.faces, *self.texts)
