"""Depth by trained weights, where the owner has installed some: Depth Anything V2 Small, or MiDaS.

They are the ones that ``follow: depth`` uses. torch is imported only where they are there.
"""

from __future__ import annotations

import logging

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import RenderFailed
from engine.core.family import Hooks
from engine.core.recipe import Follow
from engine.families.camera.known import Relief
from engine.families.camera.relief import read_relief
from engine.following.needs import way_here
from engine.runtime.context import EngineContext
from engine.weights.shared import ANNOTATORS, DEPTH_ANYTHING

Pixels = NDArray[np.uint8]

log = logging.getLogger(__name__)

SEEN_SIDE = 350
"""The shorter side, in pixels, of what the network is shown. At its full 518 it takes three times as long,
and sees finer detail than a layer has."""


class DepthEye:
    """Sees how near things are. It holds no memory between two pictures."""

    def __init__(self, context: EngineContext) -> None:
        """Make one; nothing is read yet."""
        self._context = context
        self._broken = False

    def relief(self, picture: Pixels, hooks: Hooks) -> Relief | None:
        """How near each place of a picture is.

        Args:
            picture: uint8 ``[H, W, 3]``, RGB.
            hooks: asked whether to stop.

        Returns:
            None where no weights are installed or they cannot be used, and where they are not sure.

        Raises:
            Cancelled: a stop was asked for.
        """
        store = self._context.store
        here = {entry for entry in (DEPTH_ANYTHING, ANNOTATORS) if store.path(entry).is_dir()}
        way = way_here(Follow.DEPTH, here)
        if way is None or self._broken:
            return None
        try:
            # It imports torch and transformers.
            from engine.following.control_clip import extracted  # noqa: PLC0415

            small = _reduced(picture)
            both = np.stack([small, small[:, ::-1]])
            # Whether the clip can be drawn does not depend on it, so its progress is not the clip's.
            maps = extracted(both, way, self._context, Hooks(cancel=hooks.cancel))
        except (ImportError, RenderFailed) as error:
            # A clip without depth is better than none. It is told once.
            self._broken = True
            log.warning("the camera films without depth: %s", error)
            return None
        first, mirrored = maps[..., 0].astype(np.float32)
        return read_relief(first, mirrored)


def _reduced(picture: Pixels) -> Pixels:
    scale = min(1.0, SEEN_SIDE / min(picture.shape[:2]))
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
