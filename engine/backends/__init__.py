"""The families of models that can draw a clip, one file each.

A backend is listed here by name; its module is imported only when it is asked for, so that a bot without
torch never pays for the ones that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.cancel import CancelToken
from engine.errors import Unsupported
from engine.recipe import Kind, Recipe

Frames = NDArray[np.uint8]
"""uint8 ``[T, H, W, 3]``, RGB."""

Picture = NDArray[np.uint8]
"""uint8 ``[H, W, 3]``, RGB."""

RawFrames = NDArray[np.uint8] | NDArray[np.float32]
"""What a backend returns: uint8, or float32 in 0 … 1 so that the gate can still see a NaN."""


class Backend(Protocol):
    """A family of models that can draw a clip. Made once in the engine process, then used job after job."""

    def draw(
        self,
        recipe: Recipe,
        picture: Picture | None,
        *,
        seed: int,
        progress: Callable[[float], None],
        cancel: CancelToken,
    ) -> RawFrames:
        """Draw one take.

        Args:
            recipe: what to draw; ``recipe.frames`` frames of ``recipe.width`` × ``recipe.height`` pixels, at
                ``recipe.native_fps``.
            picture: the member's picture as it was sent (its own size and shape; the backend fits it by
                :func:`engine.fit.cover`), or None.
            seed: the seed of this take: the same seed gives the same bytes.
            progress: told the share that is done, 0 … 1, at least once a frame or step.
            cancel: looked at once a frame or step.

        Returns:
            ``[recipe.frames, recipe.height, recipe.width, 3]``, uint8, or float32 in 0 … 1.

        Raises:
            Cancelled: a stop was asked for.
            Unsupported: this engine cannot draw this recipe.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class BackendSpec:
    """What can be said of a backend without importing it.

    Attributes:
        target: ``module:class``.
        kinds: what it can draw.
        needs_picture: True where there is nothing to draw without one.
        max_native_fps: drawn frames per second at most; the smoothing makes the rest.
        sketch: True for a stand-in that must say so on the clip and in the receipt.
        about: one line for ``framekiln doctor`` and the plan's reasons.
    """

    target: str
    kinds: frozenset[Kind]
    needs_picture: bool
    max_native_fps: float
    about: str
    sketch: bool = False


BACKENDS: Mapping[str, BackendSpec] = {
    "camera": BackendSpec(
        target="engine.backends.camera:CameraBackend",
        kinds=frozenset({Kind.ANIMATE}),
        needs_picture=True,
        max_native_fps=12,
        about="a virtual camera moves through the picture; needs no weights",
    ),
    "sketch": BackendSpec(
        target="engine.backends.sketch:SketchBackend",
        kinds=frozenset({Kind.TEXT2VIDEO}),
        needs_picture=False,
        max_native_fps=12,
        about="an honest moving sketch of the words; needs no weights",
        sketch=True,
    ),
}


def load(name: str) -> Backend:
    """Import a backend and make one.

    Raises:
        Unsupported: no backend has this name.
    """
    spec = BACKENDS.get(name)
    if spec is None:
        raise Unsupported(f"There is no engine called {name!r}; there are {', '.join(sorted(BACKENDS))}.")
    module, _, attribute = spec.target.partition(":")
    made: Any = getattr(import_module(module), attribute)()
    backend: Backend = made
    return backend
